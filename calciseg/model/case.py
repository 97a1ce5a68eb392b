"""The clinical case: what a caller knows of the patient and of the image. Nothing stated is nothing known."""

from dataclasses import dataclass
from typing import Literal

from calciseg.model.images import Issue

__all__ = [
    "BODY_REGIONS",
    "FEATURES",
    "OLDEST_YEARS",
    "Case",
    "Clinical",
    "Imaging",
    "LabResult",
    "LabState",
    "Qualifier",
    "Statement",
    "StatementPart",
]

OLDEST_YEARS = 130
"""Nobody is older: an age beyond it is a mistake, or what an anonymiser left."""
BODY_REGIONS = (
    "scalp",
    "face",
    "ear",
    "eyelid",
    "neck",
    "shoulder",
    "axilla",
    "upper_arm",
    "elbow",
    "antecubital",
    "forearm",
    "wrist",
    "hand",
    "finger",
    "fingertip",
    "chest_wall",
    "breast",
    "abdominal_wall",
    "back",
    "buttock",
    "groin",
    "scrotum",
    "penis",
    "vulva",
    "pelvis",
    "hip",
    "thigh",
    "knee",
    "popliteal",
    "lower_leg",
    "ankle",
    "heel",
    "foot",
    "toe",
    "lung",
    "kidney",
    "heart",
    "stomach",
    "liver",
    "artery",
)
"""The words for a site."""

FEATURES = (
    "periarticular",
    "intra_articular",
    "tendinous",
    "lobulated",
    "fluid_level",
    "peripheral_rim",
    "trabeculated",
    "ossified",
    "cortex_and_marrow",
    "ring_and_arc",
    "lucent_center",
    "tubular_branching",
    "tram_track",
    "vascular",
    "net_like",
    "visceral",
    "bone_erosion",
    "phlebolith",
)
"""The words for what an image shows of its calcifications."""

LabState = Literal["low", "normal", "high"]
StatementPart = Literal[
    "conditions", "antibodies", "medications", "procedures", "exposures", "symptoms", "family_history"
]
Qualifier = Literal["stated", "negated", "suspected", "history", "family", "unjudged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Words or a code for a disease, sign, antibody, drug, procedure or exposure."""

    text: str
    field: str
    """Where it stands, for messages: ``clinical.conditions[0]``."""
    system: Literal["text", "icd10", "snomed"] = "text"
    qualifier: Qualifier = "stated"
    """What the source says of it beside the words: FHIR's verification status, the family's field."""
    part: StatementPart = "conditions"
    """What it is listed among."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabResult:
    """One laboratory result, as reported."""

    field: str
    """Where it stands, for messages: ``clinical.labs[0]``."""
    analyte: str | None = None
    loinc: str | None = None
    value: float | None = None
    comparator: Literal["<", ">"] | None = None
    """The true value lies below or above ``value``, nobody knows how far."""
    unit: str | None = None
    low: float | None = None
    high: float | None = None
    interpretation: LabState | None = None
    date: str | None = None
    """ISO 8601."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clinical:
    """What is known of the patient beside the image."""

    age_years: float | None = None
    sex: str | None = None
    height_cm: float | None = None
    """For the eGFR of children."""
    statements: tuple[Statement, ...] = ()
    labs: tuple[LabResult, ...] = ()
    is_on_dialysis: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Imaging:
    """What the image shows, in words and a few figures."""

    modality: str | None = None
    n_lesions: int | None = None
    sites: tuple[str, ...] = ()
    tissue_planes: tuple[tuple[str, float], ...] = ()
    """Plane and its fraction of the volume."""
    morphologies: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    largest_mm: float | None = None
    total_volume_mm3: float | None = None
    bilateral: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All that the classifier looks at."""

    clinical: Clinical = Clinical()
    stated_imaging: Imaging | None = None
    derived_imaging: Imaging | None = None
    issues: tuple[Issue, ...] = ()
    """What was doubtful about the case before anything was classified."""
