"""One way round for every film: whatever way it was stored, the chain sees the same pixels.

A film that is turned or mirrored must give exactly the same lesions. Filters on a reduced grid would not: the
blocks begin at another corner. So every film is first laid the same way, by where its density lies.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Turning", "Window", "find_turning"]

Window = tuple[slice, slice]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turning:
    """How the axes of a film are flipped, and then exchanged."""

    is_flipped_yx: tuple[bool, bool]
    is_transposed: bool

    def lay(self, array: NDArray[Any]) -> NDArray[Any]:
        """Lay an array the one way round."""
        steps = tuple(slice(None, None, -1 if flip else 1) for flip in self.is_flipped_yx)
        laid = array[steps]
        return np.ascontiguousarray(laid.T if self.is_transposed else laid)

    def back(self, array: NDArray[Any]) -> NDArray[Any]:
        """Lay an array as the film was stored."""
        stored = array.T if self.is_transposed else array
        steps = tuple(slice(None, None, -1 if flip else 1) for flip in self.is_flipped_yx)
        return np.ascontiguousarray(stored[steps])

    def lay_pair(self, pair_yx: tuple[Any, Any]) -> tuple[Any, Any]:
        """Exchange what belongs to rows and columns."""
        return pair_yx[::-1] if self.is_transposed else pair_yx

    def lay_window(self, window: Window, shape_yx: tuple[int, ...]) -> Window:
        """Return where a window of a stored film of a shape comes to lie."""
        return self.lay_pair(self._flipped(window, shape_yx))

    def window_back(self, window: Window, shape_yx: tuple[int, ...]) -> Window:
        """Return where a window of the laid film lies on the stored one, which has the shape."""
        return self._flipped(self.lay_pair(window), shape_yx)

    def _flipped(self, window: Window, shape_yx: tuple[int, ...]) -> Window:
        rows, columns = (
            slice(length - part.stop, length - part.start) if flip else part
            for part, length, flip in zip(window, shape_yx, self.is_flipped_yx, strict=True)
        )
        return rows, columns


def find_turning(values: NDArray[np.uint16]) -> Turning:
    """Find the way round that puts the densest half low and right, and further down than right.

    Parameters
    ----------
    values : ndarray of uint16, 2-D

    Returns
    -------
    Turning
        The same pixels after it, however the film was turned or mirrored; only a film whose density is
        balanced to the last count about its middle is left as it is.
    """
    sums = [values.sum(axis=axis, dtype=np.int64) for axis in (1, 0)]
    # Twice the offset from the middle keeps everything in whole numbers: nothing is rounded.
    moments = [int((one * (2 * np.arange(len(one), dtype=np.int64) - len(one) + 1)).sum()) for one in sums]
    return Turning(
        is_flipped_yx=(moments[0] < 0, moments[1] < 0),
        is_transposed=abs(moments[1]) * len(sums[0]) > abs(moments[0]) * len(sums[1]),
    )
