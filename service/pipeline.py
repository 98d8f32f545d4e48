"""One hook call from request to cards. Data flows one way; each line is one step of the design."""

from functools import partial

from service.answering import decide
from service.call import ORDER_HOOKS, PATIENT_VIEW, HookAnswer
from service.chart import access_of, gather, referenced
from service.deadline import Deadline
from service.in_time import own_work_ends, predicted
from service.recorder import CurrentCall
from service.situation import drugs_of, read_drafts, understand
from service.templates import further
from twin_engine.registry import drugs

NOT_OURS = "no draft that we model"


async def answer(current: CurrentCall) -> HookAnswer:
    """The answer to one authenticated, parsed call. Raises HookError for what has a status of its own."""
    call, client, parts = current.call, current.tenant, current.parts
    deadline = Deadline.starting(parts.clock, parts.settings)
    earlier = await current.earlier()
    if earlier is not None:
        return earlier

    at = parts.clock.now()
    access = access_of(call, client, parts.fhir)
    medications = await parts.workers.elsewhere(referenced(call, access, parts.fhir, deadline))
    drafts = await parts.workers.run(read_drafts, call, medications, at)
    asked = drugs_of(drafts) if call.hook in ORDER_HOOKS else drugs()
    if not asked:
        return current.silent(NOT_OURS)
    reading = gather(call, asked, access, parts.fhir, deadline, further(call, parts.policies))
    chart = await parts.workers.elsewhere(reading)

    own_by = own_work_ends(parts, deadline)
    charted = await parts.workers.run(understand, call, chart, drafts, at, parts.settings.draws, parts.site)
    situation = await parts.twins.recalled(current.patient, charted)
    current.situation = situation
    timely = await predicted(situation, parts, own_by, opened=call.hook == PATIENT_VIEW)
    current.prediction = timely.prediction
    known = await current.known(situation)
    cards = partial(decide, call, client, situation, timely.prediction, parts.settings.public_url, known)
    return await current.shown(await parts.workers.run(cards), partial=timely.partial)
