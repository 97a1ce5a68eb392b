"""Looking at an array from the patient's side, however the scanner stored it."""

from dataclasses import dataclass
from itertools import permutations
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from calciseg.model import VolumeGeometry

__all__ = ["IndexRanges", "PatientView"]

IndexRanges = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]

_FEET_BACK_LEFT = np.array([[0.0, 0.0, -1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
"""Where the axes of a view point, in LPS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientView:
    """Axes reordered and flipped so that they point to the feet, to the back and to the patient's left.

    A slice ``[i]`` of such a view is axial as a radiologist expects it: the patient's right on the left, the
    front on top. Oblique grids take the nearest axes.

    Attributes
    ----------
    axes : tuple of int
        Which array axis becomes each axis of the view.
    is_flipped : tuple of bool
        For each axis of the view.
    shape : tuple of int
    spacing_mm : tuple of float
        Along the axes of the view.
    """

    axes: tuple[int, int, int]
    is_flipped: tuple[bool, bool, bool]
    shape: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]

    @classmethod
    def of_geometry(cls, geometry: VolumeGeometry) -> Self:
        """Find the view of a grid."""
        columns_zyx = np.asarray(geometry.direction).reshape(3, 3)[:, ::-1]
        likeness = _FEET_BACK_LEFT @ columns_zyx
        orders = list(permutations(range(3)))
        axes = max(orders, key=lambda order: sum(abs(likeness[i, axis]) for i, axis in enumerate(order)))
        return cls(
            axes=_three(axes),
            is_flipped=_three(bool(likeness[i, axis] < 0) for i, axis in enumerate(axes)),
            shape=_three(geometry.shape_zyx[axis] for axis in axes),
            spacing_mm=_three(geometry.spacing_mm_zyx[axis] for axis in axes),
        )

    def of_array(self, array_zyx: NDArray[Any]) -> NDArray[Any]:
        """Return the view of an array; nothing is copied."""
        steps = tuple(slice(None, None, -1 if is_flipped else 1) for is_flipped in self.is_flipped)
        view: NDArray[Any] = array_zyx.transpose(self.axes)[steps]
        return view

    def of_ranges(self, ranges_zyx: IndexRanges) -> IndexRanges:
        """Return half-open index ranges in the view."""
        turned = []
        for axis, is_flipped, n in zip(self.axes, self.is_flipped, self.shape, strict=True):
            start, end = ranges_zyx[axis]
            turned.append((n - end, n - start) if is_flipped else (start, end))
        whole: IndexRanges = _three(turned)
        return whole

    def zyx_of(self, point: tuple[int, int, int]) -> tuple[int, int, int]:
        """Return the index into the array of a voxel of the view."""
        zyx = [0, 0, 0]
        for i, axis, is_flipped, n in zip(point, self.axes, self.is_flipped, self.shape, strict=True):
            zyx[axis] = n - 1 - i if is_flipped else i
        index: tuple[int, int, int] = _three(zyx)
        return index


def _three(values: Any) -> Any:
    """Return exactly three values as a tuple."""
    first, second, third = values
    return first, second, third
