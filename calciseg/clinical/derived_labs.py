"""What follows from several laboratory results: corrected calcium, Ca × P, eGFR."""

from dataclasses import replace

from calciseg.clinical.knowledge.model import Knowledge
from calciseg.clinical.lab_values import JudgedLab, bands_of, built_in_range, state_in
from calciseg.model import Clinical

__all__ = ["add_derived", "ckd_epi_2021", "corrected_calcium_mg_dl", "schwartz_bedside"]

_ADULT_YEARS = 18.0
_NORMAL_EGFR = 60.0
_FAILED_EGFR = 30.0


def corrected_calcium_mg_dl(calcium_mg_dl: float, albumin_g_dl: float) -> float:
    """Correct total calcium for albumin, 0.8 mg/dL for each g/dL below 4 (doi 10.1136/bmj.4.5893.643)."""
    return calcium_mg_dl + 0.8 * (4.0 - albumin_g_dl)


def ckd_epi_2021(creatinine_mg_dl: float, age_years: float, *, is_female: bool) -> float:
    """Estimate the GFR of an adult in mL/min/1.73 m² (Inker et al.; doi 10.1056/NEJMoa2102953)."""
    kappa, alpha = (0.7, -0.241) if is_female else (0.9, -0.302)
    ratio = creatinine_mg_dl / kappa
    return float(
        142.0
        * min(ratio, 1.0) ** alpha
        * max(ratio, 1.0) ** -1.2
        * 0.9938**age_years
        * (1.012 if is_female else 1.0)
    )


def schwartz_bedside(creatinine_mg_dl: float, height_cm: float) -> float:
    """Estimate the GFR of a child in mL/min/1.73 m² (Schwartz et al.; doi 10.1681/ASN.2008030287)."""
    return 0.413 * height_cm / creatinine_mg_dl


def add_derived(
    found: dict[str, JudgedLab], clinical: Clinical, knowledge: Knowledge, contradictions: list[str]
) -> list[JudgedLab]:
    """Add what can be computed, and note what contradicts it.

    Parameters
    ----------
    found : dict of JudgedLab
        One an analyte.
    clinical : Clinical
    knowledge : Knowledge
    contradictions : list of str
        Is added to.

    Returns
    -------
    list of JudgedLab
    """
    labs = dict(found)
    _decide_calcium(labs, clinical, knowledge, contradictions)
    _multiply(labs, clinical, knowledge)
    _estimate_gfr(labs, clinical, knowledge, contradictions)
    return list(labs.values())


def _decide_calcium(
    labs: dict[str, JudgedLab], clinical: Clinical, knowledge: Knowledge, contradictions: list[str]
) -> None:
    """Let ionised calcium decide where it was measured, else the total corrected for albumin."""
    total, ionised = _corrected_total(labs, clinical, knowledge), labs.get("ionized_calcium")
    if total is not None:
        labs["calcium"] = total
    if ionised is None or ionised.state is None:
        return
    if total is not None and {total.state, ionised.state} == {"low", "high"}:
        contradictions.append(f"{total.observed} and {ionised.observed}")
    label = knowledge.analytes["calcium"].label
    value = None if total is None else total.value
    # What was measured of ionised calcium counts; without its value a high one leaves the total its band.
    bands = total.bands if total and ionised.value is None and ionised.state == "high" else ionised.bands
    labs["calcium"] = replace(
        ionised, analyte="calcium", label=label, value=value, bands=bands,
        reported=f" by ionised calcium{ionised.reported}",
    )  # fmt: skip


def _corrected_total(
    labs: dict[str, JudgedLab], clinical: Clinical, knowledge: Knowledge
) -> JudgedLab | None:
    """Return total calcium, corrected for albumin once: by the laboratory, or here if it did not."""
    row = knowledge.analytes["calcium"]
    by_laboratory = labs.pop("corrected_calcium", None)
    if by_laboratory is not None:
        note = f"{by_laboratory.reported} corrected for albumin by the laboratory"
        return replace(by_laboratory, analyte=row.id, label=row.label, reported=note)
    total, albumin = labs.get("calcium"), labs.get("albumin")
    if total is None or total.value is None or albumin is None or albumin.value is None:
        return total
    corrected = corrected_calcium_mg_dl(total.value, albumin.value)
    note = f"{total.reported}, {corrected:.1f} mg/dL corrected for albumin{albumin.reported}"
    total = replace(total, value=corrected, reported=note, bands=bands_of(corrected, row))
    if total.interpretation is not None:
        return total
    limits = built_in_range(row, clinical)
    is_reported = not (total.low is None and total.high is None)
    low, high = (total.low, total.high) if is_reported else (limits.low, limits.high)
    return replace(total, state=state_in(corrected, low, high), is_by_built_in_range=not is_reported)


def _multiply(labs: dict[str, JudgedLab], clinical: Clinical, knowledge: Knowledge) -> None:
    calcium, phosphate = labs.get("calcium"), labs.get("phosphate")
    if calcium is None or phosphate is None or calcium.value is None or phosphate.value is None:
        return
    product = calcium.value * phosphate.value
    text = f" {product:.0f} mg²/dL²"
    _enter(labs, "ca_x_p", product, text, ("calcium", "phosphate"), clinical, knowledge)


def _estimate_gfr(
    labs: dict[str, JudgedLab], clinical: Clinical, knowledge: Knowledge, contradictions: list[str]
) -> None:
    reported, creatinine, age = labs.get("egfr"), labs.get("creatinine"), clinical.age_years
    estimate = None
    if creatinine is not None and creatinine.value:
        if age is not None and age >= _ADULT_YEARS and clinical.sex is not None:
            estimate = ckd_epi_2021(creatinine.value, age, is_female=clinical.sex == "F")
        elif age is not None and age < _ADULT_YEARS and clinical.height_cm:
            estimate = schwartz_bedside(creatinine.value, clinical.height_cm)
    if reported is None and estimate is not None:
        text = f" {estimate:.0f} mL/min/1.73 m² from creatinine{creatinine.reported if creatinine else ''}"
        _enter(labs, "egfr", estimate, text, ("creatinine",), clinical, knowledge)
    elif reported is not None and reported.value is not None and estimate is not None:
        lower, higher = sorted((reported.value, estimate))
        if lower < _FAILED_EGFR and higher >= _NORMAL_EGFR:
            contradictions.append(f"{reported.observed}, but {estimate:.0f} follows from creatinine")
    egfr = labs.get("egfr")
    if clinical.is_on_dialysis and egfr is not None and egfr.state == "normal":
        contradictions.append(f"{egfr.observed}, but the patient is said to be on dialysis")


def _enter(
    labs: dict[str, JudgedLab],
    analyte: str,
    value: float,
    text: str,
    rests_on: tuple[str, ...],
    clinical: Clinical,
    knowledge: Knowledge,
) -> None:
    row = knowledge.analytes[analyte]
    limits = built_in_range(row, clinical)
    labs[analyte] = JudgedLab(
        analyte=analyte,
        label=row.label,
        state=state_in(value, limits.low, limits.high),
        value=value,
        reported=text,
        bands=bands_of(value, row),
        rests_on=rests_on,
    )
