"""Propofol and remifentanil signed together: one call, one index for both, on the card of each."""

import re

from tests.calls import RXNORM, post, request
from tests.scenarios.test_pressor_hook import PROPOFOL, Resource, chart, draft, quantity

REMIFENTANIL = {"coding": [{"system": RXNORM, "code": "73032"}]}
HYPNOTIC = draft("hypnotic", PROPOFOL, {"rateQuantity": quantity(240, "mg/h")})
OPIOID = draft("opioid", REMIFENTANIL, {"rateQuantity": quantity(0.2, "ug/kg/min")})


async def answered(*drafts: Resource) -> list[Resource]:
    answer = await post({**request("order-sign", *drafts), "prefetch": chart()})
    assert answer.status_code == 200, answer.text
    return answer.json()["cards"]


def in_an_hour(card: Resource) -> tuple[float, float]:
    """Median and lower end of the index in an hour as ordered."""
    row = next(line for line in card["detail"].splitlines() if line.startswith("| As ordered"))
    found = re.match(r" (\d+) \((\d+)–", row.split("|")[3])
    assert found is not None
    return float(found[1]), float(found[2])


async def test_both_orders_have_one_index_lower_than_that_of_propofol_alone() -> None:
    [alone] = await answered(HYPNOTIC)
    together = await answered(HYPNOTIC, OPIOID)
    assert re.match(
        r"Propofol 240 mg/h: MAP 62→\d+ mmHg \(90 % \d+–\d+; P\(<65\) 9\d %\) in 10 min, "
        r"predicted BIS \d+ \(90 % \d+–\d+\) in 10 min, none measured",
        alone["summary"],
    )
    assert [card["summary"].split(":")[0] for card in together] == [
        "Propofol 240 mg/h with remifentanil 0.2 mcg/kg/min",
        "Remifentanil 0.2 mcg/kg/min with propofol 240 mg/h",
    ]
    assert in_an_hour(together[0]) == in_an_hour(together[1])
    assert in_an_hour(together[0])[1] < in_an_hour(alone)[1]
    assert all(card["indicator"] == "warning" and not card.get("suggestions") for card in together), "MAP is 62 on a pressor"
    assert all("Studies differ" in card["detail"] for card in together)
