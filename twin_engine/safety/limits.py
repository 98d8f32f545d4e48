"""Limits on orders, each with its source: `absolute` ones make a critical card, `recommended` ones a warning.

They live apart from the models so that whoever adds a model does not also set its limits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Quantity = Literal[
    "single_dose",
    "dose_per_kg",
    "bolus",
    "rate_per_h",
    "infusion_rate",
    "regular_daily_per_kg",
    "total_24h",
    "total_24h_per_kg",
    "total_24h_without_level",
    "tidal_volume_per_kg",
    "peep",
    "set_rate",
    "inspiratory_plateau",
]
Severity = Literal["absolute", "recommended"]

ASHP_2020 = "ASHP/IDSA/PIDS/SIDP vancomycin guideline: Rybak MJ et al. Am J Health Syst Pharm 2020;77:835-64"
IDSA_2011 = "IDSA MRSA guideline: Liu C et al. Clin Infect Dis 2011;52:e18-55"
LABEL_CEFEPIME = "US prescribing information, cefepime injection: at most 2 g per dose, every 8 h"
LABEL_PROPOFOL = "US prescribing information, propofol injectable emulsion"
LABEL_REMIFENTANIL_EU = "European summary of product characteristics, remifentanil, use in intensive care"
LABEL_REMIFENTANIL_US = "US prescribing information, remifentanil"
LABEL_MIDAZOLAM = "US prescribing information, midazolam injection, sedation of ventilated patients"
LABEL_DEXMEDETOMIDINE = "European summary of product characteristics, dexmedetomidine"
PAIN_2013 = "Barr J et al. Crit Care Med 2013;41:263-306, table of opioids"
SEPSIS_2021 = "Surviving Sepsis Campaign: Evans L et al. Crit Care Med 2021;49:e1063-143"
LABEL_EPINEPHRINE = "US prescribing information, epinephrine injection, hypotension of septic shock: 0.05-2 ug/kg/min"
ANAPHYLAXIS_2021 = "Resuscitation Council UK: Emergency treatment of anaphylaxis, 2021"
ERC_2021 = "European Resuscitation Council: Soar J et al. Resuscitation 2021;161:115-51"
LABEL_VASOPRESSIN = "US prescribing information, vasopressin injection"
LABEL_PHENYLEPHRINE = "US prescribing information, phenylephrine injection"
PHENYLEPHRINE_STUDIED = (
    "the most that was given in septic shock: Overgaard CB, Dzavik V. Circulation 2008;118:1047-56 (0.4-9.1)"
)
LABEL_DOPAMINE = "US prescribing information, dopamine injection: 2-5 ug/kg/min, in steps of 5-10 up to 20-50, not more than 50"
LABEL_KETAMINE = "US prescribing information, ketamine hydrochloride injection"
KETAMINE_GIVEN = "the most infused in 91 ventilated adults: Groetzinger LM et al. Pharmacotherapy 2018, doi:10.1002/phar.2065"
LABEL_ROCURONIUM = "US prescribing information, rocuronium bromide injection"
LABEL_FENTANYL = "US prescribing information, fentanyl citrate injection"
LABEL_FUROSEMIDE_EU = "European summary of product characteristics, furosemide injection 10 mg/mL: at most 1,500 mg a day"
_MIDAZOLAM_STATUS = (
    "our own choice, needs a second reader: twice the upper quartile (1.0 mg/kg/h) of the largest rates given to 100 adults in "
    "refractory status epilepticus: Fernandez A et al. Neurology 2014;82:359-65, abstract"
)
LABEL_MEROPENEM = "prescribing information, meropenem: at most 2 g per dose, every 8 h"
LABEL_PIPERACILLIN = (
    "US prescribing information, piperacillin and tazobactam: 4.5 g every 6 h, of which 4 g and 16 g a day are piperacillin"
)
LABEL_CEFTRIAXONE = "US prescribing information, ceftriaxone: at most 4 g a day"
LABEL_LINEZOLID = "US prescribing information, linezolid: 600 mg every 12 h"
LABEL_LEVETIRACETAM = "US prescribing information, levetiracetam injection: 1,500 mg twice a day"
LABEL_FOSPHENYTOIN = "US prescribing information, fosphenytoin sodium injection, status epilepticus in adults"
LABEL_PHENYTOIN = "US prescribing information, phenytoin sodium injection, boxed warning"
STATUS_2006 = "Nandhagopal R. Postgrad Med J 2006;82:723-32, table 3 (PMC2660499)"
ARDSNET_2000 = "The Acute Respiratory Distress Syndrome Network. N Engl J Med 2000;342:1301-8"
ALVEOLI_2004 = "Brower RG et al. N Engl J Med 2004;351:327-36"


@dataclass(frozen=True, slots=True)
class Limit:
    """The highest value of one quantity of one drug. `repeating` restricts it to repeated (True) or single (False) doses,
    `prodrug` to the drug ordered as its prodrug (True) or as itself (False).

    regular_daily_per_kg: what an order that goes on for longer than a day comes to per day, loads not counted.
    bolus: a dose given within half an hour, also one written as a rate that ends by then and is above what may run;
    infusion_rate: any other rate, or a dose that takes longer. Their unit says per what.
    `into_a_vein`: it holds for that way alone, and cannot be checked where none is stated. `beside_load`: one load is not
    counted in the total of a day in which a continuous infusion goes on from it.
    """

    drug: str
    quantity: Quantity
    severity: Severity
    highest: float
    unit: str
    source: str
    repeating: bool | None = None
    prodrug: bool | None = None
    into_a_vein: bool = False
    beside_load: bool = False

    @property
    def key(self) -> tuple[str, Quantity, Severity, bool | None, bool | None]:
        """What is limited, how strictly, for which doses."""
        return self.drug, self.quantity, self.severity, self.repeating, self.prodrug

    def as_strict_as(self, other: "Limit") -> bool:
        """Whether this limits the same and allows no more."""
        alike = self.key == other.key and self.unit == other.unit
        excepts = (self.into_a_vein, other.into_a_vein), (self.beside_load, other.beside_load)
        return alike and self.highest <= other.highest and all(own <= others for own, others in excepts)


_SLIP = "our own choice, needs a second reader: four times the recommended limit, a slip of unit"
_OWN_BOUND = "; that the end of this range is the limit is our own choice, needs a second reader"
_LOAD_APART = "; that one load before a continuous infusion is not counted is our own choice, needs a second reader"
_PIPERACILLIN_DAILY = LABEL_PIPERACILLIN + _LOAD_APART
_FENTANYL_LOW = LABEL_FENTANYL + " (low dose, 2 ug/kg)" + _OWN_BOUND
_FENTANYL_HIGH = LABEL_FENTANYL + " (high dose in major surgery, 20-50 ug/kg)" + _OWN_BOUND
_VOLUME_SLIP = "between the arms of the trial (6 and 12 mL/kg), whose larger volume killed more: " + ARDSNET_2000
_PLATEAU_SLIP = "mean plateau of the arm that did worse was 33: " + ARDSNET_2000
_LOAD = ASHP_2020 + " (loading dose at most 3,000 mg)"
_PER_KG = ASHP_2020 + " (loading dose 20-35 mg/kg)"
_REPEATED = IDSA_2011 + " (15-20 mg/kg, at most 2 g per dose)"
_DAILY = ASHP_2020 + " (maintenance usually at most 4,500 mg a day, obese adults included)"
_ONCE_DAILY = "ATS/IDSA guideline on hospital-acquired pneumonia: Kalil AC et al. Clin Infect Dis 2016;63:e61-111 (5-7 mg/kg)"
_GENTAMICIN_STUDIED = "the most that was studied once daily: Abbasi MY et al. Clin Pharmacol Adv Appl 2023;15:67-76"
_TOBRAMYCIN_STUDIED = "the most that is advised, in cystic fibrosis: Hennig S et al. Clin Pharmacokinet 2013;52:289-301"
_AMIKACIN_LOAD = "25-30 mg/kg in severe sepsis: Taccone FS et al. Crit Care 2010;14:R53 (25); the label says 15 mg/kg a day"
_AMIKACIN_STUDIED = "the most that was simulated: Burdet C et al. Eur J Clin Pharmacol 2015;71:75-83"
_LINEZOLID_STUDIED = "600 mg every 8 h, as in Milakovic 2024 (described in nlmixr2lib inst/modeldb/specificDrugs)"
_STATUS_EPILEPTICUS = "load of 60 mg/kg, at most 4,500 mg: ESETT, Kapur J et al. N Engl J Med 2019;381:2103-13"
_LEVETIRACETAM_STUDIED = "the most that was simulated: Bilbao-Meseguer I et al. Pharmaceutics 2021;13:1690, table 5"
_PHENYTOIN_LOADS = STATUS_2006 + " (all loads together at most 30 mg/kg)"
_PHENYTOIN_FIRST_DAY = LABEL_FOSPHENYTOIN + " (the largest load, 20, and a day of the largest maintenance, 6 mg PE/kg)"
_PHENYTOIN_DAILY = LABEL_FOSPHENYTOIN + " (maintenance 4-6 mg PE/kg/d)"
_PHENYTOIN_SLIP = (
    "our own choice, needs a second reader: twice the largest maintenance of the label, a slip of a dose or an interval"
)

LIMITS: tuple[Limit, ...] = (
    Limit("vancomycin", "single_dose", "absolute", 3000.0, "mg", _LOAD),
    Limit("vancomycin", "single_dose", "recommended", 2000.0, "mg", _REPEATED, repeating=True),
    Limit("vancomycin", "dose_per_kg", "recommended", 35.0, "mg/kg", _PER_KG),
    Limit("vancomycin", "rate_per_h", "recommended", 1000.0, "mg/h", ASHP_2020 + " (at most 1 g per hour)"),
    Limit("vancomycin", "total_24h_without_level", "absolute", 4500.0, "mg", _DAILY),
    Limit("vancomycin", "total_24h", "recommended", 4500.0, "mg", _DAILY),
    Limit("cefepime", "single_dose", "absolute", 2000.0, "mg", LABEL_CEFEPIME),
    Limit("cefepime", "total_24h", "absolute", 6000.0, "mg", LABEL_CEFEPIME),
    Limit("propofol", "bolus", "recommended", 2.5, "mg/kg", LABEL_PROPOFOL + " (induction 2-2.5 mg/kg)"),
    Limit("propofol", "bolus", "absolute", 10.0, "mg/kg", _SLIP),
    Limit("propofol", "infusion_rate", "recommended", 4.0, "mg/kg/h", LABEL_PROPOFOL + " (sedation in intensive care)"),
    Limit("propofol", "infusion_rate", "absolute", 12.0, "mg/kg/h", LABEL_PROPOFOL + " (maintenance of anaesthesia, 6-12)"),
    Limit("remifentanil", "bolus", "recommended", 1.0, "ug/kg", LABEL_REMIFENTANIL_US + " (1 ug/kg)"),
    Limit("remifentanil", "infusion_rate", "recommended", 0.74, "ug/kg/min", LABEL_REMIFENTANIL_EU + " (at most 0.74)"),
    Limit("remifentanil", "infusion_rate", "absolute", 2.0, "ug/kg/min", LABEL_REMIFENTANIL_US + " (anaesthesia, 0.05-2)"),
    Limit("fentanyl", "bolus", "recommended", 2.0, "ug/kg", _FENTANYL_LOW),
    Limit("fentanyl", "bolus", "absolute", 50.0, "ug/kg", _FENTANYL_HIGH),
    Limit("fentanyl", "infusion_rate", "recommended", 10.0, "ug/kg/h", PAIN_2013 + " (0.7-10 ug/kg/h)"),
    Limit("fentanyl", "infusion_rate", "absolute", 40.0, "ug/kg/h", _SLIP),
    Limit("midazolam", "bolus", "recommended", 50.0, "ug/kg", LABEL_MIDAZOLAM + " (0.01-0.05 mg/kg)"),
    Limit("midazolam", "infusion_rate", "recommended", 100.0, "ug/kg/h", LABEL_MIDAZOLAM + " (0.02-0.10 mg/kg/h)"),
    Limit("midazolam", "infusion_rate", "absolute", 2000.0, "ug/kg/h", _MIDAZOLAM_STATUS),
    Limit("dexmedetomidine", "bolus", "recommended", 1.0, "ug/kg", "US prescribing information, dexmedetomidine"),
    Limit("dexmedetomidine", "infusion_rate", "recommended", 1.4, "ug/kg/h", LABEL_DEXMEDETOMIDINE + " (at most 1.4)"),
    Limit("dexmedetomidine", "infusion_rate", "absolute", 5.6, "ug/kg/h", _SLIP),
    Limit("norepinephrine", "infusion_rate", "recommended", 0.5, "ug/kg/min", SEPSIS_2021 + " (another drug from 0.25-0.5 on)"),
    Limit("norepinephrine", "infusion_rate", "absolute", 2.0, "ug/kg/min", _SLIP),
    Limit("epinephrine", "infusion_rate", "absolute", 2.0, "ug/kg/min", LABEL_EPINEPHRINE),
    Limit(
        "epinephrine",
        "bolus",
        "recommended",
        50.0,
        "ug",
        ANAPHYLAXIS_2021 + " (into a vein, by those used to it, 50 ug at a time)",
        into_a_vein=True,
    ),
    Limit("epinephrine", "bolus", "absolute", 1000.0, "ug", ERC_2021 + " (1 mg, in cardiac arrest)"),
    Limit("vasopressin", "infusion_rate", "recommended", 0.07, "U/min", LABEL_VASOPRESSIN + " (septic shock, 0.01-0.07 U/min)"),
    Limit("vasopressin", "infusion_rate", "absolute", 0.1, "U/min", LABEL_VASOPRESSIN + " (after cardiotomy, to 0.1 U/min)"),
    Limit("phenylephrine", "bolus", "recommended", 250.0, "ug", LABEL_PHENYLEPHRINE + " (50-250 ug)"),
    Limit("phenylephrine", "bolus", "absolute", 500.0, "ug", LABEL_PHENYLEPHRINE + " (earlier edition: at most 0.5 mg)"),
    Limit("phenylephrine", "infusion_rate", "recommended", 6.0, "ug/kg/min", LABEL_PHENYLEPHRINE + " (shock, 0.5-6)"),
    Limit("phenylephrine", "infusion_rate", "absolute", 9.1, "ug/kg/min", PHENYLEPHRINE_STUDIED),
    Limit("dopamine", "infusion_rate", "recommended", 20.0, "ug/kg/min", LABEL_DOPAMINE),
    Limit("dopamine", "infusion_rate", "absolute", 50.0, "ug/kg/min", LABEL_DOPAMINE),
    Limit("rocuronium", "bolus", "recommended", 1.2, "mg/kg", LABEL_ROCURONIUM + " (0.6-1.2 mg/kg)"),
    Limit("rocuronium", "bolus", "absolute", 4.8, "mg/kg", _SLIP),
    Limit("rocuronium", "infusion_rate", "recommended", 0.96, "mg/kg/h", LABEL_ROCURONIUM + " (4-16 ug/kg/min)"),
    Limit("rocuronium", "infusion_rate", "absolute", 3.84, "mg/kg/h", _SLIP),
    Limit("ketamine", "bolus", "recommended", 4.5, "mg/kg", LABEL_KETAMINE + " (induction 1-4.5 mg/kg)"),
    Limit("ketamine", "infusion_rate", "recommended", 2.5, "mg/kg/h", KETAMINE_GIVEN),
    Limit("ketamine", "infusion_rate", "absolute", 10.0, "mg/kg/h", _SLIP),
    Limit("gentamicin", "dose_per_kg", "recommended", 7.0, "mg/kg", _ONCE_DAILY),
    Limit("gentamicin", "dose_per_kg", "absolute", 10.0, "mg/kg", _GENTAMICIN_STUDIED),
    Limit("gentamicin", "regular_daily_per_kg", "recommended", 7.0, "mg/kg/d", _ONCE_DAILY),
    Limit("gentamicin", "regular_daily_per_kg", "absolute", 10.0, "mg/kg/d", _GENTAMICIN_STUDIED),
    Limit("tobramycin", "dose_per_kg", "recommended", 7.0, "mg/kg", _ONCE_DAILY),
    Limit("tobramycin", "dose_per_kg", "absolute", 11.0, "mg/kg", _TOBRAMYCIN_STUDIED),
    Limit("tobramycin", "regular_daily_per_kg", "recommended", 7.0, "mg/kg/d", _ONCE_DAILY),
    Limit("tobramycin", "regular_daily_per_kg", "absolute", 11.0, "mg/kg/d", _TOBRAMYCIN_STUDIED),
    Limit("amikacin", "dose_per_kg", "recommended", 30.0, "mg/kg", _AMIKACIN_LOAD),
    Limit("amikacin", "dose_per_kg", "absolute", 40.0, "mg/kg", _AMIKACIN_STUDIED),
    Limit("amikacin", "regular_daily_per_kg", "recommended", 30.0, "mg/kg/d", _AMIKACIN_LOAD),
    Limit("amikacin", "regular_daily_per_kg", "absolute", 40.0, "mg/kg/d", _AMIKACIN_STUDIED),
    Limit("meropenem", "single_dose", "absolute", 2000.0, "mg", LABEL_MEROPENEM),
    Limit("meropenem", "total_24h", "absolute", 6000.0, "mg", LABEL_MEROPENEM + _LOAD_APART, beside_load=True),
    Limit("piperacillin_tazobactam", "single_dose", "absolute", 4000.0, "mg", LABEL_PIPERACILLIN),
    Limit(
        "piperacillin_tazobactam", "total_24h", "absolute", 16000.0, "mg", LABEL_PIPERACILLIN + _LOAD_APART, beside_load=True
    ),
    Limit("ceftriaxone", "single_dose", "absolute", 4000.0, "mg", LABEL_CEFTRIAXONE),
    Limit("ceftriaxone", "total_24h", "absolute", 4000.0, "mg", LABEL_CEFTRIAXONE),
    Limit("linezolid", "single_dose", "absolute", 600.0, "mg", LABEL_LINEZOLID),
    Limit("linezolid", "total_24h", "recommended", 1200.0, "mg", LABEL_LINEZOLID),
    Limit("linezolid", "total_24h", "absolute", 1800.0, "mg", _LINEZOLID_STUDIED),
    Limit("levetiracetam", "single_dose", "absolute", 4500.0, "mg", _STATUS_EPILEPTICUS),
    Limit("levetiracetam", "single_dose", "recommended", 1500.0, "mg", LABEL_LEVETIRACETAM, repeating=True),
    Limit("levetiracetam", "total_24h_without_level", "recommended", 3000.0, "mg", LABEL_LEVETIRACETAM),
    Limit("levetiracetam", "total_24h", "absolute", 6000.0, "mg", _LEVETIRACETAM_STUDIED),
    Limit("phenytoin", "dose_per_kg", "recommended", 20.0, "mg/kg", LABEL_FOSPHENYTOIN + " (15-20 mg PE/kg)"),
    Limit("phenytoin", "dose_per_kg", "absolute", 30.0, "mg/kg", _PHENYTOIN_LOADS),
    Limit("phenytoin", "regular_daily_per_kg", "recommended", 6.0, "mg/kg/d", _PHENYTOIN_DAILY),
    Limit("phenytoin", "regular_daily_per_kg", "absolute", 12.0, "mg/kg/d", _PHENYTOIN_SLIP),
    Limit("phenytoin", "total_24h_per_kg", "recommended", 26.0, "mg/kg", _PHENYTOIN_FIRST_DAY),
    Limit("phenytoin", "total_24h_per_kg", "absolute", 30.0, "mg/kg", _PHENYTOIN_LOADS),
    Limit("phenytoin", "rate_per_h", "absolute", 3000.0, "mg/h", LABEL_PHENYTOIN + " (50 mg/min)", prodrug=False),
    Limit("phenytoin", "rate_per_h", "absolute", 9000.0, "mg/h", LABEL_FOSPHENYTOIN + " (150 mg PE/min)", prodrug=True),
    Limit("furosemide", "total_24h", "recommended", 1500.0, "mg", LABEL_FUROSEMIDE_EU),
    Limit("furosemide", "total_24h", "absolute", 6000.0, "mg", _SLIP),
    Limit("ventilator", "tidal_volume_per_kg", "recommended", 8.0, "mL/kg", ARDSNET_2000 + " (4-8 mL/kg of predicted weight)"),
    Limit("ventilator", "tidal_volume_per_kg", "absolute", 10.0, "mL/kg", _VOLUME_SLIP),
    Limit("ventilator", "peep", "recommended", 20.0, "cm[H2O]", ALVEOLI_2004 + " (tables go to 24, seldom above 20)"),
    Limit("ventilator", "peep", "absolute", 24.0, "cm[H2O]", ALVEOLI_2004 + " (the highest step of both tables)"),
    Limit("ventilator", "set_rate", "recommended", 35.0, "/min", ARDSNET_2000 + " (at most 35)"),
    Limit("ventilator", "inspiratory_plateau", "recommended", 30.0, "cm[H2O]", ARDSNET_2000 + " (plateau at most 30)"),
    Limit("ventilator", "inspiratory_plateau", "absolute", 35.0, "cm[H2O]", _PLATEAU_SLIP),
)

LEVEL_COUNTS_FOR_H = 72.0
"""A level this recent shows what the patient makes of the dose."""


def limits_of(drug: str, limits: Sequence[Limit] = LIMITS) -> tuple[Limit, ...]:
    """The limits of one drug, absolute ones first."""
    return tuple(sorted((x for x in limits if x.drug == drug), key=lambda x: x.severity))
