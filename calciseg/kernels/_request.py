"""What a caller asks of ``connected_components``, checked once, in the terms the kernels use."""

import math
from collections.abc import Hashable
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calciseg.arguments import count_of, threads_of
from calciseg.errors import UsageError
from calciseg.kernels.threads import n_threads_allowed

_CONNECTIVITIES = {3: {None: 26, 6: 6, 18: 18, 26: 26}, 2: {None: 26, 4: 6, 8: 26}}
_MAX_VOXELS = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRequest:
    """A checked request. An image of two dimensions is a volume whose slices have one row each."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    level: int | None
    """Smallest int16 value ``v ^ flip`` of the foreground; None when no voxel can reach the threshold."""
    connectivity: int
    """6, 18 or 26, in three dimensions."""
    seed: float | None
    min_voxels: int

    @property
    def shape_zyx(self) -> tuple[int, int, int]:
        """Shape in three dimensions."""
        if len(self.shape) == 2:
            return self.shape[0], 1, self.shape[1]
        return self.shape[0], self.shape[1], self.shape[2]

    @property
    def flip(self) -> int:
        """Bits that turn a stored value into an int16 of the same order: uint16 needs its top bit turned."""
        return -32768 if self.dtype == np.uint16 else 0

    @property
    def edge_dtype(self) -> type[np.uint16] | type[np.uint32]:
        """Type that holds the columns of a row: two bytes while they suffice, which is always for CT."""
        return np.uint16 if self.shape[-1] <= 65535 else np.uint32


def make_request(
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    threshold: float,
    connectivity: int | None,
    seed_threshold: float | None,
    min_voxels: int,
) -> LabelRequest:
    """Check arguments against each other; raise `UsageError` with one sentence that names the remedy."""
    if len(shape) not in _CONNECTIVITIES:
        raise UsageError(f"connected components need an image of 2 or 3 dimensions, not {len(shape)}")
    if dtype in (np.bool_, np.uint8):  # slabs of bytes are widened
        dtype = np.dtype(np.int16)
    if dtype not in (np.int16, np.uint16):
        raise UsageError(
            f"connected components take voxels of int16, uint16, uint8 or bool, not {dtype}: convert them"
        )
    choices = _CONNECTIVITIES[len(shape)]
    if not isinstance(connectivity, Hashable) or connectivity not in choices:
        known = ", ".join(str(c) for c in choices if c is not None)
        raise UsageError(f"connectivity {connectivity!r} does not fit {len(shape)} dimensions: use {known}")
    if math.prod(shape) > _MAX_VOXELS:
        raise UsageError(f"an image of {math.prod(shape)} voxels is too large: at most 2**31 - 1")
    level = _level_of(_number(threshold, "threshold"), dtype)
    return LabelRequest(
        shape=tuple(shape),
        dtype=dtype,
        level=level,
        connectivity=choices[connectivity],
        seed=None if seed_threshold is None else _number(seed_threshold, "seed_threshold"),
        min_voxels=count_of(min_voxels, "min_voxels"),
    )


def _number(value: Any, name: str) -> float:
    """Return a threshold; one beyond all numbers is infinite."""
    try:
        number = math.nan if isinstance(value, str | bytes) else float(value)
    except OverflowError:
        number = math.inf if value > 0 else -math.inf
    except (TypeError, ValueError):
        number = math.nan
    if math.isnan(number):
        what = "NaN" if isinstance(value, Real) else f"of type {type(value).__name__}"
        raise UsageError(f"{name} is {what}: give a number")
    return number


def _level_of(threshold: float, dtype: np.dtype[Any]) -> int | None:
    """Return the smallest stored value that reaches the threshold, moved into the range of int16."""
    limits = np.iinfo(dtype)
    if threshold > limits.max:
        return None
    lowest = limits.min if threshold <= limits.min else math.ceil(threshold)
    return int(lowest) + (-32768 - int(limits.min))


def as_flat(image: NDArray[Any]) -> NDArray[Any]:
    """Return the voxels of a C-ordered image as flat, read-only int16 bits, bytes as they are.

    Read-only always, and one type for both dtypes: numba compiles anew for each, several seconds a time.
    """
    flat = np.ascontiguousarray(image).reshape(-1)
    flat = flat if flat.dtype == np.uint8 else flat.view(np.int16)
    flat.flags.writeable = False
    return flat


def choose_threads(n_threads: int | None, n_voxels: int) -> int:
    """Return how many threads to use: all that are allowed, one for images of less than 2 Mvoxels.

    Below that starting a thread costs what it saves.
    """
    chosen = threads_of(n_threads)
    if chosen is not None:
        return chosen
    if n_voxels < 2 * 2**20:
        return 1
    return n_threads_allowed()
