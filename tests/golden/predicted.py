"""Card cases whose every number comes from the models: each is a scenario in `scenarios/`, with its seed."""

import json
from functools import cache
from pathlib import Path

from cds_cards.case import CardCase, DraftView
from tests.golden.predictions import case
from twin_engine.predict import predict
from twin_engine.safety.check import check
from twin_engine.scenario import AS_ORDERED
from twin_engine.scenario_json import read

SCENARIOS = Path(__file__).parent / "scenarios"
PREDICTED = tuple(sorted(path.stem for path in SCENARIOS.glob("*.json")))


@cache
def predicted(name: str) -> CardCase:
    """The case of one scenario, as `order-sign` would build it: one draft for each order."""
    scenario = read(json.loads((SCENARIOS / f"{name}.json").read_text(encoding="utf-8")))
    drafts = tuple(
        DraftView(f"MedicationRequest/draft-{number}", AS_ORDERED, order.subject, (order,))
        for number, order in enumerate(scenario.orders, start=1)
    )
    of_drug = {order.subject: tuple(o for o in scenario.orders if o.subject == order.subject) for order in scenario.orders}
    verdicts = {draft.reference: check(of_drug[draft.drug], scenario.record, scenario.at) for draft in drafts}
    return case(predict(scenario), record=scenario.record, drafts=drafts, verdicts=verdicts)
