"""How far the gain of one more level, worked out for some copies taken as the truth, lies from that of all copies.

`python -m validation.level_gain` prints, for charts of vancomycin with none to four levels, the largest difference in the gain
of any time that is looked at, by how many copies stand for the truth.
"""

from unittest.mock import patch

from bench.charts import scenario
from twin_engine import sampling
from twin_engine.exposure import Exposure
from twin_engine.kernel.declare import Array
from twin_engine.predict import predict
from twin_engine.scenario_json import read
from twin_engine.twin import Twin

LEVELS = (0, 1, 2, 4)
SEEDS = range(1, 6)
DOSES, CREATININES = 8, 3
TRUTHS: tuple[int, ...] = (32, 64, 128, 256)


def largest_difference(levels: int) -> dict[int, float]:
    """By number of truths, over `SEEDS` and the times that are looked at."""
    whole = sampling.gain_of_level
    found: dict[int, float] = dict.fromkeys(TRUTHS, 0.0)

    def compared(twin: Twin, exposure: Exposure, predicted: Array, utilities: Array) -> float:
        by_all = whole(twin, exposure, predicted, utilities, len(predicted))
        for truths in TRUTHS:
            found[truths] = max(found[truths], abs(whole(twin, exposure, predicted, utilities, truths) - by_all))
        return by_all

    with patch.object(sampling, "gain_of_level", compared):
        for seed in SEEDS:
            predict(read({**scenario(DOSES, levels, CREATININES), "seed": seed}))
    return found


def main() -> None:
    """Print the table."""
    print("levels  " + "".join(f"{truths:>9}" for truths in TRUTHS))
    for levels in LEVELS:
        print(f"{levels:>6}  " + "".join(f"{gain:>9.4f}" for gain in largest_difference(levels).values()))


if __name__ == "__main__":
    main()
