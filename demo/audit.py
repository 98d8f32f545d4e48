"""Why the service said nothing: the reasons that it audited for one call."""

import json
import sqlite3
from pathlib import Path


def reasons(database: Path, hook_instance: str) -> tuple[str, ...]:
    """The audited reasons of one call, from the demo service's own database."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as db:
        row = db.execute("select reasons from invocation where hook_instance = ?", (hook_instance,)).fetchone()
    db.close()
    return tuple(json.loads(row[0])) if row and row[0] else ()
