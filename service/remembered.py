"""What is known beyond the chart when cards are decided: who reads, which policy holds, what was shown and answered; and
what becomes of the patients of withheld cards."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import sqlalchemy as sa

from cds_cards import repeats
from cds_cards.case import CardDecision, Suppressed
from cds_cards.gist import Answered
from cds_cards.past import NOTHING_SHOWN, Past
from cds_cards.rules import ROLES, STANDARD_RULES, Role, Rules
from cds_cards.schema import to_json
from fhir_mapping import staff
from service.policy_file import Policies
from service.store import alerts, questioned
from service.store.alerts import Alert
from service.store.feedback import answered_since
from service.store.questioned import Mark
from twin_engine.patient import events
from twin_engine.patient.record import PatientRecord
from twin_engine.risk.load import RiskModels


@dataclass(frozen=True, slots=True)
class Known:
    """What is remembered of the patient (by the opaque key): cards answered lately by the fingerprint of the order, and
    cards shown, and data that were called wrong; and for whom, under which policy and with which risk models this call is
    answered."""

    patient: str
    answered: Mapping[str, Answered] = field(default_factory=dict[str, Answered])
    past: Past = NOTHING_SHOWN
    rules: Rules = STANDARD_RULES
    role: Role = "prescriber"
    risks: RiskModels = field(default_factory=lambda: RiskModels({}))
    called_wrong: tuple[frozenset[Mark], ...] = ()


@dataclass(frozen=True, slots=True)
class Whose:
    """Tenant, patient and stay as opaque keys."""

    tenant: str
    patient: str
    stay: str | None


def unknown(whose: Whose, policies: Policies, unit: str | None, reader: frozenset[str]) -> Known:
    """What holds without memory. `reader`: codes of what the user is; nobody known counts as a prescriber."""
    named: Mapping[str, Role] = {each: each for each in ROLES}
    role = named.get(staff.role(reader, policies.roles) or "", "prescriber")
    return Known(whose.patient, rules=policies.of(unit), role=role)


def known(engine: sa.Engine, whose: Whose, plain: Known, at: datetime) -> Known:
    """`plain` with what is remembered."""
    with engine.connect() as db:
        return replace(
            plain,
            answered=answered_since(db, whose.tenant, whose.patient, at - repeats.LASTS, at, whose.stay),
            past=Past(
                *alerts.lately(db, whose.patient, at),
                alerts.acceptance(db, whose.tenant, plain.rules.signed_off.keys(), at),
            ),
            called_wrong=questioned.of_patient(db, whose.patient, at - repeats.LASTS),
        )


def rows(decision: CardDecision, stay: str | None) -> tuple[Alert, ...]:
    """Every card that the call deserved, shown or withheld."""
    shown = [
        Alert(about.rule, card.indicator, card.uuid, tuple(sorted(about.signs)), stay, event=about.event)
        for card in decision.cards
        if (about := decision.about.get(card.uuid)) is not None
    ]
    return (*shown, *(_withheld(each, stay) for each in decision.suppressed if each.by != "judgement"))


def _withheld(each: Suppressed, stay: str | None) -> Alert:
    card = None if each.card is None else to_json(each.card)
    loud = each.indicator or "info"
    signs = tuple(sorted(each.signs))
    return Alert(each.rule or each.topic, loud, None, signs, stay, each.by, each.reason, each.event, card)


def settle(engine: sa.Engine, patient: str, record: PatientRecord, at: datetime) -> tuple[alerts.Waiting, ...]:
    """Look in the chart for what withheld cards of this patient warned of. Returns those whose event happened."""
    outcomes: dict[int, bool] = {}
    came: list[alerts.Waiting] = []
    for one in alerts.waiting(engine, patient, at):
        happened = events.happened(one.event, record, one.since, at) if one.event in events.EVENTS else None
        if happened is not None:
            outcomes[one.number] = happened
            came.extend([one] if happened else [])
    alerts.settle(engine, outcomes)
    return tuple(came)
