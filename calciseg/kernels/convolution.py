"""Convolutions of 3 by 3 over many channels, as small networks need them."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import ArrayLike, NDArray

from calciseg.errors import UsageError
from calciseg.kernels._convolution import convolve_rows
from calciseg.kernels._winograd import COLUMNS, GROUP, N_MIXED, ROWS, mixed_weights
from calciseg.kernels.threads import n_threads_allowed

_ROWS_A_JOB = 16


class Convolution:
    """Sums of channels with 3 by 3 weights, constants added and what is negative cut; made ready once.

    Parameters
    ----------
    weights : ndarray, shape (n_out, n_in, 3, 3)
        As for a correlation: not mirrored.
    constants : ndarray, shape (n_out,)

    Raises
    ------
    UsageError
        When the shapes do not fit each other.
    """

    def __init__(self, weights: ArrayLike, constants: ArrayLike) -> None:
        kernels, added = np.asarray(weights, np.float64), np.asarray(constants, np.float32)
        if kernels.ndim != 4 or kernels.shape != (*added.shape, kernels.shape[1] or -1, 3, 3):
            raise UsageError(
                f"weights of shape {kernels.shape} and constants of shape {added.shape} do not fit"
            )
        self._n_out, self._n_in = kernels.shape[:2]
        # The last group of channels is filled up with zeros.
        n_spare = -self._n_out % GROUP
        filled = np.pad(kernels, ((0, n_spare), (0, 0), (0, 0), (0, 0)))
        groups = mixed_weights(filled).reshape(-1, GROUP, self._n_in, N_MIXED).transpose(0, 3, 2, 1)
        self._weights = groups.astype(np.float32).reshape(-1)
        self._constants = np.pad(added, (0, n_spare))

    def __call__(self, image: ArrayLike, *, n_threads: int | None = None) -> NDArray[np.float32]:
        """Convolve channels.

        Parameters
        ----------
        image : ndarray, shape (n_in, rows + 2, columns + 2)
            In a frame of one place on each side, which is read but not worked out. Other types than float32
            are converted.
        n_threads : int, optional
            By default what this process may use. Changes no byte.

        Returns
        -------
        ndarray of float32, shape (n_out, rows + 2, columns + 2)
            In a frame of zeros.

        Raises
        ------
        UsageError
            When the image has another number of channels, or no place within its frame.
        """
        framed = np.ascontiguousarray(np.asarray(image, np.float32))
        if framed.ndim != 3 or len(framed) != self._n_in or min(framed.shape[1:]) < 3:
            raise UsageError(
                f"an image of shape {framed.shape}, its frame included, does not fit {self._n_in} channels"
            )
        n_rows, n_columns = framed.shape[1] - 2, framed.shape[2] - 2
        below, right = -n_rows % ROWS, max(0, COLUMNS - n_columns)
        if below or right:
            framed = np.pad(framed, ((0, 0), (0, below), (0, right)))
        shape = self._n_in, len(self._constants), n_rows + below, n_columns + right
        out = np.zeros((shape[1], *framed.shape[1:]), np.float32)
        flat_image, flat_out = framed.reshape(-1), out.reshape(-1)

        def run(first: int) -> None:
            last = min(first + _ROWS_A_JOB, n_rows + below)
            convolve_rows(flat_image, self._weights, self._constants, shape, first, last, flat_out)

        starts = range(0, n_rows, _ROWS_A_JOB)
        n = n_threads or n_threads_allowed()
        if n == 1 or len(starts) < 2:
            for first in starts:
                run(first)
        else:
            with ThreadPoolExecutor(n) as pool:
                list(pool.map(run, starts))
        out = out[: self._n_out, : n_rows + 2, : n_columns + 2]
        out[:, -1], out[:, :, -1] = 0, 0
        return out
