"""What a set of cards is built from, and what building them decides."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cds_cards.gist import Answered, Remembered
from cds_cards.past import NOTHING_SHOWN, Past
from cds_cards.profiles import PreferenceItem
from cds_cards.rules import STANDARD_RULES, Role, Rules
from cds_cards.schema import Card, Indicator
from cds_cards.topics import Topic
from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import Order, PatientRecord
from twin_engine.prediction import Prediction, SafetyVerdict
from twin_engine.risk.forecast import RiskCourse, RiskForecast
from twin_engine.risk.old_values import WithoutOld
from twin_engine.risk.what_if import RiskChange
from twin_engine.site import STANDARD, Site


@dataclass(frozen=True, slots=True)
class DraftView:
    """One draft of the hook call: its reference ("MedicationRequest/x"), the label of its forecast ("as ordered"), its
    drug (None = none of ours) and what it orders, read into plain form. No text of the EHR: cards print none."""

    reference: str
    label: str
    drug: str | None
    orders: tuple[Order, ...] = ()


@dataclass(frozen=True, slots=True)
class RiskView:
    """The risk of one event or why there is none; its course over the last hours, where it is worth a card; reference
    scores and findings of imaging in words; and how high it would stand without the values that are old, if there are any."""

    found: RiskForecast | CannotPredict
    course: RiskCourse | None = None
    scores: tuple[str, ...] = ()
    imaging: tuple[str, ...] = ()
    without_old: WithoutOld | None = None


@dataclass(frozen=True, slots=True)
class CardCase:
    """Everything the cards of one hook call depend on.

    `prediction` None = none was ready in time, only limits are known. `verdicts` by draft reference, for all that this
    call orders of the draft's drug, as written. `resources` by forecast label: the whole changed MedicationRequest of an
    alternative; `draft_reference_by_label`: the draft it changes. `incomplete`: optional data that could not be had, in
    words.
    `uuid_of` turns the name of a part of this call into its uuid, so that the same call gives the same cards.
    `base_url`: address of a page about this service, None = there is none. `whose`: tenant and patient as one opaque key;
    `answered` by fingerprint: this patient's cards that were answered lately. `site`: whose targets were aimed at.
    `preference_list`: orders that the EHR can create, where it takes no others.
    `rules`: the alert policy in force; `role` of the reader, a prescriber where it is not known; `past`: what was shown.
    `risk_changes` by forecast label: what the simulated option does to the risk of each event, or why that is not told.
    """

    hook: str
    prediction: Prediction | None
    record: PatientRecord
    drafts: tuple[DraftView, ...]
    verdicts: Mapping[str, SafetyVerdict]
    uuid_of: Callable[[str], str]
    resources: Mapping[str, Mapping[str, object]] = field(default_factory=dict[str, Mapping[str, object]])
    draft_reference_by_label: Mapping[str, str] = field(default_factory=dict[str, str])
    timezone: str = "UTC"
    incomplete: tuple[str, ...] = ()
    base_url: str | None = None
    whose: str = ""
    answered: Mapping[str, Answered] = field(default_factory=dict[str, Answered])
    site: Site = STANDARD
    preference_list: tuple[PreferenceItem, ...] = ()
    rules: Rules = STANDARD_RULES
    role: Role = "prescriber"
    past: Past = NOTHING_SHOWN
    risks: tuple[RiskView, ...] = ()
    risk_changes: Mapping[str, tuple[RiskChange | CannotPredict, ...]] = field(
        default_factory=dict[str, tuple[RiskChange | CannotPredict, ...]]
    )


@dataclass(frozen=True, slots=True)
class About:
    """What the alert policy needs to know of a card: topic, rule ("dosing vancomycin"), the signs it names (organs, doubtful
    variables), the event that it warns of, if one can be seen in the chart later (`patient.events`), and how far it looks
    ahead: a card that looks ahead longer stands longer."""

    topic: Topic
    rule: str
    signs: frozenset[str] = frozenset()
    event: str | None = None
    horizon_h: float = 0.0


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A card that was not shown, and why, for the audit.

    `by`: judgement (there was nothing to say), crowding, feedback, repeat, role, lock-out, budget, silent. All but the first
    leave out a card that was deserved: its rule, loudness, event and itself are kept with it; of a silent one the signs,
    too, by which the next is judged.
    """

    topic: str
    reason: str
    by: str = "judgement"
    rule: str | None = None
    indicator: Indicator | None = None
    event: str | None = None
    card: Card | None = None
    signs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CardDecision:
    """Cards in the order to show them, and what was suppressed.

    `once_a_day`: card uuid -> a key made of topic and reason. The caller shows such a card once per patient and key in
    24 hours and drops it otherwise; the key holds no number that moves with time. `remembered`: card uuid -> what to keep
    of it, so that feedback on it can be understood when the same order comes again. `about`: card uuid -> what the alert
    policy knows of it.
    """

    cards: tuple[Card, ...]
    suppressed: tuple[Suppressed, ...]
    once_a_day: Mapping[str, str] = field(default_factory=dict[str, str])
    remembered: Mapping[str, Remembered] = field(default_factory=dict[str, Remembered])
    about: Mapping[str, About] = field(default_factory=dict[str, About])
