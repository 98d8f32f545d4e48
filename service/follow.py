"""Charts are followed between calls: what is new on the server is noticed, the twin is fitted again, predictions are scored.

A notification (FHIR Subscription, rest-hook) says only "look now"; what changed is always read from the server, by
`_lastUpdated` from where reading stopped. So a notification that is lost, doubled or out of order changes nothing but the
time, and polling is the same without being told. Any process may do the work; none does another's.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from fhir_mapping import bundles
from fhir_mapping.fields import obj, text
from service.addresses import normalised_base
from service.call import PATIENT_VIEW, HookCall, JsonObject
from service.chart import gather
from service.deadline import Deadline
from service.errors import HookError
from service.fhir_client import Access
from service.observability import log
from service.parts import Parts
from service.settings import Tenant
from service.situation import understand
from service.smart import BackendTokens
from service.store import jobs, watched
from service.store.jobs import Job
from service.store.watched import Seal, Watched
from twin_engine.predict import predict
from twin_engine.registry import drugs

KINDS = ("Observation", "MedicationAdministration", "MedicationRequest", "Procedure", "Condition")
PATIENTS_AT_ONCE = 20
OVERLAP = timedelta(minutes=1)
"""Read twice, since a server may show a resource a moment after its `lastUpdated`."""
FIRST_LOOK = timedelta(minutes=15)
"""How far before the call that read the chart the first look goes back; the clocks of both machines may differ."""
READING_S = 20.0
IDLE_S = 1.0
BUSY_S = 0.2


class CouldNotRead(Exception):
    """The server did not give what was asked for; it is asked again later."""


@dataclass(slots=True)
class Follower:
    """Does the background work of one process."""

    parts: Parts
    tokens: BackendTokens
    tenants: Mapping[str, Tenant]
    _seen: dict[str, datetime] = field(default_factory=dict[str, datetime])

    @property
    def seal(self) -> Seal:
        """What keeps patients' ids from readers of the database."""
        return Seal(self.parts.settings.patient_key_secret.get_secret_value())

    async def run(self) -> None:
        """Work until cancelled. Nothing that a server or the database does ends it."""
        while self.tenants:
            try:
                for tenant in self.tenants.values():
                    await self._next_look(tenant)
                if not await self.one_job():
                    await asyncio.sleep(IDLE_S)
            except SQLAlchemyError as error:
                log.warning("following_failed", error=type(error).__name__)
                await asyncio.sleep(IDLE_S)

    async def one_job(self) -> bool:
        """Do one job that is due; False when there is none."""
        parts, now = self.parts, self.parts.clock.now
        job = await parts.workers.on_disk(jobs.take, parts.engine, now())
        if job is None:
            return False
        try:
            await self._do(job)
        except (CouldNotRead, HookError) as error:
            again = await parts.workers.on_disk(jobs.failed, parts.engine, job, now())
            log.warning("job_failed", error=type(error).__name__, why=job.kind, partial=again)
        else:
            await parts.workers.on_disk(jobs.done, parts.engine, job, now())
        return True

    async def notified(self, tenant: str) -> None:
        """Look at this client's server now."""
        await self.parts.workers.on_disk(jobs.ask_for, self.parts.engine, "catch up", tenant, self.parts.clock.now())

    async def _next_look(self, tenant: Tenant) -> None:
        if tenant.follow is not None:
            due = self.parts.clock.now() + timedelta(seconds=tenant.follow.every_s)
            await self.parts.workers.on_disk(jobs.plan, self.parts.engine, "catch up", tenant.name, due)

    async def _do(self, job: Job) -> None:
        if job.kind == "catch up" and job.key in self.tenants:
            await self._catch_up(self.tenants[job.key])
        elif job.kind == "refresh":
            patient = await self.parts.workers.on_disk(watched.one, self.parts.engine, self.seal, job.key)
            if patient is not None and patient.tenant in self.tenants:
                await self._refresh(self.tenants[patient.tenant], patient)

    async def _catch_up(self, tenant: Tenant) -> None:
        parts, now = self.parts, self.parts.clock.now()
        since = now - timedelta(hours=tenant.follow.hours if tenant.follow is not None else 0)
        patients = await parts.workers.on_disk(watched.followed, parts.engine, self.seal, tenant.name, since)
        access = await self._access(tenant) if patients else None
        if access is None:
            return
        keys = {patient.patient_id: patient.patient_key for patient in patients}
        first = await parts.workers.on_disk(watched.first_seen, parts.engine, tenant.name, since) or now
        for kind in KINDS:
            read = await parts.workers.on_disk(watched.read_up_to, parts.engine, tenant.name, kind) or first - FIRST_LOOK
            news = await self._news(access, kind, tuple(keys), read)
            for patient_id in news.patients & keys.keys():
                await parts.workers.on_disk(jobs.ask_for, parts.engine, "refresh", keys[patient_id], now)
            # Only now: what was not yet asked for must be found again after a crash.
            if news.newest is not None:
                await parts.workers.on_disk(watched.advance, parts.engine, tenant.name, kind, news.newest)
            self._remember(news)

    async def _news(self, access: Access, kind: str, patients: Sequence[str], read: datetime) -> "_News":
        since = (read - OVERLAP).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        queries = {
            str(i): f"{kind}?patient={','.join(patients[i : i + PATIENTS_AT_ONCE])}&_lastUpdated=ge{since}&_count=200"
            for i in range(0, len(patients), PATIENTS_AT_ONCE)
        }
        found = _News()
        for key, fetched in (await self.parts.fhir.fetch(access, queries, self._deadline())).items():
            if fetched.failure is not None:
                raise CouldNotRead(kind)
            if not fetched.complete:
                # More is new than is read at once: everybody asked about is looked at as a whole.
                start = int(key)
                found.patients.update(patients[start : start + PATIENTS_AT_ONCE])
            for page in fetched.pages:
                for resource in bundles.resources(page).resources:
                    self._note(found, resource)
        return found

    def _note(self, found: "_News", resource: JsonObject) -> None:
        updated = _instant(text(obj(resource.get("meta")).get("lastUpdated")))
        if updated is None:
            return
        found.newest = updated if found.newest is None else max(found.newest, updated)
        name = f"{resource.get('resourceType')}/{resource.get('id')}"
        found.resources[name] = updated
        if self._seen.get(name) != updated:
            subject = obj(resource.get("subject")) or obj(resource.get("patient"))
            found.patients.add((text(subject.get("reference")) or "").rsplit("/", 1)[-1])

    def _remember(self, news: "_News") -> None:
        """What the overlap will show again is not news."""
        self._seen.update(news.resources)
        if news.newest is not None:
            oldest = news.newest - 2 * OVERLAP - FIRST_LOOK
            for name in [name for name, updated in self._seen.items() if updated < oldest]:
                del self._seen[name]

    async def _refresh(self, tenant: Tenant, patient: Watched) -> None:
        parts = self.parts
        access = await self._access(tenant)
        call = HookCall(
            hook=PATIENT_VIEW,
            instance="refresh",
            user_id="",
            patient_id=patient.patient_id,
            encounter_id=patient.encounter_id,
            drafts=None,
            selections=(),
            prefetch={},
            fhir_server=access.base,
            access_token=access.token,
            digest="",
        )
        chart = await gather(call, drugs(), access, parts.fhir, self._deadline())
        while parts.workers.taken:
            await asyncio.sleep(BUSY_S)
        at, draws = parts.clock.now(), parts.settings.draws
        charted = await parts.workers.aside(understand, call, chart, (), at, draws, parts.site)
        situation = await parts.twins.recalled(patient.patient_key, charted)
        await parts.workers.aside(predict, situation.scenario, parts.site, situation.keep)
        parts.scorer.later(patient.patient_key, situation.scenario)
        parts.metrics.refreshed.inc()

    async def _access(self, tenant: Tenant) -> Access:
        base = normalised_base(tenant.fhir_bases[0])
        token = None if tenant.backend is None else await self.tokens.token(tenant.backend)
        if base is None or token is None:
            raise CouldNotRead("token")
        return Access(base, token)

    def _deadline(self) -> Deadline:
        by = self.parts.clock.steady() + READING_S
        return Deadline(self.parts.clock, by, READING_S, by)


@dataclass(slots=True)
class _News:
    """Patients of whom something is new, the resources read with their time, and the newest of these times."""

    patients: set[str] = field(default_factory=set[str])
    resources: dict[str, datetime] = field(default_factory=dict[str, datetime])
    newest: datetime | None = None


def _instant(written: str | None) -> datetime | None:
    try:
        found = None if written is None else datetime.fromisoformat(written)
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None
