"""From the positions and orientations of slices to a regular grid, or to a clear no.

File order, Slice Thickness and Spacing Between Slices are never asked: they are wrong too often.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import atan2, degrees

import numpy as np
from numpy.typing import NDArray

from calciseg.model import Issue, IssueCode, VolumeGeometry
from calciseg.reading.headers import SliceHeader
from calciseg.reading.refusal import RefusedError
from calciseg.reading.words import counted

__all__ = ["DuplicatePositionsError", "Grid", "regular_grid"]

_Array = NDArray[np.float64]

_SAME_DIRECTION = 1e-4
"""Largest difference of direction cosines within a series: 0.006 degrees, above the rounding of headers."""
_SAME_SPACING_FRACTION = 1e-3
_RIGHT_ANGLE = 2e-3
"""Headers that round direction cosines to three decimals stay below it."""
_PIXEL_SPACINGS_MM = (1e-3, 1e2)
"""Outside of these a spacing is a mistake of the header: zero, metres, micrometres."""
_FARTHEST_MM = 1e5
_DUPLICATE_FRACTION = 0.01
"""Slices closer than this fraction of the step are at one position."""
_JITTER_TOLD_FRACTION = 0.01
_JITTER_ALLOWED_FRACTION = 0.1
_DRIFT_ALLOWED_PIXELS = 0.5
"""Largest sideways way of the first to the last slice: below it no voxel lies in the wrong place."""

_EXPORT = "export the series again from the archive"
_EXPORT_STRAIGHT = "export all of its slices, or a reconstruction without tilt and with even steps"


class DuplicatePositionsError(RefusedError):
    """Several slices lie at one position: perhaps two acquisitions in one series."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A regular grid and the order that brings the slices onto it."""

    order: tuple[int, ...]
    geometry: VolumeGeometry
    issues: tuple[Issue, ...]


def regular_grid(slices: Sequence[SliceHeader]) -> Grid:
    """Place slices on a regular, right-angled grid.

    Parameters
    ----------
    slices : sequence of SliceHeader
        In any order.

    Returns
    -------
    Grid
        The z index grows along the slice normal, the cross product of the row and the column direction.

    Raises
    ------
    RefusedError
        The slices do not form a regular, right-angled grid.
    """
    first = slices[0].pixel_code
    if len({(header.pixel_code.rows, header.pixel_code.columns) for header in slices}) > 1:
        raise RefusedError("its slices have different numbers of rows or columns", _EXPORT)
    dy_mm, dx_mm = _pixel_spacing_mm_yx(slices)
    row, column = _directions(slices)
    normal = np.cross(row, column)
    positions = _positions(slices)
    heights_mm = positions @ normal
    order = np.argsort(heights_mm, kind="stable")
    step_mm, jitter_mm = _step_and_jitter_mm(heights_mm[order])
    drift_mm, tilt_degrees = _drift(positions[order], normal)
    problems = [
        *_tilt_problems(drift_mm, tilt_degrees, min(dy_mm, dx_mm)),
        *_step_problems(heights_mm[order], step_mm, jitter_mm),
    ]
    if problems:
        raise RefusedError(" and ".join(problems), _EXPORT_STRAIGHT)
    geometry = VolumeGeometry(
        shape_zyx=(len(slices), first.rows or 0, first.columns or 0),
        spacing_mm_zyx=(step_mm, dy_mm, dx_mm),
        origin_lps_mm=_triple(positions[order[0]]),
        direction=tuple(float(value) for value in np.stack([row, column, normal], axis=1).ravel()),
        frame_of_reference_uid=_frame_of_reference(slices),
    )
    issues = (*_jitter_issues(jitter_mm, drift_mm, step_mm), *_frame_of_reference_issues(slices))
    return Grid(order=tuple(int(index) for index in order), geometry=geometry, issues=issues)


def _triple(values: _Array) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])


def _pixel_spacing_mm_yx(slices: Sequence[SliceHeader]) -> tuple[float, float]:
    stated = [header.pixel_spacing_mm_yx for header in slices]
    low_mm, high_mm = _PIXEL_SPACINGS_MM
    if any(spacing is None or min(spacing) < low_mm or max(spacing) > high_mm for spacing in stated):
        raise RefusedError("a slice states no valid pixel spacing", _EXPORT)
    spacings = np.array(stated, dtype=np.float64)
    worst = spacings[:, np.ptp(spacings, axis=0).argmax()]
    if np.ptp(worst) > _SAME_SPACING_FRACTION * worst.min():
        what = f"its pixel spacing changes from {worst.min():.4g} to {worst.max():.4g} mm between slices"
        raise RefusedError(what, _EXPORT)
    return float(spacings[0, 0]), float(spacings[0, 1])


def _directions(slices: Sequence[SliceHeader]) -> tuple[_Array, _Array]:
    """Return the unit vectors along a row and down a column, the same for every slice."""
    stated = [header.orientation for header in slices]
    if any(orientation is None for orientation in stated):
        raise RefusedError("a slice states no orientation (Image Orientation Patient)", _EXPORT)
    orientations = np.array(stated, dtype=np.float64)
    if np.ptp(orientations, axis=0).max() > _SAME_DIRECTION:
        raise RefusedError("its slices have different orientations", "give one orientation only")
    row, column = orientations[0, :3], orientations[0, 3:]
    lengths = np.linalg.norm(row), np.linalg.norm(column)
    if max(abs(length - 1) for length in lengths) > _RIGHT_ANGLE or abs(row @ column) > _RIGHT_ANGLE:
        raise RefusedError("its orientation is not two unit vectors at a right angle", _EXPORT)
    row = row / lengths[0]
    column = column - (column @ row) * row
    return row, column / np.linalg.norm(column)


def _positions(slices: Sequence[SliceHeader]) -> _Array:
    stated = [header.position_lps_mm for header in slices]
    n_missing = sum(position is None for position in stated)
    if n_missing:
        raise RefusedError(f"{n_missing} of its slices state no position (Image Position Patient)", _EXPORT)
    positions = np.array(stated, dtype=np.float64)
    if np.abs(positions).max() > _FARTHEST_MM:
        raise RefusedError("a slice states a position that no scanner has", _EXPORT)
    return positions


def _step_and_jitter_mm(heights_mm: _Array) -> tuple[float, float]:
    """Return the mean step of sorted heights and the largest deviation from a regular grid."""
    steps_mm = np.diff(heights_mm)
    step_mm = float(heights_mm[-1] - heights_mm[0]) / len(steps_mm)
    n_duplicates = int((steps_mm <= _DUPLICATE_FRACTION * max(float(np.median(steps_mm)), step_mm)).sum())
    if n_duplicates:
        raise DuplicatePositionsError(
            f"{n_duplicates} of its {len(heights_mm)} slices lie at the position of another one",
            "export one acquisition or reconstruction at a time",
        )
    regular_mm = heights_mm[0] + step_mm * np.arange(len(heights_mm))
    return step_mm, float(np.abs(heights_mm - regular_mm).max())


def _step_problems(heights_mm: _Array, step_mm: float, jitter_mm: float) -> list[str]:
    """Tell missing slices from steps of several sizes."""
    if jitter_mm <= _JITTER_ALLOWED_FRACTION * step_mm:
        return []
    steps_mm = np.diff(heights_mm)
    usual_mm = float(np.median(steps_mm))
    n_steps = np.rint(steps_mm / usual_mm)
    is_multiple = np.abs(steps_mm - n_steps * usual_mm) <= _JITTER_ALLOWED_FRACTION * usual_mm
    n_missing = int((n_steps - 1).sum())
    if is_multiple.all() and n_missing > 0:
        verb = "is" if n_missing == 1 else "are"
        return [f"{counted(n_missing, 'slice')} {verb} missing between steps of {usual_mm:.4g} mm"]
    return [f"the distance between its slices changes from {steps_mm.min():.4g} to {steps_mm.max():.4g} mm"]


def _drift(positions: _Array, normal: _Array) -> tuple[float, float | None]:
    """Return how far the slices wander sideways, and the angle if they do it evenly, as under a tilt."""
    ways = positions - positions[0]
    heights_mm = ways @ normal
    sideways = ways - heights_mm[:, None] * normal
    drift_mm = np.linalg.norm(sideways, axis=1)
    even = np.outer(heights_mm / heights_mm[-1], sideways[-1])
    is_even = np.abs(sideways - even).max() <= _JITTER_ALLOWED_FRACTION * drift_mm[-1]
    angle = degrees(atan2(drift_mm[-1], heights_mm[-1]))
    return float(drift_mm.max()), angle if is_even else None


def _tilt_problems(drift_mm: float, tilt_degrees: float | None, pixel_mm: float) -> list[str]:
    if drift_mm <= _DRIFT_ALLOWED_PIXELS * pixel_mm:
        return []
    if tilt_degrees is None:
        return [f"its slices shift sideways by up to {drift_mm:.4g} mm"]
    return [f"its gantry was tilted by {tilt_degrees:.1f} degrees"]


def _jitter_issues(jitter_mm: float, drift_mm: float, step_mm: float) -> tuple[Issue, ...]:
    size_mm = max(jitter_mm, drift_mm)
    if size_mm <= _JITTER_TOLD_FRACTION * step_mm:
        return ()
    message = f"Slice positions deviate by up to {size_mm:.3g} mm from regular steps of {step_mm:.4g} mm."
    return (Issue(code=IssueCode.SPACING_JITTER, message=message),)


def _frame_of_reference(slices: Sequence[SliceHeader]) -> str | None:
    stated = {header.frame_of_reference_uid for header in slices}
    return stated.pop() if len(stated) == 1 else None


def _frame_of_reference_issues(slices: Sequence[SliceHeader]) -> tuple[Issue, ...]:
    n_stated = len({header.frame_of_reference_uid for header in slices})
    if n_stated == 1:
        return ()
    message = (
        f"The {len(slices)} slices state {n_stated} frames of reference; their positions form one regular"
        " grid, so they were read as one volume."
    )
    return (Issue(code=IssueCode.FRAME_OF_REFERENCE_DIFFERS, message=message),)
