"""What flows through calciseg: frozen data, no input or output, no algorithm."""

from calciseg.model.body_parts import holds_face, holds_midline, region_of
from calciseg.model.case import (
    BODY_REGIONS,
    FEATURES,
    OLDEST_YEARS,
    Case,
    Clinical,
    Imaging,
    LabResult,
    LabState,
    Qualifier,
    Statement,
    StatementPart,
)
from calciseg.model.classification import (
    Alert,
    CitedText,
    Classification,
    Evidence,
    Help,
    RankedMechanism,
    RankedMimic,
)
from calciseg.model.geometry import VolumeGeometry
from calciseg.model.images import CtVolume, ImageHeader, Issue, PatientFacts, UnseenVolume
from calciseg.model.radiograph import Radiograph, UnseenRadiograph
from calciseg.model.radiograph_result import (
    HandIndex,
    PlaneAreas,
    RadiographResult,
    RadiographTotals,
    Shadow,
    ShadowExclusion,
)
from calciseg.model.result import (
    Exclusion,
    ImageResult,
    Lesion,
    LesionMaps,
    PlaneFractions,
    PlaneTotals,
    Totals,
)
from calciseg.model.source import SourceHeaders
from calciseg.model.study import Study
from calciseg.model.study_result import StudyResult
from calciseg.model.vocabulary import (
    ExclusionReason,
    FlagCode,
    IssueCode,
    Morphology,
    PlaneReason,
    SpacingBasis,
    Tag,
    TissuePlane,
)

__all__ = [
    "BODY_REGIONS",
    "FEATURES",
    "OLDEST_YEARS",
    "Alert",
    "Case",
    "CitedText",
    "Classification",
    "Clinical",
    "CtVolume",
    "Evidence",
    "Exclusion",
    "ExclusionReason",
    "FlagCode",
    "HandIndex",
    "Help",
    "ImageHeader",
    "ImageResult",
    "Imaging",
    "Issue",
    "IssueCode",
    "LabResult",
    "LabState",
    "Lesion",
    "LesionMaps",
    "Morphology",
    "PatientFacts",
    "PlaneAreas",
    "PlaneFractions",
    "PlaneReason",
    "PlaneTotals",
    "Qualifier",
    "Radiograph",
    "RadiographResult",
    "RadiographTotals",
    "RankedMechanism",
    "RankedMimic",
    "Shadow",
    "ShadowExclusion",
    "SourceHeaders",
    "SpacingBasis",
    "Statement",
    "StatementPart",
    "Study",
    "StudyResult",
    "Tag",
    "TissuePlane",
    "Totals",
    "UnseenRadiograph",
    "UnseenVolume",
    "VolumeGeometry",
    "holds_face",
    "holds_midline",
    "region_of",
]
