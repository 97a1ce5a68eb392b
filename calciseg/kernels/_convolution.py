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
        ``n_out`` is even.
    constants : ndarray of float32, shape (n_out,)
    first, last : int
        Rows of ``out``, the last one excluded.
    out : ndarray of float32, C order, shape (n_out, rows, columns)

    Notes
    -----
    The innermost loop runs along a row and adds nine products a place to each of two channels: what is read
    serves both, and their weights just stay in registers. The order is the same whatever the rows, so
    threads change no byte. A row of all channels stays in the cache.
    """
    n_out, n_in = weights.shape[0], weights.shape[1]
    n_columns = out.shape[2]
    for row in range(first, last):
        for o in range(0, n_out, 2):
            one, other = out[o, row], out[o + 1, row]
            for x in range(n_columns):
                one[x] = constants[o]
                other[x] = constants[o + 1]
            for i in range(n_in):
                above, here, below = padded[i, row], padded[i, row + 1], padded[i, row + 2]
                w, v = weights[o, i], weights[o + 1, i]
                a, b, c, d, e, f, g, h, k = (
                    w[0, 0], w[0, 1], w[0, 2], w[1, 0], w[1, 1], w[1, 2], w[2, 0], w[2, 1], w[2, 2],
                )  # fmt: skip
                p, q, r, s, t, u, y, z, m = (
                    v[0, 0], v[0, 1], v[0, 2], v[1, 0], v[1, 1], v[1, 2], v[2, 0], v[2, 1], v[2, 2],
                )  # fmt: skip
                for x in range(n_columns):
                    a0, a1, a2 = above[x], above[x + 1], above[x + 2]
                    h0, h1, h2 = here[x], here[x + 1], here[x + 2]
                    b0, b1, b2 = below[x], below[x + 1], below[x + 2]
                    one[x] += (
                        (a * a0 + b * a1 + c * a2) + (d * h0 + e * h1 + f * h2) + (g * b0 + h * b1 + k * b2)
                    )
                    other[x] += (
                        (p * a0 + q * a1 + r * a2) + (s * h0 + t * h1 + u * h2) + (y * b0 + z * b1 + m * b2)
                    )
            for x in range(n_columns):
                one[x] = max(one[x], 0)
                other[x] = max(other[x], 0)
