"""What differs between EHRs: how a changed dose is offered, and how much room a card has.

| profile | a changed dose | cards |
|---|---|---|
| spec | update with the whole changed draft | as CDS Hooks 2.0 has them |
| sandbox | the same | say that the sandbox shows the drug of what is accepted, not its dose |
| epic | create of the preference-list item with exactly this dose; else words | `any`, nothing pre-selected |
| oracle | words | no suggestions; lines instead of tables: the side bar is narrow |

Sources: CDS Hooks 2.0; the code of cds-hooks/sandbox; Epic's tutorial on CDS Hooks as third parties quote it (order details
of a create are those of the preference-list item; one action a suggestion; only `any`; the extension that names the kind of
text); Cerner's documentation of 2021 (patient-view only, narrow side bar, no suggestions). Nothing here was tried at a
vendor's own system.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from cds_cards.schema import Action, Card
from twin_engine.patient.record import Order

PREFERENCE_LIST = "urn:com.epic.cdshooks.action.code.system.preference-list-item"
DETAIL_TYPE = "com.epic.cdshooks.card.detail.content-type"
MARKDOWN = "text/markdown; variant=GitHub"
SANDBOX_NOTE = "The sandbox shows the drug of an accepted suggestion, not its dose."


@dataclass(frozen=True, slots=True)
class PreferenceItem:
    """One entry of a site's preference list: its code there, and the order it stands for, exactly. `interval_h` None = once;
    `infusion_h` in hours."""

    code: str
    drug: str
    amount: float
    unit: str
    interval_h: float | None
    infusion_h: float | None
    display: str | None = None

    def is_order(self, order: Order) -> bool:
        """Whether this entry orders the same, with nothing more and nothing less."""
        bare = Order(
            label=order.label, drug=self.drug, amount=self.amount, unit=self.unit, interval_h=self.interval_h,
            infusion_h=self.infusion_h, start=order.start, route=order.route, id=order.id,
        )  # fmt: skip
        return order == bare


@dataclass(frozen=True, slots=True)
class Change:
    """A changed draft: in words what becomes of what, its whole changed resource, and what it orders of its drug."""

    after: str
    before: str
    resource: Mapping[str, object]
    orders: tuple[Order, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """How one family of EHRs takes cards."""

    name: str
    changes: Literal["update", "preference list", "words"] = "update"
    selection: Literal["at-most-one", "any"] = "at-most-one"
    recommends: bool = True
    narrow: bool = False
    extension: tuple[tuple[str, str], ...] = ()
    note: str | None = None

    def actions(self, change: Change, listed: Sequence[PreferenceItem] = ()) -> tuple[Action, ...]:
        """The actions that put the change into effect; none where this EHR cannot do so exactly."""
        if self.changes == "update":
            return (Action("update", f"{change.after} instead of {change.before}", change.resource),)
        if self.changes == "preference list" and len(change.orders) == 1:
            found = next((item for item in listed if item.is_order(change.orders[0])), None)
            if found is not None:
                words = f"{change.after}; remove the order as written ({change.before}), which stays otherwise"
                return (Action("create", words, _created(change.resource, found)),)
        return ()

    def finished(self, card: Card) -> Card:
        """The card as this EHR can show it."""
        detail = card.detail
        if detail is not None and self.narrow:
            detail = in_lines(detail)
        if detail is not None and self.note is not None and card.suggestions:
            detail = f"{detail}\n\n{self.note}"
        extension = {**(card.extension or {}), **dict(self.extension)} or None
        return replace(card, detail=detail, extension=extension)


def _created(changed: Mapping[str, object], item: PreferenceItem) -> dict[str, object]:
    """A new draft of a preference-list item: the EHR takes the details of the order from its own list."""
    dropped = ("id", "meta", "contained", "medicationReference", "identifier", "status", "text")
    kept = {name: value for name, value in changed.items() if name not in dropped}
    coding = {"system": PREFERENCE_LIST, "code": item.code, **({"display": item.display} if item.display else {})}
    return {**kept, "status": "draft", "intent": "order", "medicationCodeableConcept": {"coding": [coding]}}


def in_lines(detail: str) -> str:
    """Each row of a table as a line of its own: "As ordered: 1,000 mg every 12 h – AUC24 742 (500–900); ..."."""
    return "\n".join(_without_tables(detail.split("\n")))


def _without_tables(lines: Sequence[str]) -> Iterator[str]:
    head: list[str] = []
    for line in lines:
        if not line.startswith("|"):
            head = []
            yield line
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not head:
            head = cells
        elif set(cells) != {"---"}:
            values = (f"{name} {value}" for name, value in zip(head[1:], cells[1:], strict=True))
            yield f"- {cells[0]} – {'; '.join(values)}"


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("spec"),
        Profile("sandbox", note=SANDBOX_NOTE),
        Profile("epic", "preference list", "any", recommends=False, extension=((DETAIL_TYPE, MARKDOWN),)),
        Profile("oracle", "words", narrow=True),
    )
}


def profile_named(name: str) -> Profile:
    """The profile of this name. Raises ValueError for a name that is none."""
    if name not in PROFILES:
        raise ValueError(f"no card profile {name!r}; known: {', '.join(PROFILES)}")
    return PROFILES[name]
