"""What slices state about their place in the patient: checked, and the same for all where it must be."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from calciseg.reading.headers import SliceHeader
from calciseg.reading.refusal import RefusedError

__all__ = ["EXPORT_AGAIN", "directions", "frame_of_reference", "pixel_spacing_mm_yx", "positions_lps_mm"]

_Array = NDArray[np.float64]

_SAME_DIRECTION = 1e-4
"""Largest difference of direction cosines within a series: 0.006 degrees, above the rounding of headers."""
_SAME_SPACING_FRACTION = 1e-3
_RIGHT_ANGLE = 2e-3
"""Headers that round direction cosines to three decimals stay below it."""
_PIXEL_SPACINGS_MM = (1e-3, 1e2)
"""Outside of these a spacing is a mistake of the header: zero, metres, micrometres."""
_FARTHEST_MM = 1e5

EXPORT_AGAIN = "export the series again from the archive"


def pixel_spacing_mm_yx(slices: Sequence[SliceHeader]) -> tuple[float, float]:
    """Return the distance of rows and of columns, the same for every slice."""
    stated = [header.pixel_spacing_mm_yx for header in slices]
    low_mm, high_mm = _PIXEL_SPACINGS_MM
    if any(spacing is None or min(spacing) < low_mm or max(spacing) > high_mm for spacing in stated):
        raise RefusedError("a slice states no valid pixel spacing", EXPORT_AGAIN)
    spacings = np.array(stated, dtype=np.float64)
    worst = spacings[:, np.ptp(spacings, axis=0).argmax()]
    if np.ptp(worst) > _SAME_SPACING_FRACTION * worst.min():
        what = f"its pixel spacing changes from {worst.min():.4g} to {worst.max():.4g} mm between slices"
        raise RefusedError(what, EXPORT_AGAIN)
    return float(spacings[0, 0]), float(spacings[0, 1])


def directions(slices: Sequence[SliceHeader]) -> tuple[_Array, _Array]:
    """Return the unit vectors along a row and down a column, the same for every slice."""
    stated = [header.orientation for header in slices]
    if any(orientation is None for orientation in stated):
        raise RefusedError("a slice states no orientation (Image Orientation Patient)", EXPORT_AGAIN)
    orientations = np.array(stated, dtype=np.float64)
    if np.ptp(orientations, axis=0).max() > _SAME_DIRECTION:
        raise RefusedError("its slices have different orientations", "give one orientation only")
    row, column = orientations[0, :3], orientations[0, 3:]
    lengths = np.linalg.norm(row), np.linalg.norm(column)
    if max(abs(length - 1) for length in lengths) > _RIGHT_ANGLE or abs(row @ column) > _RIGHT_ANGLE:
        raise RefusedError("its orientation is not two unit vectors at a right angle", EXPORT_AGAIN)
    row = row / lengths[0]
    column = column - (column @ row) * row
    return row, column / np.linalg.norm(column)


def positions_lps_mm(slices: Sequence[SliceHeader]) -> _Array:
    """Return the centre of the first pixel of every slice, shape (slices, 3)."""
    stated = [header.position_lps_mm for header in slices]
    n_missing = sum(position is None for position in stated)
    if n_missing:
        raise RefusedError(
            f"{n_missing} of its slices state no position (Image Position Patient)", EXPORT_AGAIN
        )
    positions = np.array(stated, dtype=np.float64)
    if np.abs(positions).max() > _FARTHEST_MM:
        raise RefusedError("a slice states a position that no scanner has", EXPORT_AGAIN)
    return positions


def frame_of_reference(slices: Sequence[SliceHeader]) -> str | None:
    """Return the frame of reference, ``None`` if it is missing or differs by slice."""
    stated = {header.frame_of_reference_uid for header in slices}
    return stated.pop() if len(stated) == 1 else None
