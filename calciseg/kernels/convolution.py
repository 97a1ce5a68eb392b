"""Convolutions of 3 by 3 over many channels, as small networks need them."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import ArrayLike, NDArray

from calciseg.errors import UsageError
from calciseg.kernels._convolution import convolve_rows, lay_rows
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

    def __call__(
        self, image: ArrayLike, coarse: ArrayLike | None = None, *, n_threads: int | None = None
    ) -> NDArray[np.float32]:
        """Convolve channels.

        Parameters
        ----------
        image : ndarray, shape (n, rows + 2, columns + 2)
            In a frame of one place on each side, which is read but not worked out. Other types than float32
            are converted.
        coarse : ndarray, shape (n_in - n, rows / 2 + 2, columns / 2 + 2), optional
            More channels, in a frame that is not read; each of their places lies on four of the image, and
            zeros around them.
        n_threads : int, optional
            By default what this process may use. Changes no byte.

        Returns
        -------
        ndarray of float32, shape (n_out, rows + 2, columns + 2)
            In a frame of zeros.

        Raises
        ------
        UsageError
            When the images have other numbers of channels, do not fit each other, or have no place within
            their frames.
        """
        framed = np.ascontiguousarray(np.asarray(image, np.float32))
        others = None if coarse is None else np.ascontiguousarray(np.asarray(coarse, np.float32))
        self._check(framed, others)
        n_rows, n_columns = framed.shape[1] - 2, framed.shape[2] - 2
        below, right = -n_rows % ROWS, max(0, COLUMNS - n_columns)
        if others is None and (below or right):
            framed = np.pad(framed, ((0, 0), (0, below), (0, right)))
        shape = n_rows + below, n_columns + right
        out = np.zeros((len(self._constants), shape[0] + 2, shape[1] + 2), np.float32)

        def run(first: int) -> None:
            self._run(framed, others, first, min(first + _ROWS_A_JOB, shape[0]), out)

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

    def _check(self, image: NDArray[np.float32], coarse: NDArray[np.float32] | None) -> None:
        shapes = [one.shape for one in (image, coarse) if one is not None]
        is_fit = all(len(shape) == 3 for shape in shapes)
        is_fit = is_fit and sum(shape[0] for shape in shapes) == self._n_in and min(image.shape[1:]) >= 3
        if is_fit and coarse is not None:
            is_fit = image.shape[1:] == tuple(2 * side - 2 for side in coarse.shape[1:])
        if not is_fit:
            given = " and ".join(map(str, shapes))
            raise UsageError(f"images of shape {given}, frames included, do not fit {self._n_in} channels")

    def _run(
        self,
        image: NDArray[np.float32],
        coarse: NDArray[np.float32] | None,
        first: int,
        last: int,
        out: NDArray[np.float32],
    ) -> None:
        """Work out some rows; of coarse channels no others are laid out, so that they stay in the cache."""
        n_rows, stride = out.shape[1] - 2, out.shape[2]
        laid, start, lower = image, first, 0
        if coarse is not None:
            laid = np.zeros((self._n_in, last - first + 2, stride), np.float32)
            shapes = len(image), len(coarse), coarse.shape[1] - 2, coarse.shape[2] - 2, stride
            lay_rows(image.reshape(-1), coarse.reshape(-1), shapes, first, last - first + 2, laid.reshape(-1))
            start, lower = 0, first
        convolve_rows(
            laid.reshape(-1),
            self._weights,
            self._constants,
            (self._n_in, len(self._constants), laid.shape[1] - 2, stride - 2),
            start,
            start + last - first,
            (lower, n_rows),
            out.reshape(-1),
        )
