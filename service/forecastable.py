"""Which drafted drugs can be forecast at all. One order that cannot be read, is as needed or is a range leaves open what
the patient will get, so that all drafts of that drug are then checked against the limits only.
"""

from collections.abc import Iterable, Iterator

from fhir_mapping.orders import Draft
from twin_engine.patient.record import Order

MOST = 1e9
"""More than can exist in any unit of ours (a ton in mg); numbers beyond it only overflow."""


def obstacles(drafts: Iterable[Draft]) -> dict[str, str]:
    """The drugs that cannot be forecast, each with the first reason in words."""
    found: dict[str, str] = {}
    for draft in drafts:
        if draft.drug is not None:
            for reason in _reasons(draft):
                found.setdefault(draft.drug, reason)
    return found


def _reasons(draft: Draft) -> Iterator[str]:
    yield from (problem.text for problem in draft.problems)
    if not draft.orders and not draft.problems:
        yield "the order states no dose that can be read"
    for order in draft.orders:
        yield from _of_order(order)


def _of_order(order: Order) -> Iterator[str]:
    if order.as_needed:
        yield "an as-needed order is checked against the limits only"
    if order.max_amount is not None or order.max_rate is not None:
        yield "a range of doses is checked against the limits only, at its highest"
    if max(order.amount or 0.0, order.rate or 0.0) > MOST:
        yield "no such dose can be given"
