"""The static topics under which a client may sort or mute our cards, and who speaks on each."""

from typing import Literal

from cds_cards.schema import Coding, Source

Topic = Literal["dosing", "infusion", "ventilation", "limit", "noprediction", "dataquality", "deterioration"]
TOPICS: tuple[Topic, ...] = ("dosing", "infusion", "ventilation", "limit", "noprediction", "dataquality", "deterioration")

SYSTEM = "urn:icu-twin:card-topic"
LABEL = "icu-twin"
_DISPLAYS: dict[Topic, str] = {
    "dosing": "Drug dosing by prediction",
    "infusion": "Infusion by predicted effect",
    "ventilation": "Ventilator setting by prediction",
    "limit": "Order beyond a limit",
    "noprediction": "No prediction possible",
    "dataquality": "Data to check",
    "deterioration": "Early sign of deterioration",
}


def source(topic: Topic, base_url: str | None) -> Source:
    """The source of every card of one topic."""
    return Source(LABEL, Coding(topic, SYSTEM, _DISPLAYS[topic]), base_url)
