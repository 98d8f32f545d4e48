"""Open data sets into patient records. The data stay outside the repository, where `ICU_TWIN_DATA` says, else at
`../shared/data`."""

import os
from pathlib import Path


def data_folder() -> Path:
    """Where open data sets are looked for; it need not exist."""
    return Path(os.environ.get("ICU_TWIN_DATA") or Path(__file__).parents[3] / "shared" / "data")
