"""A site's own values replace published ones; what is not understood or would loosen an absolute limit is refused."""

import json
import re
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from service.app import create_app
from service.commands import predict as command
from service.settings import UnsafeConfiguration, problems
from service.site_file import SiteFileError, read
from tests.calls import order, post, request, settings
from tests.checkout import ROOT
from twin_engine.safety.limits import LIMITS
from twin_engine.site import STANDARD, Site

TARGET = '[targets.vancomycin]\nunit = "mg.h/L"\nsource = "our committee"\n'
CATALOGUE = '[catalogue.vancomycin]\nunit = "mg"\nsource = "our pharmacy"\n'
LIMIT = '[[limits]]\ndrug = "vancomycin"\nunit = "mg"\nsource = "our committee"\nquantity = "single_dose"\n'


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return tmp_path / "site.toml"


def site(path: Path, text: str) -> Site:
    path.write_text(text, encoding="utf-8")
    return read(path)


def test_what_is_not_named_stays_as_published(written: Path) -> None:
    assert replace(site(written, ""), name=None) == STANDARD


def test_the_example_of_the_page_is_a_site(written: Path) -> None:
    page = (ROOT / "docs" / "operators" / "settings.md").read_text(encoding="utf-8")
    example = next(e for e in re.findall(r"```toml\n(.*?)```", page, re.DOTALL) if "[targets." in e)
    made = site(written, example)
    target = made.targets["vancomycin"]
    assert (target.low, target.high, target.metric) == (400.0, 550.0, "auc24")
    assert made.catalogue["vancomycin"].doses == (500.0, 1000.0, 1500.0)
    assert made.catalogue["vancomycin"].loads == STANDARD.catalogue["vancomycin"].loads
    changed = [x for x in made.limits if x not in STANDARD.limits]
    assert [(x.highest, x.severity) for x in changed] == [(2500.0, "absolute")]
    assert len(made.limits) == len(STANDARD.limits)


def test_a_recommended_limit_may_move_either_way_and_a_new_kind_of_dose_may_be_limited(written: Path) -> None:
    higher = site(written, LIMIT + 'severity = "recommended"\nhighest = 2250\nrepeating = true')
    assert [x.highest for x in higher.limits if x not in LIMITS] == [2250.0]
    added = site(written, LIMIT + 'severity = "absolute"\nhighest = 2000\nrepeating = true')
    assert len(added.limits) == len(LIMITS) + 1


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (LIMIT + 'severity = "absolute"\nhighest = 3001', "absolute limit cannot be loosened: vancomycin single_dose"),
        (LIMIT + 'severity = "absolute"\nhighest = 3.0e9', "loosened"),
        (LIMIT.replace('"mg"', '"g"') + 'severity = "absolute"\nhighest = 2', "unit must be mg, not g"),
        (LIMIT.replace("single_dose", "bolus") + 'severity = "absolute"\nhighest = 2', "no published limit"),
        (LIMIT.replace("vancomycin", "vancomicin") + 'severity = "absolute"\nhighest = 2', "no published limit"),
        (LIMIT + 'severity = "severe"\nhighest = 2', "severity"),
        (LIMIT + 'severity = "absolute"\nhighest = "2"', "number"),
        (LIMIT + 'severity = "absolute"\nhighest = true', "number"),
        (LIMIT + 'severity = "absolute"\nhighest = inf', "finite"),
        (LIMIT + 'severity = "absolute"\nhighest = 0', "greater than 0"),
        (LIMIT + 'severity = "absolute"\nhighest = 9\nrepeating = "no"', "bool"),
        (2 * (LIMIT + 'severity = "absolute"\nhighest = 2000\n'), "stated twice"),
        (TARGET + "low = 600", "not below"),
        (TARGET + "low = 700\nhigh = 800", "begins below the target"),
        (TARGET + 'harm = { above = 500, unit = "mg/L" }', "unit must be mg.h/L"),
        (TARGET + 'mic = { breakpoint = 1, organisms = "MRSA" }', "does not depend on the MIC"),
        (TARGET + 'metric = "trough"', "metric"),
        (TARGET.replace("mg.h/L", "mg/L") + "high = 20", "unit must be mg.h/L"),
        (TARGET.replace("vancomycin", "colistin") + "high = 20", "none to change"),
        (TARGET.replace('source = "our committee"\n', "") + "high = 550", "source"),
        (CATALOGUE + "doses = []", "doses"),
        (CATALOGUE + "doses = [500, -1]", "doses"),
        (CATALOGUE.replace('"mg"', '"g"') + "doses = [1]", "unit must be mg"),
        ("[limit]\n", "limit"),
        ("[targets", "cannot be read"),
    ],
)
def test_what_cannot_be_used_says_why(written: Path, text: str, why: str) -> None:
    with pytest.raises(SiteFileError, match=re.escape(why)):
        site(written, text)


def test_a_site_without_an_absolute_limit_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="loosened"):
        replace(STANDARD, limits=tuple(x for x in LIMITS if x.severity != "absolute"))


def test_the_service_does_not_start_with_a_file_that_cannot_be_used(written: Path) -> None:
    written.write_text(LIMIT + 'severity = "absolute"\nhighest = 9000', encoding="utf-8")
    for path, why in ((written, "loosened"), (written.with_name("absent.toml"), "cannot be read")):
        configured = settings(site_file=path)
        assert any(why in problem for problem in problems(configured))
        with pytest.raises(UnsafeConfiguration, match=why):
            create_app(configured)


async def test_a_card_aims_at_the_sites_target_and_names_its_limit(written: Path) -> None:
    own = TARGET + 'low = 300\nhigh = 450\nnote = "as agreed on this ward"\n' + LIMIT
    written.write_text(own + 'severity = "recommended"\nhighest = 900\nrepeating = true\n', encoding="utf-8")
    (card,) = (await post(request("order-sign", order(1000, 24)), site_file=written)).json()["cards"]
    (published,) = (await post(request("order-sign", order(1000, 24)))).json()["cards"]
    assert "above the recommended limit of 900 mg. Source: our committee" in card["detail"]
    assert "Target 300–450" in card["detail"]
    assert "as agreed on this ward" in card["detail"]
    assert "Target 400–600" in published["detail"]


def test_predict_takes_a_site_and_the_answer_names_it(written: Path, tmp_path: Path) -> None:
    written.write_text(TARGET + "high = 500\n", encoding="utf-8")
    example = ROOT / "openapi" / "examples" / "scenario_vancomycin.json"

    def answer(path: Path | None) -> dict[str, object]:
        out = StringIO()
        assert command.run(str(example), StringIO(), out, StringIO(), path) == 0
        return json.loads(out.getvalue())

    assert str(answer(written)["versions"]).count("sha256") == 1
    assert "site" not in str(answer(None)["versions"])
    err = StringIO()
    assert command.run(str(example), StringIO(), StringIO(), err, tmp_path / "absent.toml") == command.INVALID
    assert "cannot be read" in err.getvalue()
