"""Where the frames of source objects lie, and the headers that say so in the one way writers look for it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.valuerep import DSfloat

from calciseg.outputs.dicom_objects.valid_headers import put

__all__ = ["SourceFrame", "frames_of", "state_place"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SourceFrame:
    """Where the pixels of one frame lie."""

    shape_yx: tuple[int, int]
    corner_lps_mm: NDArray[np.float64]
    """Centre of its first pixel."""
    step_lps_mm_yx: NDArray[np.float64]
    """From a row to the next, and from a column to the next; shape (2, 3)."""


def frames_of(dataset: Dataset) -> Iterator[SourceFrame]:
    """Yield where the frames of an object lie."""
    shape_yx = (int(dataset.Rows), int(dataset.Columns))
    for position, orientation, measures in _groups(dataset):
        directions = np.array(orientation.ImageOrientationPatient, dtype=np.float64).reshape(2, 3)
        row_mm, column_mm = (float(value) for value in measures.PixelSpacing[:2])
        # The first direction runs along a row, from column to column.
        steps = np.stack([directions[1] * row_mm, directions[0] * column_mm])
        corner = np.array(position.ImagePositionPatient, dtype=np.float64)
        yield SourceFrame(shape_yx=shape_yx, corner_lps_mm=corner, step_lps_mm_yx=steps)


def _groups(dataset: Dataset) -> Iterator[tuple[Dataset, Dataset, Dataset]]:
    """Yield what holds position, orientation and measures of every frame: functional groups or the top."""
    shared = (dataset.get("SharedFunctionalGroupsSequence") or [Dataset()])[0]
    for own in dataset.get("PerFrameFunctionalGroupsSequence") or [Dataset()]:
        position, orientation, measures = (
            (own.get(keyword) or shared.get(keyword) or [dataset])[0]
            for keyword in ("PlanePositionSequence", "PlaneOrientationSequence", "PixelMeasuresSequence")
        )
        yield position, orientation, measures


def state_place(datasets: list[Dataset], frames: Sequence[SourceFrame]) -> None:
    """Let the objects state their place as writers look for it: one orientation, and a slice thickness.

    Orientations differ by rounding at most, or the series would have been refused. The distance between
    slices is left to be found from their positions, as it was on reading.
    """
    head = datasets[0]
    groups = list(_groups(head))
    _, orientation, stated = groups[0]
    measures = Dataset()
    measures.PixelSpacing = stated.PixelSpacing[:2]
    measures.SliceThickness = _thickness_mm(stated, frames)
    if "PerFrameFunctionalGroupsSequence" not in head:
        put(head, "SliceThickness", measures.SliceThickness)
        head.pop("SpacingBetweenSlices", None)
        for dataset in datasets:
            put(dataset, "ImageOrientationPatient", orientation.ImageOrientationPatient)
        return
    put(head, "SharedFunctionalGroupsSequence", [_item("PixelMeasuresSequence", measures)])
    direction = _item("ImageOrientationPatient", orientation.ImageOrientationPatient)
    head.SharedFunctionalGroupsSequence[0].PlaneOrientationSequence = [direction]
    positions = [_item("ImagePositionPatient", position.ImagePositionPatient) for position, _, _ in groups]
    of_frames = [_item("PlanePositionSequence", position) for position in positions]
    put(head, "PerFrameFunctionalGroupsSequence", of_frames)


def _item(keyword: str, value: Any) -> Dataset:
    item = Dataset()
    setattr(item, keyword, [value] if isinstance(value, Dataset) else value)
    return item


def _thickness_mm(stated: Dataset, frames: Sequence[SourceFrame]) -> DSfloat:
    """Return the thickness that a header states or, where it states none, the distance between slices."""
    try:
        thickness_mm = float(stated.get("SliceThickness") or 0.0)
    except (TypeError, ValueError):
        thickness_mm = 0.0
    if not 0.0 < thickness_mm < np.inf:
        normal = np.cross(*frames[0].step_lps_mm_yx)
        heights_mm = np.sort([frame.corner_lps_mm @ normal for frame in frames]) / np.linalg.norm(normal)
        thickness_mm = float(np.median(np.diff(heights_mm)))
    return DSfloat(thickness_mm, auto_format=True)
