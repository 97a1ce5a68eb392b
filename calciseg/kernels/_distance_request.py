"""What a caller asks of distances and of morphology, checked, and shared among threads."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calciseg.errors import UsageError
from calciseg.kernels._together import work_together

# A square in float32 may round up by 2**-24 at each of three axes: what lies at the limit stays within.
ROUNDING = 1.0 + 2.0**-22


def as_flat_mask(mask: NDArray[Any]) -> NDArray[np.uint8]:
    """Return a mask as flat, read-only bytes in C order."""
    check_mask(mask)
    flat = np.ascontiguousarray(mask).reshape(-1).view(np.uint8)
    flat.flags.writeable = False
    return flat


def check_mask(mask: NDArray[Any]) -> None:
    """Refuse what is not a mask."""
    if mask.dtype != np.bool_:
        raise UsageError(f"a mask must be of bool, not {mask.dtype}: compare the image first")


def check_volume(values: NDArray[Any], dtype: type[np.generic], *masks: NDArray[Any]) -> None:
    """Refuse what is no volume of that type, and masks that are none of its voxels."""
    if values.ndim != 3 or values.dtype != dtype:
        raise UsageError(f"values are to be a volume of {dtype.__name__}, not {values.dtype} {values.shape}")
    for mask in masks:
        check_mask(mask)
        if mask.shape != values.shape:
            raise UsageError(f"values {values.shape} and mask {mask.shape} are no volumes of one shape")


def check_spacing(shape: tuple[int, ...], spacing_mm: Sequence[float]) -> tuple[float, ...]:
    """Return the spacing as floats; refuse one that does not fit the shape or is not a length."""
    spacing = tuple(float(s) for s in spacing_mm)
    if len(shape) not in (2, 3) or len(spacing) != len(shape):
        raise UsageError(
            f"a distance needs 2 or 3 axes and a spacing for each, not {len(shape)} axes, {spacing}"
        )
    if not all(math.isfinite(s) and s > 0 for s in spacing):
        raise UsageError(f"spacing {spacing} is not a length along every axis")
    return spacing


def check_limit(max_distance_mm: float | None) -> float:
    """Return the largest square of interest."""
    if max_distance_mm is None:
        return math.inf
    if not max_distance_mm >= 0:
        raise UsageError(f"max_distance_mm must be at least 0, not {max_distance_mm}")
    return float(max_distance_mm) ** 2 * ROUNDING


def share(work: Callable[[int, int], None], n: int, step: int, threads: int) -> None:
    """Do ``work(first, stop)`` for the range of `n` in parts, multiples of `step`."""
    if threads == 1:
        work(0, n)
        return
    part = max(1, n // (step * threads * 8)) * step
    work_together(lambda first: work(first, min(n, first + part)), range(0, n, part), threads)
