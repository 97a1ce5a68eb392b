"""Smoothing of images."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from calciseg.errors import UsageError
from calciseg.kernels._weighted import RUN, smooth_rows_and_columns

_BEYOND: dict[str, Literal["symmetric", "edge"]] = {"reflect": "symmetric", "nearest": "edge"}
"""What scipy's words are called by numpy."""


def smooth(
    image: ArrayLike, sd: float, *, truncate: float = 4.0, mode: Literal["reflect", "nearest"] = "reflect"
) -> NDArray[np.float32]:
    """Smooth an image with a Gaussian.

    Parameters
    ----------
    image : ndarray, 2-D
        Other types than float32 are converted.
    sd : float
        Standard deviation of the Gaussian, in pixels.
    truncate : float
        Where it is cut off, in standard deviations.
    mode : str
        What lies beyond the edge: the image, reflected there, or the nearest pixel.

    Returns
    -------
    ndarray of float32
        Equal to ``scipy.ndimage.gaussian_filter`` with the same arguments but for rounding: sums are those of
        float32.

    Raises
    ------
    UsageError
        When the image has not two dimensions, the standard deviation is negative or not finite, or the mode
        another word.

    Notes
    -----
    One thread, which holds no lock of the interpreter.
    """
    array = np.asarray(image, np.float32)
    if array.ndim != 2:
        raise UsageError(f"what is smoothed is an image of two dimensions, not {array.ndim}")
    if not 0 <= sd < np.inf:
        raise UsageError(f"a Gaussian has no standard deviation of {sd:g} pixels")
    if mode not in _BEYOND:
        raise UsageError(f"what lies beyond an image is {' or '.join(_BEYOND)}, not {mode}")
    reach = int(truncate * sd + 0.5)
    if not array.size or not reach:
        return array.copy()
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sd) ** 2)
    n_rows, n_columns = array.shape
    n_spare = max(0, RUN - n_columns)
    wide = np.pad(array, reach, mode=_BEYOND[mode])
    if n_spare:
        wide = np.pad(wide, ((0, 0), (0, n_spare)))
    shape = n_rows, n_columns + n_spare
    out = np.empty(shape, np.float32)
    smooth_rows_and_columns(
        wide.reshape(-1), (weights / weights.sum()).astype(np.float32), shape, out.reshape(-1)
    )
    return out[:, :n_columns]
