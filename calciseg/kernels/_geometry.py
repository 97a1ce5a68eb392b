"""Where components lie: boxes and moments from their runs.

Labels are in raster order of the first voxel, and so are slabs and runs: a label above all that were met so
far begins with the run at hand, so nothing needs to be cleared beforehand.
"""

from typing import Any

import numpy as np

from calciseg.kernels._jit import kernel

SIX = np.uint64(6)  # unsigned: a signed division rounds down by a branch


@kernel
def add_boxes(
    edges: Any, offsets: Any, labels: Any, names: Any, z0: Any, n_rows: Any, n_columns: Any, n_met: Any,
    bbox: Any, first: Any, sums: Any,
) -> Any:  # fmt: skip
    """Widen bounding boxes by the runs of a slab, and add up indices; return the largest label met so far.

    Parameters
    ----------
    edges, offsets, labels, names : ndarray
        Runs of a slab, as ``_slabs.RunSlab`` holds them; slabs come in their order.
    z0, n_rows, n_columns : int
        First slice of the slab, and the size of a slice.
    n_met : int
        What the slab before returned; 0 for the first.
    bbox : ndarray of int32, flat, 6 a component
        Updated: half-open bounds z0, z1, y0, y1, x0, x1.
    first : ndarray of int64
        Updated: raster index of the first voxel.
    sums : ndarray of int64, flat, 3 a component
        Updated: indices of the voxels added up, in the order z, y, x.

    Notes
    -----
    O(rows + runs).
    """
    for row in range(offsets.size - 1):
        z, y = z0 + row // n_rows, row % n_rows
        for run in range(np.int64(offsets[row]), np.int64(offsets[row + 1])):
            label = np.int64(names[labels[run]])
            if label == 0:
                continue
            start, stop, to = np.int64(edges[2 * run]), np.int64(edges[2 * run + 1]), 6 * (label - 1)
            i, n, x = 3 * (label - 1), stop - start, (stop * (stop - 1) - start * (start - 1)) >> 1
            if label > n_met:
                n_met = label
                first[label - 1] = (z * n_rows + y) * n_columns + start
                bbox[to], bbox[to + 2], bbox[to + 3] = z, y, y + 1
                bbox[to + 4], bbox[to + 5] = start, stop
                sums[i], sums[i + 1], sums[i + 2] = n * z, n * y, x
            else:
                bbox[to + 2] = min(bbox[to + 2], np.int32(y))
                bbox[to + 3] = max(bbox[to + 3], np.int32(y + 1))
                bbox[to + 4] = min(bbox[to + 4], np.int32(start))
                bbox[to + 5] = max(bbox[to + 5], np.int32(stop))
                sums[i] += n * z
                sums[i + 1] += n * y
                sums[i + 2] += x
            bbox[to + 1] = z + 1
    return n_met


@kernel
def add_moments(
    edges: Any, offsets: Any, labels: Any, names: Any, z0: Any, n_rows: Any, n_met: Any, products: Any
) -> Any:
    """Add up products of the indices of a slab's voxels; return the largest label met so far.

    Parameters
    ----------
    edges, offsets, labels, names, z0, n_rows, n_met
        As in ``add_boxes``.
    products : ndarray of int64, flat, 6 a component
        Updated, in the order zz, yy, xx, zy, zx, yx.

    Notes
    -----
    O(rows + runs).
    """
    for row in range(offsets.size - 1):
        z, y = z0 + row // n_rows, row % n_rows
        for run in range(np.int64(offsets[row]), np.int64(offsets[row + 1])):
            label = np.int64(names[labels[run]])
            if label == 0:
                continue
            start, stop = np.int64(edges[2 * run]), np.int64(edges[2 * run + 1])
            low, high = start * (start - 1), stop * (stop - 1)
            n, x = stop - start, (high - low) >> 1
            xx = np.int64(np.uint64(high * (2 * stop - 1) - low * (2 * start - 1)) // SIX)
            j = 6 * (label - 1)
            if label > n_met:
                n_met = label
                products[j], products[j + 1], products[j + 2] = n * z * z, n * y * y, xx
                products[j + 3], products[j + 4], products[j + 5] = n * z * y, x * z, x * y
            else:
                products[j] += n * z * z
                products[j + 1] += n * y * y
                products[j + 2] += xx
                products[j + 3] += n * z * y
                products[j + 4] += x * z
                products[j + 5] += x * y
    return n_met


@kernel
def finish_moments(n_voxels: Any, bbox: Any, sums: Any, products: Any, centroid: Any, moments: Any) -> None:
    """Write centroids and central second moments.

    Parameters
    ----------
    n_voxels : ndarray of int64
        Voxels of each component.
    bbox, sums, products : ndarray, flat
        As ``add_boxes`` and ``add_moments`` leave them.
    centroid, moments : ndarray of float64, flat
        Written, in the order of `sums` and `products`; may be the same memory.

    Notes
    -----
    O(components). Exact sums are moved to the corner of the bounding box before the division, so that
    nothing cancels far from the origin.
    """
    for i in range(n_voxels.size):
        n, s, p = n_voxels[i], 3 * i, 6 * i
        if n == 1:  # what the divisions below would give
            centroid[s], centroid[s + 1], centroid[s + 2] = sums[s], sums[s + 1], sums[s + 2]
            for k in range(6):
                moments[p + k] = 0.0
            continue
        z0, y0, x0 = np.int64(bbox[p]), np.int64(bbox[p + 2]), np.int64(bbox[p + 4])
        z, y, x = sums[s] - n * z0, sums[s + 1] - n * y0, sums[s + 2] - n * x0
        mean_z, mean_y, mean_x = z / n, y / n, x / n
        centroid[s], centroid[s + 1], centroid[s + 2] = z0 + mean_z, y0 + mean_y, x0 + mean_x
        zz = products[p] - 2 * z0 * z - n * z0 * z0
        yy = products[p + 1] - 2 * y0 * y - n * y0 * y0
        xx = products[p + 2] - 2 * x0 * x - n * x0 * x0
        zy = products[p + 3] - z0 * y - y0 * z - n * z0 * y0
        zx = products[p + 4] - z0 * x - x0 * z - n * z0 * x0
        yx = products[p + 5] - y0 * x - x0 * y - n * y0 * x0
        moments[p] = zz / n - mean_z * mean_z
        moments[p + 1] = yy / n - mean_y * mean_y
        moments[p + 2] = xx / n - mean_x * mean_x
        moments[p + 3] = zy / n - mean_z * mean_y
        moments[p + 4] = zx / n - mean_z * mean_x
        moments[p + 5] = yx / n - mean_y * mean_x
