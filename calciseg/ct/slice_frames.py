"""What each slice shows where slices were moved against each other, as under gantry tilt."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calciseg.ct.grid import AnatomyGrid

__all__ = ["FrameEdge", "SliceFrames"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SliceFrames:
    """Beyond its frame a slice was not scanned.

    Attributes
    ----------
    yx : ndarray of int, shape ``(n_slices, 2, 2)``
        For rows and columns the first that a slice shows, and where it stops.
    """

    yx: NDArray[np.intp]

    def is_beyond(self, box: tuple[slice, ...]) -> NDArray[np.bool_]:
        """Tell which voxels of a box lie beyond the frames, of its shape."""
        off_y, off_x = (
            (places < frames[:, :1]) | (places >= frames[:, 1:])
            for places, frames in zip(
                (np.arange(part.start, part.stop) for part in box[1:]),
                self.yx[box[0]].swapaxes(0, 1),
                strict=True,
            )
        )
        return np.asarray(off_y[:, :, None] | off_x[:, None, :], np.bool_)

    def ends_at(self, points_zyx: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Tell which voxels are the last of their slice."""
        return np.asarray(self._room(points_zyx) <= 0, np.bool_)

    def room(self, points_zyx: NDArray[np.intp]) -> float:
        """Tell how many pixels around the innermost of some are shown on all sides."""
        return float(self._room(points_zyx).max())

    def _room(self, points_zyx: NDArray[np.intp]) -> NDArray[np.intp]:
        frames, places = self.yx[points_zyx[:, 0]], points_zyx[:, 1:]
        sides = places - frames[:, :, 0], frames[:, :, 1] - 1 - places
        return np.asarray(np.minimum(*sides).min(axis=1), np.intp)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FrameEdge:
    """The frames of slices on an anatomy grid.

    Attributes
    ----------
    shown : SliceFrames
    rows, columns : ndarray of int, shapes ``(n_slices, n_rows)`` and ``(n_slices, n_columns)``
        For each block the nearest row, and the nearest column, of blocks that its slices show.
    """

    shown: SliceFrames
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]

    @classmethod
    def on(cls, grid: AnatomyGrid, shown: SliceFrames) -> "FrameEdge | None":
        """Put frames onto a grid; None where each shows all of that, or one nothing of it."""
        rows, columns = (_nearest_shown(grid, shown, axis) for axis in (1, 2))
        if rows is None or columns is None:
            return None
        edge = cls(shown=shown, rows=rows, columns=columns)
        return edge if edge.is_beyond.any() else None

    @property
    def is_beyond(self) -> NDArray[np.bool_]:
        """Blocks of which a part lies beyond the frames."""
        off_y, off_x = (nearest != np.arange(nearest.shape[1]) for nearest in (self.rows, self.columns))
        return np.asarray(off_y[:, :, None] | off_x[:, None, :], np.bool_)

    def continued(self, blocks: NDArray[Any]) -> NDArray[Any]:
        """Let blocks go on beyond the frames as they were at them."""
        slices = np.arange(len(blocks))[:, None, None]
        return blocks[slices, self.rows[:, :, None], self.columns[:, None, :]]

    def cuts(
        self, mask: NDArray[np.bool_], hu: NDArray[np.int16], grid: AnatomyGrid, surface_hu: float
    ) -> bool:
        """Tell whether a body, a mask on the grid, goes on to a frame without air between."""
        fz, fy, fx = grid.factors_zyx
        slices, *in_slice = grid.region
        for block, z in enumerate(range(slices.start, slices.stop, fz)):  # the first slice of each will do
            beyond = self.shown.is_beyond((slice(z, z + 1), *in_slice))[0]
            y, x = np.nonzero(_is_last(beyond))
            is_body = mask[block, self.rows[block, y // fy], self.columns[block, x // fx]]
            if (is_body & (hu[z][tuple(in_slice)][y, x] > surface_hu)).any():
                return True
        return False


def _is_last(beyond: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mark what a slice shows beside what it does not show."""
    beside = np.zeros_like(beyond)
    beside[1:] |= beyond[:-1]
    beside[:-1] |= beyond[1:]
    beside[:, 1:] |= beyond[:, :-1]
    beside[:, :-1] |= beyond[:, 1:]
    return beside & ~beyond


def _nearest_shown(grid: AnatomyGrid, shown: SliceFrames, axis: int) -> NDArray[np.intp] | None:
    """For each block along an axis the nearest that all slices of its layer show; None where one has none."""
    part, factor, n = grid.region[axis], grid.factors_zyx[axis], grid.shape_zyx[axis]
    frames = shown.yx[grid.region[0], axis - 1]
    layers = np.arange(0, len(frames), grid.factors_zyx[0])
    first = np.maximum.reduceat(frames[:, 0], layers) - part.start
    stop = np.minimum.reduceat(frames[:, 1], layers) - part.start
    first_block = np.maximum(-(-first // factor), 0)
    is_to_the_end = stop >= part.stop - part.start  # the last block may be smaller
    last_block = np.where(is_to_the_end, n - 1, stop // factor - 1)
    if (first_block > last_block).any():
        return None
    return np.asarray(np.clip(np.arange(n), first_block[:, None], last_block[:, None]), np.intp)
