"""Codes of DICOM objects: published ones where they are verified, else calciseg's own.

The published codes are those of pydicom's dictionary, which is made from DICOM PS3.16. What has no verified
code is written in the private scheme ``99CALCISEG``, which says no more than its meaning.
"""

from zlib import crc32

from highdicom.sr import CodedConcept
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from calciseg.model import TissuePlane

__all__ = ["CALCIFICATION", "CATEGORY", "LATERALITY", "PLANES", "PROCEDURES", "own_code"]

_OWN_SCHEME = "99CALCISEG"
_LONGEST_VALUE, _LONGEST_MEANING = 16, 64

CATEGORY: Code = codes.SCT.MorphologicallyAbnormalStructure
CALCIFICATION: Code = codes.SCT.PathologicCalcification
LATERALITY: dict[str, Code] = {"left": codes.SCT.Left, "right": codes.SCT.Right}
PLANES: dict[TissuePlane, Code] = {
    TissuePlane.CUTANEOUS: codes.SCT.Skin,
    TissuePlane.SUBCUTANEOUS: codes.SCT.SubcutaneousTissue,
    TissuePlane.FASCIAL: codes.SCT.FascialLayer,
    TissuePlane.INTRAMUSCULAR: codes.SCT.SkeletalMuscle,
    TissuePlane.INDETERMINATE: codes.SCT.SoftTissue,
}
PROCEDURES: dict[str, Code] = {
    "CT": Code("25045-6", "LN", "CT unspecified body region"),
    "radiograph": Code("43468-8", "LN", "XR unspecified body region"),
}


def own_code(value: str, meaning: str) -> CodedConcept:
    """Make a code of the private scheme; what is longer than DICOM allows is cut and stays distinct."""
    if len(value) > _LONGEST_VALUE:
        value = f"{value[: _LONGEST_VALUE - 7]}_{crc32(value.encode()) & 0xFFFFFF:06X}"
    return CodedConcept(value, _OWN_SCHEME, meaning[:_LONGEST_MEANING])
