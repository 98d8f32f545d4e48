"""What the metric of a drug, its risks and its regimens are called on a card."""

from typing import Final

from cds_cards.subject import Subject
from cds_cards.wording import number, probability_in_words, regimen
from twin_engine.prediction import Forecast, Metric

METRICS: Final = {
    "auc24": "AUC24",
    "trough": "Trough",
    "peak": "Peak",
    "css": "Mean concentration",
    "ft_above_mic": "Time above target concentration",
    "map": "MAP",
    "plateau_pressure": "plateau",
    "spo2": "SpO2",
    "pao2": "PaO2",
    "paco2": "PaCO2",
}
WINDOWS: Final = {
    "next": "next 24 h, earlier doses included",
    "steady": "at steady state",
    "10min": "in 10 min",
    "1h": "in 1 h",
}


def is_low(metric: Metric) -> bool:
    """Whether too little is the larger risk."""
    return metric.target[0] is not None and metric.p_below > p_harm_of(metric)


def harm_elsewhere(metric: Metric) -> bool:
    """Whether harm begins at another bound than the upper one of the target."""
    return metric.harm_above not in {None, metric.target[1]}


def low_in(metric: Metric) -> str:
    """How often too little: "< 400 in 65 %"."""
    return f"< {number(metric.target[0] or 0.0)} in {probability_in_words(metric.p_below)}"


def harm_in(subject: Subject, metric: Metric) -> str:
    """How often harm: "> 600 in 90 %"."""
    return f"{harm_words(subject, metric)} in {probability_in_words(p_harm_of(metric))}"


def p_harm_of(metric: Metric) -> float:
    """P(harm), or above the target where no harm is declared."""
    return metric.p_above if metric.harm_above is None else metric.p_harm


def harm_words(subject: Subject, metric: Metric) -> str:
    """The bound of harm: "> 600", or "trough > 1" where harm shows in another metric than the effect."""
    bound = metric.target[1] if metric.harm_above is None else metric.harm_above
    if bound is None:
        return "above target"
    kind, own = (kind_and_window(subject, name or "")[0] for name in (metric.harm_metric, subject.metric_name))
    elsewhere = "" if kind in {"", own} else METRICS.get(kind, "").lower()
    return f"{elsewhere} > {number(bound)}".strip()


def metric_words(subject: Subject) -> tuple[str, str]:
    """Words for the metric and for its window: ("AUC24", "at steady state")."""
    kind, window = kind_and_window(subject, subject.metric_name or "")
    return METRICS.get(kind, kind), WINDOWS.get(window, "")


def kind_and_window(subject: Subject, name: str) -> tuple[str, str]:
    """The two parts of a metric's name: ("auc24", "steady")."""
    kind, _, window = name.removeprefix(f"{subject.drug}_").rpartition("_")
    return kind, window


def regimen_of(subject: Subject, option: Forecast, *, short: bool = False) -> str:
    """What an option gives of the drug. Short, it has an infusion time other than that of the order too where that is all
    that differs, or where the time above a concentration is what counts."""
    own = [o for o in option.orders if o.drug == subject.drug]
    other = [o.infusion_h for o in own] != [o.infusion_h for o in subject.orders]
    alike = regimen(own, short=True) == regimen(subject.orders, short=True)
    counts = kind_and_window(subject, subject.metric_name or "")[0] == "ft_above_mic"
    return regimen(own, short=short, timed=short and other and (alike or counts))
