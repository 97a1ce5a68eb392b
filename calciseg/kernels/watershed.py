"""The basins of a volume, each around one of its peaks."""

import numpy as np
from numpy.typing import NDArray

from calciseg.kernels._distance_request import as_flat_mask, check_volume
from calciseg.kernels._saddles import join_basins, measure_basins
from calciseg.kernels._watershed import N_LEVELS, flood, mark_peaks
from calciseg.kernels.components import connected_components

__all__ = ["basins_around_peaks", "joined_basins", "passages_between"]


def basins_around_peaks(values: NDArray[np.float32], solid: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Part a solid where its values are least between two peaks.

    Parameters
    ----------
    values : ndarray of float32, 3-D
        Finite and not negative, as the distances to the outside are.
    solid : ndarray of bool, 3-D

    Returns
    -------
    ndarray of int32
        The basin of each voxel of the solid, from 1 in raster order of their peaks; 0 outside.

    Raises
    ------
    UsageError
        When the arguments do not fit together.

    Notes
    -----
    A watershed. Peaks are the voxels that none of 26 neighbours exceeds, joined where they touch; from them
    the solid is flooded over faces, in steps of the largest value / 65535. O(voxels), four bytes a voxel
    beyond the result while it runs.
    """
    check_volume(values, np.float32, solid)
    peaks = np.zeros(solid.shape, np.bool_)
    mark_peaks(values, solid, peaks)
    labels: NDArray[np.int32] = connected_components(peaks, 1).labels(np.int32)
    step = max(float(values.max(initial=0.0)), 1.0) / (N_LEVELS - 1)
    levels = np.asarray(N_LEVELS - 1 - np.rint(values / step), np.uint16).reshape(-1)
    after = np.empty(solid.size, np.int32)
    flood(levels, as_flat_mask(solid), solid.shape, after, labels.reshape(-1))
    return labels


def passages_between(
    basins: NDArray[np.int32], depths: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Find how deep basins are, and how deep the passages between those that touch.

    Parameters
    ----------
    basins : ndarray of int32, 3-D
        From 1; 0 outside.
    depths : ndarray of float32, 3-D
        Finite and not negative.

    Returns
    -------
    peaks : ndarray of float64, shape ``(n_basins + 1,)``
        The largest depth in each basin; 0 of the outside.
    pairs : ndarray of int64, shape ``(n_pairs, 2)``
        Basins that share a face, rising.
    passages : ndarray of float64, shape ``(n_pairs,)``
        The largest of the lesser depths on either side of such a face.

    Raises
    ------
    UsageError
        When the arguments do not fit together.

    Notes
    -----
    O(voxels).
    """
    check_volume(basins, np.int32)
    check_volume(depths, np.float32, basins > 0)
    n, room = int(basins.max(initial=0)) + 1, 1024
    while room < 16 * n:
        room *= 2
    while True:
        peaks, keys, widths = np.zeros(n), np.full(room, -1, np.int64), np.zeros(room)
        if measure_basins(basins, depths, peaks, keys, widths):
            break
        room *= 4
    used = np.flatnonzero(keys >= 0)
    used = used[np.argsort(keys[used])]
    return peaks, np.stack(np.divmod(keys[used], n), axis=1), widths[used]


def joined_basins(
    peaks: NDArray[np.float64], pairs: NDArray[np.int64], passages: NDArray[np.float64], ratio: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Join basins over passages that are wide against the lower of the two.

    Parameters
    ----------
    peaks, pairs, passages
        As ``passages_between`` gives them, pairs and passages in the order in which they are to be asked.
    ratio : float
        Two basins are joined if the passage is at least so many times as deep as the lower of their peaks;
        what was joined has the higher of both.

    Returns
    -------
    roots : ndarray of int64, shape ``(n_basins + 1,)``
        Of each basin, the smallest that it is joined with.
    peaks : ndarray of float64, shape ``(n_basins + 1,)``
        Of each root, that of all it holds.
    """
    deepest, roots = peaks.astype(np.float64), np.arange(len(peaks), dtype=np.int64)
    join_basins(deepest, np.ascontiguousarray(pairs), np.ascontiguousarray(passages), float(ratio), roots)
    return roots, deepest
