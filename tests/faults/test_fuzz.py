"""A sample of hostile bodies keeps every promise; `make fuzz` sends fifty times as many."""

from tests.faults.fuzz import CANARY, HOSTILE, bodies, corpus, places, sent


async def test_two_thousand_hostile_bodies_break_no_promise() -> None:
    outcome = await sent(2000, seed=20260103)
    assert outcome.broken == []
    assert {200, 400, 412} <= outcome.statuses.keys(), "the bodies reach every layer"
    assert min(outcome.statuses[status] for status in (200, 400, 412)) > 50


def test_every_body_carries_the_word_that_must_not_come_out() -> None:
    assert all(CANARY in str(document) for document in corpus())
    assert len(places(corpus()[0])) > 100
    assert len(HOSTILE) > 30


def test_the_same_seed_makes_the_same_bodies() -> None:
    assert [make() for make in bodies(20, 3)] == [make() for make in bodies(20, 3)]
