"""What flows through calciseg: frozen data, no input or output, no algorithm."""

from calciseg.model.geometry import VolumeGeometry
from calciseg.model.result import (
    Exclusion,
    ImageResult,
    Lesion,
    LesionMaps,
    PlaneFractions,
    PlaneTotals,
    StudyResult,
    Totals,
)
from calciseg.model.source import SourceHeaders
from calciseg.model.study import CtVolume, ImageHeader, Issue, PatientFacts, Study
from calciseg.model.vocabulary import ExclusionReason, FlagCode, IssueCode, Morphology, Tag, TissuePlane

__all__ = [
    "CtVolume",
    "Exclusion",
    "ExclusionReason",
    "FlagCode",
    "ImageHeader",
    "ImageResult",
    "Issue",
    "IssueCode",
    "Lesion",
    "LesionMaps",
    "Morphology",
    "PatientFacts",
    "PlaneFractions",
    "PlaneTotals",
    "SourceHeaders",
    "Study",
    "StudyResult",
    "Tag",
    "TissuePlane",
    "Totals",
    "VolumeGeometry",
]
