"""Headers as archives hold them, in the form that DICOM allows, so that objects can take them over."""

import copy
from contextlib import suppress
from datetime import datetime
from typing import Any

from pydicom.charset import decode_element
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.valuerep import TM, PersonName

__all__ = ["put", "valid_header"]

_CHARACTER_SET = 0x00080005
_SEX = 0x00100040
_SEXES = ("F", "M", "O")
_TO_CHINESE = "\x1b$)A"
_UTF_8 = "ISO_IR 192"
_OF_FRAMES = frozenset({0x52009229, 0x52009230})
"""Functional groups: no object takes them over, and there may be thousands."""


def put(dataset: Dataset, keyword: str, value: Any) -> None:
    """Give an element a new value; one that another data set shares keeps its own there."""
    dataset.pop(keyword, None)
    setattr(dataset, keyword, value)


def valid_header(dataset: Dataset) -> Dataset:
    """Copy a header, so that every element of the copy can be written, and read by others.

    Text is decoded by the character set that the header states and will be written in UTF-8: it holds every
    name, and whatever a report has to say besides. Dates, times and a sex that are none become empty, and an
    element that cannot be read at all is left out.
    """
    stated = dataset.get("SpecificCharacterSet")
    valid = Dataset()
    for tag in dataset.keys() - {_CHARACTER_SET}:
        if tag in _OF_FRAMES:
            valid.add(dataset[tag])
            continue
        # A malformed element raises whatever its converter raises.
        with suppress(Exception):
            valid.add(_valid(copy.deepcopy(dataset[tag]), stated))
    valid.SpecificCharacterSet = _UTF_8
    return valid


def _valid(element: DataElement, character_set: Any) -> DataElement:
    if element.VR == "SQ":
        for item in element.value:
            _decode_item(item, character_set)
        return element
    _decode(element, character_set)
    value = element.value
    vr = dictionary_VR(element.tag) if element.VR == "UN" else element.VR
    if vr == "PN" and isinstance(value, MultiValue):
        value = " ".join(str(part) for part in value)  # of one name: a backslash parts values, not words
    elif vr == "DA":
        value = _date(str(value or ""))
    elif vr == "TM":
        value = _time(str(value or ""))
    elif element.tag == _SEX:
        value = str(value or "").upper()
        value = value if value in _SEXES else None
    return DataElement(element.tag, vr, value)


def _decode_item(item: Dataset, character_set: Any) -> None:
    """Decode what lies in an item of a sequence, by its own character set where it states one."""
    own = item.get("SpecificCharacterSet") or character_set
    for element in item:
        if element.VR == "SQ":
            for inner in element.value:
                _decode_item(inner, own)
        else:
            _decode(element, own)
    item.pop("SpecificCharacterSet", None)


def _decode(element: DataElement, character_set: Any) -> None:
    decode_element(element, character_set)
    # pydicom leaves the switch to Chinese (ISO-IR 58) in the text that it decodes.
    if isinstance(element.value, (str, PersonName)) and _TO_CHINESE in str(element.value):
        element.value = str(element.value).replace(_TO_CHINESE, "")


def _date(stated: str) -> str | None:
    """Return a date as DICOM writes it, also from how its forerunner did (2026.01.31)."""
    digits = stated.strip().replace(".", "")
    try:
        is_date = len(digits) == 8 and digits.isdecimal() and bool(datetime.strptime(digits, "%Y%m%d"))
    except ValueError:
        return None
    return digits if is_date else None


def _time(stated: str) -> str | None:
    """Return a time as DICOM writes it, also from how its forerunner did (12:30:00)."""
    digits = stated.strip().replace(":", "")
    try:
        TM(digits)
    except ValueError:
        return None
    return digits or None
