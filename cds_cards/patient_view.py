"""What opening a chart deserves: at most one card on deterioration and one on data to check."""

from collections.abc import Iterator
from dataclasses import dataclass

from cds_cards import data_quality, deterioration, whole_twin
from cds_cards.case import About, CardCase, CardDecision, Suppressed
from cds_cards.override_reasons import OVERRIDE_REASONS
from cds_cards.schema import Card
from cds_cards.topics import source
from cds_cards.wording import CLOSING


@dataclass(frozen=True, slots=True)
class Unasked:
    """A card that nobody asked for; `once_a_day` as in `CardDecision`."""

    card: Card
    about: About
    once_a_day: str | None = None


def deserved(case: CardCase) -> CardDecision:
    """Every card that the chart deserves, before the alert policy."""
    found = list(_all(case))
    cards = [each for each in found if isinstance(each, Unasked)]
    return CardDecision(
        tuple(each.card for each in cards),
        tuple(each for each in found if isinstance(each, Suppressed)),
        {each.card.uuid: each.once_a_day for each in cards if each.once_a_day is not None},
        {},
        {each.card.uuid: each.about for each in cards},
    )


def _all(case: CardCase) -> Iterator[Unasked | Suppressed]:
    if case.record.has_condition("deceased"):
        yield Suppressed("deterioration", "the patient is charted as deceased")
        return
    for found in deterioration.of_view(case):
        yield found if isinstance(found, Suppressed) else Unasked(found.card, found.about)
    yield _data_quality(case)


def _data_quality(case: CardCase) -> Unasked | Suppressed:
    found = data_quality.doubtful(case)
    if not found:
        return Suppressed("dataquality", "no data to check")
    card = Card(
        uuid=case.uuid_of("card dataquality"),
        summary=data_quality.to_check_summary(found),
        indicator="info",
        source=source("dataquality", case.base_url),
        detail="\n\n".join((data_quality.to_check_detail(found), *whole_twin.line(case.prediction), CLOSING)),
        override_reasons=OVERRIDE_REASONS,
    )
    signs = frozenset(f"{q.variable} {q.status}" for q in found)
    return Unasked(card, About("dataquality", "dataquality", signs), "dataquality: " + ", ".join(sorted(signs)))
