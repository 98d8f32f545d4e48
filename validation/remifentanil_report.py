"""Remifentanil in 40 volunteers: arterial concentrations forecast without and with the first samples, beside published values.

`python -m validation.remifentanil_report CASES.jsonl [--out REPORT.md]`. What stands below the line `MARK` is kept.

A case holds subject, n_prior_levels, scenario and truth (every later sample). Only the scenario reaches the product.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from twin_engine.predict import predict
from twin_engine.scenario_json import answer, read
from validation.bootstrap import Array, patient_bootstrap
from validation.dosing_cases import Case, read_cases

MARK = "<!-- what follows is written by hand -->"
MODEL = "remifentanil_eleveld_2017"
PUBLISHED_APRIORI, NEAR = 15.7, 0.5
AFTER_THREE = 10.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One forecast sample: `place` 0 is the next after those used; ug/L."""

    patient: str
    used: int
    place: int
    truth: float
    mode: float
    low: float
    high: float


def samples(case: Case) -> list[Sample]:
    """What the product says of every later sample of one case."""
    found = answer(predict(read({**case["scenario"], "models": [MODEL], "alternatives": "none"})))
    said = {r["time"]: r for r in found["forecasts"][0]["report"] if r["variable"] == "remifentanil"}
    times = [r["time"] for r in found["forecasts"][0]["report"] if r["variable"] == "remifentanil"]
    rows: list[Sample] = []
    for place, (time, truth) in enumerate(zip(times[-len(case["truth"]) :], case["truth"], strict=True)):
        row = said[time]
        ends = row["predicted_low"], row["predicted_high"]
        rows.append(Sample(str(case["subject"]), case["n_prior_levels"], place, truth["value"], row["mode"], *ends))
    return rows


def _line(name: str, rows: Sequence[Sample]) -> tuple[str, float]:
    truth, mode = np.array([r.truth for r in rows]), np.array([r.mode for r in rows])
    inside = np.array([float(r.low <= r.truth <= r.high) for r in rows])
    error = 100.0 * (mode - truth) / truth
    patients = [r.patient for r in rows]

    def over(statistic: Callable[[Array], float], values: Array) -> tuple[float, float, float]:
        return patient_bootstrap(lambda i: statistic(values[i]), patients)

    bias, spread = over(lambda v: float(np.median(v)), error), over(lambda v: float(np.median(np.abs(v))), error)
    covered = over(lambda v: 100.0 * float(v.mean()), inside)
    cells = [f"{e:.1f} ({lo:.1f} to {hi:.1f})" for e, lo, hi in (bias, spread, covered)]
    return f"| {name} | {len(rows)} / {len(set(patients))} | " + " | ".join(cells) + " |", spread[0]


def render(rows: Sequence[Sample]) -> str:
    """The report as Markdown."""
    table: list[str] = []
    spread: dict[tuple[int, str], float] = {}
    for used in sorted({r.used for r in rows}):
        mine = [r for r in rows if r.used == used]
        for words, chosen in (("next sample", [r for r in mine if r.place == 0]), ("all later samples", mine)):
            line, spread[used, words] = _line(f"{used} samples used, {words}", chosen)
            table.append(line)
    before, after = spread[0, "all later samples"], spread[3, "next sample"]
    near = abs(before - PUBLISHED_APRIORI) <= NEAR
    expected = f"{PUBLISHED_APRIORI} % within {NEAR} points, as another program found with the same model"
    met = {True: "met", False: "**missed**"}
    return "\n".join(
        [
            "# Remifentanil in volunteers",
            "",
            "Arterial samples of adults with a short infusion (the data of Minto CF et al. Anesthesiology 1997;86:10-23, as",
            f"shipped with the R package nlme), forecast by `{MODEL}` as published. Brackets: 95 % interval over patients.",
            "Written by `python -m validation.remifentanil_report`.",
            "",
            "| samples | samples / patients | median error % | median abs. error % | coverage of 90 % prediction interval |",
            "|---|---|---|---|---|",
            *table,
            "",
            "| goal | bound | found | |",
            "|---|---|---|---|",
            f"| A8 without samples: median abs. error | {expected} | {before:.1f} % | {met[near]} |",
            f"| A8 next sample after three | at most {AFTER_THREE:.0f} % | {after:.1f} % | {met[after <= AFTER_THREE]} |",
            "",
        ]
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", type=Path)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    text = render([row for case in read_cases(chosen.cases) for row in samples(case)])
    if chosen.out:
        by_hand = chosen.out.read_text().partition(MARK)[2] if chosen.out.exists() else ""
        chosen.out.write_text(text + (f"\n{MARK}{by_hand}" if by_hand else ""))
    print(text)


if __name__ == "__main__":
    main()
