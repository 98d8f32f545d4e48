"""The service as a process of its own, whose day is the one of the test charts.

    python -m tests.store.serving

Settings come from the environment as ever. `HOLD_AUDIT_S` makes the process wait inside the transaction that keeps a call, so
that it can be killed there; it then writes the file that `HOLD_FILE` names.
"""

import os
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn

from service.app import create_app
from service.clock import SystemClock
from service.settings import Settings
from service.store import audit
from tests.calls import AT


class DayOfTheChart(SystemClock):
    """A running clock, the same in all processes, that stood at the instant of the test charts at `BEGAN`."""

    def now(self) -> datetime:
        return AT + timedelta(seconds=super().now().timestamp() - float(os.environ["BEGAN"]))


def hold(seconds: float, marker: Path) -> None:
    """Wait between the row of a call and its link in the chain of digests."""
    append: Any = audit._append

    def slowly(*given: Any) -> None:
        marker.write_text("inside")
        time.sleep(seconds)
        append(*given)

    audit._append = slowly


if __name__ == "__main__":
    if os.environ.get("HOLD_AUDIT_S"):
        hold(float(os.environ["HOLD_AUDIT_S"]), Path(os.environ["HOLD_FILE"]))
    settings = Settings()
    uvicorn.run(create_app(settings, clock=DayOfTheChart()), host=settings.host, port=settings.port, log_config=None)
