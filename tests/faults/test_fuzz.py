"""A sample of hostile bodies keeps every promise; `make fuzz` sends fifty times as many."""

from tests.faults.fuzz import TELLING, calls, sent
from tests.faults.mutations import CANARY, HOSTILE, corpus, mutations, places


async def test_two_thousand_hostile_bodies_break_no_promise() -> None:
    outcome = await sent(2000, seed=20260103)
    assert outcome.broken == []
    assert {200, 400, 412} <= outcome.statuses("mutation").keys(), "the bodies reach every layer"
    assert min(outcome.statuses("mutation")[status] for status in (200, 400, 412)) > 50
    assert min(outcome.statuses("hypothesis").get(status, 0) for status in (200, 400)) > 10
    assert outcome.statuses("schemathesis")


def test_every_body_carries_the_word_that_must_not_come_out() -> None:
    assert all(CANARY in str(document) for document in corpus())
    assert len(places(corpus()[0])) > 100
    assert len(HOSTILE) > 30
    assert len(TELLING) > 8


def test_the_same_seed_makes_the_same_bodies() -> None:
    assert list(mutations(20, 3)) == list(mutations(20, 3))
    first, again = ([(kind, one.content) for kind, one in calls(200, 3)] for _ in range(2))
    assert first == again
    assert {kind for kind, _ in first} == {"mutation", "hypothesis", "schemathesis"}
