"""`icu-twin alerts`: what the alert policy showed and withheld, at what cost, and how clinicians answered. No patient data."""

import json
from datetime import timedelta

import sqlalchemy as sa
import typer

from service.clock import SystemClock
from service.settings import Settings
from service.store import database
from service.store.alerts import Summary, summary
from service.store.reception import Reception, reception


def run(days: int, tenant: str | None, *, as_json: bool) -> int:
    """Print the summary of the last `days`. Always 0."""
    engine = database.opened(Settings().database_url)
    found, received = read(engine, days, tenant)
    engine.dispose()
    if as_json:
        typer.echo(json.dumps(document(found, received), indent=2))
    else:
        show(found, received, days)
    return 0


def read(engine: sa.Engine, days: int, tenant: str | None) -> tuple[Summary, tuple[Reception, ...]]:
    """What the store says of the last `days`."""
    since = SystemClock().now() - timedelta(days=days)
    return summary(engine, tenant, since), reception(engine, since, tenant)


def document(found: Summary, received: tuple[Reception, ...]) -> dict[str, object]:
    """As one JSON object."""
    return {
        "patient_days": found.patient_days,
        "rules": [
            {
                "rule": one.rule,
                "withheld_by": one.by,
                "cards": one.cards,
                "per_patient_day": found.per_day(one.cards),
                "events_decided": one.decided,
                "events": one.events,
            }
            for one in found.lines
        ],
        "answers": [
            {
                "topic": one.topic,
                "indicator": one.indicator,
                "shown": one.shown,
                "accepted": one.accepted,
                "overridden": one.overridden,
                "reasons": dict(one.reasons),
            }
            for one in received
        ],
    }


def show(found: Summary, received: tuple[Reception, ...], days: int) -> None:
    """The summary for a terminal."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    console.print(f"[bold]{found.patient_days} patient-days in the last {days} days[/bold]")
    cards = Table("rule", "shown or withheld by", "cards", "per patient-day", "event came", box=None)
    for one in found.lines:
        came = f"{one.events} of {one.decided}" if one.decided else ""
        cards.add_row(escape(one.rule), one.by or "shown", str(one.cards), f"{found.per_day(one.cards):.2f}", came)
    console.print(cards)
    answers = Table("topic", "indicator", "shown", "accepted", "overridden", "reasons", box=None)
    for one in received:
        reasons = ", ".join(f"{escape(reason)} ({count})" for reason, count in one.reasons)
        answers.add_row(escape(one.topic), one.indicator, str(one.shown), str(one.accepted), str(one.overridden), reasons)
    console.print(answers)
    for one in received:
        if one.rarely_accepted:
            console.print(
                f"{escape(one.topic)}, {one.indicator}: rarely accepted; the site may sign to show it as information."
            )
