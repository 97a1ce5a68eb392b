"""The grid on which anatomy is found: the volume's own, or blocks of whole voxels where it is fine."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calciseg.kernels import Components, side_by_side, sum_in_blocks
from calciseg.model import VolumeGeometry
from calciseg.settings import GridSettings

__all__ = ["AnatomyGrid", "choose_grid"]

_LAYERS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class AnatomyGrid:
    """Blocks of ``factors_zyx`` voxels in a region of a volume; the last block of an axis may be smaller.

    Attributes
    ----------
    volume_shape_zyx, volume_spacing_mm_zyx
        Of the volume.
    factors_zyx : tuple of int
        Voxels in a block along each axis.
    region : tuple of slice
        Of the volume; begins with a whole block.
    """

    volume_shape_zyx: tuple[int, int, int]
    volume_spacing_mm_zyx: tuple[float, float, float]
    factors_zyx: tuple[int, int, int]
    region: tuple[slice, slice, slice]

    @property
    def spacing_mm_zyx(self) -> tuple[float, float, float]:
        """Distance between block centres."""
        (dz, dy, dx), (fz, fy, fx) = self.volume_spacing_mm_zyx, self.factors_zyx
        return dz * fz, dy * fy, dx * fx

    @property
    def shape_zyx(self) -> tuple[int, int, int]:
        """Number of blocks."""
        nz, ny, nx = (-(-n // f) for n, f in zip(self._region_shape, self.factors_zyx, strict=True))
        return nz, ny, nx

    @property
    def _region_shape(self) -> tuple[int, ...]:
        return tuple(part.stop - part.start for part in self.region)

    @property
    def _box(self) -> list[int]:
        return [end for part in self.region for end in (part.start, part.stop)]

    @property
    def voxel_volume_mm3(self) -> float:
        """Volume of a block."""
        return float(np.prod(self.spacing_mm_zyx))

    def window(self, width_mm: float) -> tuple[int, int, int]:
        """Give the odd numbers of blocks nearest to a width."""
        z, y, x = (2 * int(width_mm / step / 2 + 0.5) + 1 for step in self.spacing_mm_zyx)
        return z, y, x

    def mean(self, array: NDArray[np.int16]) -> NDArray[np.int16]:
        """Average blocks of the HU of the volume."""
        if self.factors_zyx == (1, 1, 1):
            return array[self.region]
        nz, ny, nx = (
            np.minimum(np.arange(1, blocks + 1) * f, n) - np.arange(blocks) * f
            for n, f, blocks in zip(self._region_shape, self.factors_zyx, self.shape_zyx, strict=True)
        )
        counts = (ny[:, None] * nx).astype(np.float32)
        means = np.empty(self.shape_zyx, np.int16)
        first_slice, end_slice, *across = self._box

        def average(first: int) -> None:  # a few layers at a time: their sums stay in the cache
            part = means[first : first + _LAYERS]
            start = first_slice + first * self.factors_zyx[0]
            stop = min(start + len(part) * self.factors_zyx[0], end_slice)
            sums = sum_in_blocks(array, [start, stop, *across], self.factors_zyx)
            for n, layer, mean in zip(nz[first : first + _LAYERS], sums, part, strict=True):
                mean[...] = np.rint(layer.astype(np.float32) / (n * counts))

        side_by_side(average, range(0, len(means), _LAYERS))
        return means

    def part_of(self, whole: "AnatomyGrid") -> tuple[slice, slice, slice]:
        """Index this grid in the arrays of one that it was cropped from."""
        z, y, x = (
            slice((part.start - all_.start) // f, (part.start - all_.start) // f + n)
            for part, all_, f, n in zip(
                self.region, whole.region, self.factors_zyx, self.shape_zyx, strict=True
            )
        )
        return z, y, x

    def touched_by(self, found: Components) -> NDArray[np.bool_]:
        """Tell which blocks hold a voxel of components of the volume."""
        return found.blocks_in(self._box, self.factors_zyx)

    def expand(self, array: NDArray[Any], box: tuple[slice, ...] | None = None) -> NDArray[Any]:
        """Give every voxel of the volume, or of a box of it, the value of its block.

        Voxels outside the region take the value of the block at its edge.
        """
        if box is None:
            box = tuple(slice(0, n) for n in self.volume_shape_zyx)
        blocks = [self._blocks(np.arange(part.start, part.stop), axis) for axis, part in enumerate(box)]
        held = tuple(
            slice(int(along.min(initial=n)), int(along.max(initial=0)) + 1)
            for along, n in zip(blocks, self.shape_zyx, strict=True)
        )
        part: NDArray[Any] = array[held]
        # Axis by axis, whole rows and slices last: several times quicker than all three at once.
        for axis in (2, 1, 0):
            part = part.take(blocks[axis] - held[axis].start, axis=axis)
        return part

    def block_of(self, points_zyx: NDArray[np.intp]) -> tuple[NDArray[np.intp], ...]:
        """Index the blocks that hold voxels, shape ``(n, 3)``; outside the region, those at its edge."""
        return tuple(self._blocks(points_zyx[:, axis], axis) for axis in range(3))

    def blocks_of_middles(self, found: Components) -> tuple[NDArray[np.intp], ...]:
        """Index the block in the middle of each component."""
        return self.block_of(np.rint(found.table["centroid_zyx"]).astype(np.intp))

    def blocks_of_runs(self, found: Components) -> tuple[tuple[NDArray[np.intp], ...], NDArray[np.float64]]:
        """Index the blocks in the middle of the runs of components, and count the voxels of each run."""
        runs, n_rows = found.runs, found.shape[1]
        middles = np.stack([runs.row // n_rows, runs.row % n_rows, (runs.start + runs.stop) // 2], axis=1)
        return self.block_of(middles.astype(np.intp)), (runs.stop - runs.start).astype(np.float64)

    def share_within(self, found: Components, mask: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the share of each component that lies in a mask of this grid."""
        blocks, n_voxels = self.blocks_of_runs(found)
        inside = np.bincount(found.runs.label, n_voxels * mask[blocks], minlength=found.n_components + 1)
        return np.asarray(inside[1:] / found.table["n_voxels"], np.float64)

    def _blocks(self, voxels: NDArray[np.intp], axis: int) -> NDArray[np.intp]:
        blocks = (voxels - self.region[axis].start) // self.factors_zyx[axis]
        return np.asarray(np.clip(blocks, 0, self.shape_zyx[axis] - 1), np.intp)

    def widened(self, margin_mm: float) -> tuple[slice, slice, slice]:
        """Widen the region on every side, as far as the volume goes."""
        z, y, x = (
            slice(max(0, part.start - margin), min(n, part.stop + margin))
            for part, n, margin in zip(
                self.region,
                self.volume_shape_zyx,
                (int(np.ceil(margin_mm / step)) for step in self.volume_spacing_mm_zyx),
                strict=True,
            )
        )
        return z, y, x

    def cropped(self, mask: NDArray[np.bool_]) -> tuple["AnatomyGrid", tuple[slice, slice, slice]]:
        """Shrink the region to a mask and one block around it.

        Parameters
        ----------
        mask : ndarray of bool
            On this grid; not empty.

        Returns
        -------
        grid : AnatomyGrid
        box : tuple of slice
            Of this grid's arrays, to crop them with.
        """
        box, region = [], []
        for axis in range(3):
            along = np.flatnonzero(mask.any(axis=tuple(other for other in range(3) if other != axis)))
            first, last = max(0, int(along[0]) - 1), min(mask.shape[axis], int(along[-1]) + 2)
            offset, factor = self.region[axis].start, self.factors_zyx[axis]
            box.append(slice(first, last))
            region.append(slice(offset + first * factor, min(offset + last * factor, self.region[axis].stop)))
        return replace(self, region=(region[0], region[1], region[2])), (box[0], box[1], box[2])


def choose_grid(
    geometry: VolumeGeometry, settings: GridSettings, body: AnatomyGrid | None = None
) -> AnatomyGrid:
    """Choose blocks near the wanted spacing, larger where there would be too many.

    Parameters
    ----------
    geometry : VolumeGeometry
    settings : GridSettings
    body : AnatomyGrid, optional
        Where the body was found to be: the air around a limb does not make its blocks larger.

    Returns
    -------
    AnatomyGrid
        Of the whole volume, or of the body and a margin.
    """
    wanted_mm = settings.spacing_mm
    region, most = _all_of(geometry), settings.max_voxels
    if body is not None:
        region, most = body.widened(settings.coarsest_mm), settings.max_body_voxels
    while True:
        fz, fy, fx = (
            max(1, min(int(wanted_mm / step + 0.5), int(settings.coarsest_mm / step)))
            for step in geometry.spacing_mm_zyx
        )
        grid = AnatomyGrid(
            volume_shape_zyx=geometry.shape_zyx,
            volume_spacing_mm_zyx=geometry.spacing_mm_zyx,
            factors_zyx=(fz, fy, fx),
            region=region,
        )
        if np.prod(grid.shape_zyx) <= most or wanted_mm >= settings.coarsest_mm:
            return grid
        wanted_mm *= 1.1


def _all_of(geometry: VolumeGeometry) -> tuple[slice, slice, slice]:
    nz, ny, nx = geometry.shape_zyx
    return slice(0, nz), slice(0, ny), slice(0, nx)
