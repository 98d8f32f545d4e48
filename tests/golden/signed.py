"""Cards as the service answers a whole call, where what matters is how those of several orders stand together."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench import joint
from bench.charts import AT
from tests.calls import URL, service

SIGNED = Path(__file__).parent / "signed"


def readable(cards: Sequence[Mapping[str, Any]]) -> str:
    """The cards of one answer as a clinician reads them."""
    return "\n".join(f"## {card['indicator']}: {card['summary']}\n\n{card['detail']}\n" for card in cards)


async def _answered(body: bytes) -> Sequence[Mapping[str, Any]]:
    async with service(at=AT) as client:
        answer = await client.post(URL, content=body)
    return answer.raise_for_status().json()["cards"]


def regenerate() -> None:
    """Write the files again."""
    SIGNED.mkdir(exist_ok=True)
    text = readable(asyncio.run(_answered(joint.call(1))))
    (SIGNED / "three_orders_at_once.md").write_text(text, encoding="utf-8")
