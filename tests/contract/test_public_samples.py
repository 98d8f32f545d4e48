"""Public FHIR R4 samples of others (German ICU profiles, US Core, Synthea): read without raising, and read as they mean.

Skipped where they are not at hand: they stay outside the repository.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from fhir_mapping.bundles import resources
from fhir_mapping.orders import read_drafts
from fhir_mapping.record import MappedChart, map_chart
from validation.adapters import data_folder

SAMPLES = data_folder() / "fhir_samples"
AT = datetime(2030, 1, 1, tzinfo=UTC)
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="no public FHIR samples (set ICU_TWIN_DATA)")


def documents(folder: str) -> Iterator[tuple[str, Any]]:
    for path in sorted((SAMPLES / folder).glob("*.json")):
        yield path.stem, json.loads(path.read_text(encoding="utf-8"))


def mapped(document: Any) -> MappedChart:
    return map_chart(resources(document).resources, at=AT)


def german(name: str) -> MappedChart:
    path = SAMPLES / "mii_icu_examples" / f"mii-exa-icu-{name}.json"
    return mapped(json.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("folder", ["mii_icu_examples", "us_core_examples", "synthea_r4"])
def test_every_sample_is_read_or_remarked(folder: str) -> None:
    seen = 0
    for name, document in documents(folder):
        found = mapped(document)
        read_drafts(document, at=AT)
        if document["resourceType"] == "Observation":
            record = found.record
            assert record.measurements or record.settings or found.issues, name
        seen += 1
    assert seen > 5


def test_systemic_pressures_are_read_and_those_of_the_left_atrium_and_lung_are_not() -> None:
    assert {m.variable for m in german("muv-arterieller-blutdruck").record.measurements} == {"sbp", "map", "dbp"}
    for name in ("muv-linksatrialer-druck", "muv-rechtsatrialer-druck", "muv-pulmonalarterieller-blutdruck"):
        found = german(name)
        assert found.record.measurements == (), name
        assert "unknown_code" in {issue.code for issue in found.issues}, name


def test_vital_signs_come_out_in_canonical_units() -> None:
    units = {m.variable: m.unit for _, d in documents("synthea_r4") for m in mapped(d).record.measurements}
    assert {"weight", "height", "sbp", "dbp"} <= units.keys()
    assert (units["weight"], units["height"], units["sbp"]) == ("kg", "cm", "mm[Hg]")


def test_questionnaires_are_no_measurements() -> None:
    """US Core's surveys, preferences and averages over days: none may pass for a value of the bedside."""
    observations = [d for _, d in documents("us_core_examples") if d["resourceType"] == "Observation"]
    assert len(observations) > 50
    for document in observations:
        found = mapped(document)
        assert (found.record.measurements, found.record.settings) == ((), ())
        assert [issue.code for issue in found.issues] == ["unknown_code"]


def test_synthetic_histories_hold_one_patient_each() -> None:
    for name, document in documents("synthea_r4"):
        kinds = {r["resourceType"] for r in resources(document).resources}
        if "Patient" in kinds:
            found = mapped(document)
            assert len(found.patient_ids) == 1, name
            assert found.record.birth_date is not None
