"""Every fixed word of the results, with its meaning, in one place.

The JSON schema, the CSV legend, the report and the documentation are all made from these tables, so a word
cannot mean two things. Members are strings: ``TissuePlane.FASCIAL == "fascial"``.
"""

from enum import StrEnum
from typing import Self

__all__ = [
    "ExclusionReason",
    "FlagCode",
    "IssueCode",
    "Morphology",
    "PlaneReason",
    "SpacingBasis",
    "Tag",
    "TissuePlane",
    "Word",
]


class Word(StrEnum):
    """A word with a meaning: ``Word.member.meaning`` is one sentence for people."""

    meaning: str

    def __new__(cls, word: str, meaning: str) -> Self:
        """Make a member from its word and its meaning."""
        member = str.__new__(cls, word)
        member._value_ = word
        member.meaning = meaning
        return member


class TissuePlane(Word):
    """The layer of soft tissue that a calcification lies in, from the outside inwards."""

    CUTANEOUS = "cutaneous", "in the skin"
    SUBCUTANEOUS = "subcutaneous", "in the fat between skin and deep fascia"
    FASCIAL = "fascial", "along the deep fascia, a septum between muscles, or the fat between muscles"
    INTRAMUSCULAR = "intramuscular", "in muscle, inside the deep fascia"
    INDETERMINATE = "indeterminate", "the image does not decide the plane, and no confidence is given"

    @property
    def map_value(self) -> int:
        """The value of this plane in ``planes-<n>.nii.gz`` (1 to 5)."""
        return list(TissuePlane).index(self) + 1


class Morphology(Word):
    """The shape of a lesion."""

    PUNCTATE = "punctate", "a dot, up to about 4 mm with its blur; slices may be thicker"
    NODULE = "nodule", "compact and rounded"
    PLAQUE = "plaque", "flat and limited in extent"
    SHEET = "sheet", "flat and wide, following a surface"
    LINEAR = "linear", "long and thin"
    RETICULAR = "reticular", "a net or a branching tree of thin strands"
    MASS = "mass", "compact, larger than about 3 cm or 5 ml"


class Tag(Word):
    """A finding about where a lesion lies, beside its plane."""

    PERIARTICULAR = "periarticular", "beside a joint"
    TENDINOUS = "tendinous", "in a tendon"
    INTRA_ARTICULAR = "intra_articular", "inside a joint"
    NO_DEEP_FASCIA = (
        "no_deep_fascia",
        "in a region without deep fascia over muscle, neither in skin nor in fat: face, ear, scrotum, penis",
    )
    SMALL_VESSEL = "small_vessel", "along small vessels of skin or subcutaneous fat"


class FlagCode(Word):
    """A doubt about one lesion."""

    CUT_BY_EDGE = (
        "cut_by_edge",
        "reaches the first or last slice or the edge of the field of view: a lower bound",
    )
    CONTRAST_ENHANCED = "contrast_enhanced", "measured in a study with intravenous contrast"
    MASS_UNCALIBRATED = (
        "mass_uncalibrated",
        "mass from a default calibration factor, not from a phantom in the scan",
    )
    METAL_NEARBY = "metal_nearby", "metal or its streaks may have changed the figures"
    TOUCHES_BONE = "touches_bone", "touched bone and was cut off it; the border is an estimate"
    SPANS_PLANES = "spans_planes", "no plane holds three quarters of the volume; see plane_fractions"
    RAISED_THRESHOLD = (
        "raised_threshold",
        "contrast medium or noise raised its threshold: volume, mass and score are lower bounds",
    )
    SMALL = "small", "a few voxels or pixels only: size and plane are uncertain"
    OVER_BONE = (
        "over_bone",
        "on the radiograph it lies over bone, where less is seen: area and density are doubtful",
    )


class PlaneReason(Word):
    """Why a radiograph shows the plane of a lesion, or does not."""

    IN_PROFILE = "in_profile", "seen in profile between the skin line and the shadow of muscle"
    OVER_MUSCLE = "over_muscle", "skin, fat and muscle lie over each other along the ray"
    OVER_BONE = "over_bone", "it lies over bone: nothing is seen in profile there"
    AT_SKIN = "at_skin", "seen in profile, where skin ends and fat begins"
    NO_SPACING = "no_spacing", "the film states no spacing: how deep below the skin it lies is not known"
    OUTSIDE_BODY = "outside_body", "it lies beside the body or beyond the exposed field"
    NO_MUSCLE_SHADOW = "no_muscle_shadow", "where muscle begins cannot be seen beside it"


class ExclusionReason(Word):
    """Why something dense is not counted as a soft-tissue calcification."""

    BONE = "bone", "skeleton"
    OSSIFICATION = "ossification", "mature bone outside the skeleton, with cortex and marrow"
    CARTILAGE = "cartilage", "calcified cartilage"
    ARTICULAR = "articular", "inside a joint"
    VASCULAR = "vascular", "wall of an artery or a larger vein"
    PHLEBOLITH = "phlebolith", "stone in a vein"
    CONTRAST = "contrast", "contrast medium"
    VISCERAL = "visceral", "inside the cavity of chest, abdomen, pelvis or skull"
    DENTAL = "dental", "teeth and dental work"
    METAL = "metal", "metal"
    DEVICE = "device", "catheter, port or other device"
    FOREIGN_BODY = "foreign_body", "foreign body"
    MARKER = "marker", "marker on the skin; on a film also a letter, or metal at its margin"
    OUTSIDE_BODY = "outside_body", "table, clothing or other object outside the body"
    STREAK = "streak", "streak artefact"
    ARTEFACT = "artefact", "other artefact"
    NOISE = "noise", "does not stand out of the noise around it"
    BELOW_MINIMUM_SIZE = "below_minimum_size", "smaller than the minimum size"
    OTHER = "other", "none of these"


class SpacingBasis(Word):
    """What a millimetre of a radiograph is worth."""

    DETECTOR = "detector", "at the detector: the patient, nearer to the tube, is smaller"
    CALIBRATED = "calibrated", "in the patient, by a calibration that the header states"
    UNSTATED = "unstated", "a spacing is stated, but not where it holds"
    MISSING = "missing", "no spacing is stated"


class IssueCode(Word):
    """A doubt about a study or an image."""

    STUDY_UID_MISSING = "study_uid_missing", "the study carries no Study Instance UID; a stable one was made"
    SERIES_UID_MISSING = (
        "series_uid_missing",
        "the series carries no Series Instance UID; a stable one was made",
    )
    KVP_MISSING = "kvp_missing", "the tube voltage is not stated; thresholds are those of 120 kV"
    KVP_EXTRAPOLATED = "kvp_extrapolated", "the tube voltage lies outside the published table"
    KEV_IMAGE = (
        "kev_image",
        "a virtual mono-energetic image; thresholds follow its keV",
    )
    CALCIUM_KERNEL = (
        "calcium_kernel",
        "the kernel keeps the HU of calcium at every tube voltage; thresholds were not scaled",
    )
    BEAM_FILTERED = (
        "beam_filtered",
        "a tin filter hardened the beam; thresholds were not scaled by tube voltage",
    )
    SATURATED = "saturated", "the densest voxels are clipped at the top of the stored range"
    SIGN_CORRECTED = "sign_corrected", "stored values were signed although the header says unsigned"
    RADIOGRAPH_UNREADABLE = "radiograph_unreadable", "a radiograph of the study cannot be read"
    PIXEL_SPACING_MISSING = (
        "pixel_spacing_missing",
        "the radiograph states no pixel spacing: areas are in pixels, a pixel of its maps counts as 1 mm, "
        "and what is looked for and the words for shape assume a film 400 mm long",
    )
    BURNED_IN_TEXT = "burned_in_text", "the header states letters in the pixels, which may look dense"
    FRAME_OF_REFERENCE_DIFFERS = "frame_of_reference_differs", "the frame of reference differs by slice"
    SLICES_IGNORED = (
        "slices_ignored",
        "some files of the series could not belong to the volume and were left out",
    )
    SPACING_JITTER = "spacing_jitter", "slice positions deviate a little from a regular grid"
    GANTRY_TILT = "gantry_tilt", "the gantry was tilted; slices were moved to stand above each other"
    SLICES_INTERPOLATED = (
        "slices_interpolated",
        "slices were missing or unevenly spaced; some of the volume is interpolated",
    )
    FILES_IGNORED = "files_ignored", "files that are not readable DICOM images were left out"
    SERIES_NOT_CHOSEN = "series_not_chosen", "other series of the study were not analysed"
    CONTRAST_STATED = "contrast_stated", "the header states intravenous contrast"
    THRESHOLD_RAISED = "threshold_raised", "the noise of the image raised the calcium threshold"
    NO_BODY_FOUND = "no_body_found", "no body was found in the image"
    NO_MUSCLE_FOUND = (
        "no_muscle_found",
        "no muscle was found, so no fascia: planes below the skin are indeterminate",
    )
    NO_CAVITY_FOUND = (
        "no_cavity_found",
        "no chest, belly or pelvis was found in an image of the trunk: organs count as muscle there",
    )
    LOSSY_COMPRESSION = "lossy_compression", "the pixels were compressed with loss"
    CUT_BY_FIELD_OF_VIEW = "cut_by_field_of_view", "the body is cut by the edge of the field of view"
    CONTEXT_MISMATCH = (
        "context_mismatch",
        "the clinical context is not that of the patient of the images, or of one patient only",
    )
    LABELS_EDITED = (
        "labels_edited",
        "the label map was changed after the analysis; its lesions were measured as they are drawn now",
    )
    LABELS_OUTSIDE_BODY = (
        "labels_outside_body",
        "labels were drawn wholly or mostly outside the body: what lies there has no plane and no depth",
    )
    CLASSIFICATION_KEPT = (
        "classification_kept",
        "the classification is that of the lesions before the label map was changed",
    )
    CONTRADICTORY_LABS = "contradictory_labs", "laboratory results contradict each other"
    CONTRADICTORY_CASE = "contradictory_case", "statements of the case contradict each other"
    UNKNOWN_WORD = "unknown_word", "words of the case that were not recognised: they take no part"
    HAPPENED_ELSEWHERE = (
        "happened_elsewhere",
        "what happened, by the case, far from the lesions: it takes no part",
    )
    LAB_NOT_JUDGED = "lab_not_judged", "a laboratory result takes no part: its unit or its range is missing"
    NOTHING_TO_EXPLAIN = "nothing_to_explain", "no calcification was found, so none has a cause to rank"
    ADULT_RANGE_ASSUMED = (
        "adult_range_assumed",
        "the age is not known; laboratory results were judged by the ranges of adults",
    )
