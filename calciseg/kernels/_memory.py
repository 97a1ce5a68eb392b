"""Large arrays that go back to the system as soon as they are let go."""

import math
import mmap
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

# Below this an allocator's arena serves better: what it keeps is little, and a mapping costs a system call.
_LARGE_BYTES = 2**20


def empty_apart(shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """Return an array that holds nothing in particular, in a mapping of its own when it is large.

    Arenas of the C library that belong to threads keep what was freed in them: with millions of components
    the accumulators of the slabs would lie there, dead, while the table is made.

    Parameters
    ----------
    shape : tuple of int
    dtype : dtype
    """
    n_bytes = math.prod(shape) * np.dtype(dtype).itemsize
    if n_bytes < _LARGE_BYTES:
        return np.empty(shape, dtype)
    room = mmap.mmap(-1, n_bytes)
    if n_bytes >= 2**22 and hasattr(mmap, "MADV_HUGEPAGE"):  # as numpy asks for arrays of this size
        room.madvise(mmap.MADV_HUGEPAGE)
    return np.frombuffer(room, dtype).reshape(shape)
