"""The tour without a browser: every patient's draft is signed once, and what the service answers is printed."""

from dataclasses import dataclass
from datetime import UTC, datetime

from rich.console import Console
from rich.markdown import Markdown
from rich.panel import Panel
from rich.text import Text

from demo import audit
from demo.chart import draft_order
from demo.hook_client import Exchange
from demo.patient import DemoPatient, Regimen, patients
from demo.running import Running

_COLOURS = {"info": "cyan", "warning": "yellow", "critical": "red"}


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop of the tour: who, what was signed, the call, and the audited reasons for silence."""

    patient: DemoPatient
    order: str
    exchange: Exchange
    reasons: tuple[str, ...]


async def tour(running: Running) -> list[Stop]:
    """Sign each patient's draft, and the slip where there is one."""
    return [
        await _signed(running, patient, regimen)
        for patient in patients()
        for regimen in (patient.draft, patient.slip)
        if regimen is not None
    ]


async def _signed(running: Running, patient: DemoPatient, regimen: Regimen) -> Stop:
    draft = draft_order(patient, regimen, datetime.now(UTC), "draft-1")
    found = await running.hooks.order_sign(patient.id, draft)
    why = audit.reasons(running.database, str(found.request["hookInstance"]))
    return Stop(patient, _words(regimen), found, why)


def _words(regimen: Regimen) -> str:
    when = "once" if regimen.interval_h is None else f"every {regimen.interval_h:g} h"
    return f"vancomycin {regimen.amount_mg:,.0f} mg {when} over {regimen.infusion_h:g} h"


def as_json(stops: list[Stop]) -> list[dict[str, object]]:
    """The tour for machines."""
    return [
        {
            "patient": stop.patient.id,
            "order": stop.order,
            "status": stop.exchange.status,
            "elapsed_ms": round(stop.exchange.elapsed_ms, 1),
            "cards": list(stop.exchange.cards),
            "reasons": list(stop.reasons),
        }
        for stop in stops
    ]


def show(stops: list[Stop], console: Console) -> None:
    """The tour for people."""
    for stop in stops:
        who = stop.patient
        console.print()
        console.rule(Text(f"{who.given} {who.family} · {who.age_years} y · {who.bed}", style="bold"), align="left")
        console.print(Text(who.story, style="dim"))
        console.print(Text.assemble("Signing ", (stop.order, "bold"), f"  ({stop.exchange.elapsed_ms:.0f} ms)"))
        if stop.exchange.status != 200:
            console.print(Text(f"The service answered {stop.exchange.status}.", style="red"))
        elif not stop.exchange.cards:
            told = "; ".join(stop.reasons) or "no reason was audited"
            console.print(Panel(Text(f"No card. Audited reason: {told}"), border_style="green", title="silent"))
        for card in stop.exchange.cards:
            _show_card(card, console)


def _show_card(card: dict[str, object], console: Console) -> None:
    colour = _COLOURS.get(str(card["indicator"]), "white")
    title = Text(str(card["indicator"]), style=f"bold {colour}")
    console.print(Panel(Text(str(card["summary"]), style="bold"), border_style=colour, title=title, title_align="left"))
    console.print(Markdown(str(card.get("detail", ""))))
    for suggestion in card.get("suggestions", []):  # type: ignore[attr-defined]
        console.print(Text(f"→ {suggestion['label']}", style="bold green"))
