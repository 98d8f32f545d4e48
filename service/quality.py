"""The page on how the service does at this hospital: predictions against outcomes, and how cards were received.

It holds no patient data, no free text, no group smaller than five.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape

import sqlalchemy as sa

from service.calibration import Row, table
from service.store import predictions
from service.store.reception import Reception, reception

LOOKING_BACK = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Quality:
    """What the page shows: since when, calibration, how many predictions stand where, reception of the cards."""

    since: datetime
    calibration: tuple[Row, ...]
    states: dict[str, int]
    reception: tuple[Reception, ...]


def quality(engine: sa.Engine, now: datetime) -> Quality:
    """Read everything; one visit to the database."""
    since = now - LOOKING_BACK
    rows = table(predictions.scored_since(engine, since))
    return Quality(since, rows, predictions.states_since(engine, since), reception(engine, since))


def page(found: Quality) -> str:
    """As one HTML page that loads nothing."""
    return "\n".join(
        (
            "<!doctype html><html lang=en><meta charset=utf-8><title>icu-twin: predictions and outcomes</title>",
            "<style>body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}",
            "table{border-collapse:collapse;margin:1rem 0}th,td{padding:.25rem .75rem;border-bottom:1px solid #ccc;",
            "text-align:left}tr:hover{background:#f4f4f4}</style>",
            "<h1>Predictions and outcomes</h1>",
            f"<p>Predictions made since {found.since:%d %B %Y}. A prediction is judged by the first value that was measured ",
            "in its time, if the order was carried out as written. Nine in ten values should lie inside the 90 % ",
            "interval; where chance does not explain the difference, the line says so.</p>",
            _table(CALIBRATION_HEADS, [_calibration(row) for row in found.calibration])
            or "<p>No variable has five outcomes yet.</p>",
            "<h2>Where the predictions stand</h2>",
            _table(("state", "predictions"), [(word, str(n)) for word, n in found.states.items()]) or "<p>None was made.</p>",
            "<h2>How cards were received</h2>",
            "<p>What nobody answered is not an override. Cards of <code>order-select</code> do not count.</p>",
            _table(RECEPTION_HEADS, [_reception(row) for row in found.reception]) or "<p>No card was shown.</p>",
            "</html>",
        )
    )


CALIBRATION_HEADS = ("variable", "group", "outcomes", "inside 90 % interval", "median error", "median size of error", "")
RECEPTION_HEADS = ("topic", "indicator", "shown", "accepted", "overridden", "reasons", "")


def _calibration(row: Row) -> tuple[str, ...]:
    share = f"{row.coverage:.0%} ({row.low:.0%} to {row.high:.0%})"
    relative = "" if row.relative is None else f"{row.relative:.0%}"
    off = "" if not row.off else "intervals too narrow" if row.coverage < 0.9 else "intervals too wide"
    return row.variable, row.group, str(row.n), share, f"{row.bias:+.3g} {row.unit}", relative, off


def _reception(row: Reception) -> tuple[str, ...]:
    reasons = ", ".join(f"{reason} ({n})" for reason, n in row.reasons)
    rare = "rarely accepted: the site may show it as information only" if row.rarely_accepted else ""
    return row.topic, row.indicator, str(row.shown), str(row.accepted), str(row.overridden), reasons, rare


def _table(heads: Sequence[str], rows: Sequence[Iterable[str]]) -> str:
    if not rows:
        return ""
    head = "".join(f"<th scope=col>{escape(text)}</th>" for text in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(text)}</td>" for text in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
