"""Body Part Examined as words of a site: the defined terms of DICOM PS3.16, annex L, and what is written."""

__all__ = ["holds_cavity", "holds_face", "holds_midline", "region_of"]

_REGIONS = {
    "ANKLE": "ankle",
    "ARM": "upper_arm",
    "AXILLA": "axilla",
    "BACK": "back",
    "BREAST": "breast",
    "BUTTOCK": "buttock",
    "CALCANEUS": "heel",
    "CALF": "lower_leg",
    "ELBOW": "elbow",
    "FACE": "face",
    "FEMUR": "thigh",
    "FINGER": "finger",
    "FOOT": "foot",
    "FOREARM": "forearm",
    "HAND": "hand",
    "HEEL": "heel",
    "HIP": "hip",
    "HUMERUS": "upper_arm",
    "KNEE": "knee",
    "LEG": "lower_leg",
    "NECK": "neck",
    "PELVIS": "pelvis",
    "PENIS": "penis",
    "SCROTUM": "scrotum",
    "SHOULDER": "shoulder",
    "THIGH": "thigh",
    "THUMB": "finger",
    "TIBIA": "lower_leg",
    "TOE": "toe",
    "UPPERARM": "upper_arm",
    "WRIST": "wrist",
}
_WITH_A_MIDLINE = frozenset(
    {
        "ABDOMEN",
        "ABDOMENPELVIS",
        "BACK",
        "BUTTOCK",
        "CHEST",
        "CHESTABDOMEN",
        "CHESTABDPELVIS",
        "CSPINE",
        "FACE",
        "HEAD",
        "HEADNECK",
        "LSPINE",
        "NECK",
        "PELVIS",
        "PENIS",
        "SACRUM",
        "SCROTUM",
        "SKULL",
        "SPINE",
        "THORAX",
        "TSPINE",
        "WHOLEBODY",
    }
)
"""Parts of the body that the midline of the patient runs through."""
_WITH_A_FACE = frozenset(
    {
        "BRAIN",
        "FACIALBONES",
        "HEAD",
        "HEADNECK",
        "JAW",
        "MANDIBLE",
        "MAXILLA",
        "ORBIT",
        "SINUS",
        "SINUSES",
        "SKULL",
        "WHOLEBODY",
        "ZYGOMA",
    }
)
"""Parts of the body that show a face, and more than that."""

_WITH_A_CAVITY = frozenset(
    {
        "ABDOMEN",
        "ABDOMENPELVIS",
        "CHEST",
        "CHESTABDOMEN",
        "CHESTABDPELVIS",
        "HEART",
        "KIDNEY",
        "LIVER",
        "LSPINE",
        "LUNG",
        "PELVIS",
        "SPINE",
        "THORAX",
        "TSPINE",
        "WHOLEBODY",
    }
)
"""Parts of the body with chest, belly or pelvis in them."""


def region_of(body_part: str | None) -> str | None:
    """Return the site that a body part is, or None."""
    return _REGIONS.get(_word(body_part))


def holds_midline(body_part: str | None) -> bool:
    """Tell whether the midline of the patient runs through a body part."""
    return _word(body_part) in _WITH_A_MIDLINE


def holds_face(body_part: str | None) -> bool:
    """Tell whether a body part shows a face and more than that, so that the image has to tell where it is."""
    return _word(body_part) in _WITH_A_FACE


def holds_cavity(body_part: str | None) -> bool:
    """Tell whether chest, belly or pelvis lie in a body part."""
    return _word(body_part) in _WITH_A_CAVITY


def _word(body_part: str | None) -> str:
    return "".join((body_part or "").upper().split()).replace("_", "")
