"""Code tables: which code means which of our variables, drugs, procedures and conditions (`*.csv`, each row with source).

A site adds its own codes by a table of the same columns (`sites/` holds an example); they win over the standard ones.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files

LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SNOMED = "http://snomed.info/sct"

Code = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code stands for: a variable, drug, procedure or condition, with specimen or site where the code says it."""

    name: str
    specimen: str = "unknown"
    site: str | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class SiteCodes:
    """Codes by (system, code). `unit` of a meaning stands in for a unit that the site never charts."""

    variables: dict[Code, Meaning] = field(default_factory=dict[Code, Meaning])
    drugs: dict[Code, Meaning] = field(default_factory=dict[Code, Meaning])
    procedures: dict[Code, Meaning] = field(default_factory=dict[Code, Meaning])
    conditions: dict[Code, Meaning] = field(default_factory=dict[Code, Meaning])
    condition_prefixes: tuple[tuple[str, str, str], ...] = ()
    panels: dict[Code, Meaning] = field(default_factory=dict[Code, Meaning])
    """Panels of systemic blood pressure: only there do systolic, diastolic and mean mean what they say."""

    def also(self, other: "SiteCodes") -> "SiteCodes":
        """These codes with `other`'s on top."""
        return SiteCodes(
            {**self.variables, **other.variables},
            {**self.drugs, **other.drugs},
            {**self.procedures, **other.procedures},
            {**self.conditions, **other.conditions},
            (*other.condition_prefixes, *self.condition_prefixes),
            {**self.panels, **other.panels},
        )


def read_codes(lines: Iterable[str]) -> SiteCodes:
    """Codes from CSV lines with the columns kind, system, code, name, display, specimen, site, unit, source. A code of a
    condition that ends in * stands for every code that begins so."""
    codes = SiteCodes()
    prefixes: list[tuple[str, str, str]] = []
    for row in csv.DictReader(lines):
        key = (row["system"], row["code"])
        meaning = Meaning(row["name"], row.get("specimen") or "unknown", row.get("site") or None, row.get("unit") or None)
        if row["kind"] == "condition" and row["code"].endswith("*"):
            prefixes.append((row["system"], row["code"][:-1], row["name"]))
        else:
            tables = {
                "variable": codes.variables,
                "drug": codes.drugs,
                "procedure": codes.procedures,
                "condition": codes.conditions,
                "panel": codes.panels,
            }
            tables[row["kind"]][key] = meaning
    return SiteCodes(codes.variables, codes.drugs, codes.procedures, codes.conditions, tuple(prefixes), codes.panels)


def _lines(name: str) -> Iterator[str]:
    with files("fhir_mapping.codes").joinpath(name).open(encoding="utf-8") as lines:
        yield from lines


@lru_cache(maxsize=8)
def site(name: str) -> SiteCodes:
    """The shipped example table of one site, e.g. `mimic_iv_demo`."""
    return read_codes(_lines(f"sites/{name}.csv"))


@lru_cache(maxsize=1)
def standard() -> SiteCodes:
    """The standard tables: LOINC, RxNorm, SNOMED CT and ICD-10."""
    found = SiteCodes()
    for name in ("variables.csv", "drugs.csv", "procedures.csv", "conditions.csv"):
        found = found.also(read_codes(_lines(name)))
    return found
