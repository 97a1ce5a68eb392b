"""Openings along lines: what is longer than a line in any direction stays, what is compact goes."""

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import ArrayLike, NDArray

from calciseg.errors import UsageError
from calciseg.kernels._line_opening import LANES, open_along_columns
from calciseg.kernels.threads import n_threads_allowed


def open_along_lines(
    image: ArrayLike, length: float, *, n_directions: int = 12, n_threads: int | None = None
) -> NDArray[np.float32]:
    """Open an image along straight lines and keep the largest value of all directions.

    Parameters
    ----------
    image : ndarray, 2-D
        Without NaN; other types than float32 are converted.
    length : float
        Of the lines, in pixels. Bright structures that hold no line so long are removed.
    n_directions : int
        A multiple of four; they divide the half circle evenly, rows and columns among them.
    n_threads : int, optional
        By default what this process may use; more than two are of no use. Changes no byte.

    Returns
    -------
    ndarray of float32
        Nowhere larger than the image. Lines do not reach over its edge; one shorter than ``length``, in a
        corner, is taken whole.

    Raises
    ------
    UsageError
        When the image has not two dimensions, or length and directions make no sense.

    Notes
    -----
    O(pixels × directions), whatever the length. A rotating opening: Soille and Talbot, "Directional
    morphological filtering", IEEE PAMI 23 (2001) 1313.
    """
    array = np.ascontiguousarray(np.asarray(image, np.float32))
    if array.ndim != 2:
        raise UsageError(f"an opening along lines takes an image of two dimensions, not {array.ndim}")
    if length < 1 or n_directions < 4 or n_directions % 4:
        raise UsageError(f"lines of {length:g} pixels in {n_directions} directions cannot be laid")
    if not array.size:
        return array
    angles = np.pi * np.arange(n_directions) / n_directions
    is_flat = np.abs(np.sin(angles)) <= np.abs(np.cos(angles)) + 1e-9
    jobs = ((array.T, np.tan(angles[is_flat])), (array, 1 / np.tan(angles[~is_flat])))

    def run(job: tuple[NDArray[np.float32], NDArray[np.float64]]) -> NDArray[np.float32]:
        columns, slopes = job
        lengths = np.array([max(1, math.floor(length / math.hypot(1, s) + 0.5)) for s in slopes], np.int64)
        between = np.full((len(columns), columns.shape[1] + 2 * LANES), -np.inf, np.float32)
        out = between.copy()
        between[:, LANES:-LANES] = columns
        open_along_columns(between.reshape(-1), columns.shape[1], slopes, lengths, out.reshape(-1))
        return out[:, LANES:-LANES]

    if (n_threads or n_threads_allowed()) == 1:
        flat, steep = map(run, jobs)
    else:
        with ThreadPoolExecutor(2) as pool:
            flat, steep = pool.map(run, jobs)
    return np.maximum(flat.T, steep)
