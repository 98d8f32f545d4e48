"""What to fix, the most useful first: what stops everything, what stops most models, what makes forecasts worse."""

from collections import Counter
from collections.abc import Iterator, Sequence

from fhir_mapping import prefetch
from service.doctor.report import Patient, Server
from service.doctor.server import R4

FETCH_S = 2.0
"""Seconds that a hook call may take for fetching, as configured by default."""
MANY = 5
NOT_CHARTED = ("no ", "the ")
"""How a reason begins that better charting or mapping would remove."""


def advised(server: Server, patients: Sequence[Patient]) -> tuple[str, ...]:
    """The advice in order, each in one sentence or two."""
    return (*_of_server(server), *_of_patients(patients), *_of_models(patients), *_of_values(patients))


def _of_server(server: Server) -> Iterator[str]:
    if server.fhir_version is not None and not server.fhir_version.startswith(R4):
        yield f"The server speaks FHIR {server.fhir_version}; icu-twin reads R4. Give the base of its R4 endpoint."
    for words in server.ignored:
        yield f"The server ignores {words}: answers hold what was not asked for. Its operators may switch on strict searches."
    for words in server.gaps:
        yield f"Capability: {words}. If the query still works below, nothing is lost."


def _of_patients(patients: Sequence[Patient]) -> Iterator[str]:
    if not patients:
        yield "No patient was found. Name one with --patient, or load synthetic ones with icu-twin load-demo."
        return
    required = prefetch.required_keys("order-sign")
    failures = Counter((a.key, a.failure) for p in patients for a in p.answered if a.failure)
    for (key, failure), count in failures.most_common():
        what = "calls are answered 412 without it" if key in required else "cards say incomplete without it"
        cure = "give our client the scope to read it" if failure == "not permitted" else "see the query in discovery"
        yield f"{key}: {failure} for {count} of {len(patients)} patients; {what}. To fix: {cure}, or send it as prefetch."
    slowest = max((sum(a.seconds for a in p.answered) / max(len(p.answered), 1) for p in patients), default=0.0)
    longest = max((a.seconds for p in patients for a in p.answered), default=0.0)
    if longest > FETCH_S:
        spent = f"{longest:.1f} s (mean {slowest:.1f} s)"
        yield f"The slowest query took {spent}; a call has {FETCH_S:g} s. Send prefetch with the hooks."
    unsorted = sorted({a.key for p in patients for a in p.answered if not a.sorted})
    if unsorted:
        yield f"_sort=-date is not kept for {', '.join(unsorted)}: a cut answer may miss the newest values."
    cut = sorted({a.key for p in patients for a in p.answered if not a.complete and not a.failure})
    if cut:
        yield f"More is charted than was read for {', '.join(cut)}: cards will say incomplete."


def _of_models(patients: Sequence[Patient]) -> Iterator[str]:
    if not patients:
        return
    reasons = Counter(m.why for p in patients for m in p.models if m.why)
    total = sum(len(p.models) for p in patients)
    lacking = {reason: count for reason, count in reasons.most_common() if reason.startswith(NOT_CHARTED)}
    for reason, count in list(lacking.items())[:MANY]:
        yield f"{count} of {total} model runs fail because {reason}."
    outside = sum(reasons.values()) - sum(lacking.values())
    if outside:
        yield f"{outside} of {total} model runs fail because the patient is outside the studied population: nothing to fix."
    if not any(p.doses for p in patients):
        yield (
            "No administered dose of a modelled drug was found: forecasts would start from an empty history. Check "
            "MedicationAdministration: status, an RxNorm or ATC code, dose with unit, route, time with zone."
        )


def _of_values(patients: Sequence[Patient]) -> Iterator[str]:
    dropped: Counter[str] = Counter()
    unknown: Counter[tuple[str, str, str]] = Counter()
    for patient in patients:
        dropped.update(patient.dropped)
        for one in patient.unknown:
            unknown[one.system, one.code, one.display] += one.count
    for words, count in dropped.most_common(MANY):
        yield f"Not used or remarked, {count} times: {words}."
    if unknown:
        named = "; ".join(f"{display or code} ({system}|{code})" for (system, code, display), _ in unknown.most_common(MANY))
        cure = "Map those that matter to LOINC, or add a site table"
        yield f"{sum(unknown.values())} Observations have codes that no table holds, most often {named}. {cure}."
