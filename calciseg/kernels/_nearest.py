"""Which label is nearest: squared distances that carry the label they lead to."""

from typing import Any

import numpy as np

from calciseg.kernels._jit import inlined, kernel


@inlined
def search_line(
    square: Any, label: Any, base: Any, n: Any, stride: Any, spacing: Any, limit: Any, old: Any, name: Any
) -> None:
    """Replace a line by its nearest labels, searching outwards until nothing can be nearer."""
    n_named, n_known = 0, 0
    for i in range(n):
        old[i], name[i] = square[base + i * stride], label[base + i * stride]
        n_named += name[i] != 0
        n_known += old[i] == 0
    if n_named == 0 or n_known == n:
        return
    for i in range(n):
        best, winner = old[i], name[i]
        for k in range(1, n):
            rise = (k * spacing) * (k * spacing)
            if rise > min(np.float64(best), limit):
                break
            for j in (i - k, i + k):
                if j < 0 or j >= n or name[j] == 0:
                    continue
                value = np.float32(old[j] + rise)
                if value <= limit and (value < best or (value == best and name[j] < winner)):
                    best, winner = value, name[j]
        square[base + i * stride], label[base + i * stride] = best, winner


@kernel
def spread_labels(
    square: Any, label: Any, first: Any, stop: Any, n: Any, n_inner: Any, spacing: Any, limit: Any
) -> None:
    """Spread labels along one axis, for lines `first` .. `stop` - 1.

    Parameters
    ----------
    square : ndarray of float32, flat
        Squared distance to the label so far; infinite where there is none. Updated.
    label : ndarray of uint32, flat
        Nearest label so far; 0 where there is none. Updated.
    first, stop : int
        Which lines, counted in raster order of the other axes.
    n, n_inner : int
        Length of a line, and how many lines lie next to each other, which is also the stride of a line.
    spacing, limit : float
        Millimetres, and the largest square of interest.

    Notes
    -----
    O(voxels × distance to the nearest label in voxels). Equal distances go to the smaller label, which an
    envelope of parabolas could not promise: it drops those that only touch it.
    """
    old, name = np.empty(n, np.float32), np.empty(n, np.uint32)
    for line in range(first, stop):
        base = (line // n_inner) * n_inner * n + line % n_inner
        search_line(square, label, base, n, n_inner, spacing, limit, old, name)
