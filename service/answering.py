"""From a prediction to cards: the changed drafts, the card case, and what was shown already today."""

import uuid
from dataclasses import dataclass, replace

from cds_cards.build import CardCase, CardDecision, DraftView, Suppressed, build
from fhir_mapping.orders import Draft, rewritten
from service import risks
from service.call import ORDER_SIGN, PATIENT_VIEW, HookCall, JsonObject
from service.doubts import doubted
from service.remembered import Known
from service.settings import Tenant
from service.situation import Situation
from twin_engine.patient.record import Order
from twin_engine.prediction import Forecast, Prediction
from twin_engine.scenario import AS_ORDERED

NAMESPACE = uuid.UUID("4f2b0f0e-3c0f-5d0e-9a53-6d1a8f5f7c11")


@dataclass(frozen=True, slots=True)
class Change:
    """An alternative as a changed draft: which draft, and its whole changed resource."""

    reference: str
    resource: JsonObject


def decide(
    call: HookCall,
    tenant: Tenant,
    situation: Situation,
    prediction: Prediction | None,
    base_url: str | None,
    known: Known,
) -> CardDecision:
    """The cards of this call and what was suppressed."""
    if prediction is not None:
        prediction = doubted(prediction, situation.record, known.called_wrong)
    changes = {} if prediction is None else changes_by_label(prediction, situation.drafts)
    case = CardCase(
        hook=call.hook,
        prediction=prediction,
        record=situation.record,
        drafts=tuple(DraftView(d.reference, _label(d), d.drug, d.orders) for d in situation.drafts),
        verdicts=situation.verdicts,
        uuid_of=lambda name: part_id(call, tenant, name),
        resources={label: change.resource for label, change in changes.items()},
        draft_reference_by_label={label: change.reference for label, change in changes.items()},
        timezone=tenant.timezone,
        incomplete=situation.incomplete,
        base_url=base_url,
        whose=known.patient,
        answered=known.answered,
        site=situation.site,
        preference_list=tenant.preference_list,
        rules=known.rules,
        role=known.role,
        past=known.past,
        risks=risks.seen(known.risks, situation.record, situation.scenario.at) if call.hook == PATIENT_VIEW else (),
        risk_changes=(
            risks.changed(known.risks, situation.record, situation.drafts, prediction) if call.hook == ORDER_SIGN else {}
        ),
    )
    return build(case, tenant.profile)


def without_repeats(decision: CardDecision, shown_today: frozenset[str]) -> CardDecision:
    """The decision without cards that are shown once a day and were shown already."""
    again = {u for u, key in decision.once_a_day.items() if key in shown_today}
    cards = {card.uuid: card for card in decision.cards}
    left_out = tuple(
        Suppressed(decision.once_a_day[u], "shown within 24 h", "repeat", about.rule, cards[u].indicator, about.event, cards[u])
        for u in again
        for about in (decision.about[u],)
    )
    return replace(
        decision,
        cards=tuple(card for card in decision.cards if card.uuid not in again),
        suppressed=(*decision.suppressed, *left_out),
    )


def changes_by_label(prediction: Prediction, drafts: tuple[Draft, ...]) -> dict[str, Change]:
    """Each alternative that changes exactly one order of one draft, as that draft changed."""
    found: dict[str, Change] = {}
    for forecast in prediction.forecasts:
        if forecast.changes is None:
            continue
        change = _change(forecast, drafts)
        if change is not None:
            found[forecast.label] = change
    return found


def part_id(call: HookCall, tenant: Tenant, name: str) -> str:
    """The uuid of a part of the answer; the same call gives the same."""
    return str(uuid.uuid5(NAMESPACE, "\x1f".join((tenant.name, call.instance, call.digest, name))))


def _change(forecast: Forecast, drafts: tuple[Draft, ...]) -> Change | None:
    differing: list[tuple[Draft, Order]] = []
    offered = {_identity(order): order for order in forecast.orders}
    for draft in drafts:
        for order in draft.orders:
            other = offered.get(_identity(order))
            if other is not None and _regimen(other) != _regimen(order):
                differing.append((draft, other))
    if len(differing) != 1 or len(differing[0][0].orders) != 1:
        return None
    draft, order = differing[0]
    try:
        return Change(draft.reference, rewritten(draft, order))
    except ValueError:
        # A draft whose dosage cannot be changed in place gets the words, not the click.
        return None


def _identity(order: Order) -> tuple[object, ...]:
    return order.id, order.drug, order.start, order.route


def _regimen(order: Order) -> Order:
    return replace(order, label="")


def _label(draft: Draft) -> str:
    return draft.orders[0].label if draft.orders else AS_ORDERED
