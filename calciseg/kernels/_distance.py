"""Squared distances to a mask, one axis after the other.

The lower envelope of parabolas is Felzenszwalb and Huttenlocher, Theory of Computing 8(19), 2012 (after
Meijster et al. 2000); it costs O(1) a voxel whatever the distance. Within a short reach it is beaten by
trying every neighbour, because that runs over contiguous columns in vector registers: on a mask of bone, 15
neighbours took 0.4 of the time of the envelope, 29 took 0.6, and 61 as much.
"""

from typing import Any

import numpy as np

from calciseg.kernels._jit import inlined, kernel

BLOCK = 64
# Up to here trying all neighbours of a voxel is quicker than its share of an envelope (measured, see above).
WINDOW = 60
# Up to so many rows to either side, in the mean over a block, each row is searched as far as it may need.
BOUNDED = 10.0
# A bound may round to less than what it bounds.
SLACK = 1.0 + 1e-9
INF = np.float32(np.inf)


@inlined
def scan_row(mask: Any, first: Any, n: Any, spacing: Any, limit: Any, out: Any) -> Any:
    """Write squared distances along one row of a mask; return whether it holds anything."""
    is_any = False
    for i in range(first, first + n):
        if mask[i]:
            is_any = True
            break
    if not is_any:
        for i in range(first, first + n):
            out[i] = INF
        return False
    gap: Any = np.inf
    for i in range(first, first + n):
        gap = 0.0 if mask[i] else gap + spacing
        out[i] = np.float32(gap * gap) if gap * gap <= limit else INF
    gap = np.inf
    for i in range(first + n - 1, first - 1, -1):
        gap = 0.0 if mask[i] else gap + spacing
        if gap * gap <= limit:
            out[i] = min(out[i], np.float32(gap * gap))
    return True


@inlined
def lower_envelope(line: Any, base: Any, n: Any, spacing: Any, sites: Any, borders: Any, out: Any) -> None:
    """Write ``min over j of line[base + j] + ((i - j) * spacing)**2`` to ``out[base + i]``."""
    square = spacing * spacing
    k = -1
    for q in range(n):
        value = np.float64(line[base + q])
        if value == np.inf:
            continue
        crossing = -np.inf
        while k >= 0:
            v = sites[k]
            rise = (value - np.float64(line[base + v])) / square
            crossing = (rise / (q - v) + (q + v)) * 0.5
            if crossing > borders[k]:
                break
            k -= 1
            crossing = -np.inf
        k += 1
        sites[k] = q
        borders[k] = crossing
    last, k = k, 0
    for i in range(n if last >= 0 else 0):
        while k < last and borders[k + 1] < i:
            k += 1
        gap = (i - sites[k]) * spacing
        out[base + i] = np.float32(np.float64(line[base + sites[k]]) + gap * gap)


@inlined
def look_at_rows(out: Any, base: Any, n: Any, stride: Any, width: Any, least: Any, most: Any) -> Any:
    """Find the range of values of each row of a block; return the smallest and largest of all."""
    low, high = INF, np.float32(0)
    for i in range(n):
        row_low, row_high = INF, np.float32(0)
        for x in range(base + i * stride, base + i * stride + width):
            row_low = out[x] if out[x] < row_low else row_low
            row_high = out[x] if out[x] > row_high else row_high
        least[i], most[i] = row_low, row_high
        low, high = min(low, row_low), max(high, row_high)
    return low, high


@inlined
def store(values: Any, at: Any, step: Any, width: Any, limit: Any, is_last: Any, out: Any, base: Any) -> None:
    """Write values within the limit, as distances when this was the last axis."""
    for x in range(width):
        value = values[at + x * step]
        value = value if value <= limit else INF
        out[base + x] = np.sqrt(value) if is_last else value


@inlined
def load(out: Any, base: Any, n: Any, stride: Any, width: Any, block: Any) -> None:
    """Copy a block of lines, row by row."""
    for i in range(n):
        for x in range(width):
            block[i * width + x] = out[base + i * stride + x]


@inlined
def search_windows(
    out: Any, base: Any, n: Any, stride: Any, width: Any, reach: Any, square: Any, limit: Any, is_last: Any,
    scratch: Any,
) -> None:  # fmt: skip
    """Replace lines by ``min over |j - i| <= reach of line[j] + (i - j)**2 * square``.

    No row looks farther than its largest value is worth, so rows inside the mask cost nothing.
    """
    block, best, least, most, _, _, _ = scratch
    load(out, base, n, stride, width, block)
    for i in range(n):
        for x in range(width):
            best[x] = block[i * width + x]
        worth = np.float64(most[i])
        far = reach if worth >= (reach + 1) * (reach + 1) * square else np.int64(np.sqrt(worth / square))
        for j in range(max(0, i - far), min(n, i + far + 1)):
            rise = np.float32((i - j) * (i - j) * square)
            if least[j] + rise >= most[i]:
                continue
            for x in range(width):
                value = block[j * width + x] + rise
                best[x] = value if value < best[x] else best[x]
        store(best, 0, 1, width, limit, is_last, out, base + i * stride)


@inlined
def envelop_lines(
    out: Any, base: Any, n: Any, stride: Any, width: Any, spacing: Any, limit: Any, is_last: Any, scratch: Any
) -> None:
    """Replace lines by the lower envelope of the parabolas that stand on them."""
    block, other, _, _, sites, borders, _ = scratch
    for i in range(n):
        for x in range(width):
            block[x * n + i] = out[base + i * stride + x]
            other[x * n + i] = INF
    for x in range(width):
        lower_envelope(block, x * n, n, spacing, sites, borders, other)
    for i in range(n):
        store(other, i, n, width, limit, is_last, out, base + i * stride)


@inlined
def bound_rows(n: Any, square: Any, most: Any, bound: Any) -> Any:
    """Bound what any column of each row of a block can end with; return how far a voxel looks, in the mean.

    By the row's own largest value, or by that of another row and the way there. The mean is infinite where
    nothing bounds a row.
    """
    best = 0
    for i in range(n):
        bound[i] = np.float64(most[best]) + (i - best) * (i - best) * square
        if np.float64(most[i]) <= bound[i]:
            best, bound[i] = i, np.float64(most[i])
    best, total = n - 1, 0.0
    for i in range(n - 1, -1, -1):
        carried = np.float64(most[best]) + (best - i) * (best - i) * square
        if np.float64(most[i]) <= carried:
            best, carried = i, np.float64(most[i])
        bound[i] = min(bound[i], carried) * SLACK
        total += np.sqrt(bound[i] / square)
    return total / n


@inlined
def search_bounded(
    out: Any, base: Any, n: Any, stride: Any, width: Any, spacing: Any, limit: Any, is_last: Any, scratch: Any
) -> None:
    """Do what ``envelop_lines`` does by trying the rows that may be nearest, as ``bound_rows`` tells."""
    block, _, least, _, _, bound, best = scratch
    load(out, base, n, stride, width, block)
    for i in range(n):
        for x in range(width):
            best[x] = np.float64(block[i * width + x])
        far = min(n, np.int64(np.sqrt(bound[i]) / spacing) + 1)
        for j in range(max(0, i - far), min(n, i + far + 1)):
            gap = (i - j) * spacing
            rise = gap * gap
            if np.float64(least[j]) + rise > bound[i] or i == j:
                continue
            for x in range(width):
                value = np.float64(block[j * width + x]) + rise
                best[x] = value if value < best[x] else best[x]
        for x in range(width):
            value = np.float32(best[x])
            value = value if value <= limit else INF
            out[base + i * stride + x] = np.sqrt(value) if is_last else value


@inlined
def pass_block(
    out: Any, base: Any, n: Any, stride: Any, width: Any, spacing: Any, limit: Any, is_last: Any, scratch: Any
) -> None:
    """Replace a block of `width` adjacent lines of length `n` by their squared distances, in place."""
    low, high = look_at_rows(out, base, n, stride, width, scratch[2], scratch[3])
    if low == INF or high == 0:
        return
    reach = np.int64(n) if np.sqrt(limit) >= n * spacing else np.int64(np.sqrt(limit) / spacing)
    if 2 * reach + 1 <= WINDOW:
        search_windows(out, base, n, stride, width, reach, spacing * spacing, limit, is_last, scratch)
    elif bound_rows(n, spacing * spacing, scratch[3], scratch[5]) <= BOUNDED:
        search_bounded(out, base, n, stride, width, spacing, limit, is_last, scratch)
    else:
        envelop_lines(out, base, n, stride, width, spacing, limit, is_last, scratch)


@inlined
def make_scratch(n: Any) -> Any:
    """Return the arrays that ``pass_block`` works in: some 500 bytes a voxel of a line."""
    return (
        np.empty(n * BLOCK, np.float32),
        np.empty(n * BLOCK, np.float32),
        np.empty(n, np.float32),
        np.empty(n, np.float32),
        np.empty(n, np.int64),
        np.empty(n, np.float64),
        np.empty(BLOCK, np.float64),
    )


@kernel
def spread_in_planes(
    mask: Any, first: Any, stop: Any, n_rows: Any, n_columns: Any, spacing_y: Any, spacing_x: Any,
    limit: Any, is_last: Any, out: Any,
) -> None:  # fmt: skip
    """Write squared distances within each of the planes `first` .. `stop` - 1 of a mask.

    Parameters
    ----------
    mask : ndarray of uint8, flat, C order
        Non-zero where the distance is 0.
    first, stop, n_rows, n_columns : int
        Which planes, and their size.
    spacing_y, spacing_x : float
        Millimetres.
    limit : float
        Largest square of interest; what is beyond becomes infinite.
    is_last : bool
        Whether to write distances rather than their squares.
    out : ndarray of float32, flat
        Written.

    Notes
    -----
    O(voxels), or O(voxels × reach) for a short reach. Planes without mask cost a read and a fill.
    """
    scratch = make_scratch(n_rows)
    for z in range(first, stop):
        base = z * n_rows * n_columns
        is_any = False
        for y in range(n_rows):
            is_any |= scan_row(mask, base + y * n_columns, n_columns, spacing_x, limit, out)
        for x in range(0, n_columns if is_any else 0, BLOCK):
            width = min(BLOCK, n_columns - x)
            pass_block(out, base + x, n_rows, n_columns, width, spacing_y, limit, is_last, scratch)


@kernel
def spread_across_planes(
    n_planes: Any, first: Any, stop: Any, plane: Any, spacing_z: Any, limit: Any, out: Any
) -> None:
    """Turn in-plane squared distances into distances, for columns `first` .. `stop` - 1 of all planes.

    Parameters
    ----------
    n_planes, first, stop, plane : int
        Number of planes, which of the `plane` voxels of each.
    spacing_z, limit : float
        As in ``spread_in_planes``.
    out : ndarray of float32, flat
        Read and written.

    Notes
    -----
    O(voxels), or O(voxels × reach) for a short reach.
    """
    scratch = make_scratch(n_planes)
    for at in range(first, stop, BLOCK):
        width = min(BLOCK, stop - at)
        pass_block(out, at, n_planes, plane, width, spacing_z, limit, True, scratch)
