"""What to fix, the most useful first: what stops everything, what stops most models, what makes forecasts worse."""

from collections import Counter
from collections.abc import Iterator, Sequence

from fhir_mapping import prefetch
from fhir_mapping.codes import standard
from service.doctor.report import Patient, Server
from service.doctor.server import R4

FETCH_S = 2.0
"""Seconds that a hook call may take for fetching, as configured by default."""
MANY = 5
CURES = {
    "not permitted": "Give a token with --token-file whose scopes allow reading (patient/*.rs or system/*.rs).",
    "not found": "Check that the base ends where resources begin (.../Patient), and the patient ids.",
    "refused": "The server does not take a search parameter that is used; the queries stand in discovery.",
    "unavailable": "The server did not answer in time, or failed; try again, and look at its log.",
    "": "The queries stand in discovery (GET /cds-services).",
}
LOINC = "http://loinc.org"
NOT_CHARTED = ("no ", "the ")
"""How a reason begins that better charting or mapping would remove."""


def advised(server: Server, patients: Sequence[Patient]) -> tuple[str, ...]:
    """The advice in order, each in one sentence or two."""
    read = [patient for patient in patients if patient.readable]
    of_charts = (*_of_models(read), *_of_questions(read), *_of_values(read))
    return (*_of_server(server), *_of_patients(patients), *of_charts)


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
    yield from _of_failures(patients)
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


def _of_failures(patients: Sequence[Patient]) -> Iterator[str]:
    """Queries that failed, once for all keys of one kind of failure."""
    if not any(patient.readable for patient in patients):
        said = Counter(a.failure for p in patients for a in p.answered).most_common(1)[0][0]
        yield f"No query was answered for any patient: {said}. {CURES.get(said or '', CURES[''])}"
        return
    required = prefetch.required_keys("order-sign")
    failures = Counter((a.failure, a.key) for p in patients for a in p.answered if a.failure)
    for failure in dict.fromkeys(failure for failure, _ in failures):
        of = [f"{key} ({count} of {len(patients)} patients)" for (one, key), count in failures.items() if one == failure]
        needed = [key for one, key in failures if one == failure and key in required]
        what = f"calls are answered 412 without {', '.join(needed)}" if needed else "cards say incomplete"
        yield f"{failure}: {', '.join(of)}; {what}. {CURES.get(failure or '', CURES[''])} Or send them as prefetch."


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


def _of_questions(patients: Sequence[Patient]) -> Iterator[str]:
    """What no chart can answer, with the codes under which the missing data would be read; what some can is left alone."""
    for name in dict.fromkeys(question.name for patient in patients for question in patient.questions):
        asked = [question for patient in patients for question in patient.questions if question.name == name]
        if any(question.gives for question in asked):
            continue
        reason, count = Counter(question.why[0] for question in asked).most_common(1)[0]
        absent = set(asked[0].absent).intersection(*(question.absent for question in asked))
        lacking = [variable for variable in sorted(absent) if loinc(variable)]
        named = "; ".join(f"{variable} (LOINC {', '.join(loinc(variable)[:3])})" for variable in lacking)
        cure = f" Not charted for anybody under a code that is read: {named}." if named else ""
        yield f"No chart could answer on {name}; {count} of {len(asked)}: {reason}.{cure}"


def loinc(variable: str) -> list[str]:
    """The LOINC codes that are read as a variable, the commonest first."""
    return [code for (system, code), meaning in standard().variables.items() if meaning.name == variable and system == LOINC]


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
