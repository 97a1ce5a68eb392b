"""Values out of a DICOM header that may be empty, malformed or absurd: each is a value or ``None``."""

import math
import re
import sys
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from typing import Any, TypeVar, cast

from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import RawDataElement, convert_raw_data_element
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.tag import BaseTag, Tag

__all__ = ["code_string", "integer", "items", "number", "numbers", "text", "texts", "uid"]

_LONGEST = 64
_UID = re.compile(r"[0-9A-Za-z.\-_]{1,64}")
_CODE_STRING = re.compile(r"[0-9A-Za-z_ ]{1,16}")
_SHARED_VRS = frozenset({"AS", "CS", "DS", "FD", "FL", "IS", "LO", "SH", "SS", "UI", "UL", "US"})
"""Of values that their bytes and the character set tell, without other elements. They are kept longer
than the slices: names (PN) and dates, as of birth (DA), are not among them."""
_LONGEST_SHARED = 1024
"""In bytes: a hostile value may be as long as its file."""

_Values = tuple[Any, ...]
_Found = TypeVar("_Found")


def _read(dataset: Dataset, keyword: str, meaning: Callable[[_Values], _Found]) -> _Found:
    """Return what the values of an element mean; it has none where it is missing or malformed.

    Most values repeat from slice to slice: their meaning is found once, so it must be immutable.
    """
    try:
        tag = _tag_of(keyword)
        element = dataset.get_item(tag)
        if isinstance(element, RawDataElement):
            if not element.value:
                return meaning(())
            encoding = dataset.original_character_set
            if encoding and _is_shared(element):
                encoding = encoding if isinstance(encoding, str) else tuple(encoding)
                how = element.VR, element.is_implicit_VR, element.is_little_endian, encoding
                return cast(_Found, _shared_meaning(meaning, tag, element.value, *how))
            element = dataset[tag]
        values = () if element is None else _values(element.value)
    except Exception:  # a malformed element raises whatever its converter raises
        values = ()
    return meaning(values)


def _values(value: Any) -> _Values:
    if value is None or value == "":
        return ()
    return tuple(value) if isinstance(value, (MultiValue, list, tuple)) else (value,)


def _is_shared(raw: RawDataElement) -> bool:
    return len(raw.value or b"") <= _LONGEST_SHARED and (raw.VR or _vr_of(raw.tag)) in _SHARED_VRS


@lru_cache(maxsize=4096)
def _shared_meaning(
    meaning: Callable[[_Values], Any],
    tag: BaseTag,
    content: bytes,
    vr: str | None,
    is_implicit: bool,
    is_little_endian: bool,
    encoding: str | tuple[str, ...],
) -> Any:
    raw = RawDataElement(tag, vr, len(content), content, 0, is_implicit, is_little_endian)
    encodings = [encoding] if isinstance(encoding, str) else list(encoding)
    return meaning(_values(convert_raw_data_element(raw, encoding=encodings).value))


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


def texts(dataset: Dataset, keyword: str) -> tuple[str, ...]:
    """Every non-empty value of an element: printable characters only, no longer than DICOM allows."""
    return _read(dataset, keyword, _texts)


def _texts(values: _Values) -> tuple[str, ...]:
    found = (_printable(str(value)) for value in values)
    return tuple(value for value in found if value)


def _printable(value: str) -> str:
    if not value.isprintable():
        value = "".join(filter(str.isprintable, value))
    return value.strip()[:_LONGEST]


def text(dataset: Dataset, keyword: str) -> str | None:
    """Return the values of an element joined as DICOM writes them, or ``None`` when it is empty."""
    return _read(dataset, keyword, _text)


def _text(values: _Values) -> str | None:
    # A tree of 100 000 files holds each of them once.
    return sys.intern("\\".join(_texts(values))) or None


def uid(dataset: Dataset, keyword: str) -> str | None:
    """Return a unique identifier, or ``None`` when it is empty or holds what no identifier may hold.

    Letters are let through: some anonymisers write them.
    """
    return _read(dataset, keyword, _uid)


def _uid(values: _Values) -> str | None:
    found = _text(values)
    return found if found is not None and _UID.fullmatch(found) else None


def code_string(dataset: Dataset, keyword: str) -> str | None:
    """Return a word of DICOM's vocabulary, ``UNKNOWN`` for free text (it may be shown), or ``None``.

    Its letters are capitals; some archives write small ones.
    """
    return _read(dataset, keyword, _code_string)


def _code_string(values: _Values) -> str | None:
    found = _text(values)
    return found if found is None else found.upper() if _CODE_STRING.fullmatch(found) else "UNKNOWN"


def numbers(dataset: Dataset, keyword: str, n: int) -> tuple[float, ...] | None:
    """Exactly ``n`` finite numbers, or ``None``."""
    found = _read(dataset, keyword, _numbers)
    return found if len(found) == n else None


def _numbers(values: _Values) -> tuple[float, ...]:
    """Return the values as numbers; none where one of them is no finite number."""
    try:
        found = tuple(float(value) for value in values)
    except (TypeError, ValueError, OverflowError):
        return ()
    return found if all(math.isfinite(value) for value in found) else ()


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
        tag = _tag_of(keyword)
        value = () if dataset.get_item(tag) is None else dataset[tag].value
    except Exception:  # as in _read
        return []
    return [item for item in value if isinstance(item, Dataset)] if isinstance(value, Iterable) else []
