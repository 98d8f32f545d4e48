"""Background work: once, by one process, again after a crash, and never lost when it is asked for meanwhile."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from service.store import database, jobs
from service.store.jobs import LEASE, MOST_ATTEMPTS, WAIT
from tests.calls import AT

LATER = AT + timedelta(minutes=1)


@pytest.fixture
def engine(url: str) -> Generator[sa.Engine]:
    opened = database.opened(url)
    yield opened
    opened.dispose()


def test_a_job_is_asked_for_once_and_taken_when_due(engine: sa.Engine) -> None:
    jobs.plan(engine, "refresh", "p", LATER)
    assert jobs.take(engine, AT) is None
    jobs.ask_for(engine, "refresh", "p", AT)
    jobs.plan(engine, "refresh", "p", LATER)
    jobs.ask_for(engine, "refresh", "p", LATER)
    taken = jobs.take(engine, AT)
    assert taken is not None
    assert (taken.kind, taken.key, taken.attempt) == ("refresh", "p", 1)
    assert jobs.take(engine, LATER) is None
    jobs.done(engine, taken, AT)
    assert jobs.take(engine, LATER) is None


def test_what_is_asked_for_while_it_is_done_is_done_once_more(engine: sa.Engine) -> None:
    jobs.ask_for(engine, "refresh", "p", AT)
    first = jobs.take(engine, AT)
    assert first is not None
    jobs.ask_for(engine, "refresh", "p", AT)
    jobs.done(engine, first, AT)
    second = jobs.take(engine, AT)
    assert second is not None
    jobs.done(engine, second, AT)
    assert jobs.take(engine, AT) is None


def test_the_job_of_a_process_that_died_is_taken_by_another(engine: sa.Engine) -> None:
    jobs.ask_for(engine, "refresh", "p", AT)
    lost = jobs.take(engine, AT)
    assert lost is not None
    again = jobs.take(engine, AT + LEASE)
    assert again is not None
    jobs.done(engine, lost, AT + LEASE)  # it lives after all, and comes too late
    assert jobs.take(engine, AT + LEASE) is None
    assert jobs.take(engine, AT + 2 * LEASE) is not None


def test_a_job_that_fails_is_tried_later_and_not_for_ever(engine: sa.Engine) -> None:
    jobs.ask_for(engine, "refresh", "p", AT)
    now, tries = AT, 0
    while (taken := jobs.take(engine, now)) is not None:
        tries += 1
        if jobs.failed(engine, taken, now):
            assert jobs.take(engine, now) is None
        now += WAIT * 2**MOST_ATTEMPTS
    assert tries == MOST_ATTEMPTS


def test_processes_that_look_at_the_same_time_take_different_jobs(engine: sa.Engine) -> None:
    for n in range(20):
        jobs.ask_for(engine, "refresh", str(n), AT)
    with ThreadPoolExecutor(4) as pool:
        taken = [one.result() for one in [pool.submit(jobs.take, engine, AT) for _ in range(20)]]
    assert sorted(int(job.key) for job in taken if job is not None) == list(range(20))


def test_who_holds_a_job_on_postgresql_does_not_make_others_wait(postgresql_url: str) -> None:
    engine = database.opened(postgresql_url)
    jobs.ask_for(engine, "refresh", "first", AT)
    jobs.ask_for(engine, "refresh", "second", LATER)
    with engine.begin() as holding:
        holding.execute(sa.text("select * from job where key = 'first' for update"))
        taken = jobs.take(engine, LATER)
    engine.dispose()
    assert taken is not None
    assert taken.key == "second"
