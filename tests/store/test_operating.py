"""What operators do and see: the chain of the audit, versions of the tables, pages and logs without patient data."""

import json
import re
from pathlib import Path

import pytest
import sqlalchemy as sa
import yaml
from typer.testing import CliRunner

from service.cli import app
from service.settings import Settings
from service.store import database
from tests.calls import PATIENT, URL, hours_ago, order, request, service, settings
from tests.checkout import ROOT

CANARY = "Canary-7b1f"


def run(url: str, monkeypatch: pytest.MonkeyPatch, *command: str) -> tuple[int, str]:
    monkeypatch.setenv("ICU_TWIN_DATABASE_URL", url)
    done = CliRunner().invoke(app, list(command))
    return done.exit_code, done.output.strip()


async def asked(url: str, *feedback: dict[str, object], instances: int = 1) -> str:
    """Calls with feedback on their first card; what the pages then show."""
    async with service(settings(database_url=url)) as client:
        for n in range(instances):
            document = {**request("order-sign", order(2000, 8)), "hookInstance": f"call-{n}"}
            document["prefetch"]["patient"]["name"] = [{"family": CANARY}]
            answer = await client.post(URL, content=json.dumps(document))
            assert answer.status_code == 200
            said = [{"card": answer.json()["cards"][0]["uuid"], "outcomeTimestamp": hours_ago(0), **one} for one in feedback]
            assert (await client.post(f"{URL}/feedback", content=json.dumps({"feedback": said}))).status_code == 200
        return (await client.get("/quality")).text + (await client.get("/metrics")).text


async def test_a_changed_audit_is_noticed(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await asked(url, instances=3)
    assert run(url, monkeypatch, "database", "verify") == (0, "the audit is whole")
    engine = database.connected(url)
    with engine.begin() as db:
        db.execute(sa.text("update audit set answer_digest = scenario_digest where number = 2"))
    engine.dispose()
    assert run(url, monkeypatch, "database", "verify") == (2, "the audit was changed at or before entry 2")


def test_tables_are_moved_back_and_forth(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(url, monkeypatch, "database", "version") == (0, "no tables")
    newest = run(url, monkeypatch, "database", "move", "head")[1]
    assert run(url, monkeypatch, "database", "move", "0003") == (0, "the tables are at version 0003")
    assert run(url, monkeypatch, "database", "version") == (0, "0003")
    assert run(url, monkeypatch, "database", "move", "head") == (0, newest)
    code, told = run(url, monkeypatch, "database", "move", "0815")
    assert code == 2
    assert told.startswith("there is no version 0815")


async def test_how_cards_were_received(tmp_path: Path) -> None:
    override = {"outcome": "overridden", "overrideReason": {"reason": {"code": "cds-not-applicable"}}}
    own = {"outcome": "overridden", "outcomeTimestamp": hours_ago(-1), "overrideReason": {"reason": {"code": CANARY}}}
    shown = await asked(f"sqlite:///{tmp_path / 'a.sqlite'}", override, own)
    row = re.search(r"<tr><td>limit</td>.*?</tr>|<tr><td>dosing</td>.*?</tr>", shown)
    assert row is not None
    cells = re.findall(r"<td>(.*?)</td>", row[0])
    assert cells[2:6] == ["1", "0", "1", "a reason of the client&#x27;s own (1)"]
    assert 'icu_twin_feedback_total{outcome="overridden",reason="cds-not-applicable"} 1.0' in shown


async def test_nothing_of_the_chart_comes_out(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    comment = {"outcome": "overridden", "overrideReason": {"reason": {"code": CANARY}, "userComment": CANARY}}
    shown = await asked(f"sqlite:///{tmp_path / 'a.sqlite'}", comment, instances=2)
    written = capfd.readouterr()
    assert '"event": "call"' in written.err
    for text in (shown, written.out, written.err):
        for secret in (CANARY, PATIENT, "1961-05-04", "14.8"):
            assert secret not in text


def test_the_configuration_is_shown_without_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "icu_twin_patient_key_secret").write_text("hidden in a file\n")
    (tmp_path / "icu_twin_database_url").write_text("postgresql://icu_twin:hidden@db/icu_twin\n")
    monkeypatch.setenv("ICU_TWIN_SECRETS_DIR", str(tmp_path))
    assert Settings().patient_key_secret.get_secret_value() == "hidden in a file"
    assert Settings().database_url == "postgresql://icu_twin:hidden@db/icu_twin"
    assert "hidden" not in CliRunner().invoke(app, ["config", "check"]).output
    monkeypatch.setenv("ICU_TWIN_DATABASE_URL", "sqlite://")
    assert Settings().database_url == "sqlite://"


def test_the_compose_file_runs_what_the_settings_allow() -> None:
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))
    given = compose["services"]["service"]
    assert {name for name in given["environment"] if name != "ICU_TWIN_SECRETS_DIR"} <= {
        f"ICU_TWIN_{name.upper()}" for name in Settings.model_fields
    }
    assert {each["target"] for each in given["secrets"]} <= {f"icu_twin_{name}" for name in Settings.model_fields}
    assert given["read_only"] is True
    assert given["cap_drop"] == ["ALL"]
    assert int(given["environment"]["ICU_TWIN_REPLICAS"]) == given["deploy"]["replicas"]
    assert {each["source"] for each in given["secrets"]} <= compose["secrets"].keys()
    assert "ports" not in compose["services"]["database"]
