"""From the positions and orientations of slices to a regular grid, or to a clear no.

File order, Slice Thickness, Spacing Between Slices and the tilt in the header are never asked: they are wrong
too often.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import degrees

import numpy as np
from numpy.typing import NDArray

from calciseg.model import Issue, IssueCode, VolumeGeometry
from calciseg.reading.headers import SliceHeader
from calciseg.reading.levels import JITTER_ALLOWED_FRACTION, Level, even_levels
from calciseg.reading.patient_order import PatientOrder, patient_order
from calciseg.reading.refusal import RefusedError
from calciseg.reading.stated import (
    EXPORT_AGAIN,
    directions,
    frame_of_reference,
    pixel_spacing_mm_yx,
    positions_lps_mm,
)

__all__ = ["Grid", "Resampling", "regular_grid"]

_Array = NDArray[np.float64]

_DRIFT_ALLOWED_PIXELS = 0.5
"""Largest sideways way of the first to the last slice: below it no voxel lies in the wrong place."""
_LARGEST_TILT_DEGREES = 45.0
"""Gantries tilt by up to 30 degrees; patients are not scanned along slices that lie flatter than this."""
_DRIFT_TOLD_FRACTION = 0.01
_LARGEST_DRIFT_SIDES = 2
"""A volume that is mostly empty is no volume, and would take memory without bound."""
_STEP_DECIMALS = 7
"""A step is a difference of rounded positions: its noise goes, and at most 0.1 µm over a thousand slices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resampling:
    """How the slices are laid into a volume that is not theirs."""

    offsets_yx: tuple[tuple[int, int], ...]
    """Where the first pixel of every source slice lies in the volume's slices."""
    levels: tuple[Level, ...] | None
    """What every slice of the volume is made of; ``None`` where each is one source slice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A regular grid and the order that brings the slices onto it."""

    order: tuple[int, ...]
    geometry: VolumeGeometry
    """Of the stack: its axes are slices, rows and columns."""
    patient_order: PatientOrder
    resampling: Resampling | None = None
    issues: tuple[Issue, ...]


def regular_grid(slices: Sequence[SliceHeader]) -> Grid:
    """Place slices on a regular, right-angled grid.

    Slices under gantry tilt are moved within their planes by whole pixels until they stand above each other:
    no value changes, none lies more than half a pixel from its place, and a voxel has its true volume. Where
    heights are uneven, slices are interpolated between their neighbours.

    Parameters
    ----------
    slices : sequence of SliceHeader
        In any order.

    Returns
    -------
    Grid
        Slices follow each other along the slice normal, in the sense in which the patient's axis rises that
        lies nearest to it.

    Raises
    ------
    RefusedError
        The slices cannot be brought onto a regular, right-angled grid.
    """
    first = slices[0].pixel_code
    if len({(header.pixel_code.rows, header.pixel_code.columns) for header in slices}) > 1:
        raise RefusedError("its slices have different numbers of rows or columns", EXPORT_AGAIN)
    spacing_mm_yx = pixel_spacing_mm_yx(slices)
    row, column = directions(slices)
    normal = np.cross(row, column)
    if patient_order([normal, column, row]).is_falling(0):
        normal = -normal
    positions = positions_lps_mm(slices)
    order = np.argsort(positions @ normal, kind="stable")
    positions = positions[order]
    levels = even_levels(positions @ normal)
    offsets_yx, drift_issues = _offsets(
        positions, np.stack([column, row]), normal, spacing_mm_yx, levels.step_mm
    )
    low_yx, high_yx = offsets_yx.min(axis=0), offsets_yx.max(axis=0)
    is_moved = bool((high_yx > low_yx).any())
    corner = positions[0] + np.stack([column, row], axis=1) @ (low_yx * spacing_mm_yx)
    n_slices = len(slices) if levels.levels is None else len(levels.levels)
    shape_yx = np.array([first.rows or 0, first.columns or 0])
    rows, columns = shape_yx + high_yx - low_yx
    if ((high_yx - low_yx) > _LARGEST_DRIFT_SIDES * shape_yx).any():
        raise RefusedError("its slices do not lie above each other", EXPORT_AGAIN)
    geometry = VolumeGeometry(
        shape_zyx=(n_slices, int(rows), int(columns)),
        spacing_mm_zyx=(round(levels.step_mm, _STEP_DECIMALS), *spacing_mm_yx),
        origin_lps_mm=(float(corner[0]), float(corner[1]), float(corner[2])),
        direction=tuple(float(value) for value in np.stack([row, column, normal], axis=1).ravel()),
        frame_of_reference_uid=frame_of_reference(slices),
    )
    resampling = None
    if is_moved or levels.levels is not None:
        moves = tuple((int(y), int(x)) for y, x in offsets_yx - low_yx)
        resampling = Resampling(offsets_yx=moves, levels=levels.levels)
    issues = (*levels.issues, *drift_issues, *_frame_of_reference_issues(slices))
    return Grid(
        order=tuple(int(index) for index in order),
        geometry=geometry,
        patient_order=patient_order([normal, column, row]),
        resampling=resampling,
        issues=issues,
    )


def _offsets(
    positions: _Array,
    in_plane: _Array,
    normal: _Array,
    spacing_mm_yx: tuple[float, float],
    step_mm: float,
) -> tuple[NDArray[np.intp], tuple[Issue, ...]]:
    """Find by how many rows and columns every slice lies beside the first one, with a word on it."""
    ways = positions - positions[0]
    heights_mm = ways @ normal
    sideways_mm = ways @ in_plane.T
    drift_mm = np.linalg.norm(sideways_mm, axis=1)
    largest_mm = float(drift_mm.max())
    if largest_mm <= _DRIFT_ALLOWED_PIXELS * min(spacing_mm_yx):
        return np.zeros((len(positions), 2), np.intp), _wander_issues(largest_mm, step_mm)
    even_mm = np.outer(heights_mm / heights_mm[-1], sideways_mm[-1])
    tilt = degrees(np.arctan2(drift_mm[-1], heights_mm[-1]))
    if np.abs(sideways_mm - even_mm).max() > max(
        JITTER_ALLOWED_FRACTION * drift_mm[-1], _DRIFT_ALLOWED_PIXELS * min(spacing_mm_yx)
    ):
        raise RefusedError(f"its slices shift sideways by up to {largest_mm:.4g} mm", EXPORT_AGAIN)
    if tilt > _LARGEST_TILT_DEGREES:
        raise RefusedError(
            f"its slices are sheared by {tilt:.1f} degrees, more than any gantry", EXPORT_AGAIN
        )
    offsets_yx = np.rint(sideways_mm / spacing_mm_yx).astype(np.intp)
    left_mm = float(np.abs(sideways_mm - offsets_yx * spacing_mm_yx).max())
    message = (
        f"The gantry was tilted by {tilt:.1f} degrees: slices were moved within their planes by up to"
        f" {largest_mm:.4g} mm, in whole pixels, so that they stand above each other; no value was changed,"
        f" and none lies more than {left_mm:.2g} mm from its place."
    )
    return offsets_yx, (Issue(code=IssueCode.GANTRY_TILT, message=message),)


def _wander_issues(drift_mm: float, step_mm: float) -> tuple[Issue, ...]:
    if drift_mm <= _DRIFT_TOLD_FRACTION * step_mm:
        return ()
    message = f"Slice positions wander sideways by up to {drift_mm:.3g} mm."
    return (Issue(code=IssueCode.SPACING_JITTER, message=message),)


def _frame_of_reference_issues(slices: Sequence[SliceHeader]) -> tuple[Issue, ...]:
    n_stated = len({header.frame_of_reference_uid for header in slices})
    if n_stated == 1:
        return ()
    message = (
        f"The {len(slices)} slices state {n_stated} frames of reference; their positions form one regular"
        " grid, so they were read as one volume."
    )
    return (Issue(code=IssueCode.FRAME_OF_REFERENCE_DIFFERS, message=message),)
