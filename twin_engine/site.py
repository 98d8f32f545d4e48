"""What one hospital aims at, can deliver and allows: the published values, or those of a site that overrides them."""

from collections.abc import Mapping
from dataclasses import dataclass

from twin_engine.proposals.catalogue import CATALOGUE, Catalogue
from twin_engine.proposals.targets import TARGETS, Target
from twin_engine.safety.limits import LIMITS, Limit


@dataclass(frozen=True, slots=True)
class Site:
    """Targets and deliverable doses by drug, and limits. `name` stands in the versions of what was predicted for a site.

    Raises ValueError when an absolute limit is missing or looser than the published one.
    """

    targets: Mapping[str, Target]
    catalogue: Mapping[str, Catalogue]
    limits: tuple[Limit, ...]
    name: str | None = None

    def __post_init__(self) -> None:
        loose = [x for x in LIMITS if x.severity == "absolute" and not any(own.as_strict_as(x) for own in self.limits)]
        if loose:
            told = "; ".join(f"{x.drug} {x.quantity} {x.highest:g} {x.unit}" for x in loose)
            raise ValueError(f"an absolute limit cannot be loosened: {told}")


STANDARD = Site({target.drug: target for target in TARGETS}, CATALOGUE, LIMITS)
