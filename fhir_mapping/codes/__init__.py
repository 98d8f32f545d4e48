"""Code tables: which code means which of our variables, drugs, procedures and conditions (`*.csv`, each row with source).

Kinds of rows: variable, panel, answer (a coded answer that stands for a number), drug, product (of blood, or a fluid), carrier
(a heading under which the fluid that is charted carries a drug), procedure, sign (a measured parameter of a device: above zero,
the procedure runs; in mL/h of `crrt`, its effluent), condition, finding (of imaging).

A site adds its own codes by a table of the same columns (`sites/` holds an example); they win over the standard ones.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files

LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SNOMED = "http://snomed.info/sct"
ATC = "http://www.whocc.no/atc"

SAME_SYSTEM = {"http://fhir.de/CodeSystem/bfarm/atc": ATC, "http://fhir.de/CodeSystem/dimdi/atc": ATC}
"""Code systems under another address: the German editions keep the codes of the WHO."""

Code = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code stands for: a variable, drug, procedure or condition, with specimen or site where the code says it; for
    a product whether it goes into a vein (`route` iv) or not (other); for an answer its number."""

    name: str
    specimen: str = "unknown"
    site: str | None = None
    unit: str | None = None
    route: str | None = None
    value: float | None = None


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
    signs: dict[Code, Meaning] = field(default_factory=dict[Code, Meaning])
    answers: dict[Code, Meaning] = field(default_factory=dict[Code, Meaning])
    findings: dict[Code, Meaning] = field(default_factory=dict[Code, Meaning])
    products: dict[Code, Meaning] = field(default_factory=dict[Code, Meaning])
    """Products of blood, procedures that give them, and fluids."""
    carriers: dict[Code, Meaning] = field(default_factory=dict[Code, Meaning])

    def also(self, other: "SiteCodes") -> "SiteCodes":
        """These codes with `other`'s on top."""
        return SiteCodes(
            {**self.variables, **other.variables},
            {**self.drugs, **other.drugs},
            {**self.procedures, **other.procedures},
            {**self.conditions, **other.conditions},
            (*other.condition_prefixes, *self.condition_prefixes),
            {**self.panels, **other.panels},
            {**self.signs, **other.signs},
            {**self.answers, **other.answers},
            {**self.findings, **other.findings},
            {**self.products, **other.products},
            {**self.carriers, **other.carriers},
        )


def read_codes(lines: Iterable[str]) -> SiteCodes:
    """Codes from CSV lines with the columns kind, system, code, name, display, specimen, site, unit, source, and route
    and value where a row needs them. A code of a condition that ends in * stands for every code that begins so."""
    tables: dict[str, dict[Code, Meaning]] = {
        kind: {}
        for kind in ("variable", "drug", "procedure", "condition", "panel", "sign", "answer", "finding", "product", "carrier")
    }
    prefixes: list[tuple[str, str, str]] = []
    for row in csv.DictReader(lines):
        if row["kind"] == "condition" and row["code"].endswith("*"):
            prefixes.append((row["system"], row["code"][:-1], row["name"]))
        else:
            tables[row["kind"]][row["system"], row["code"]] = _meaning(row)
    return SiteCodes(
        variables=tables["variable"],
        drugs=tables["drug"],
        procedures=tables["procedure"],
        conditions=tables["condition"],
        condition_prefixes=tuple(prefixes),
        panels=tables["panel"],
        signs=tables["sign"],
        answers=tables["answer"],
        findings=tables["finding"],
        products=tables["product"],
        carriers=tables["carrier"],
    )


def _meaning(row: Mapping[str, str | None]) -> Meaning:
    value = row.get("value")
    return Meaning(
        name=row["name"] or "",
        specimen=row.get("specimen") or "unknown",
        site=row.get("site") or None,
        unit=row.get("unit") or None,
        route=row.get("route") or None,
        value=float(value) if value else None,
    )


def _lines(name: str) -> Iterator[str]:
    with files("fhir_mapping.codes").joinpath(name).open(encoding="utf-8") as lines:
        yield from lines


@lru_cache(maxsize=8)
def site(name: str) -> SiteCodes:
    """The shipped example table of one site, e.g. `mimic_iv_demo`."""
    return read_codes(_lines(f"sites/{name}.csv"))


@lru_cache(maxsize=1)
def standard() -> SiteCodes:
    """The standard tables: LOINC, RxNorm, ATC, SNOMED CT and ICD-10."""
    found = SiteCodes()
    for name in ("variables.csv", "drugs.csv", "procedures.csv", "conditions.csv", "findings.csv", "products.csv"):
        found = found.also(read_codes(_lines(name)))
    return found
