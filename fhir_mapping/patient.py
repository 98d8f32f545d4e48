"""Who the patient is: date of birth and sex, and that he has died; a birth date without a day is no date."""

from datetime import date, datetime

from fhir_mapping.fields import Resource, day, moment, name_of, text
from fhir_mapping.issues import MappingIssue
from twin_engine.patient.record import Condition, Sex


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


def death(resource: Resource, at: datetime) -> Condition | None:
    """That the patient was charted as deceased at that time. A date that cannot be read counts: somebody wrote one."""
    written = text(resource.get("deceasedDateTime"))
    died = moment(written) or day(written)
    if resource.get("deceasedBoolean") is True or (written is not None and (died is None or died <= at)):
        return Condition("deceased", died)
    return None
