"""The one place that knows the model files: published models by id and by drug."""

from twin_engine.covariates import read_from
from twin_engine.kernel.declare import Model
from twin_engine.models.drugs import (
    dexmedetomidine_smuszkiewicz_2017,
    epinephrine_abboud_2009,
    fentanyl_choi_2016,
    furosemide_hornik_2025,
    midazolam_swart_2004,
    norepinephrine_beloeil_2005,
    norepinephrine_li_2024,
    propofol_bertin_2026,
    propofol_eleveld_2018,
    remifentanil_eleveld_2017,
    rocuronium_kleijn_2011,
    vancomycin_colin_2019,
    vancomycin_goti_2018,
    vancomycin_roberts_2011,
    vancomycin_thomson_2009,
)

MODELS: dict[str, Model] = {
    module.MODEL.id: module.MODEL
    for module in (
        dexmedetomidine_smuszkiewicz_2017,
        epinephrine_abboud_2009,
        fentanyl_choi_2016,
        furosemide_hornik_2025,
        midazolam_swart_2004,
        norepinephrine_beloeil_2005,
        norepinephrine_li_2024,
        propofol_bertin_2026,
        propofol_eleveld_2018,
        remifentanil_eleveld_2017,
        rocuronium_kleijn_2011,
        vancomycin_colin_2019,
        vancomycin_goti_2018,
        vancomycin_roberts_2011,
        vancomycin_thomson_2009,
    )
}


def drugs() -> tuple[str, ...]:
    """Drugs that have at least one model, in alphabetical order."""
    return tuple(sorted({m.drug for m in MODELS.values()}))


def models_of(drug: str) -> tuple[Model, ...]:
    """Every model of one drug."""
    return tuple(m for m in MODELS.values() if m.drug == drug)


def needs(drug: str) -> frozenset[str]:
    """Charted variables that the drug's models read: measured covariates and the drug's own level."""
    covariates = {c.name for m in models_of(drug) for c in m.covariates}
    return frozenset({m.output for m in models_of(drug)}).union(*(read_from(name) for name in covariates))
