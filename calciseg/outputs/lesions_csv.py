"""``lesions.csv``: one row a lesion, for spreadsheets and statistics."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from calciseg.model import StudyResult, TissuePlane
from calciseg.outputs.atomic import whole_file
from calciseg.outputs.radiograph_schema import ShadowEntry
from calciseg.outputs.result_document import result_document
from calciseg.outputs.result_schema import LesionEntry

__all__ = ["COLUMNS", "NAME", "is_available", "joined_rows", "lesion_rows", "safe_cell", "write"]

NAME = "csv"

_PARTS: dict[str, tuple[str, ...]] = {
    "plane_fractions": tuple(TissuePlane),
    "centroid_lps_mm": ("x", "y", "z"),
    "bbox_zyx": ("z0", "z1", "y0", "y1", "x0", "x1"),
    "centroid_yx": ("y", "x"),
    "bbox_yx": ("y0", "y1", "x0", "x1"),
}
_OF_LESION = tuple(
    dict.fromkeys(name for name in (*LesionEntry.model_fields, *ShadowEntry.model_fields) if name != "label")
)

COLUMNS = (
    "study_instance_uid",
    "series_instance_uid",
    "n",
    "label",
    *(f"{name}_{part}" if part else name for name in _OF_LESION for part in _PARTS.get(name, ("",))),
)
"""The header. A field with parts has one column for each; radiographs add theirs at the end."""

_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def is_available() -> bool:
    """Whether everything that the writer needs is installed."""
    return True


def write(result: StudyResult, folder: Path) -> tuple[Path, ...]:
    """Write ``lesions.csv``: UTF-8, comma-separated; without lesions it has its header only."""
    path = folder / "lesions.csv"
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows([safe_cell(value) for value in row] for row in lesion_rows(result))
    with whole_file(path) as file:
        file.write(text.getvalue().encode())
    return (path,)


def lesion_rows(result: StudyResult) -> Iterator[list[Any]]:
    """Yield one row a lesion, in the order of ``COLUMNS``; None is not measured."""
    document = result_document(result)
    for image in document.images:
        for lesion in image.lesions:
            row = [document.study_instance_uid, image.series_instance_uid, image.n, lesion.label]
            for name in _OF_LESION:
                row += _values(name, getattr(lesion, name, None))
            yield row


def joined_rows(result: StudyResult) -> Iterator[tuple[Any, ...]]:
    """Yield the same rows with every list as one text, its words joined by semicolons."""
    for row in lesion_rows(result):
        yield tuple(";".join(value) if isinstance(value, tuple) else value for value in row)


def _values(name: str, value: Any) -> list[Any]:
    if value is None:
        return [None] * len(_PARTS.get(name, ("",)))
    if name == "plane_fractions":
        return [getattr(value, plane) for plane in TissuePlane]
    if name in ("bbox_zyx", "bbox_yx"):
        return [index for index_range in value for index in index_range]
    if name in ("centroid_lps_mm", "centroid_yx"):
        return list(value)
    return [value]


def safe_cell(value: Any) -> Any:
    """Turn a value into what a spreadsheet shows and does not run."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        value = ";".join(value)
    if isinstance(value, str) and value.startswith(_STARTS_A_FORMULA):
        # A spreadsheet would run it.
        return f"'{value}"
    return value
