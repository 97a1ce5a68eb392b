"""What callers may have labels painted into, and where."""

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


def _check_dtype(n: int, dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Refuse a type that does not hold every label."""
    if dtype.kind not in "iu" or np.iinfo(dtype).max < n:
        raise UsageError(f"labels up to {n} do not fit {dtype}")
    return dtype
