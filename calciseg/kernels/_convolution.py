"""Convolutions of 3 by 3 over many channels, sixteen tiles after sixteen tiles."""

from typing import Any

import numpy as np

from calciseg.kernels._jit import kernel
from calciseg.kernels._tiles import N_TILES
from calciseg.kernels._winograd import COLUMNS, GROUP, N_MIXED, ROWS, mix, sum_products, unmix


@kernel
def convolve_rows(
    framed: Any, weights: Any, constants: Any, shape: Any, first: Any, last: Any, out: Any
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
        Rows of ``out``, from 0 within its frame, the last one excluded; multiples of `ROWS`.
    out : ndarray of float32, flat, of shape (n_out, rows + 2, columns + 2)
        Its frame is left alone.

    Notes
    -----
    Tiles are always the same ones, so threads change no byte. Where columns are no multiple of `COLUMNS` the
    last places of a row are worked out twice.
    """
    n_in, n_out, n_rows, n_columns = shape
    stride = n_columns + 2
    size = (n_rows + 2) * stride
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
                unmix(sums, constants, out, (o, o * size + (row + 1) * stride + x + 1, stride, size))
