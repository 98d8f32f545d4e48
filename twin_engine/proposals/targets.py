"""What a drug is aimed at and where harm begins, each with its source. Sites may override.

A target is a range of one metric of exposure over 24 h:
  auc24         area under the concentration over 24 h
  peak          highest concentration half an hour after the end of an infusion
  trough        concentration just before the next dose
  css           mean concentration
  ft_above_mic  share of the time with an unbound concentration above a multiple of the MIC, %
Harm may be seen in another metric than the effect (aminoglycosides: peak and trough).
"""

from dataclasses import dataclass
from typing import Literal

MetricKind = Literal["auc24", "peak", "trough", "css", "ft_above_mic"]


@dataclass(frozen=True, slots=True)
class Harm:
    """Where harm begins: one metric above one bound."""

    metric: MetricKind
    above: float
    unit: str
    source: str


@dataclass(frozen=True, slots=True)
class Mic:
    """How a target depends on the minimal inhibitory concentration of the pathogen.

    `breakpoint` mg/L of the named organisms stands in while no MIC is charted, and the card says so. `multiple`: for
    ft_above_mic the concentration to exceed is `multiple` x MIC; other metrics state their bounds per MIC.
    """

    breakpoint: float
    organisms: str
    source: str
    multiple: float = 1.0


@dataclass(frozen=True, slots=True)
class Target:
    """Range of one exposure metric (None = open on that side), harm, and `harm_weight` = lambda of the utility.

    `never_lower_on_assumed_mic`: no lower dose is suggested while the MIC is only assumed (beta-lactams).
    """

    drug: str
    metric: MetricKind
    low: float | None
    high: float | None
    unit: str
    source: str
    note: str
    harm: Harm | None = None
    mic: Mic | None = None
    anti_infective: bool = True
    never_lower_on_assumed_mic: bool = False
    harm_weight: float = 1.0

    def __post_init__(self) -> None:
        if self.metric == "ft_above_mic" and self.mic is None:
            raise ValueError(f"{self.drug}: a target over the MIC needs a breakpoint")

    def bounds(self, mic: float | None) -> tuple[float, float]:
        """Lowest and highest value in target, for a MIC in mg/L (None = the breakpoint, where the target has one)."""
        scale = 1.0
        if self.mic is not None and self.metric != "ft_above_mic":
            scale = self.mic.breakpoint if mic is None else mic
        low = float("-inf") if self.low is None else self.low * scale
        return low, float("inf") if self.high is None else self.high * scale

    def threshold(self, mic: float | None) -> float | None:
        """Unbound concentration to exceed, mg/L; None where the metric is not over the MIC."""
        if self.metric != "ft_above_mic" or self.mic is None:
            return None
        return self.mic.multiple * (self.mic.breakpoint if mic is None else mic)


_KIDNEY_INJURY = (
    "Tsutsuura M et al. BMC Infect Dis 2021;21:153 (meta-analysis, cut-off 600: odds ratio 2.10, 1.13-3.89) and "
    "Matsumoto K et al. Pharmaceutics 2022;14:489"
)

TARGETS: tuple[Target, ...] = (
    Target(
        drug="vancomycin",
        metric="auc24",
        low=400.0,
        high=600.0,
        unit="mg.h/L",
        source="Rybak MJ et al. Am J Health Syst Pharm 2020;77:835-64: AUC24/MIC 400-600 for serious MRSA infection",
        note="target assumed: serious infection, MIC 1 mg/L",
        harm=Harm("auc24", 600.0, "mg.h/L", f"kidney injury: {_KIDNEY_INJURY}"),
    ),
)


def target_of(drug: str) -> Target | None:
    """The target of a drug, if it has one."""
    return next((t for t in TARGETS if t.drug == drug), None)
