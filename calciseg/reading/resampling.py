"""Slices laid into a volume that is not theirs: moved within their planes, interpolated between them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from calciseg.reading.geometry import Resampling
from calciseg.reading.headers import SliceHeader
from calciseg.reading.hounsfield import AIR_FLOOR_HU
from calciseg.reading.levels import Level
from calciseg.reading.patient_order import PatientOrder

__all__ = ["frames_yx", "interpolated", "room_for"]

_Volume = NDArray[np.int16]


def room_for(
    slices: Sequence[SliceHeader], order: PatientOrder, resampling: Resampling | None
) -> tuple[_Volume, list[_Volume]]:
    """Make room for slices.

    Returns
    -------
    hu : ndarray of int16
        A stack of one slice a source slice; with a resampling, filled with ``AIR_FLOOR_HU``.
    places : list of ndarray
        The part of it into which each source slice goes.
    """
    code = slices[0].pixel_code
    rows, columns = code.rows or 0, code.columns or 0
    if resampling is None:
        hu = order.new_stack((len(slices), rows, columns))
        return hu, list(hu)
    height, width = np.max(resampling.offsets_yx, axis=0) + np.array([rows, columns])
    hu = order.new_stack((len(slices), height, width))
    hu.fill(AIR_FLOOR_HU)
    return hu, [
        one[y : y + rows, x : x + columns] for one, (y, x) in zip(hu, resampling.offsets_yx, strict=True)
    ]


def frames_yx(
    slices: Sequence[SliceHeader], order: PatientOrder, resampling: Resampling | None
) -> NDArray[np.intp] | None:
    """Tell what each slice of a volume shows.

    Returns
    -------
    ndarray of int, shape ``(n_slices, 2, 2)``, or None
        As of :class:`calciseg.model.CtVolume`. None also for volumes that were not sliced along z: gantries
        tilt about the patient's left-right axis.
    """
    if resampling is None or order.stack_axes[0] != 0:
        return None
    code = slices[0].pixel_code
    first = np.asarray(resampling.offsets_yx, np.intp)
    stop = first + np.array([code.rows or 0, code.columns or 0])
    whole = stop.max(axis=0)
    if resampling.levels is not None:
        below, above = (
            np.array([getattr(level, side) for level in resampling.levels]) for side in ("below", "above")
        )
        first, stop = np.minimum(first[below], first[above]), np.maximum(stop[below], stop[above])
    if (first == 0).all() and (stop == whole).all():
        return None
    frames = np.stack([first, stop], axis=2)[:: -1 if order.is_reversed[0] else 1]
    for axis in (1, 2):
        stack_axis = order.stack_axes[axis]
        if order.is_reversed[axis]:
            frames[:, stack_axis - 1] = whole[stack_axis - 1] - frames[:, stack_axis - 1, ::-1]
    return np.ascontiguousarray(frames[:, [order.stack_axes[axis] - 1 for axis in (1, 2)]])


def interpolated(
    hu: _Volume,
    order: PatientOrder,
    shape_yx: tuple[int, ...],
    offsets_yx: Sequence[tuple[int, int]],
    levels: Sequence[Level],
) -> _Volume:
    """Make the slices of even heights.

    Parameters
    ----------
    hu : ndarray of int16
        The source slices in their places.
    order : PatientOrder
        How the stack becomes a volume.
    shape_yx : tuple of int
        Rows and columns of a source slice.
    offsets_yx : sequence of tuple
        Where each source slice begins.
    levels : sequence of Level

    Returns
    -------
    ndarray of int16
        Linear between two slices where both show something, else what one of them shows.
    """
    even = order.new_stack((len(levels), *hu.shape[1:]))
    even.fill(AIR_FLOOR_HU)
    for out, level in zip(even, levels, strict=True):
        boxes = [_box(offsets_yx[index], shape_yx) for index in (level.below, level.above)]
        for index, box in zip((level.below, level.above), boxes, strict=True):
            out[box] = hu[index][box]
        if level.is_copy:
            continue
        both = tuple(
            slice(max(one.start, two.start), min(one.stop, two.stop)) for one, two in zip(*boxes, strict=True)
        )
        below, above = (hu[index][both].astype(np.float32) for index in (level.below, level.above))
        out[both] = np.rint(below + np.float32(level.above_fraction) * (above - below))
    return even


def _box(offset_yx: tuple[int, int], shape_yx: tuple[int, ...]) -> tuple[slice, ...]:
    return tuple(slice(first, first + n) for first, n in zip(offset_yx, shape_yx, strict=True))
