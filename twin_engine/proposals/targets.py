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

_TDM_2014 = "BMC Infect Dis 2014;14:288 (doi:10.1186/1471-2334-14-288)"
_TDM_2021 = "PMC8354945, table 1"
_TDM_2024 = "PMC11304602, table 2"
_TDM_2022 = "Crit Care 2022 (doi:10.1186/s13054-022-04050-9), table 1"
_IMANI_2017 = "Imani S et al. J Antimicrob Chemother 2017;72:2891-7, abstract"
_PEAK = f"peak over MIC 8-10: {_TDM_2014}, table 3; {_TDM_2021}"
_WHOLE_INTERVAL = (
    f"100 % of the time: {_TDM_2014}, table 2; 98 % because the first infusion needs time to rise, as in Ehmann L et al. "
    "Int J Antimicrob Agents 2019;54:309-17"
)
_EUCAST_2014 = "EUCAST breakpoints as printed in BMC Res Notes 2014;7:603, table 1"
_EUCAST_2010 = "EUCAST breakpoints as used by Taccone FS et al. Crit Care 2010;14:R126 (four times the MIC: 8, 64 and 32 mg/L)"
_ASSUMED = "target assumed: severe infection"

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
    Target(
        drug="gentamicin",
        metric="peak",
        low=8.0,
        high=None,
        unit="mg/L",
        source=_PEAK,
        note=_ASSUMED,
        harm=Harm("trough", 1.0, "mg/L", f"kidney and ear: {_TDM_2021}; {_TDM_2024}"),
        mic=Mic(2.0, "Enterobacterales", _EUCAST_2014),
    ),
    Target(
        drug="tobramycin",
        metric="peak",
        low=8.0,
        high=None,
        unit="mg/L",
        source=_PEAK,
        note=_ASSUMED,
        harm=Harm("trough", 1.0, "mg/L", f"kidney and ear: {_TDM_2021}; {_TDM_2024}"),
        mic=Mic(2.0, "Pseudomonas aeruginosa", "the MIC of the target in Hennig S et al. Clin Pharmacokinet 2013;52:289-301"),
    ),
    Target(
        drug="amikacin",
        metric="peak",
        low=8.0,
        high=None,
        unit="mg/L",
        source=_PEAK,
        note=_ASSUMED,
        harm=Harm("trough", 5.0, "mg/L", f"kidney and ear: {_TDM_2021}; {_TDM_2024}"),
        mic=Mic(
            8.0,
            "Enterobacterales and Pseudomonas aeruginosa",
            "EUCAST breakpoint as used by Taccone FS et al. Crit Care 2010;14:R53 and Burdet C et al. 2015",
        ),
    ),
    Target(
        drug="meropenem",
        metric="ft_above_mic",
        low=98.0,
        high=None,
        unit="%",
        source=_WHOLE_INTERVAL,
        note=_ASSUMED + "; at a trough of 44.5 mg/L the risk of kidney injury is already 50 %: harm begins lower",
        harm=Harm(
            "trough",
            44.5,
            "mg/L",
            f"risk of 50 %: kidney from 44.45, brain from 64.2 mg/L: {_IMANI_2017}; {_TDM_2024}; {_TDM_2021}",
        ),
        mic=Mic(2.0, "Enterobacterales and Pseudomonas aeruginosa", f"{_EUCAST_2014}; {_EUCAST_2010}"),
        never_lower_on_assumed_mic=True,
    ),
    Target(
        drug="piperacillin_tazobactam",
        metric="ft_above_mic",
        low=98.0,
        high=None,
        unit="%",
        source=_WHOLE_INTERVAL,
        note=_ASSUMED + "; at a trough of 361 mg/L the risk to the brain is already 50 %: harm begins lower",
        harm=Harm(
            "trough",
            361.0,
            "mg/L",
            f"risk of 50 %: brain from 361.4 mg/L: {_IMANI_2017}; {_TDM_2024}; {_TDM_2021}; {_TDM_2022}",
        ),
        mic=Mic(16.0, "Pseudomonas aeruginosa", f"{_EUCAST_2014}; {_EUCAST_2010}"),
        never_lower_on_assumed_mic=True,
    ),
    Target(
        drug="cefepime",
        metric="ft_above_mic",
        low=98.0,
        high=None,
        unit="%",
        source=_WHOLE_INTERVAL,
        note=_ASSUMED + "; harm is judged for intermittent doses, a continuous infusion may run higher",
        harm=Harm(
            "trough", 20.0, "mg/L", f"brain, 20 mg/L (60 on continuous infusion; 36 in {_TDM_2022}): {_TDM_2024}; {_TDM_2021}"
        ),
        mic=Mic(8.0, "Pseudomonas aeruginosa", _EUCAST_2010),
        never_lower_on_assumed_mic=True,
    ),
    Target(
        drug="linezolid",
        metric="trough",
        low=2.0,
        high=8.0,
        unit="mg/L",
        source=f"trough 2-8 mg/L: {_TDM_2022}; above 2 mg/L: {_TDM_2014}, table 3",
        note=_ASSUMED,
        harm=Harm("trough", 8.0, "mg/L", f"platelets: {_TDM_2022}; 7-10 mg/L: {_TDM_2014}, table 3, and {_TDM_2021}"),
    ),
    Target(
        drug="levetiracetam",
        metric="trough",
        low=12.0,
        high=46.0,
        unit="mg/L",
        source="Bilbao-Meseguer I et al. Pharmaceutics 2021;13:1690, tables 4 and 5: troughs of 12 to 46 mg/L",
        note="reference range; no bound of harm is established",
        anti_infective=False,
    ),
    Target(
        drug="phenytoin",
        metric="trough",
        low=10.0,
        high=20.0,
        unit="mg/L",
        source="Patsalos PN et al. Epilepsia 2008;49:1239-76 and Jun H et al. Drugs R D 2020;20:343-57: 10-20 mg/L in all",
        note="total at a normal albumin (free, 1-2 mg/L, is not modelled: measure it in uraemia or with valproate); "
        "steady state: what ten days come to",
        harm=Harm(
            "trough", 20.0, "mg/L", "nystagmus, then ataxia, above 20 mg/L in all: Jun H et al. Drugs R D 2020;20:343-57"
        ),
        anti_infective=False,
    ),
)


def target_of(drug: str) -> Target | None:
    """The target of a drug, if it has one."""
    return next((t for t in TARGETS if t.drug == drug), None)
