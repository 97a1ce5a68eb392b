"""Rows of masks as words: widened along themselves, and brought together across rows and slices."""

from typing import Any

import numpy as np

from calciseg.kernels._bits import ALL, ONE, TOP, WIDTH, nonzero64, write_bytes
from calciseg.kernels._jit import inlined, kernel


@kernel
def pack_rows_of_mask(
    mask: Any, first: Any, stop: Any, n_columns: Any, n_words: Any, is_inverted: Any, words: Any
) -> None:
    """Write rows of a mask as words; bits beyond the end of a row are 0.

    Parameters
    ----------
    mask : ndarray of uint8, flat, C order
    first, stop, n_columns, n_words : uint64
        Which rows, and their size in voxels and in words.
    is_inverted : bool
        Whether to take what the mask leaves out.
    words : ndarray of uint64, flat
        Written.

    Notes
    -----
    O(voxels / 64).
    """
    turn = ALL if is_inverted else np.uint64(0)
    for row in range(first, stop):
        for j in range(n_words):
            at, left = row * n_columns + j * WIDTH, n_columns - j * WIDTH
            if at + WIDTH <= np.uint64(mask.size):
                word = nonzero64(mask, at)
            else:
                word = np.uint64(0)
                for i in range(min(left, WIDTH)):
                    word |= np.uint64(mask[at + i] != 0) << i
            word ^= turn
            words[row * n_words + j] = word if left >= WIDTH else word & ((ONE << left) - ONE)


@kernel
def unpack_rows_of_mask(
    words: Any, first: Any, stop: Any, n_columns: Any, n_words: Any, is_inverted: Any, out: Any
) -> None:
    """Write rows of words as a mask.

    Parameters
    ----------
    words, first, stop, n_columns, n_words, is_inverted
        As of ``pack_rows_of_mask``; bits beyond the end of a row do not matter.
    out : ndarray of uint8, flat
        Written.

    Notes
    -----
    O(voxels / 64). What is written beyond the end of a row is where the next row is written after it.
    """
    turn, end = ALL if is_inverted else np.uint64(0), stop * n_columns
    for row in range(first, stop):
        for j in range(n_words):
            at, word = row * n_columns + j * WIDTH, words[row * n_words + j] ^ turn
            if at + WIDTH <= end:
                write_bytes(out, at, word)
            else:
                for i in range(min(n_columns - j * WIDTH, WIDTH)):
                    out[at + i] = (word >> i) & ONE


@kernel
def widen_rows(words: Any, first: Any, stop: Any, n_words: Any, widths: Any, out: Any) -> None:
    """Dilate rows along themselves by every width.

    Parameters
    ----------
    words : ndarray of uint64, flat
        Rows of `n_words` words: bit ``i`` of word ``j`` is voxel ``64 * j + i``.
    first, stop : int
        Which rows.
    n_words : int
    widths : ndarray of int64
        Ascending, from 0.
    out : ndarray of uint64, (widths, words)
        Written.

    Notes
    -----
    O(words × largest width): one voxel to either side at a time. Bits beyond the end of a row may be set.
    """
    row = np.empty(n_words + 2, np.uint64)
    row[0] = row[n_words + 1] = 0
    for base in range(first * n_words, stop * n_words, n_words):
        for j in range(n_words):
            row[j + 1] = words[base + j]
        width = 0
        for k in range(widths.size):
            while width < widths[k]:
                before = row[0]
                for j in range(1, n_words + 1):
                    word = row[j]
                    row[j] = word | (word << ONE) | (before >> TOP) | (word >> ONE) | (row[j + 1] << TOP)
                    before = word
                width += 1
            for j in range(n_words):
                out[k, base + j] = row[j + 1]


@kernel
def gather_slices(
    wide: Any, is_empty: Any, first: Any, stop: Any, n_rows: Any, n_words: Any,
    dz: Any, dy: Any, which: Any, out: Any,
) -> None:  # fmt: skip
    """Bring the widened rows together that a ball around each row reaches.

    Parameters
    ----------
    wide : ndarray of uint64, (widths, words)
        As ``widen_rows`` writes it.
    is_empty : ndarray of bool
        Slices that have no voxel.
    first, stop : int
        Which slices to write.
    n_rows, n_words : int
        Size of a slice.
    dz, dy, which : ndarray of int64
        Where the ball reaches, in slices and rows, and how wide it is there.
    out : ndarray of uint64, flat
        Updated; zeros before.

    Notes
    -----
    O(words × slices and rows of the ball). Rows that lie as many rows aside are one stretch of words.
    """
    plane = n_rows * n_words
    for z in range(first, stop):
        for k in range(dz.size):
            source = z + dz[k]
            if source < 0 or source >= is_empty.size or is_empty[source]:
                continue
            start, end = max(0, -dy[k]) * n_words, min(n_rows, n_rows - dy[k]) * n_words
            to, at = z * plane + start, source * plane + dy[k] * n_words + start
            # No place of these can be negative: vector registers.
            target, added = out[to : to + end - start], wide[which[k], at : at + end - start]
            for j in range(end - start):
                target[j] |= added[j]


@inlined
def holds_any(row: Any) -> Any:
    """Tell whether a row of bytes has one that is not 0, many at a time."""
    bits = np.uint8(0)
    for x in range(row.size):
        bits |= row[x]
    return bits != 0


@kernel
def dilate_few(mask: Any, shape: Any, dz: Any, dy: Any, widths: Any, out: Any) -> None:
    """Set the balls around the voxels of a small mask.

    Parameters
    ----------
    mask : ndarray of uint8, flat, C order
    shape : tuple of three int
    dz, dy, widths : ndarray of int64
        Where the ball reaches, in slices and rows, and how many voxels to either side there.
    out : ndarray of bool, flat
        Updated; zeros before.

    Notes
    -----
    O(voxels + mask x ball). A run of voxels at once: along a row its balls are one stretch.
    """
    n_slices, n_rows, n_columns = shape
    for z in range(n_slices):
        for y in range(n_rows):
            base = (z * n_rows + y) * n_columns
            if not holds_any(mask[base : base + n_columns]):
                continue
            x = 0
            while x < n_columns:
                if mask[base + x] == 0:
                    x += 1
                    continue
                start = x
                while x < n_columns and mask[base + x] != 0:
                    x += 1
                for k in range(dz.size):
                    there_z, there_y = z + dz[k], y + dy[k]
                    if there_z < 0 or there_z >= n_slices or there_y < 0 or there_y >= n_rows:
                        continue
                    row = (there_z * n_rows + there_y) * n_columns
                    out[row + max(start - widths[k], 0) : row + min(x + widths[k], n_columns)] = True
