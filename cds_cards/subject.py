"""One decision of a hook call: the drafts that order one drug under one label, with what is known of them."""

from collections.abc import Iterator
from dataclasses import dataclass

from cds_cards.case import CardCase, DraftView
from cds_cards.wording import capital, drug_name, regimen, settings
from twin_engine.patient.record import VENTILATOR, Order
from twin_engine.prediction import Forecast, Metric, ModelSummary, Prediction, SafetyFinding
from twin_engine.scenario import NO_CHANGE

LIKELY = 0.5
"""More likely than not."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Drafts of one drug and label: a load and its maintenance are one decision."""

    case: CardCase
    drug: str
    drafts: tuple[DraftView, ...]

    @property
    def references(self) -> tuple[str, ...]:
        """References of the drafts."""
        return tuple(d.reference for d in self.drafts)

    @property
    def label(self) -> str:
        """Label of the forecast of these drafts."""
        return self.drafts[0].label

    @property
    def topic(self) -> str:
        """Name of this decision in the audit."""
        return f"{self.drug} {','.join(self.references)}"

    @property
    def orders(self) -> tuple[Order, ...]:
        """What the drafts order of the drug."""
        return tuple(o for d in self.drafts for o in d.orders if o.subject == self.drug)

    def name(self, *, short: bool = True) -> str:
        """The order in one phrase: "Vancomycin 1,500 mg q12h"."""
        if self.drug == VENTILATOR:
            return settings(self.orders, self.case.record)
        prodrugs = self.drug == "phenytoin" and all(o.prodrug for o in self.orders)
        return f"{capital('fosphenytoin' if prodrugs else drug_name(self.drug))} {regimen(self.orders, short=short)}"

    @property
    def findings(self) -> tuple[SafetyFinding, ...]:
        """Limits of this drug crossed or unknown, for the orders as written; each once."""
        verdicts = [self.case.verdicts[r] for r in self.references if r in self.case.verdicts]
        return tuple(dict.fromkeys(finding for verdict in verdicts for finding in verdict.findings))

    def findings_of(self, severity: str) -> tuple[SafetyFinding, ...]:
        """Findings of one severity."""
        return tuple(f for f in self.findings if f.severity == severity)

    @property
    def ordered(self) -> Forecast | None:
        """The forecast of the drafts as written; None where it is of the other drafts alone, as this one could not be read."""
        found = None if self.case.prediction is None else self.case.prediction.forecast(self.label)
        return found if found is not None and any(o.subject == self.drug for o in found.orders) else None

    @property
    def metric_name(self) -> str | None:
        """The metric that choice and card use, if the drug has a target and could be predicted."""
        ordered = self.ordered
        if ordered is None:
            return None
        place = ordered.places.get(self.drug)
        return None if place is None or place.metric not in ordered.metrics else place.metric

    @property
    def predicted(self) -> bool:
        """Whether the order has a forecast of the drug's effect or exposure."""
        ordered = self.ordered
        return ordered is not None and (self.metric_name is not None or self.drug in ordered.variables)

    def metric(self, forecast: Forecast | None) -> Metric | None:
        """The metric of this decision under one option."""
        name = self.metric_name
        return None if forecast is None or name is None else forecast.metrics.get(name)

    @property
    def suggested(self) -> Forecast | None:
        """The suggested option, if it changes one of these drafts."""
        prediction = self.case.prediction
        return None if prediction is None else self._own(prediction, prediction.suggestions.get(self.drug))

    @property
    def overshooting(self) -> Forecast | None:
        """The option that would be suggested if it did not reach the target within a day only to go on to harm."""
        prediction = self.case.prediction
        return None if prediction is None else self._own(prediction, prediction.overshooting.get(self.drug))

    def _own(self, prediction: Prediction, label: str | None) -> Forecast | None:
        option = None if label is None else prediction.forecast(label)
        return option if option is not None and option.safety.cleared and self._changed_by(option) else None

    def heads_for_harm(self, option: Forecast | None) -> bool:
        """Whether an option that is judged by its first day harms more likely than not once settled."""
        settled = self.settled(option)
        return settled is not None and settled.p_harm >= LIKELY

    def heads_below(self, option: Forecast | None) -> bool:
        """Whether an option that is judged by its first day is more likely than not below the target once settled, and more so
        than the order."""
        settled, ordered = self.settled(option), self.settled(self.ordered)
        return settled is not None and settled.p_below >= LIKELY and (ordered is None or settled.p_below > ordered.p_below)

    def settled(self, option: Forecast | None) -> Metric | None:
        """The steady-state metric of an option where the card uses that of the next 24 h; None where it has none."""
        name = self.metric_name or ""
        if option is None or not name.endswith("_next"):
            return None
        return option.metrics.get(name.removesuffix("_next") + "_steady")

    @property
    def alternatives(self) -> tuple[Forecast, ...]:
        """Options that change one of these drafts, best first."""
        if self.case.prediction is None:
            return ()
        found = [f for f in self.case.prediction.forecasts if self._changed_by(f)]
        return tuple(sorted(found, key=lambda f: f.places[self.drug].rank if self.drug in f.places else len(found)))

    def _changed_by(self, option: Forecast) -> bool:
        """Whether the option varies this decision. One that could not be written back to a draft names none."""
        reference = self.case.draft_reference_by_label.get(option.label)
        if reference is not None:
            return reference in self.references
        return option.changes == self.label and self.metric(option) is not None

    @property
    def no_change(self) -> Forecast | None:
        """The forecast if nothing is ordered."""
        return None if self.case.prediction is None else self.case.prediction.forecast(NO_CHANGE)

    @property
    def models(self) -> dict[str, ModelSummary]:
        """The fitted models of the drug, largest weight first."""
        if self.case.prediction is None:
            return {}
        own = [(name, m) for name, m in self.case.prediction.twin.items() if m.drug == self.drug]
        return dict(sorted(own, key=lambda item: -item[1].weight))

    @property
    def claims(self) -> bool:
        """Whether every model may claim an effect; experimental and exposure-only models never suggest."""
        return all(m.status == "verified" for m in self.models.values())


def subjects(case: CardCase) -> Iterator[Subject]:
    """The decisions of a hook call, in the order of its drafts."""
    groups: dict[tuple[str, str], list[DraftView]] = {}
    for draft in case.drafts:
        if draft.drug is not None:
            groups.setdefault((draft.label, draft.drug), []).append(draft)
    for (_, drug), drafts in groups.items():
        yield Subject(case, drug, tuple(drafts))
