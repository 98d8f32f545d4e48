"""Take the picture of a real card for the README: `python -m demo.picture docs/images/card.png` (needs Chromium)."""

import asyncio
import shutil
import sys
from pathlib import Path

from demo.running import running

CARD = "?patient=ada-brandt&amount=1000&infusion=1&sign&card"
SIZE = "790,660"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-device-scale-factor=2",
    "--virtual-time-budget=8000",
)


async def take(target: Path, browser: str, query: str, size: str) -> None:
    """Run the demo, sign the order on its page, and keep what the page shows."""
    async with running(0, 0, "UTC") as both:
        picture = (f"--window-size={size}", f"--screenshot={target.absolute()}")
        process = await asyncio.create_subprocess_exec(browser, *FLAGS, *picture, f"{both.ehr}/{query}")
        await asyncio.wait_for(process.wait(), 60)
    print(target)


def main(arguments: list[str]) -> int:
    """Picture file, then optionally the page's query and the window's size."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None or not arguments:
        print(__doc__ if browser else "no Chromium on this machine")
        return 1
    target, query, size = (*arguments, *(CARD, SIZE)[len(arguments) - 1 :])
    asyncio.run(take(Path(target), browser, query, size))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
