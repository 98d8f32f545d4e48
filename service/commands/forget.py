"""`icu-twin forget`: delete the stored patient data of one patient."""

import typer

from service.addresses import normalised_base
from service.observability import patient_key
from service.settings import Settings
from service.store import database, retention


def run(patient: str, tenant: str, fhir: str | None) -> int:
    """Print how many calls lost their patient data. Always 0."""
    settings = Settings()
    base = normalised_base(fhir) if fhir else None
    key = patient_key(settings.patient_key_secret.get_secret_value(), tenant, base, patient)
    engine = database.opened(settings.database_url)
    typer.echo(f"deleted the patient data of {retention.forget_patient(engine, key)} calls")
    engine.dispose()
    return 0
