"""What a drug is aimed at and where harm begins, each with its source. Sites may override."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """Range of one exposure metric; harm above `harm_above`; `harm_weight` = lambda of the utility."""

    drug: str
    metric: str
    low: float
    high: float
    harm_above: float | None
    unit: str
    source: str
    note: str
    harm_weight: float = 1.0


TARGETS: tuple[Target, ...] = (
    Target(
        drug="vancomycin",
        metric="auc24",
        low=400.0,
        high=600.0,
        harm_above=600.0,
        unit="mg.h/L",
        source="Rybak MJ et al. Am J Health Syst Pharm 2020;77:835-64: AUC24/MIC 400-600 for serious MRSA infection; kidney "
        "injury > 600: Lodise TP et al. Clin Infect Dis 2009;49:507-14 and Aljefri DM et al. Clin Infect Dis 2019;69:1881-7",
        note="target assumed: serious infection, MIC 1 mg/L",
    ),
)


def auc_target(drug: str) -> Target | None:
    """The AUC24 target of a drug, if it has one."""
    return next((t for t in TARGETS if t.drug == drug and t.metric == "auc24"), None)
