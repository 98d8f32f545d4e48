"""Write every golden file again: `python -m tests.golden.regenerate`. Read the difference before committing it."""

import json
from pathlib import Path

from cds_cards.build import build
from cds_cards.case import CardCase, CardDecision
from cds_cards.schema import response
from tests.golden import signed
from tests.golden.cases import HAND_MADE
from tests.golden.predicted import PREDICTED, predicted

FOLDER = Path(__file__).parent / "cards"
NAMES = (*HAND_MADE, *PREDICTED)


def case_named(name: str) -> CardCase:
    """One case: cards/<name>.md has its cards as a clinician reads them, cards/<name>.json as they are sent."""
    return HAND_MADE[name] if name in HAND_MADE else predicted(name)


def written(case: CardCase) -> dict[str, str]:
    """File suffix -> text for one case."""
    decision = build(case)
    document = {
        **response(decision.cards),
        "suppressed": [{"topic": s.topic, "reason": s.reason} for s in decision.suppressed],
        "once_a_day": dict(decision.once_a_day),
    }
    return {".json": json.dumps(document, indent=1, ensure_ascii=False) + "\n", ".md": _readable(decision)}


def _readable(decision: CardDecision) -> str:
    parts = [
        f"## {card.indicator}: {card.summary}\n\n{card.detail}\n\n"
        + "".join(f"> **{s.label}** — {a.description}\n" for s in card.suggestions for a in s.actions)
        for card in decision.cards
    ]
    parts += [f"*Not shown:* {s.topic}: {s.reason}\n" for s in decision.suppressed]
    return "\n".join(part.rstrip() + "\n" for part in parts)


def main() -> None:
    """Write the files, and remove those of cases that are gone."""
    FOLDER.mkdir(exist_ok=True)
    kept = {FOLDER / f"{name}{suffix}": text for name in NAMES for suffix, text in written(case_named(name)).items()}
    for stale in set(FOLDER.iterdir()) - kept.keys():
        stale.unlink()
    for path, text in kept.items():
        path.write_text(text, encoding="utf-8")
    signed.regenerate()


if __name__ == "__main__":
    main()
