"""A grid brought down to blocks of whole voxels, and label maps on it."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from calciseg.model import VolumeGeometry

__all__ = ["BlockGrid", "most_of_each_block"]

Triple = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockGrid:
    """Blocks of voxels in a box of an image; those at its end may be smaller.

    Attributes
    ----------
    box_zyx : tuple
        Half-open index ranges into the image.
    factors_zyx : tuple of int
        Voxels in a block along each axis.
    """

    box_zyx: tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
    factors_zyx: Triple = (1, 1, 1)

    @classmethod
    def within(
        cls, box_zyx: tuple[tuple[int, int], ...], spacing_mm_zyx: tuple[float, float, float], n_at_most: int
    ) -> Self:
        """Choose the smallest blocks, as nearly cubes as the spacing allows, so that there are few enough."""
        grid = cls(box_zyx=(box_zyx[0], box_zyx[1], box_zyx[2]))
        while grid.n_blocks > n_at_most:
            grid = grid.coarser(spacing_mm_zyx)
        return grid

    def coarser(self, spacing_mm_zyx: tuple[float, float, float]) -> Self:
        """Return the next coarser grid: rows and columns together, or slices, whichever are finer."""
        z, y, x = self.factors_zyx
        dz, dy, dx = spacing_mm_zyx
        if self.shape_zyx[0] > 1 and z * dz < min(y * dy, x * dx):
            return type(self)(box_zyx=self.box_zyx, factors_zyx=(z + 1, y, x))
        return type(self)(box_zyx=self.box_zyx, factors_zyx=(z, y + 1, x + 1))

    @property
    def shape_zyx(self) -> Triple:
        """How many blocks there are along each axis."""
        z, y, x = (
            -(-(end - start) // factor)
            for (start, end), factor in zip(self.box_zyx, self.factors_zyx, strict=True)
        )
        return z, y, x

    @property
    def n_blocks(self) -> int:
        """How many blocks there are."""
        z, y, x = self.shape_zyx
        return z * y * x

    @property
    def _extents(self) -> tuple[NDArray[np.int32], ...]:
        """How many voxels long each block is, along each axis."""
        return tuple(
            np.minimum(factor, (end - start) - factor * np.arange(n, dtype=np.int32))
            for (start, end), factor, n in zip(self.box_zyx, self.factors_zyx, self.shape_zyx, strict=True)
        )

    def voxels_of_layer(self, i: int) -> NDArray[np.int32]:
        """Return how many voxels each block of a layer holds."""
        z, y, x = self._extents
        layer: NDArray[np.int32] = z[i] * y[:, np.newaxis] * x
        return layer

    def voxels_of(self, blocks: NDArray[np.intp]) -> NDArray[np.int32]:
        """Return how many voxels some blocks, given by their raster index, hold."""
        places = np.unravel_index(blocks, self.shape_zyx)
        z, y, x = (extent[place] for extent, place in zip(self._extents, places, strict=True))
        return z * y * x

    def geometry(self, geometry: VolumeGeometry) -> VolumeGeometry:
        """Return the place of the blocks in the patient: each lies at the centre of a whole block."""
        first = [start + (f - 1) / 2 for (start, _), f in zip(self.box_zyx, self.factors_zyx, strict=True)]
        x, y, z = (float(mm) for mm in geometry.lps_mm_from_zyx(np.array(first)))
        dz, dy, dx = (step * f for step, f in zip(geometry.spacing_mm_zyx, self.factors_zyx, strict=True))
        return VolumeGeometry(
            shape_zyx=self.shape_zyx,
            spacing_mm_zyx=(dz, dy, dx),
            origin_lps_mm=(x, y, z),
            direction=geometry.direction,
        )

    def block_of(self, voxels_zyx: tuple[NDArray[np.intp], ...]) -> NDArray[np.intp]:
        """Return the raster index of the block of each voxel; the voxels lie in the box."""
        steps = [
            (index - start) // factor
            for index, (start, _), factor in zip(voxels_zyx, self.box_zyx, self.factors_zyx, strict=True)
        ]
        _, n_y, n_x = self.shape_zyx
        return (steps[0] * n_y + steps[1]) * n_x + steps[2]

    def sampled(self, array_zyx: NDArray[np.unsignedinteger]) -> NDArray[np.unsignedinteger]:
        """Return the voxel in the middle of each block."""
        parts = tuple(
            slice(start + min(factor // 2, (end - start - 1) % factor), end, factor)
            for (start, end), factor in zip(self.box_zyx, self.factors_zyx, strict=True)
        )
        return array_zyx[parts]


def most_of_each_block(
    block: NDArray[np.intp], code: NDArray[np.int64]
) -> tuple[NDArray[np.intp], NDArray[np.int64], NDArray[np.int64]]:
    """Find what most voxels of each block are.

    Parameters
    ----------
    block, code : ndarray of int, shape (n,)
        The block of each voxel and what the voxel is.

    Returns
    -------
    blocks, codes : ndarray of int
        Each block once, rising, with its commonest code (the larger one of two).
    n_voxels : ndarray of int
        How many voxels, whatever their code, each block got.
    """
    n_codes = int(code.max(initial=0)) + 1
    pairs, counts = np.unique(block * n_codes + code, return_counts=True)
    blocks, codes = np.divmod(pairs, n_codes)
    order = np.lexsort((codes, counts, blocks))
    is_last = np.append(np.diff(blocks[order]) > 0, np.ones(min(1, blocks.size), np.bool_))
    starts = np.flatnonzero(np.append(np.ones(min(1, blocks.size), np.bool_), np.diff(blocks) > 0))
    totals = np.add.reduceat(counts, starts) if starts.size else counts
    won = order[is_last]
    return blocks[won], codes[won], totals
