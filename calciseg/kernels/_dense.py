"""What callers may have labels painted into, and where; boxes and blocks."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from calciseg.errors import UsageError


def make_dense(shape: tuple[int, ...], n: int, dtype: DTypeLike | None) -> NDArray[Any]:
    """Return zeros of a type that holds labels up to `n`."""
    if dtype is None:
        dtype = np.uint16 if n <= 65535 else np.uint32
    return np.zeros(shape, _check_dtype(n, np.dtype(dtype)))


def check_out(shape: tuple[int, ...], n: int, dtype: DTypeLike | None, out: NDArray[Any]) -> None:
    """Refuse an array that labels up to `n` cannot be painted into."""
    if out.shape != shape or not out.flags.c_contiguous or not out.flags.writeable:
        raise UsageError(f"out must be a writeable C-ordered array of shape {shape}")
    if dtype is not None and np.dtype(dtype) != out.dtype:
        raise UsageError(f"out is {out.dtype}, not {np.dtype(dtype)}: give one of them")
    _check_dtype(n, out.dtype)


def check_box(shape: tuple[int, ...], box: Sequence[int] | NDArray[np.integer[Any]]) -> list[tuple[int, int]]:
    """Return bounds by axis; refuse a box that does not lie in the image."""
    flat = [int(b) for b in box]
    pairs = list(zip(flat[::2], flat[1::2], strict=False))
    is_inside = all(0 <= a <= b <= n for (a, b), n in zip(pairs, shape, strict=False))
    if len(flat) != 2 * len(shape) or not is_inside:
        raise UsageError(f"box {tuple(flat)} does not lie in an image of shape {shape}")
    return pairs


def check_factors(bounds: Sequence[tuple[int, int]], factors: tuple[int, int, int]) -> tuple[int, int, int]:
    """Return how many blocks a box of a volume has along each axis; refuse blocks that do not fit."""
    if len(bounds) != 3 or len(factors) != 3 or min(factors) < 1 or math.prod(factors) > 65535:
        raise UsageError(f"blocks of {factors} voxels need three axes and at most 65535 voxels a block")
    z, y, x = (-(-(high - low) // n) for (low, high), n in zip(bounds, factors, strict=True))
    return z, y, x


def _check_dtype(n: int, dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Refuse a type that does not hold every label."""
    if dtype.kind not in "iu" or np.iinfo(dtype).max < n:
        raise UsageError(f"labels up to {n} do not fit {dtype}")
    return dtype
