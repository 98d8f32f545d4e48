"""The alert policy on real charts: cards per patient-day with and without it, what it withholds and why, and what that costs.

`python -m validation.alert_replay [--out PAGE.md] [--workers N]`

Every intensive care stay of the MIMIC-IV demo is lived again as it was charted: the chart is opened every hour, and every
order of a modelled drug is signed when it was written. Each moment is let out under three policies.
"""

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from rich.progress import track

from twin_engine.patient.events import EVENTS
from twin_engine.risk.load import EVENTS as RISKS
from validation.adapters import mimic_iv_demo
from validation.replay_onsets import ONSETS
from validation.replay_policies import SHOWN, Counts, Outcome, Pair
from validation.replay_stays import Stay, stays
from validation.replay_walk import MOVED, lived

PAGE = Path("docs/validation/alert_replay.md")


@dataclass(slots=True)
class Totals:
    """What was counted over all stays, by policy."""

    patients: set[str] = field(default_factory=set[str])
    days: float = 0.0
    by_policy: dict[str, Counts] = field(default_factory=lambda: defaultdict(Counts))
    hours: Counter[Pair] = field(default_factory=Counter[Pair])
    orders: Counter[str] = field(default_factory=Counter[str])

    def add(self, patient: str, outcome: Outcome) -> None:
        """Add one stay."""
        self.patients.add(patient)
        self.days += outcome.days
        self.hours += outcome.hours
        self.orders += outcome.orders
        for name, counts in outcome.by_policy.items():
            self.by_policy[name].add(counts)


def replay(found: Sequence[Stay], workers: int) -> Totals:
    """Live every stay again."""
    totals = Totals()
    with ProcessPoolExecutor(workers) as pool:
        for stay, outcome in zip(found, track(pool.map(lived, found), "stays", len(found)), strict=True):
            totals.add(stay.patient, outcome)
    return totals


def render(totals: Totals) -> str:
    """The page."""
    return "\n\n".join(
        (_head(totals), _cards(totals), _shown(totals), _withheld(totals), _missed(totals), _orders(totals), TAIL)
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *rows))


def _head(totals: Totals) -> str:
    return f"""# Alert policy on real charts

{len(totals.patients)} patients, {totals.days:.0f} patient-days in intensive care (MIMIC-IV demo on FHIR, ODbL; stays of
six hours and more, the first four days of each). The chart was
opened every hour ({sum(totals.hours.values()) // len(RISKS)} times), more often than people open it, and
{totals.orders["signed"]} orders of modelled drugs were signed when they were written. Written by
`python -m validation.alert_replay`."""


def _cards(totals: Totals) -> str:
    topics = sorted({topic for c in totals.by_policy.values() for topic in c.shown})
    rows = [
        [name, *(f"{c.shown[t] / totals.days:.2f}" for t in topics), f"{sum(c.shown.values()) / totals.days:.2f}"]
        for name, c in totals.by_policy.items()
    ]
    return "## Cards per patient-day, by topic (early signs: by event)\n\n" + _table(["policy", *topics, "all"], rows)


def _shown(totals: Totals) -> str:
    rows = [
        [name, kind, str(shown), str(c.decided[kind, SHOWN]), str(c.came[kind, SHOWN]), _ppv(c, (kind, SHOWN))]
        for name, c in totals.by_policy.items()
        for kind, shown in sorted(c.shown.items())
        if kind.startswith("deterioration ") and c.decided[kind, SHOWN]
    ]
    head = ["policy", "topic", "cards", "chart could tell", "event came", "PPV (95 %, as if cards were independent)"]
    return (
        "## Shown, and what came\n\nOf cards that warn of an event which a chart can show: how often it came within the hours "
        "that the card looks ahead, whatever was done meanwhile. Cards of one stay are not independent: the true interval "
        "is wider.\n\n" + _table(head, rows)
    )


def _ppv(counts: Counts, key: Pair) -> str:
    """Share of cards after which the event came, with its Wilson interval (Wilson EB. J Am Stat Assoc 1927;22:209-12)."""
    told, came, z = counts.decided[key], counts.came[key], 1.96
    middle, share = (came + z * z / 2.0) / (told + z * z), came / told
    half = z * (share * (1.0 - share) * told + z * z / 4.0) ** 0.5 / (told + z * z)
    return f"{share:.0%} ({max(middle - half, 0.0):.0%}–{min(middle + half, 1.0):.0%})"


def _withheld(totals: Totals) -> str:
    rows = [
        [name, topic, by, str(count), str(c.came[topic, by]), str(c.decided[topic, by])]
        for name, c in totals.by_policy.items()
        for (topic, by), count in sorted(c.withheld.items())
    ]
    head = ["policy", "topic", "withheld by", "cards", "event came", "chart could tell"]
    return (
        "## Withheld, and what came\n\nThe event is the one the card warned of: low pressure, low saturation, kidney "
        "injury, low glucose. It may have had other causes, and a card withheld within hours of one that was shown was not "
        "unheard.\n\n" + _table(head, rows)
    )


def _missed(totals: Totals) -> str:
    return "\n\n".join(_missed_of(totals, event) for event in ONSETS)


def _missed_of(totals: Totals, event: str) -> str:
    found, within = ONSETS[event], f"{EVENTS[event].within_h:g} h"
    rows = [
        [name, *map(str, (o := c.onsets[event], w := c.warned[event], r := c.refused[event], o - w - r))]
        for name, c in totals.by_policy.items()
    ]
    head = ["policy", "onsets", f"card in the {within} before", f"model refused in all {within}", "no card"]
    said = Counter({words: count for (of, words), count in totals.hours.items() if of == event})
    asked = "; ".join(f"{words}: {count}" for words, count in said.most_common())
    return (
        f"## {found.title} with and without a card\n\nAn onset is {found.words}.\n\n{_table(head, rows)}\n\n"
        f"Hours by what the model said: {asked}."
    )


def _orders(totals: Totals) -> str:
    o = totals.orders
    rows = [[name, str(c.harmful), str(c.harmful_silent)] for name, c in totals.by_policy.items()]
    return (
        f"## Orders likely to harm\n\nOf {o['signed']} orders {o['unread']} could not be read whole, {o['refused']} got no "
        f"prediction, {o['predicted']} got one. Likely to harm: P(harm) at least 0.5.\n\n"
        + _table(["policy", "likely to harm", "of these without a card"], rows)
        + f"\n\nWhat signing would do to the risk of new hypotension: {_moved(totals)}."
    )


def _moved(totals: Totals) -> str:
    told = [(words.removeprefix(MOVED), n) for words, n in totals.orders.most_common() if words.startswith(MOVED)]
    return "; ".join(f"{words}: {n}" for words, n in told) or "no order had a simulated pressure"


TAIL = """## How to read it

- **No policy**: every card that is deserved, also of rules that are silent as released (sepsis, low saturation,
  kidney injury).
  **Nobody answers**: the standing policy, no feedback. **Everybody overrides**: every card on an order is overridden at
  once as "does not apply", the worst case for what feedback withholds.
- Cards withheld as silent are those that would have been shown: one that was silent locks out the next of its rule as a shown
  one does. It locks out, and takes the budget of, no card of another rule that is shown.
- The stays are of one hospital, most are short, and the risk model was trained on stays of the same hospital from other
  years: this is a test of the policy, not of the model.
- Data to check are asked for as the chart stands at each hour. What only the reading of a message can doubt (a unit, a value
  that cannot be) is not among them. Most of them come because this export holds doses without an amount, and doses twice.
- Drugs are ordered anew at every titration of a charted infusion only where the chart holds an order; orders as needed, by
  range or by protocol are signed without a forecast.
- Orders were written by people who did not see these cards."""


def main() -> None:
    """Replay and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=PAGE)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--stays", type=int, default=None, help="only the first so many")
    given = parser.parse_args()
    if not mimic_iv_demo.folder().is_dir():
        raise SystemExit("no MIMIC-IV demo: set ICU_TWIN_DATA")
    given.out.write_text(render(replay(stays()[: given.stays], given.workers)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
