"""View and body part of a projection by their codes: headers of DX need not state them in words.

Codes of DICOM PS3.16, CID 4009 and 4010, each by SNOMED CT and by the SNOMED RT that older images have, with
the words that View Position and Body Part Examined have for them.
"""

from pydicom.dataset import Dataset

from calciseg.reading.values import items, text

__all__ = ["body_part_of", "view_of"]

_VIEWS = {
    ("399348003", "R-10206"): "AP",
    ("272479007", "R-40888"): "PA",
    ("399335002", "R-102C4"): "DP",
    ("399071006", "R-102C3"): "PD",
    ("399067008", "R-102CD"): "LATERAL",
    ("399173006", "R-10236"): "LL",
    ("399198007", "R-10232"): "RL",
    ("399260004", "R-10224"): "ML",
    ("399352003", "R-10228"): "LM",
    ("399312000", "R-10208"): "AP OBLIQUE",
    ("399059000", "R-10216"): "PA OBLIQUE",
    ("399182000", "R-102C1"): "OBLIQUE",
    ("260427002", "R-40783"): "LATERAL OBLIQUE",
    ("260426006", "R-40782"): "MEDIAL OBLIQUE",
    ("399184004", "R-10238"): "LLO",
    ("399236003", "R-10234"): "RLO",
    ("399135007", "R-10220"): "LAO",
    ("399356000", "R-40985"): "RAO",
    ("399006002", "R-10212"): "LPO",
    ("399038007", "R-10210"): "RPO",
    ("399061009", "R-10241"): "AXIAL",
    ("399110001", "R-102C2"): "TANGENTIAL",
}
_BODY_PARTS = {
    ("818981001", "T-D4000"): "ABDOMEN",
    ("818982008", "R-FAB57"): "ABDOMENPELVIS",
    ("70258002", "T-15750"): "ANKLE",
    ("80144004", "T-12770"): "CALCANEUS",
    ("122494005", "T-11501"): "CSPINE",
    ("816094009", "T-D3000"): "CHEST",
    ("51185008", "T-D3000"): "CHEST",
    ("51299004", "T-12310"): "CLAVICLE",
    ("16953009", "T-15430"): "ELBOW",
    ("71341001", "T-12710"): "FEMUR",
    ("7569003", "T-D8800"): "FINGER",
    ("56459004", "T-D9700"): "FOOT",
    ("14975008", "T-D8500"): "FOREARM",
    ("85562004", "T-D8700"): "HAND",
    ("29836001", "T-D2500"): "HIP",
    ("24136001", "T-15710"): "HIP",
    ("85050009", "T-12410"): "HUMERUS",
    ("72696002", "T-D9200"): "KNEE",
    ("30021000", "T-D9400"): "LEG",
    ("122496007", "T-11503"): "LSPINE",
    ("45048000", "T-D1600"): "NECK",
    ("816092008", "T-D6000"): "PELVIS",
    ("12921003", "T-D6000"): "PELVIS",
    ("113197003", "T-11300"): "RIB",
    ("54735007", "T-11AD0"): "SACRUM",
    ("16982005", "T-D2220"): "SHOULDER",
    ("89546000", "T-11100"): "SKULL",
    ("68367000", "T-D9100"): "THIGH",
    ("122495006", "T-11502"): "TSPINE",
    ("76505004", "T-D8810"): "THUMB",
    ("29707007", "T-D9800"): "TOE",
    ("40983000", "T-D8200"): "UPPERARM",
    ("74670003", "T-15460"): "WRIST",
}


def view_of(dataset: Dataset) -> str | None:
    """Return the view in words, whether the header states it in words or by a code."""
    return text(dataset, "ViewPosition") or _coded(dataset, "ViewCodeSequence", _VIEWS)


def body_part_of(dataset: Dataset) -> str | None:
    """Return the body part in words, whether the header states it in words or by a code."""
    return text(dataset, "BodyPartExamined") or _coded(dataset, "AnatomicRegionSequence", _BODY_PARTS)


def _coded(dataset: Dataset, keyword: str, words: dict[tuple[str, str], str]) -> str | None:
    values = [text(item, "CodeValue") for item in items(dataset, keyword)]
    return next((word for codes, word in words.items() if any(value in codes for value in values)), None)
