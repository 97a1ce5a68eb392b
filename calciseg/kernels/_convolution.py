"""Convolutions of 3 by 3 over many channels, strip by strip."""

from typing import Any

import numpy as np

from calciseg.kernels._jit import inlined, kernel
from calciseg.kernels._winograd import GROUP, N_MIXED, ROWS, WIDTH, mix, sum_products, unmix


@inlined
def mix_strip(framed: Any, n_in: Any, size: Any, stride: Any, row: Any, mixed: Any) -> None:
    """Mix six rows of each channel, from ``row`` of the frame on."""
    for i in range(n_in):
        for start in range(0, stride, WIDTH):
            x = min(start, stride - WIDTH)
            mix(framed, mixed, (i * size + row * stride + x, stride, i * stride + x, n_in * stride))


@kernel
def convolve_rows(
    framed: Any, weights: Any, constants: Any, shape: Any, first: Any, last: Any, out: Any
) -> None:
    """Convolve some rows and cut what is negative.

    Parameters
    ----------
    framed : ndarray of float32, flat, of shape (n_in, rows + 2, columns + 2)
    weights : ndarray of float32, flat, of shape (N_MIXED, n_out / GROUP, n_in, 3, GROUP)
    constants : ndarray of float32, shape (n_out,)
    shape : tuple of int
        ``n_in``; ``n_out``, a multiple of `GROUP`; rows, a multiple of `ROWS`; columns, at least `WIDTH`.
    first, last : int
        Rows of ``out``, from 0 within its frame, the last one excluded; multiples of `ROWS`.
    out : ndarray of float32, flat, of shape (n_out, rows + 2, columns + 2)
        Its frame is left alone.

    Notes
    -----
    Strips of rows are always the same ones, so threads change no byte. Where columns are no multiple of
    `WIDTH` the last places of a row are worked out twice.
    """
    n_in, n_out, n_rows, n_columns = shape
    stride = n_columns + 2
    size = (n_rows + 2) * stride
    mixed = np.empty(N_MIXED * n_in * stride, np.float32)
    sums = np.empty(N_MIXED * GROUP * WIDTH, np.float32)
    for row in range(first, last, ROWS):
        mix_strip(framed, n_in, size, stride, row, mixed)
        for start in range(0, n_columns, WIDTH):
            x = min(start, n_columns - WIDTH)
            for o in range(0, n_out, GROUP):
                for m in range(N_MIXED):
                    places = (
                        m * n_in * stride + x, stride, n_in, (m * n_out + o) * n_in * 3, m * GROUP * WIDTH
                    )  # fmt: skip
                    sum_products(mixed, weights, sums, places)
                unmix(sums, constants, out, (o, o * size + (row + 1) * stride + x + 1, stride, size))
