"""Convolutions of 3 by 3 over many channels."""

from typing import Any

from calciseg.kernels._jit import kernel


@kernel
def convolve_rows(padded: Any, weights: Any, constants: Any, first: Any, last: Any, out: Any) -> None:
    """Convolve some rows and cut what is negative.

    Parameters
    ----------
    padded : ndarray of float32, C order, shape (n_in, rows + 2, columns + 2)
    weights : ndarray of float32, C order, shape (n_out, n_in, 3, 3)
    constants : ndarray of float32, shape (n_out,)
    first, last : int
        Rows of ``out``, the last one excluded.
    out : ndarray of float32, C order, shape (n_out, rows, columns)

    Notes
    -----
    The innermost loop runs along a row and adds three products a place, in the same order whatever the rows,
    so threads change no byte. A row of all channels stays in the cache.
    """
    n_out, n_in = weights.shape[0], weights.shape[1]
    n_columns = out.shape[2]
    for row in range(first, last):
        for o in range(n_out):
            total = out[o, row]
            for x in range(n_columns):
                total[x] = constants[o]
            for i in range(n_in):
                for down in range(3):
                    left, middle, right = (
                        weights[o, i, down, 0],
                        weights[o, i, down, 1],
                        weights[o, i, down, 2],
                    )
                    line = padded[i, row + down]
                    for x in range(n_columns):
                        total[x] += left * line[x] + middle * line[x + 1] + right * line[x + 2]
            for x in range(n_columns):
                total[x] = max(total[x], 0)
