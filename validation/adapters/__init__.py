"""Open data sets into patient records. Data stay outside the repository: `ICU_TWIN_DATA`, else `../shared/data`."""

import os
from pathlib import Path


def data_folder() -> Path:
    """Where open data sets are looked for; it need not exist."""
    return Path(os.environ.get("ICU_TWIN_DATA") or Path(__file__).parents[3] / "shared" / "data")
