"""The circle within which a scanner reconstructs, and how a body that it cuts goes on beyond it."""

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calciseg.ct.footprints import any_in_blocks
from calciseg.ct.grid import AnatomyGrid

__all__ = ["FieldEdge", "ReconstructionCircle", "find_circle"]

_N_SLICES = 8
"""So many slices show the circle: it is the scanner's, the same in all of them."""
_ROUND_SHARE = 0.68
"""Of the outline's outermost four pixels, so much lies within the last one. A contour that only touches a
circle leaves it as the square root of the way, so it has a half there; one that it cuts has nearly all."""
_MIN_ARC = 0.02
"""A shorter part of the circle tells nothing. Design."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconstructionCircle:
    """Beyond it, in every slice, there is nothing but one constant value.

    Attributes
    ----------
    centre_yx, radius : float
        In pixels.
    """

    centre_yx: tuple[float, float]
    radius: float

    def is_beyond(self, box: tuple[slice, ...]) -> NDArray[np.bool_]:
        """Tell which pixels of the slices of a box lie beyond it, shape ``(ny, nx)``."""
        rows, columns = (np.arange(part.start, part.stop) for part in box[1:])
        return self._is_beyond(rows[:, None], columns)

    def is_last(self, box: tuple[slice, ...]) -> NDArray[np.bool_]:
        """Tell which pixels of the slices of a box lie within it but have a neighbour that does not."""
        rows, columns = (np.arange(part.start, part.stop) for part in box[1:])
        return self._is_last(rows[:, None], columns)

    def ends_at(self, points_zyx: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Tell the same of single voxels."""
        return self._is_last(points_zyx[:, 1], points_zyx[:, 2])

    def _is_last(self, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[np.bool_]:
        beside = [self._is_beyond(rows + dy, columns + dx) for dy, dx in ((-1, 0), (1, 0), (0, -1), (0, 1))]
        return np.asarray(np.any(beside, axis=0) & ~self._is_beyond(rows, columns), np.bool_)

    def room(self, points_zyx: NDArray[np.intp]) -> float:
        """Tell how many pixels around the innermost of some are shown on all sides."""
        y, x = self.centre_yx
        return float(self.radius - np.hypot(points_zyx[:, 1] - y, points_zyx[:, 2] - x).min())

    def _is_beyond(self, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[np.bool_]:
        y, x = self.centre_yx
        return np.asarray(np.hypot(rows - y, columns - x) > self.radius, np.bool_)


def find_circle(hu: NDArray[np.int16]) -> ReconstructionCircle | None:
    """Find the circle beyond which an image shows nothing.

    Parameters
    ----------
    hu : ndarray of int16
        The volume.

    Returns
    -------
    ReconstructionCircle or None
        None where slices are shown to their corners, or where what is shown has no round outline: where the
        background was blanked up to the skin, that is no edge of the field of view.

    Notes
    -----
    Skin that is itself a circle about the middle, with a blank background, cannot be told from a cut.
    """
    some = hu[np.unique(np.linspace(0, len(hu) - 1, _N_SLICES).astype(np.intp))]
    nothing_hu = some[0, 0, 0]
    if (some[:, [0, 0, -1, -1], [0, -1, 0, -1]] != nothing_hu).any():
        return None
    rows, columns = _outline((some != nothing_hu).any(axis=0))
    if not rows.size:
        return None
    # The middle of an even number of pixels is written as the pixel before it, between, or behind.
    middles = [[(n - 1) / 2 + shift for shift in (0.0, 0.5, -0.5)] for n in hu.shape[1:]]
    share, circle = max((_fit(rows, columns, (y, x)) for y, x in product(*middles)), key=lambda fit: fit[0])
    return circle if share >= _ROUND_SHARE else None


def _outline(is_shown: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """List the first and the last pixel shown in each row and in each column."""
    rows, columns = (np.flatnonzero(is_shown.any(axis=1 - axis)) for axis in (0, 1))
    height, width = is_shown.shape
    some_rows, some_columns = is_shown[rows], is_shown[:, columns]
    y = [rows, rows, some_columns.argmax(axis=0), height - 1 - some_columns[::-1].argmax(axis=0)]
    x = [some_rows.argmax(axis=1), width - 1 - some_rows[:, ::-1].argmax(axis=1), columns, columns]
    return np.concatenate(y), np.concatenate(x)


def _fit(
    rows: NDArray[np.intp], columns: NDArray[np.intp], centre_yx: tuple[float, float]
) -> tuple[float, ReconstructionCircle]:
    """Tell how round the outermost part of an outline is about a middle; 0 where that part is short."""
    distance = np.hypot(rows - centre_yx[0], columns - centre_yx[1])
    radius = float(distance.max())
    n_beside = np.count_nonzero(distance > radius - 1)
    share = n_beside / np.count_nonzero(distance > radius - 4)
    is_long = n_beside >= _MIN_ARC * 8 * radius  # a whole circle has so many first and last pixels
    return share if is_long else 0.0, ReconstructionCircle(centre_yx=centre_yx, radius=radius)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FieldEdge:
    """A circle on an anatomy grid.

    Attributes
    ----------
    shown : ReconstructionCircle
    is_beyond : ndarray of bool, shape ``(1, ny, nx)``
        Blocks of which a part lies beyond the circle.
    nearest_yx : ndarray of int, shape ``(2, ny, nx)``
        The nearest block that lies within it; itself where it does.
    """

    shown: ReconstructionCircle
    is_beyond: NDArray[np.bool_]
    nearest_yx: NDArray[np.intp]

    @classmethod
    def on(cls, grid: AnatomyGrid, circle: ReconstructionCircle) -> "FieldEdge | None":
        """Put a circle onto a grid; None where all of that lies within it."""
        is_beyond = any_in_blocks(circle.is_beyond(grid.region), grid.factors_zyx[1:])
        if is_beyond.all() or not is_beyond.any():
            return None
        nearest_yx = ndimage.distance_transform_edt(is_beyond, return_distances=False, return_indices=True)
        return cls(shown=circle, is_beyond=is_beyond[None], nearest_yx=np.asarray(nearest_yx, np.intp))

    def continued(self, blocks: NDArray[Any]) -> NDArray[Any]:
        """Let blocks go on beyond the circle as they were at it."""
        return blocks[:, self.nearest_yx[0], self.nearest_yx[1]]

    def cuts(
        self, mask: NDArray[np.bool_], hu: NDArray[np.int16], grid: AnatomyGrid, surface_hu: float
    ) -> bool:
        """Tell whether a body, a mask on the grid, goes on to the circle without air between."""
        rows, columns = np.nonzero(self.shown.is_last(grid.region))
        fz, fy, fx = grid.factors_zyx
        y, x = self.nearest_yx[:, rows // fy, columns // fx]
        is_body = mask[:, y, x]
        if not is_body.any():
            return False
        slices = hu[grid.region][::fz]  # the first slice of each block will do
        return bool((is_body & (slices[:, rows, columns] > surface_hu)).any())
