"""Values that become the mean of their neighbours, sweep after sweep."""

from typing import Any

import numpy as np

from calciseg.kernels._jit import kernel


@kernel
def relax_places(values: Any, places: Any, beside: Any, weights: Any, n_sweeps: Any) -> None:
    """Replace values by the weighted mean of their neighbours, all at once, so many times.

    Parameters
    ----------
    values : ndarray of float32, flat
        Updated at `places`.
    places : ndarray of uint32
    beside : ndarray of uint32, ``(ways, places)``
        The neighbours of each place.
    weights : ndarray of float32, ``(ways,)``
        Of the neighbours.
    n_sweeps : int

    Notes
    -----
    O(places x ways x sweeps). Left off when a sweep changes nothing.
    """
    means = np.empty(places.size, np.float32)
    for _ in range(n_sweeps):
        means[:] = 0
        for way in range(weights.size):
            weight, row = weights[way], beside[way]
            for i in range(places.size):
                means[i] += weight * values[row[i]]
        is_changed = False
        for i in range(places.size):
            is_changed |= values[places[i]] != means[i]
            values[places[i]] = means[i]
        if not is_changed:
            return
