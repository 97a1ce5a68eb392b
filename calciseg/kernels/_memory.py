"""Memory that goes back to the system once it is let go."""

import ctypes
import math
import mmap
from collections.abc import Callable
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


def sparse_zeros(shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """Return zeros that take memory only where they are written to, a few kilobytes at a time.

    Large arrays of numpy take it two megabytes at a time, most of it for nothing where little is painted.

    Parameters
    ----------
    shape : tuple of int
        Not empty.
    dtype : dtype
    """
    n_bytes = math.prod(shape) * np.dtype(dtype).itemsize
    if not hasattr(mmap, "MAP_PRIVATE"):  # Windows never takes more than it needs
        return np.zeros(shape, dtype)
    room = mmap.mmap(-1, n_bytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    return np.frombuffer(room, dtype).reshape(shape)


def _find_trim() -> Callable[[int], object] | None:
    try:
        return getattr(ctypes.CDLL(None), "malloc_trim", None)
    except (OSError, TypeError):
        return None


_trim = _find_trim()


def give_back() -> None:
    """Let the C library return what it keeps of freed memory, where it knows how (glibc).

    It keeps arrays of up to 32 MB for the next one of their size: between stages that need other sizes these
    add up to a fifth of the peak. Takes some milliseconds.
    """
    if _trim is not None:
        _trim(0)
