"""Convolutions of 3 by 3 over many channels, as small networks need them."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import ArrayLike, NDArray

from calciseg.errors import UsageError
from calciseg.kernels._convolution import convolve_rows
from calciseg.kernels.threads import n_threads_allowed

_ROWS_A_JOB = 16


def convolve(
    image: ArrayLike, weights: ArrayLike, constants: ArrayLike, *, n_threads: int | None = None
) -> NDArray[np.float32]:
    """Convolve channels with 3 by 3 weights, zeros around them, add constants and cut what is negative.

    Parameters
    ----------
    image : ndarray, shape (n_in, rows, columns)
        Other types than float32 are converted.
    weights : ndarray, shape (n_out, n_in, 3, 3)
        As for a correlation: not mirrored.
    constants : ndarray, shape (n_out,)
    n_threads : int, optional
        By default what this process may use. Changes no byte.

    Returns
    -------
    ndarray of float32, shape (n_out, rows, columns)

    Raises
    ------
    UsageError
        When the shapes do not fit each other.
    """
    channels = np.asarray(image, np.float32)
    kernels = np.ascontiguousarray(np.asarray(weights, np.float32))
    added = np.ascontiguousarray(np.asarray(constants, np.float32))
    fits = channels.ndim == 3 and kernels.shape == (len(added), len(channels), 3, 3)
    if not fits or added.ndim != 1:
        raise UsageError(
            f"weights of shape {kernels.shape} and constants of shape {added.shape} do not fit an image of "
            f"shape {channels.shape}"
        )
    padded = np.pad(channels, ((0, 0), (1, 1), (1, 1)))
    n_out, odd = len(added), len(added) % 2
    kernels, added = np.pad(kernels, ((0, odd), (0, 0), (0, 0), (0, 0))), np.pad(added, (0, odd))
    out = np.empty((len(kernels), *channels.shape[1:]), np.float32)
    n_rows = channels.shape[1]
    starts = range(0, n_rows, _ROWS_A_JOB)

    def run(first: int) -> None:
        convolve_rows(padded, kernels, added, first, min(first + _ROWS_A_JOB, n_rows), out)

    n = n_threads or n_threads_allowed()
    if n == 1 or len(starts) < 2:
        for first in starts:
            run(first)
    else:
        with ThreadPoolExecutor(n) as pool:
            list(pool.map(run, starts))
    return out[:n_out]
