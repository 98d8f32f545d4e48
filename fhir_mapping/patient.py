"""Who the patient is: date of birth and sex, and whether he has died; a birth date without a day is no date."""

from datetime import date

from fhir_mapping.fields import Resource, name_of, text
from fhir_mapping.issues import MappingIssue
from twin_engine.patient.record import Sex


def read_patient(resource: Resource) -> tuple[date | None, Sex, tuple[MappingIssue, ...]]:
    """Date of birth (None when not exact), administrative sex, issues."""
    written, gender = text(resource.get("birthDate")), text(resource.get("gender"))
    sex: Sex = "male" if gender == "male" else "female" if gender == "female" else "unknown"
    if written is None:
        return None, sex, ()
    try:
        return date.fromisoformat(written), sex, ()
    except ValueError:
        return None, sex, (MappingIssue(name_of(resource), "no_exact_time", "birth date without a day"),)


def has_died(resource: Resource) -> bool:
    """Whether the patient is charted as deceased, with or without a date."""
    return resource.get("deceasedBoolean") is True or text(resource.get("deceasedDateTime")) is not None
