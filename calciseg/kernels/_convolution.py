"""Convolutions of 3 by 3 over many channels, sixteen tiles after sixteen tiles."""

from typing import Any

import numpy as np

from calciseg.kernels._jit import kernel
from calciseg.kernels._tiles import N_TILES
from calciseg.kernels._winograd import COLUMNS, GROUP, N_MIXED, ROWS, mix, sum_products, unmix


@kernel
def convolve_rows(
    framed: Any, weights: Any, constants: Any, shape: Any, first: Any, last: Any, lower: Any, out: Any
) -> None:
    """Convolve some rows and cut what is negative.

    Parameters
    ----------
    framed : ndarray of float32, flat, of shape (n_in, rows + 2, columns + 2)
    weights : ndarray of float32, flat, of shape (n_out / GROUP, N_MIXED, n_in, GROUP)
    constants : ndarray of float32, shape (n_out,)
    shape : tuple of int
        ``n_in``; ``n_out``, a multiple of `GROUP`; rows, a multiple of `ROWS`; columns, at least `COLUMNS`.
    first, last : int
        Rows, from 0 within the frame, the last one excluded; multiples of `ROWS`.
    lower : tuple of int
        How many rows lower they are written; rows of ``out``.
    out : ndarray of float32, flat, of shape (n_out, lower[1] + 2, columns + 2)
        Its frame is left alone.

    Notes
    -----
    Tiles are always the same ones, so threads change no byte. Where columns are no multiple of `COLUMNS` the
    last places of a row are worked out twice.
    """
    n_in, n_out, n_rows, n_columns = shape
    stride = n_columns + 2
    size, size_out = (n_rows + 2) * stride, (lower[1] + 2) * stride
    mixed = np.empty(N_MIXED * n_in * N_TILES, np.float32)
    sums = np.empty(N_MIXED * GROUP * N_TILES, np.float32)
    for row in range(first, last, ROWS):
        for start in range(0, n_columns, COLUMNS):
            x = min(start, n_columns - COLUMNS)
            for i in range(n_in):
                mix(framed, mixed, (i * size + row * stride + x, stride, i * N_TILES, n_in * N_TILES))
            for o in range(0, n_out, GROUP):
                for m in range(N_MIXED):
                    weight = (o * N_MIXED + m * GROUP) * n_in
                    places = m * n_in * N_TILES, n_in, weight, m * GROUP * N_TILES
                    sum_products(mixed, weights, sums, places)
                at = o * size_out + (row + lower[0] + 1) * stride + x + 1
                unmix(sums, constants, out, (o, at, stride, size_out))


@kernel
def lay_rows(image: Any, coarse: Any, shapes: Any, first: Any, n_rows: Any, out: Any) -> None:
    """Lay some rows of channels, and of others of half as many rows and columns, behind each other.

    Parameters
    ----------
    image, coarse : ndarray of float32, flat, of shapes (channels, rows + 2, columns + 2)
    shapes : tuple of int
        Channels of both, rows and columns of ``coarse``, columns of ``out``.
    first, n_rows : int
        Of the rows of ``image``, its frame included: the first, and how many there are at the most.
    out : ndarray of float32, flat, of shape (channels, n_rows, columns)
        Zero where nothing is laid: beyond the image, and the frame of what was coarse.
    """
    n_own, n_other, half_rows, half_columns, stride = shapes
    rows, columns = 2 * half_rows + 2, 2 * half_columns + 2
    for row in range(n_rows):
        if first + row >= rows:
            break
        for c in range(n_own):
            place, there = (c * n_rows + row) * stride, (c * rows + first + row) * columns
            for x in range(columns):
                out[place + x] = image[there + x]
        if first + row == 0 or first + row == rows - 1:
            continue
        half = (first + row + 1) // 2
        for c in range(n_other):
            place = ((n_own + c) * n_rows + row) * stride + 1
            there = (c * (half_rows + 2) + half) * (half_columns + 2) + 1
            for x in range(half_columns):
                out[place + 2 * x] = coarse[there + x]
                out[place + 2 * x + 1] = coarse[there + x]
