"""Check the ordered settings of a ventilator: against the limits, against the patient's height, and for sense.

Predicted body weight comes from height and sex; where either is missing nothing per kg is judged and the order is not cleared.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from twin_engine.covariates.support import running
from twin_engine.patient import findings
from twin_engine.patient.derived import predicted_body_weight
from twin_engine.patient.hypnosis import paralysed
from twin_engine.patient.record import PatientRecord, Setting
from twin_engine.patient.variables import PRESSURE_MODES
from twin_engine.prediction import SafetyFinding
from twin_engine.safety.limits import ARDSNET_2000, Limit

LOWEST_VOLUME_PER_KG: Final = 4.0
DEAD_SPACE_PER_KG: Final = 2.0
"""mL per kg of predicted weight: hardly the airways themselves, about 1 mL per pound."""
LOWEST_PEEP: Final = 5.0
_ROUNDING: Final = 1.0 + 1e-6
_WORDS: Final = {
    "tidal_volume_per_kg": "tidal volume",
    "peep": "PEEP",
    "set_rate": "set rate",
    "inspiratory_plateau": "PEEP plus inspiratory pressure",
}
_IN_WORDS: Final = {"peep": "PEEP", "inspiratory_pressure": "inspiratory pressure"}
_JUDGED: Final = frozenset({"fio2", "peep", "tidal_volume_set", "respiratory_rate_set", "inspiratory_pressure"})

RADFORD_1955: Final = "Radford EP. J Appl Physiol 1955;7:451-60 (dead space about 1 mL per pound, 2.2 mL/kg)"
FRACTION: Final = "by definition: a fraction of the gas that is breathed, 0.21 in air, 1 in pure oxygen"
AIR: Final = (0.20, 0.21)
"""What is written for the air of the room; that 20 % counts as a rounding of 21 is our own choice."""
ECMO_RUNS: Final = "ECMO runs: rate, and volume per kg from below, are not judged, the lung may rest"
SPONTANEOUS_H: Final = 4.0
"""How long a charted breath of the patient's own counts, as a setting does."""
CHATBURN_2014: Final = "Chatburn RL et al. Respir Care 2014;59:1747-63 (mandatory breaths)"
_MANDATORY: Final = frozenset({"vc_cmv", "prvc", "pc_cmv"})
PNEUMOTHORAX: Final = (
    "a pneumothorax is charted: what pressure does to it is not modelled, and no setting of pressure is advised"
)
PRESSES: Final = frozenset({"peep", "tidal_volume_set", "inspiratory_pressure"})
"""Settings that press on a lung."""


def check_settings(
    ordered: Sequence[Setting], record: PatientRecord, at: datetime, limits: Sequence[Limit]
) -> list[SafetyFinding]:
    """What of the settings that an option orders, all of them together, is beyond a limit, or cannot be judged."""
    return list(dict.fromkeys(_findings(ordered, record, at, limits)))


def _findings(
    ordered: Sequence[Setting], record: PatientRecord, at: datetime, limits: Sequence[Limit]
) -> Iterator[SafetyFinding]:
    values: dict[str, float] = {}
    mode = None
    for one in ordered:
        if one.variable == "ventilator_mode":
            mode = one.category
            yield from () if one.category else [_unknown("the ordered mode cannot be read")]
        elif one.value is None:
            yield _unknown(f"the ordered {one.variable.replace('_', ' ')} cannot be read")
        else:
            values[one.variable] = one.value
    for name in values:
        if name not in _JUDGED:
            yield _unknown(f"no limits are declared for {name.replace('_', ' ')}")
    if "fio2" in values and not AIR[0] <= values["fio2"] <= 1.0:
        words = f"FiO2 {100.0 * values['fio2']:g} % is impossible: from 21 to 100 % of the gas are oxygen"
        yield SafetyFinding("absolute", words, FRACTION)
    if values.get("respiratory_rate_set", 1.0) <= 0.0:
        yield _no_breath(mode or _mode(record, at), record, at)
    if values.keys() & PRESSES and (record.has_condition("pneumothorax") or findings.present(record, "pneumothorax", at)):
        yield _unknown(PNEUMOTHORAX)
    yield from _limited(values, record, at, limits)
    yield from _plateau(values, _by_pressure(mode, record, at), record, at, limits)


def _limited(values: dict[str, float], record: PatientRecord, at: datetime, limits: Sequence[Limit]) -> Iterator[SafetyFinding]:
    measured: dict[str, float] = {}
    volume = values.get("tidal_volume_set")
    if volume is not None:
        weight = predicted_weight(record, at)
        if weight is None:
            yield _unknown("height or sex is not charted: the volume per kg of predicted weight cannot be checked")
        else:
            measured["tidal_volume_per_kg"] = volume / weight
            if volume / weight * _ROUNDING < LOWEST_VOLUME_PER_KG and _on_ecmo(record, at):
                yield _unknown(ECMO_RUNS)
            elif volume / weight * _ROUNDING < DEAD_SPACE_PER_KG:
                words = f"tidal volume {volume / weight:.2g} mL/kg ventilates hardly more than the airways"
                reason = f"{words}: it is below the absolute limit of {DEAD_SPACE_PER_KG:g} mL/kg"
                yield SafetyFinding("absolute", reason, RADFORD_1955)
            elif volume / weight * _ROUNDING < LOWEST_VOLUME_PER_KG:
                yield _below(f"tidal volume {volume / weight:.2f} mL/kg", f"{LOWEST_VOLUME_PER_KG:g} mL/kg")
    if "peep" in values:
        measured["peep"] = values["peep"]
        if values["peep"] < LOWEST_PEEP:
            yield _below(f"PEEP {values['peep']:g} cmH2O", f"{LOWEST_PEEP:g} cmH2O")
    if "respiratory_rate_set" in values:
        measured["set_rate"] = values["respiratory_rate_set"]
    yield from _above(measured, limits)


def _plateau(
    values: dict[str, float], by_pressure: bool, record: PatientRecord, at: datetime, limits: Sequence[Limit]
) -> Iterator[SafetyFinding]:
    """The plateau of pressure control is the sum of two settings: either raises it, with the other as it stands."""
    if "inspiratory_pressure" not in values and not (by_pressure and "peep" in values):
        return
    parts = {name: values.get(name, _charted(record, name, at)) for name in ("peep", "inspiratory_pressure")}
    missing = [_IN_WORDS[name] for name, value in parts.items() if value is None]
    if missing:
        yield _unknown(f"{missing[0]} is not charted: the plateau of pressure control cannot be checked")
    else:
        yield from _above({"inspiratory_plateau": sum(value or 0.0 for value in parts.values())}, limits)


def _by_pressure(ordered: str | None, record: PatientRecord, at: datetime) -> bool:
    """Whether the breath is given by pressure: by the mode ordered, else charted, else where no volume is set."""
    mode = ordered or _mode(record, at)
    if mode not in {None, "unknown", "simv"}:
        return mode in PRESSURE_MODES
    return _charted(record, "inspiratory_pressure", at) is not None and _charted(record, "tidal_volume_set", at) is None


def _mode(record: PatientRecord, at: datetime) -> str | None:
    charted = _newest((s for s in record.settings if s.variable == "ventilator_mode"), at)
    return None if charted is None else charted.category


def _above(measured: dict[str, float], limits: Sequence[Limit]) -> Iterator[SafetyFinding]:
    for limit in limits:
        value = measured.get(limit.quantity)
        if value is not None and value > limit.highest * _ROUNDING:
            words = f"{_WORDS[limit.quantity]} {value:.3g} {limit.unit}"
            reason = f"{words} is above the {limit.severity} limit of {limit.highest:g} {limit.unit}"
            yield SafetyFinding(limit.severity, reason, limit.source)


def _no_breath(mode: str | None, record: PatientRecord, at: datetime) -> SafetyFinding:
    """A rate of 0: nobody breathes where the ventilator gives every breath and the patient is paralysed or has no breath of
    its own charted; elsewhere the patient may breathe alone."""
    words = "a set rate of 0 is no ventilation"
    if _on_ecmo(record, at):
        return _unknown(ECMO_RUNS)
    if mode not in _MANDATORY:
        return _unknown(words)
    if paralysed(record, at):
        return SafetyFinding("absolute", f"{words}, and a neuromuscular blocker may act", CHATBURN_2014)
    if not _breathes(record, at):
        return SafetyFinding("absolute", f"{words} in this mode, and no breath of the patient is charted", CHATBURN_2014)
    return SafetyFinding("recommended", f"{words}: in this mode every breath is given at the set rate", CHATBURN_2014)


def _breathes(record: PatientRecord, at: datetime) -> bool:
    """Whether a breath of the patient alone, or more breaths than are set, are charted lately."""
    since = at - timedelta(hours=SPONTANEOUS_H)
    own, total = (record.latest(name, at) for name in ("respiratory_rate_spontaneous", "respiratory_rate"))
    rate = _newest((s for s in record.settings if s.variable == "respiratory_rate_set" and s.value is not None), at)
    if own is not None and own.time >= since and (own.value or 0.0) > 0.0:
        return True
    if total is None or rate is None or rate.time is None or total.time < max(since, rate.time):
        return False
    return (total.value or 0.0) > (rate.value or 0.0)


def _on_ecmo(record: PatientRecord, at: datetime) -> bool:
    return running(record, ("ecmo",), at) is not None


def _below(found: str, limit: str) -> SafetyFinding:
    return SafetyFinding("recommended", f"{found} is below the recommended {limit}", ARDSNET_2000)


def _unknown(reason: str) -> SafetyFinding:
    return SafetyFinding("unknown", reason, "")


def predicted_weight(record: PatientRecord, at: datetime) -> float | None:
    """Predicted body weight, kg, from height and sex; None where either is not charted, or a child is too small for it."""
    height = record.latest("height", at)
    if height is None or height.value is None or record.sex == "unknown":
        return None
    found = predicted_body_weight(height.value, record.sex == "female")
    return found if found > 0.0 else None


def _charted(record: PatientRecord, variable: str, at: datetime) -> float | None:
    found = _newest((s for s in record.settings if s.variable == variable and s.value is not None), at)
    return None if found is None else found.value


def _newest(settings: Iterable[Setting], at: datetime) -> Setting | None:
    known = [(s.time, s) for s in settings if s.time is not None and s.time <= at]
    return max(known, key=lambda pair: pair[0])[1] if known else None
