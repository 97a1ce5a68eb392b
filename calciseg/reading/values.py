"""Values out of a DICOM header that may be empty, malformed or absurd: each is a value or ``None``."""

import math
import re
import sys
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any

from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import RawDataElement, convert_raw_data_element
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.tag import BaseTag, Tag

__all__ = ["code_string", "integer", "items", "number", "numbers", "text", "texts", "uid"]

_LONGEST = 64
_UID = re.compile(r"[0-9A-Za-z.\-_]{1,64}")
_CODE_STRING = re.compile(r"[0-9A-Za-z_ ]{1,16}")
_PLAIN_VRS = frozenset({"CS", "DS", "FD", "FL", "IS", "SS", "UI", "UL", "US"})
"""Of values that their bytes alone tell: neither the character set nor other elements. None holds a name."""


def _values(dataset: Dataset, keyword: str) -> list[Any]:
    try:
        value = _value(dataset, keyword)
    except Exception:  # a malformed element raises whatever its converter raises; it counts as missing
        return []
    if value is None or value == "":
        return []
    return list(value) if isinstance(value, (MultiValue, list, tuple)) else [value]


def _value(dataset: Dataset, keyword: str) -> Any:
    """Do what ``dataset.get`` does, but convert what many slices have in common once."""
    tag = _tag_of(keyword)
    raw = dataset.get_item(tag)
    if raw is None:
        return None
    if isinstance(raw, RawDataElement) and raw.value is not None and (raw.VR or _vr_of(tag)) in _PLAIN_VRS:
        return _converted(tag, raw.VR, raw.value, raw.is_implicit_VR, raw.is_little_endian)
    return dataset[tag].value


@cache
def _tag_of(keyword: str) -> BaseTag:
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise KeyError(keyword)
    return Tag(tag)


@cache
def _vr_of(tag: BaseTag) -> str:
    """Return the VR that the standard gives a tag: data sets with implicit VR do not hold it."""
    return dictionary_VR(tag)


@lru_cache(maxsize=4096)
def _converted(
    tag: BaseTag, vr: str | None, content: bytes, is_implicit: bool, is_little_endian: bool
) -> Any:
    raw = RawDataElement(tag, vr, len(content), content, 0, is_implicit, is_little_endian)
    return convert_raw_data_element(raw).value


def texts(dataset: Dataset, keyword: str) -> tuple[str, ...]:
    """Every non-empty value of an element: printable characters only, no longer than DICOM allows."""
    found = (_printable(str(value)) for value in _values(dataset, keyword))
    return tuple(value for value in found if value)


def _printable(value: str) -> str:
    if not value.isprintable():
        value = "".join(filter(str.isprintable, value))
    return value.strip()[:_LONGEST]


def text(dataset: Dataset, keyword: str) -> str | None:
    """Return the values of an element joined as DICOM writes them, or ``None`` when it is empty."""
    joined = "\\".join(texts(dataset, keyword))
    # Most values repeat from slice to slice: a tree of 100 000 files holds each of them once.
    return sys.intern(joined) or None


def uid(dataset: Dataset, keyword: str) -> str | None:
    """Return a unique identifier, or ``None`` when it is empty or holds what no identifier may hold.

    Letters are let through: some anonymisers write them.
    """
    found = text(dataset, keyword)
    return found if found is not None and _UID.fullmatch(found) else None


def code_string(dataset: Dataset, keyword: str) -> str | None:
    """Return a word of DICOM's vocabulary, ``UNKNOWN`` for free text (it may be shown), or ``None``.

    Its letters are capitals; some archives write small ones.
    """
    found = text(dataset, keyword)
    return found if found is None else found.upper() if _CODE_STRING.fullmatch(found) else "UNKNOWN"


def numbers(dataset: Dataset, keyword: str, n: int) -> tuple[float, ...] | None:
    """Exactly ``n`` finite numbers, or ``None``."""
    values = _values(dataset, keyword)
    if len(values) != n:
        return None
    try:
        found = tuple(float(value) for value in values)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if all(math.isfinite(value) for value in found) else None


def number(dataset: Dataset, keyword: str) -> float | None:
    """One finite number, or ``None``."""
    found = numbers(dataset, keyword, 1)
    return None if found is None else found[0]


def integer(dataset: Dataset, keyword: str) -> int | None:
    """One whole number, or ``None``."""
    found = number(dataset, keyword)
    return int(found) if found is not None and found == int(found) else None


def items(dataset: Dataset, keyword: str) -> list[Dataset]:
    """Return the items of a sequence; none when it is missing or is no sequence."""
    try:
        value = _value(dataset, keyword)
    except Exception:  # as in _values
        return []
    return [item for item in value if isinstance(item, Dataset)] if isinstance(value, Iterable) else []
