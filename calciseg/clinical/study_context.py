"""The case of a study: what the caller states, the patient of the images, and what the pixels show."""

from dataclasses import replace

from calciseg.clinical.classifying import classify_case
from calciseg.clinical.context import CaseSource, read_case
from calciseg.clinical.imaging import imaging_of
from calciseg.clinical.knowledge import Knowledge, load_knowledge
from calciseg.clinical.radiograph_imaging import imaging_of_radiographs
from calciseg.model import (
    Case,
    Classification,
    ImageResult,
    Imaging,
    Issue,
    IssueCode,
    PatientFacts,
    RadiographResult,
)
from calciseg.settings import ClassifierSettings

__all__ = ["classify_study"]


def classify_study(
    images: tuple[ImageResult, ...],
    patient: PatientFacts,
    context: CaseSource | None,
    settings: ClassifierSettings,
    knowledge: Knowledge | None = None,
    *,
    radiographs: tuple[RadiographResult, ...] = (),
) -> Classification:
    """Classify what was measured, in the light of a context.

    Parameters
    ----------
    images : tuple of ImageResult
    patient : PatientFacts
        Age and sex by the images.
    context : Case, mapping, path or None
        What the caller knows; without it the answer is ``insufficient``.
    settings : ClassifierSettings
    knowledge : Knowledge, optional
        By default that of the package.
    radiographs : tuple of RadiographResult
        They speak where no CT was measured, or none shows a lesion: a projection tells less.

    Returns
    -------
    Classification

    Raises
    ------
    InputError
        If the context cannot be read.
    """
    knowledge = knowledge or load_knowledge()
    case = Case() if context is None else read_case(context, knowledge)
    clinical = case.clinical
    known = replace(
        clinical,
        age_years=patient.age_years if clinical.age_years is None else clinical.age_years,
        sex=clinical.sex or patient.sex,
    )
    mismatch = tuple(
        Issue(code=IssueCode.CONTEXT_MISMATCH, message=message)
        for message in _mismatches(case, patient, settings)
    )
    whole = replace(
        case,
        clinical=known,
        derived_imaging=_derived(imaging_of(images, settings), imaging_of_radiographs(radiographs, settings)),
        issues=(*case.issues, *mismatch),
    )
    return classify_case(whole, knowledge=knowledge, settings=settings)


def _derived(of_ct: Imaging | None, of_films: Imaging | None) -> Imaging | None:
    """Return what CT shows, or the films where they alone show lesions."""
    shown = [one for one in (of_ct, of_films) if one is not None]
    return next((one for one in shown if one.n_lesions), shown[0] if shown else None)


def _mismatches(case: Case, patient: PatientFacts, settings: ClassifierSettings) -> list[str]:
    found = []
    age, sex = case.clinical.age_years, case.clinical.sex
    if (
        age is not None
        and patient.age_years is not None
        and abs(age - patient.age_years) > settings.age_tolerance_years
    ):
        found.append(
            f"the context says {age:g} years, the images say {patient.age_years:g}; check whose context it is"
        )
    if sex is not None and patient.sex is not None and sex != patient.sex:
        found.append(f"the context says sex {sex}, the images say {patient.sex}; check whose context it is")
    return found
