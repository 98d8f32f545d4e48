"""The audit of a call while it runs: what it was answered before, and what is kept of it, however it ends."""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from cds_cards.case import CardDecision
from cds_cards.schema import response
from service import remembered
from service.addresses import normalised_base
from service.ahead import fit_ahead
from service.answering import without_repeats
from service.call import ORDER_SIGN, PATIENT_VIEW, HookAnswer, HookCall, JsonObject
from service.errors import HookError, Overloaded
from service.observability import log, patient_key
from service.parts import Parts
from service.remembered import Known, Whose
from service.scoring import promises
from service.settings import Tenant
from service.situation import Situation
from service.store import audit
from service.store.alerts import Alert
from service.store.predictions import Promise
from service.store.watched import Seal, Watched, watch
from twin_engine import scenario_json
from twin_engine.prediction import Prediction
from twin_engine.scenario import Scenario

P = ParamSpec("P")
T = TypeVar("T")
PARTIAL = {"org.icu-twin.partial": True}


@dataclass(slots=True)
class CurrentCall:
    """One call under way; what becomes known of it is filled in as it goes, and kept at its end."""

    call: HookCall
    tenant: Tenant
    parts: Parts
    situation: Situation | None = None
    cards: tuple[audit.CardShown, ...] = ()
    alerts: tuple[Alert, ...] = ()
    prediction: Prediction | None = None
    promises: tuple[Promise, ...] = ()
    repeated: bool = False
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def patient(self) -> str:
        """The keyed hash of the patient."""
        return self._keyed(self.call.patient_id)

    @property
    def scenario(self) -> Scenario | None:
        """What the core was asked."""
        return None if self.situation is None else self.situation.scenario

    @property
    def whose(self) -> Whose:
        """Tenant, patient and stay, as they are remembered."""
        stay = self.call.encounter_id
        return Whose(self.tenant.name, self.patient, None if stay is None else self._keyed(f"Encounter/{stay}"))

    def _keyed(self, identity: str) -> str:
        secret = self.parts.settings.patient_key_secret.get_secret_value()
        base = normalised_base(self.call.fhir_server) if self.call.fhir_server else None
        return patient_key(secret, self.tenant.name, base, identity)

    async def earlier(self) -> HookAnswer | None:
        """The answer that this very call (same instance, same body) was given before."""
        found = await self._read(None, audit.answered, self.tenant.name, self.call.instance, self.call.digest)
        self.repeated = found is not None
        return None if found is None else HookAnswer(found)

    async def known(self, situation: Situation) -> Known:
        """What is remembered of this patient's cards, and under which policy the call is answered."""
        parts = self.parts
        plain = remembered.unknown(self.whose, parts.policies, situation.unit, situation.reader)
        found = await self._read(plain, remembered.known, self.whose, plain, parts.clock.now())
        return replace(found, risks=parts.risks)

    async def _read(
        self, otherwise: T, function: Callable[Concatenate[sa.Engine, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What the database says; `otherwise` where it fails and the site wants answers without audit, too."""
        try:
            return await self.parts.workers.on_disk(function, self.parts.engine, *args, **kwargs)
        except SQLAlchemyError as error:
            if self.parts.settings.audit_required:
                raise
            log.warning("not_remembered", error=type(error).__name__)
            return otherwise

    def silent(self, reason: str) -> HookAnswer:
        """No card, and why."""
        return HookAnswer(response(()), (reason,))

    async def shown(self, decision: CardDecision, *, partial: bool) -> HookAnswer:
        """The cards of the decision without those that this patient had today; its silences as reasons."""
        keys = tuple(decision.once_a_day.values())
        nothing = frozenset[str]()
        today = await self._read(nothing, audit.shown_within_a_day, self.patient, keys, self.parts.clock.now())
        kept = without_repeats(decision, today)
        once = kept.once_a_day
        kept_of = kept.remembered
        self.cards = tuple(
            audit.CardShown(c.uuid, c.source.topic.code, c.indicator, once.get(c.uuid), kept_of.get(c.uuid)) for c in kept.cards
        )
        self.alerts = remembered.rows(kept, self.whose.stay)
        if self.call.hook == ORDER_SIGN and self.prediction is not None and self.scenario is not None:
            topics = {kept_of[c.uuid].drug: c.topic for c in self.cards if c.uuid in kept_of}
            self.promises = promises(self.prediction, self.scenario, topics)
        document = response(kept.cards)
        reasons = tuple(dict.fromkeys(s.reason for s in kept.suppressed))
        if not reasons and not kept.cards:
            reasons = ("nothing to say",)
        return HookAnswer({**document, "extension": PARTIAL} if partial else document, reasons, partial)


async def recorded(current: CurrentCall, work: Awaitable[HookAnswer]) -> HookAnswer:
    """The answer of the work. The call is kept in every case: answered, refused, or broken by a fault of ours."""
    began = current.parts.clock.steady()
    status, reasons, partial = 500, ("a fault of ours",), False
    document: JsonObject = {}
    stands: JsonObject | None = None
    try:
        answer = await work
        status, document, reasons, partial = 200, answer.document, answer.reasons, answer.partial
    except HookError as error:
        status, reasons = error.status, (error.text,)
        raise
    except SQLAlchemyError as error:
        failed = Overloaded("the database does not answer")
        status, reasons = failed.status, (failed.text,)
        raise failed from error
    finally:
        ms = 1000.0 * (current.parts.clock.steady() - began)
        if not current.repeated:
            stands = await _keep(current, status, document, reasons, partial=partial, ms=ms)
            _follow(current)
        _count(current, status, reasons, partial=partial, ms=ms)
        if current.situation is not None:
            if current.call.hook == PATIENT_VIEW and status == 200:
                fit_ahead(current.call, current.patient, current.situation.scenario, current.parts)
            current.parts.scorer.later(current.patient, current.situation.scenario)
            _watch(current)
    return answer if stands is None else HookAnswer(stands)


async def _keep(
    current: CurrentCall, status: int, answer: JsonObject, reasons: tuple[str, ...], *, partial: bool, ms: float
) -> JsonObject | None:
    """The answer that another process gave to this very call meanwhile, and which stands; else None."""
    parts, call = current.parts, current.call
    row = audit.Invocation(
        id=current.id,
        tenant=current.tenant.name,
        hook=call.hook,
        hook_instance=call.instance,
        body_digest=call.digest,
        patient_key=current.patient,
        at=parts.clock.now(),
        status=status,
        answer=answer,
        ms=ms,
        scenario=None if current.scenario is None else scenario_json.write(current.scenario),
        reasons=reasons,
        partial=partial,
        cards=current.cards if status == 200 else (),
        alerts=current.alerts if status == 200 else (),
        versions={} if current.prediction is None else current.prediction.versions,
        predictions=current.promises if status == 200 else (),
    )
    try:
        return await parts.workers.on_disk(audit.record, parts.engine, row)
    except SQLAlchemyError as error:
        parts.metrics.audit_failures.inc()
        log.error("audit_failed", error=type(error).__name__, tenant=current.tenant.name, hook=call.hook)
        if parts.settings.audit_required and status == 200:
            raise Overloaded("the call cannot be audited") from error
        return None


def _watch(current: CurrentCall) -> None:
    """From now on the patient's chart is followed, if this client has that."""
    parts, call, tenant = current.parts, current.call, current.tenant
    if tenant.follow is None or call.fhir_server is None or not tenant.allows(call.fhir_server):
        return
    seal = Seal(parts.settings.patient_key_secret.get_secret_value())
    patient = Watched(tenant.name, current.patient, call.patient_id, call.encounter_id)
    parts.workers.leave_to_disk(watch, parts.engine, seal, patient, parts.clock.now())


def _follow(current: CurrentCall) -> None:
    """Events that came to patients whose cards were withheld are counted, when the disk gets to it."""
    parts, scenario = current.parts, current.scenario
    if scenario is not None:
        parts.workers.leave_to_disk(_settled, parts, current.patient, scenario)


def _settled(parts: Parts, patient: str, scenario: Scenario) -> None:
    """Runs on the thread of the database."""
    for one in remembered.settle(parts.engine, patient, scenario.record, scenario.at):
        parts.metrics.missed.labels(one.rule, one.by).inc()


def _count(current: CurrentCall, status: int, reasons: tuple[str, ...], *, partial: bool, ms: float) -> None:
    metrics, hook = current.parts.metrics, current.call.hook
    metrics.calls.labels(hook, str(status)).inc()
    metrics.seconds.labels(hook).observe(ms / 1000.0)
    metrics.partial.inc(int(partial))
    for card in current.cards if status == 200 else ():
        metrics.cards.labels(card.topic, card.indicator).inc()
    for one in current.alerts if status == 200 else ():
        if one.by is not None:
            metrics.withheld.labels(one.rule, one.by).inc()
    log.info(
        "call",
        call=current.id,
        hook=hook,
        tenant=current.tenant.name,
        patient=current.patient,
        status=status,
        ms=round(ms, 1),
        cards=len(current.cards),
        count=len(reasons),
        partial=partial,
    )
