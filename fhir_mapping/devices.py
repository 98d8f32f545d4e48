"""What surrounds an Observation: the specimen it was measured in, and the device or device metric it came from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from fhir_mapping.fields import Resource, codings, obj, objs, reference_id, text
from twin_engine.patient.record import Specimen

_WORDS: tuple[tuple[str, Specimen], ...] = (
    # "mixed venous" also contains "venous": the longer word decides.
    ("mixed venous", "mixed_venous"),
    ("arterial", "arterial"),
    ("capillary", "capillary"),
    ("venous", "venous"),
)
_TYPES: dict[str, Specimen] = {"BLDA": "arterial", "BLDV": "venous", "BLDC": "capillary"}
"""HL7 Version 3 code system SpecimenType: arterial, venous and capillary blood."""
_NOT_MEASURING = frozenset({"off", "standby", "entered-in-error", "inactive"})


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Specimens, devices and device metrics by "Type/id"."""

    known: Mapping[str, Resource] = field(default_factory=dict[str, Resource])

    @classmethod
    def of(cls, resources: Iterable[Resource]) -> "Surroundings":
        """Those among the resources of a chart."""
        kinds = {"Specimen", "Device", "DeviceMetric"}
        found = {f"{r.get('resourceType')}/{r.get('id')}": r for r in resources if text(r.get("resourceType")) in kinds}
        return cls(found)

    def _referred(self, resource: Resource, name: str, kinds: tuple[str, ...]) -> Resource:
        reference = text(obj(resource.get(name)).get("reference")) or ""
        if reference.startswith("#"):
            contained = [c for c in objs(resource.get("contained")) if text(c.get("id")) == reference[1:]]
            return obj(contained)
        identity = reference_id(resource.get(name))
        return obj([self.known[f"{kind}/{identity}"] for kind in kinds if f"{kind}/{identity}" in self.known])

    def specimen(self, resource: Resource) -> Specimen:
        """What kind of blood, by the specimen's type or its words; unknown when nothing says it."""
        if not resource.get("specimen"):
            return "unknown"
        kind = obj(self._referred(resource, "specimen", ("Specimen",)).get("type"))
        for _, code in codings(kind):
            if code in _TYPES:
                return _TYPES[code]
        said = [text(obj(resource.get("specimen")).get("display")), text(kind.get("text"))]
        said += [text(c.get("display")) for c in objs(kind.get("coding"))]
        words = " ".join(s.lower() for s in said if s)
        for word, specimen in _WORDS:
            if word in words:
                return specimen
        return "unknown"

    def role(self, resource: Resource) -> Literal["setting", "measurement"] | None:
        """Whether the device metric says that the value is set or measured."""
        if not resource.get("device"):
            return None
        category = text(self._referred(resource, "device", ("DeviceMetric",)).get("category"))
        return "setting" if category == "setting" else "measurement" if category == "measurement" else None

    def not_measuring(self, resource: Resource) -> str | None:
        """Why the device's values do not count: it is off, on standby or entered in error."""
        if not resource.get("device"):
            return None
        device = self._referred(resource, "device", ("DeviceMetric", "Device"))
        state = text(device.get("operationalStatus")) or text(device.get("status"))
        return f"the device is {state}" if state in _NOT_MEASURING else None
