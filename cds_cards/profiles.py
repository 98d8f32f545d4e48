"""What differs between EHRs. `spec` is CDS Hooks 2.0 to the letter: an update carries the whole changed resource."""

from collections.abc import Mapping
from dataclasses import dataclass

from cds_cards.schema import Action


@dataclass(frozen=True, slots=True)
class Profile:
    """How one family of EHRs takes a changed draft."""

    name: str

    def change(self, description: str, resource: Mapping[str, object]) -> tuple[Action, ...]:
        """The actions that replace a draft by its changed self."""
        return (Action("update", description, resource),)


PROFILES = {profile.name: profile for profile in (Profile("spec"),)}


def profile_named(name: str) -> Profile:
    """The profile of this name. Raises ValueError for a name that is none."""
    if name not in PROFILES:
        raise ValueError(f"no card profile {name!r}; known: {', '.join(PROFILES)}")
    return PROFILES[name]
