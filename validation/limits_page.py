"""The page of limits and targets in force, written from the code: `python -m validation.limits_page` (`make pages`)."""

from pathlib import Path

from twin_engine.proposals.catalogue import CATALOGUE, Catalogue
from twin_engine.proposals.targets import TARGETS, Target
from twin_engine.safety import settings
from twin_engine.safety.limits import LIMITS, Limit

PAGE = Path(__file__).parent.parent / "docs" / "safety" / "limits.md"

QUANTITIES = {
    "single_dose": "one dose",
    "dose_per_kg": "one dose per kg",
    "bolus": "bolus",
    "rate_per_h": "infusion rate",
    "infusion_rate": "infusion rate (not of a bolus)",
    "regular_daily_per_kg": "regular dose per kg and day",
    "total_24h_per_kg": "total in 24 h per kg",
    "total_24h": "total in 24 h",
    "total_24h_without_level": "total in 24 h without a level",
    "tidal_volume_per_kg": "set volume per kg of predicted weight",
    "peep": "PEEP",
    "set_rate": "set rate",
    "inspiratory_plateau": "PEEP plus inspiratory pressure",
}
ONLY_FOR = {True: ", repeated", False: ", given once", None: ""}
GIVEN_AS = {True: ", as its prodrug", False: ", as itself", None: ""}


def limit_row(limit: Limit) -> str:
    """One row of the table of limits."""
    what = QUANTITIES[limit.quantity] + ONLY_FOR[limit.repeating] + GIVEN_AS[limit.prodrug]
    return _row(limit.drug, what, limit.severity, f"{limit.highest:,g} {limit.unit}", limit.source)


def setting_rows() -> list[str]:
    """Rows of the table of what the settings of a ventilator must reach, which no `Limit` describes."""
    volume, breath = QUANTITIES["tidal_volume_per_kg"], "no breath of the patient charted within"
    paralysed = f"0, under a neuromuscular blocker or with {breath} {settings.SPONTANEOUS_H:g} h"
    return [
        _row(volume, "absolute", f"{settings.DEAD_SPACE_PER_KG:g} mL/kg", settings.RADFORD_1955),
        _row(volume, "recommended", f"{settings.LOWEST_VOLUME_PER_KG:g} mL/kg", settings.ARDSNET_2000),
        _row("PEEP", "recommended", f"{settings.LOWEST_PEEP:g} cm[H2O]", settings.ARDSNET_2000),
        _row(
            "FiO2", "absolute", f"{100 * settings.AIR[0]:g} % (counts as air, our own choice), at most 100 %", settings.FRACTION
        ),
        _row("set rate where every breath is given at it", "absolute", f"above {paralysed}", settings.CHATBURN_2014),
        _row("set rate where every breath is given at it", "recommended", "above 0, otherwise", settings.CHATBURN_2014),
    ]


def target_row(target: Target) -> str:
    """One row of the table of targets."""
    low, high = ("" if bound is None else f"{bound:g}" for bound in (target.low, target.high))
    span = f"{low}–{high}" if low and high else f"at least {low}" if low else f"at most {high}"
    per_mic = target.mic is not None and target.metric != "ft_above_mic"
    harm, mic = target.harm, target.mic
    return _row(
        target.drug,
        target.metric,
        f"{span} {target.unit}" + (" per mg/L of MIC" if per_mic else ""),
        "none" if harm is None else f"{harm.metric} above {harm.above:g} {harm.unit} ({harm.source})",
        "–" if mic is None else f"{mic.multiple:g} x MIC; without one {mic.breakpoint:g} mg/L, {mic.organisms} ({mic.source})",
        target.note or "–",
        target.source,
    )


def catalogue_row(known: Catalogue) -> str:
    """One row of the table of deliverable doses."""

    def listed(values: tuple[float, ...]) -> str:
        return "–" if not values else ", ".join(f"{v:,g}" for v in values)

    over = listed(known.infusions_h) if known.infusions_h else f"at least {known.shortest_h:g}"
    cells = listed(known.loads), listed(known.doses), listed(known.intervals_h), over, listed(known.daily), known.source
    return _row(known.drug, *cells)


def render() -> str:
    """The whole page."""
    return "\n".join(
        [
            _INTRODUCTION,
            "## Limits\n",
            _table(["drug", "quantity", "severity", "highest", "source"], [limit_row(x) for x in LIMITS]),
            _SETTINGS,
            _table(["quantity", "severity", "lowest", "source"], setting_rows()),
            _TARGETS,
            _table(["drug", "metric", "target", "harm", "MIC", "note", "source"], [target_row(t) for t in TARGETS]),
            _DOSES,
            _table(
                ["drug", "single", "repeated", "every, h", "over, h", "continuous, per 24 h", "source"],
                [catalogue_row(c) for c in CATALOGUE.values()],
            ),
        ]
    )


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def _table(head: list[str], rows: list[str]) -> str:
    return "\n".join([_row(*head), "|" + "---|" * len(head), *sorted(rows), ""])


_INTRODUCTION = """\
# Limits and targets

Every order that we know is checked against these as it was written, before anything is predicted and whether or not
anything can be. A repeated order, a range and an as-needed order count with their maximum; the total in 24 h includes the
doses already given.

- **Absolute**: the card is critical, and no suggestion may pass it.
- **Recommended**: the card is a warning.

What cannot be checked, because a fact is missing, is refused as a suggestion. [Where each number was read](sources.md). Written
by `make pages`.
"""

_SETTINGS = """\
## Lower limits of the ventilator

While ECMO runs neither volume nor rate is judged from below: the lung may rest.
"""

_TARGETS = """\
## Targets

Targets are apart from limits: missing one makes an order worse, not forbidden. Utility is P(in target) minus P(harm); an
alternative is suggested only if its median exposure lies in the target, its utility is at least 0.10 higher, its P(harm) is
not higher or below 0.2, and never 0.5 or more, and it is better in at least 60 % of the copies. Time above the MIC counts
unbound drug.
"""

_DOSES = """\
## Doses to choose from

Alternatives are only ever chosen from these, as amounts in the drug's unit.
"""

if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
