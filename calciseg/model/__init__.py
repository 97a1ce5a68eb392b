"""What flows through calciseg: frozen data, no input or output, no algorithm."""

from calciseg.model.geometry import VolumeGeometry
from calciseg.model.images import CtVolume, ImageHeader, Issue, PatientFacts
from calciseg.model.radiograph import Radiograph
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
from calciseg.model.study import Study
from calciseg.model.vocabulary import (
    ExclusionReason,
    FlagCode,
    IssueCode,
    Morphology,
    SpacingBasis,
    Tag,
    TissuePlane,
)

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
    "Radiograph",
    "SourceHeaders",
    "SpacingBasis",
    "Study",
    "StudyResult",
    "Tag",
    "TissuePlane",
    "Totals",
    "VolumeGeometry",
]
