"""Slabs of a volume handed on while later slices are still being decoded."""

import threading
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["DecodedSlabs", "SlabSink"]

SlabSink = Callable[[NDArray[np.int16], int], None]
"""Takes consecutive slices of a volume in HU, and the index of the first; called from several threads."""

_SLAB_SLICES = 16
"""Enough that the seams cost little, few enough that the slices are still in the cache."""


class DecodedSlabs:
    """Counts the decoded slices of a volume and hands on each slab as soon as it is whole.

    Whichever thread decodes the last slice of a slab hands it on, so no thread waits for another.

    Parameters
    ----------
    hu : ndarray of int16
        The volume that is being filled.
    is_reversed : bool
        Whether the last slice of the volume is the first that is read.
    sink : callable
        See ``SlabSink``.
    """

    def __init__(self, hu: NDArray[np.int16], *, is_reversed: bool, sink: SlabSink) -> None:
        self._hu, self._is_reversed, self._sink = hu, is_reversed, sink
        self._n_missing = [min(_SLAB_SLICES, len(hu) - first) for first in range(0, len(hu), _SLAB_SLICES)]
        self._lock = threading.Lock()

    def add(self, n: int) -> None:
        """Count the `n`-th slice that is read as decoded."""
        slab = (len(self._hu) - 1 - n if self._is_reversed else n) // _SLAB_SLICES
        with self._lock:
            self._n_missing[slab] -= 1
            is_whole = self._n_missing[slab] == 0
        if is_whole:
            first = slab * _SLAB_SLICES
            self._sink(self._hu[first : first + _SLAB_SLICES], first)
