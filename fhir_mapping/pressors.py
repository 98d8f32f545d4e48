"""Whether an agent that acts on the blood pressure may run although no dose of it can be read.

Known by the ATC group of all adrenergic and dopaminergic agents (C01CA), by angiotensin II (C01CX09) and terlipressin
(H01BA04; WHO ATC index 2026), or by a name written beside whatever codes there are. Only infusions count. An active order
counts where the chart holds no infusion of its agent since: what is charted tells more than what was ordered.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from fhir_mapping.administrations import GIVEN, SHORTEST_INFUSION
from fhir_mapping.codes import ATC, SAME_SYSTEM, SiteCodes
from fhir_mapping.fields import Resource, codings, moment, obj, objs, period, reference_id, text
from fhir_mapping.medications import identify
from fhir_mapping.routes import route, way_of_words

_GROUP = "C01CA"
_ATC = {"C01CX09": "angiotensin", "H01BA01": "vasopressin", "H01BA04": "terlipressin"}
_SAME = {
    "noradrenaline": "norepinephrine",
    "levophed": "norepinephrine",
    "adrenaline": "epinephrine",
    "argipressin": "vasopressin",
    "isoproterenol": "isoprenaline",
    "giapreza": "angiotensin",
}
_NAMES = frozenset(
    {
        "angiotensin", "cafedrine", "dobutamine", "dopamine", "dopexamine", "ephedrine", "epinephrine", "etilefrine",
        "isoprenaline", "metaraminol", "methoxamine", "norepinephrine", "phenylephrine", "terlipressin", "vasopressin",
    }
)  # fmt: skip
_BLOCKERS = frozenset({"blocker", "receptor", "inhibitor", "antagonist"})
"""Words beside "angiotensin" of drugs that lower the pressure."""


@dataclass(slots=True)
class Infusions:
    """What a chart says of infusions up to `at`: agents that run though their dose is not read, with the newest start of such a
    row and of one that was read, when each agent was last infused, agents on order and since when, and whether something runs
    that has no name."""

    at: datetime
    unread: dict[str, datetime] = field(default_factory=dict[str, datetime])
    counted: dict[str, datetime] = field(default_factory=dict[str, datetime])
    last: dict[str, datetime] = field(default_factory=dict[str, datetime])
    ordered: list[tuple[str, datetime | None]] = field(default_factory=list[tuple[str, datetime | None]])
    unnamed: bool = False

    def given(self, resource: Resource, codes: SiteCodes, medications: Mapping[str, Resource], *, counted: bool) -> None:
        """Take in a MedicationAdministration; `counted` = its dose is in the record."""
        start, end = period(resource, "effective")
        status, dosage = text(resource.get("status")), obj(resource.get("dosage"))
        if status not in GIVEN or start is None or start > self.at or route(dosage) == "other":
            return
        long = end is not None and end - start >= SHORTEST_INFUSION
        if not (long or _has_rate(dosage) or (status == "in-progress" and end is None)):
            return
        runs = end > self.at if end is not None else status == "in-progress"
        found, named = _agents(resource, codes, medications)
        for agent in found:
            self.last[agent] = max(start, self.last.get(agent, start))
        if runs and not counted:
            self.unnamed = self.unnamed or not named
        if runs:
            rows = self.counted if counted else self.unread
            rows |= {agent: max(start, rows.get(agent, start)) for agent in found}

    def order(self, resource: Resource, codes: SiteCodes, medications: Mapping[str, Resource]) -> None:
        """Take in an active MedicationRequest."""
        instructions = objs(resource.get("dosageInstruction"))
        continuous = [d for d in instructions if not _as_needed(d) and route(d) != "other" and _any_rate(d)]
        if instructions and not continuous:
            return
        authored = moment(resource.get("authoredOn"))
        self.ordered += [(agent, authored) for agent in _agents(resource, codes, medications)[0]]

    def unread_now(self) -> list[str]:
        """Agents whose newest running row has no rate that can be read: what they run at is not known."""
        return [agent for agent, start in self.unread.items() if agent not in self.counted or self.counted[agent] < start]

    def vasopressor(self) -> bool:
        """Whether an agent runs, or is on order and may run."""
        return bool(self.unread) or any(self._uncharted(agent, since) for agent, since in self.ordered)

    def _uncharted(self, agent: str, since: datetime | None) -> bool:
        last = self.last.get(agent)
        return last is None or (since is not None and last < since)


def _has_rate(dosage: Resource) -> bool:
    return bool(dosage.get("rateQuantity") or dosage.get("rateRatio"))


def _any_rate(instruction: Resource) -> bool:
    return any(_has_rate(d) or d.get("rateRange") for d in objs(instruction.get("doseAndRate")))


def _as_needed(instruction: Resource) -> bool:
    return instruction.get("asNeededBoolean") is True or bool(instruction.get("asNeededCodeableConcept"))


def _agents(resource: Resource, codes: SiteCodes, medications: Mapping[str, Resource]) -> tuple[frozenset[str], bool]:
    """The agents that a resource is about, and whether it says at all what it is about."""
    ours = identify(resource, codes, medications)
    concepts = list(_concepts(resource, medications))
    words = [w for c in concepts for w in _said(c)]
    coded = [code for c in concepts for system, code in codings(c) if SAME_SYSTEM.get(system, system) == ATC]
    if way_of_words([" ".join(words)]) == "other":
        return frozenset(), True
    found = {m.drug for m in ours or () if m.drug in _NAMES and m.way != "other"}
    found |= {_ATC.get(code, code) for code in coded if code in _ATC or code.startswith(_GROUP)} if not found else set()
    found |= _named(words)
    return frozenset(found), bool(ours or words or coded)


def _named(words: list[str]) -> set[str]:
    found = {_SAME.get(w, w) for w in words} & _NAMES
    return found - {"angiotensin"} if _BLOCKERS & set(words) else found


def _concepts(resource: Resource, medications: Mapping[str, Resource]) -> Iterator[object]:
    """What names the drug: its own concept, that of the Medication, and those of its ingredients."""
    yield resource.get("medicationCodeableConcept")
    reference = obj(resource.get("medicationReference"))
    yield {"text": reference.get("display")}
    inside = {f"#{text(c.get('id'))}": c for c in objs(resource.get("contained"))}
    medication = inside.get(text(reference.get("reference")) or "") or medications.get(reference_id(reference) or "", {})
    yield medication.get("code")
    for ingredient in objs(medication.get("ingredient")):
        yield ingredient.get("itemCodeableConcept")


def _said(concept: object) -> Iterable[str]:
    item = obj(concept)
    said = [text(item.get("text")), *(text(c.get("display")) for c in objs(item.get("coding")))]
    plain = " ".join(s.lower() for s in said if s)
    return "".join(c if c.isalnum() else " " for c in plain).split()
