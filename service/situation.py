"""From a gathered chart to what the core is asked: the record, the drafts with their limits, the scenario. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from fhir_mapping import bundles, issues, orders, staff
from fhir_mapping.fields import name_of
from fhir_mapping.orders import Draft
from fhir_mapping.record import map_chart
from service.call import ORDER_SELECT, VENT_CHANGE, HookCall, JsonObject
from service.chart import Chart
from service.errors import BadHookRequest
from service.exact_json import CANONICAL
from service.forecastable import obstacles
from service.thinning import thinned
from twin_engine import scenario_json
from twin_engine.keep import Keep, afresh
from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import VENTILATOR, PatientRecord
from twin_engine.prediction import Prediction, SafetyFinding, SafetyVerdict
from twin_engine.safety.check import check
from twin_engine.scenario import Scenario
from twin_engine.site import Site
from twin_engine.unread import unread

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Situation:
    """One patient and the drafts in question, as the core sees them. `verdicts` by draft reference: all that is drafted of
    its drug, as written; `obstacles` = drafted drugs that are not forecast, with the reason; `keep` may hold twins of this
    chart; `reader`: codes of what the user is; `unit` where the patient lies, where known."""

    record: PatientRecord
    drafts: tuple[Draft, ...]
    scenario: Scenario
    verdicts: Mapping[str, SafetyVerdict]
    obstacles: Mapping[str, str]
    incomplete: tuple[str, ...]
    site: Site
    keep: Keep = afresh
    reader: frozenset[str] = frozenset()
    unit: str | None = None

    @property
    def beyond_limits(self) -> bool:
        """Whether an order as written crosses a limit."""
        crossed = ("absolute", "recommended")
        return any(f.severity in crossed for verdict in self.verdicts.values() for f in verdict.findings)


def read_drafts(call: HookCall, medications: Mapping[str, JsonObject], at: datetime) -> tuple[Draft, ...]:
    """The drafts that this call asks about. Raises BadHookRequest when one is another patient's, or is not there."""
    if call.drafts is None:
        return ()
    found = orders.read_drafts(call.drafts, at=at, medications=medications)
    if any(d.patient_id not in {None, call.patient_id} for d in found):
        raise BadHookRequest("a draft order belongs to another patient than the context names")
    if call.hook == VENT_CHANGE:
        return tuple(d for d in found if d.drug == VENTILATOR)
    if call.hook != ORDER_SELECT:
        return found
    wanted = set(call.selections)
    if not wanted <= {name_of(resource) for resource in bundles.resources(call.drafts).resources}:
        raise BadHookRequest("selections name orders that are not in draftOrders")
    return tuple(d for d in found if d.reference in wanted)


def drugs_of(drafts: tuple[Draft, ...]) -> tuple[str, ...]:
    """The drugs of ours that are drafted, each once."""
    return tuple(dict.fromkeys(d.drug for d in drafts if d.drug is not None))


def understand(call: HookCall, chart: Chart, drafts: tuple[Draft, ...], at: datetime, draws: int, site: Site) -> Situation:
    """Map the chart and check limits. Raises BadHookRequest when the chart holds another patient."""
    mapped = map_chart(chart.resources, at=at, encounter_id=call.encounter_id)
    record = thinned(mapped.record)
    if mapped.patient_ids - {call.patient_id}:
        raise BadHookRequest("the prefetch holds data of another patient than the context names")
    verdicts = {d.reference: _verdict(d, drafts, record, at, site) for d in drafts if d.drug is not None}
    unclear = obstacles(drafts)
    scenario = Scenario(
        at=at,
        seed=0,
        record=record,
        orders=tuple(order for draft in drafts for order in draft.orders if order.subject not in unclear),
        draws=draws,
        curves="drafted",
        remarks=(
            *issues.remarks((*mapped.issues, *(remark for draft in drafts for remark in draft.remarks))),
            *(unread(drug, why) for drug, why in unclear.items()),
        ),
    )
    return Situation(
        record=record,
        drafts=drafts,
        scenario=replace(scenario, seed=_seed(scenario)),
        verdicts=verdicts,
        obstacles=unclear,
        incomplete=chart.incomplete,
        site=site,
        reader=staff.codes(chart.resources, call.user_id),
        unit=staff.unit(chart.resources, call.encounter_id),
    )


def with_gaps(prediction: Prediction, situation: Situation) -> Prediction:
    """The prediction, and for each drafted drug that is not forecast, why."""
    gaps = tuple(CannotPredict(drug, why) for drug, why in situation.obstacles.items())
    return replace(prediction, cannot_predict=(*gaps, *prediction.cannot_predict)) if gaps else prediction


def _verdict(draft: Draft, drafts: tuple[Draft, ...], record: PatientRecord, at: datetime, site: Site) -> SafetyVerdict:
    """Drafts of one drug are given together: their amounts add up. What could not be read is not cleared."""
    same_drug = tuple(order for other in drafts for order in other.orders if order.subject == draft.drug)
    verdict = check(same_drug, record, at, site.limits)
    unread = [p.text for p in draft.problems]
    if not draft.orders and not unread:
        unread = ["the order states no dose that can be read"]
    unknown = tuple(SafetyFinding("unknown", text, "") for text in dict.fromkeys(unread))
    return SafetyVerdict(verdict.cleared and not unknown, (*verdict.findings, *unknown))


def _seed(scenario: Scenario) -> int:
    """First 8 bytes of the sha256 of the chart: whatever is ordered, it is tried on the same copies of this patient, so
    that two drafts differ by what they order and not by chance. Findings of imaging are left out: they come with an opened
    chart and not with the order on it, and no copy depends on them."""
    record = replace(scenario.record, findings=())
    document = scenario_json.write(replace(scenario, at=EPOCH, record=record, orders=(), remarks=()))
    return int.from_bytes(hashlib.sha256(CANONICAL.encode(document)).digest()[:8])
