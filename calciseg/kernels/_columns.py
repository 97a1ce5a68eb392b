"""Columns of the component table from accumulators."""

from typing import Any

import numpy as np

from calciseg.kernels import _layout as col
from calciseg.kernels._jit import kernel


@kernel
def write_counts(
    wide: Any, narrow: Any, finals: Any, n_rows: Any, n_columns: Any, n_voxels: Any, bbox: Any, total: Any,
    squares: Any, low: Any, high: Any, faces: Any, first: Any,
) -> None:  # fmt: skip
    """Write the whole-number columns of some components.

    Parameters
    ----------
    wide, narrow, finals : ndarray
        Accumulators, as ``_slabs.SumBlock`` holds them.
    n_rows, n_columns : int
        Size of a slice.
    n_voxels, total, squares, first : ndarray of int64
        Written at the final labels: counts, sums, sums of squares, raster index of the first voxel.
    low, high : ndarray of int32
        Written: smallest and largest value.
    bbox, faces : ndarray of int32 (n, 6) and int64 (n, 3)
        Written: half-open bounds and exposed faces, axes z, y, x.

    Notes
    -----
    O(components).
    """
    for i in range(finals.size):
        if finals[i] == 0:
            continue
        to = np.int64(finals[i]) - 1
        n = np.int64(narrow[i, col.N_VOXELS])
        n_voxels[to], total[to], squares[to] = n, wide[i, col.SUM], wide[i, col.SUM_SQ]
        low[to], high[to] = narrow[i, col.MIN], narrow[i, col.MAX]
        for k in range(6):
            bbox[to, k] = narrow[i, col.Z0 + k]
        faces[to, 0] = 2 * (n - narrow[i, col.MEETS_Z])
        faces[to, 1] = 2 * (n - narrow[i, col.MEETS_Y])
        faces[to, 2] = 2 * np.int64(narrow[i, col.N_RUNS])
        row = np.int64(narrow[i, col.Z0]) * n_rows + narrow[i, col.FIRST_Y]
        first[to] = row * n_columns + narrow[i, col.FIRST_X]


@kernel
def write_moments(wide: Any, narrow: Any, finals: Any, centroid: Any, moments: Any) -> None:
    """Write centroids and central second moments of some components.

    Parameters
    ----------
    wide, narrow, finals : ndarray
        Accumulators, as ``_slabs.SumBlock`` holds them.
    centroid, moments : ndarray of float64, (n, 3) and (n, 6)
        Written at the final labels, in the order z, y, x and zz, yy, xx, zy, zx, yx.

    Notes
    -----
    O(components). Exact sums are moved to the corner of the bounding box before the division, so that
    nothing cancels far from the origin.
    """
    for i in range(finals.size):
        if finals[i] == 0:
            continue
        to = np.int64(finals[i]) - 1
        n = np.int64(narrow[i, col.N_VOXELS])
        z0, y0, x0 = narrow[i, col.Z0], narrow[i, col.Y0], narrow[i, col.X0]
        z, y, x = wide[i, col.SUM_Z] - n * z0, wide[i, col.SUM_Y] - n * y0, wide[i, col.SUM_X] - n * x0
        mean_z, mean_y, mean_x = z / n, y / n, x / n
        centroid[to, 0], centroid[to, 1], centroid[to, 2] = z0 + mean_z, y0 + mean_y, x0 + mean_x
        zz = wide[i, col.SUM_ZZ] - 2 * z0 * z - n * z0 * z0
        yy = wide[i, col.SUM_YY] - 2 * y0 * y - n * y0 * y0
        xx = wide[i, col.SUM_XX] - 2 * x0 * x - n * x0 * x0
        zy = wide[i, col.SUM_ZY] - z0 * y - y0 * z - n * z0 * y0
        zx = wide[i, col.SUM_ZX] - z0 * x - x0 * z - n * z0 * x0
        yx = wide[i, col.SUM_YX] - y0 * x - x0 * y - n * y0 * x0
        moments[to, 0] = zz / n - mean_z * mean_z
        moments[to, 1] = yy / n - mean_y * mean_y
        moments[to, 2] = xx / n - mean_x * mean_x
        moments[to, 3] = zy / n - mean_z * mean_y
        moments[to, 4] = zx / n - mean_z * mean_x
        moments[to, 5] = yx / n - mean_y * mean_x
