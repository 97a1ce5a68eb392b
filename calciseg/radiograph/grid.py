"""The grid that structures are looked for on, coarser than the film."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calciseg.settings import RadiographSettings

__all__ = ["Array", "Mask", "Places", "WorkingGrid", "block_means", "choose_grid", "enlarged", "ring_around"]

Array = NDArray[np.float32]
Mask = NDArray[np.bool_]
Places = tuple[NDArray[np.intp], NDArray[np.intp]]
"""Rows and columns of blocks."""
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingGrid:
    """Blocks of the film's pixels.

    Attributes
    ----------
    n_block : int
        Pixels along a side of a block.
    pixel_mm_yx : tuple of float
        Of the film as it is laid, down and across; assumed where no spacing is stated.
    """

    n_block: int
    pixel_mm_yx: tuple[float, float]

    @property
    def pixel_mm(self) -> float:
        """Side of a pixel, the mean of both: what filters go by."""
        return sum(self.pixel_mm_yx) / 2

    @property
    def block_mm(self) -> float:
        """Side of a block, the mean of both."""
        return self.n_block * self.pixel_mm

    @property
    def block_mm_yx(self) -> tuple[float, float]:
        """Sides of a block."""
        down_mm, across_mm = self.pixel_mm_yx
        return self.n_block * down_mm, self.n_block * across_mm

    @property
    def pixel_mm2(self) -> float:
        """Area of a pixel."""
        return self.pixel_mm_yx[0] * self.pixel_mm_yx[1]

    @property
    def block_mm2(self) -> float:
        """Area of a block."""
        return self.n_block**2 * self.pixel_mm2

    def blocks(self, length_mm: float) -> float:
        """Return a length in blocks."""
        return length_mm / self.block_mm


def choose_grid(
    shape_yx: tuple[int, int], pixel_mm_yx: tuple[float, float], settings: RadiographSettings
) -> WorkingGrid:
    """Choose the finest blocks that a film may be looked at in, and does not have too many of.

    Parameters
    ----------
    shape_yx : tuple of int
        Pixels of the film.
    pixel_mm_yx : tuple of float
    settings : RadiographSettings

    Returns
    -------
    WorkingGrid
    """
    finest = settings.pixel_mm / (sum(pixel_mm_yx) / 2)
    fewest = np.sqrt(shape_yx[0] * shape_yx[1] / settings.max_pixels)
    # A spacing of 0.125 mm in the header may be a little less as a float.
    n_block = max(1, math.ceil(max(finest, fewest) - _ROUNDING))
    return WorkingGrid(n_block=n_block, pixel_mm_yx=pixel_mm_yx)


def block_means(image: NDArray[np.uint16] | Array, n: int) -> Array:
    """Return the mean of blocks of ``n`` by ``n`` pixels; a rest at the ends is left out."""
    n_rows, n_columns = (length // n for length in image.shape)
    cut = image[: n_rows * n, : n_columns * n]
    # Sums of whole slices: a mean over two axes of a view takes several times as long.
    rows: Array = cut[::n].astype(np.float32)
    for row in range(1, n):
        rows += cut[row::n]
    means: Array = rows[:, ::n].copy()
    for column in range(1, n):
        means += rows[:, column::n]
    means /= n**2
    return means


def enlarged(coarse: Array, n: int, shape: tuple[int, ...]) -> Array:
    """Spread blocks over ``n`` by ``n`` pixels each, smoothly, and to the rest at the ends."""
    if n == 1:
        return coarse
    across = _stretched(coarse.T, n, shape[1])
    return _stretched(np.ascontiguousarray(across.T), n, shape[0])


def _stretched(coarse: Array, n: int, length: int) -> Array:
    """Spread rows over ``n`` each and average as many about each one; the last goes on to the length."""
    found = np.empty((length, coarse.shape[1]), np.float32)
    wide = np.pad(coarse, ((1, 1), (0, 0)), mode="edge")
    whole = found[: n * len(coarse)]
    for row in range(n):
        share = (row - n // 2) / n
        neighbour = wide[:-2] if share < 0 else wide[2:]
        whole[row::n] = coarse + np.float32(abs(share)) * (neighbour - coarse)
    found[len(whole) :] = found[len(whole) - 1]
    return found


def ring_around(mask: Mask, gap: int = 2, width: int = 2) -> Mask:
    """Mark a ring of so many blocks around a mask, beyond a gap of so many."""
    near = ndimage.binary_dilation(mask, iterations=gap)
    return np.asarray(ndimage.binary_dilation(near, iterations=width) & ~near, np.bool_)
