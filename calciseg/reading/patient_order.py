"""One order of voxels for every volume: slices rise to the head, rows to the back, columns to the left.

What is found in a volume must not depend on how an archive sliced it. Only the order of the axes changes: no
voxel is moved in the patient and none is resampled.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from calciseg.model import VolumeGeometry

__all__ = ["PatientOrder", "patient_order"]

_AXES_ZYX_IN_LPS = (2, 1, 0)
_NOISE_DECIMALS = 6
"""Direction cosines are written with about as many: beyond them two axes are equally near."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientOrder:
    """How the axes of a stack (slices, rows, columns) become those of a volume."""

    stack_axes: tuple[int, ...]
    """For z, y and x of the volume the axis of the stack that lies nearest to it."""
    is_reversed: tuple[bool, ...]
    """For z, y and x of the volume whether the stack runs the other way."""

    def is_falling(self, stack_axis: int) -> bool:
        """Whether an axis of the stack runs against the axis of the patient that it lies nearest to."""
        return self.is_reversed[self.stack_axes.index(stack_axis)]

    def new_stack(self, shape: Sequence[int]) -> NDArray[np.int16]:
        """Make room for a stack of this shape that lies in memory as its volume will."""
        volume = np.empty([shape[axis] for axis in self.stack_axes], dtype=np.int16)
        return volume[self._steps].transpose(np.argsort(self.stack_axes))

    def volume_of(self, stack: NDArray[np.int16]) -> NDArray[np.int16]:
        """Return the volume of a stack, a view; C-contiguous for a stack of :meth:`new_stack`."""
        return stack.transpose(self.stack_axes)[self._steps]

    def geometry_of(self, stack: VolumeGeometry) -> VolumeGeometry:
        """Return where the voxels of the volume lie: where those of the stack lie."""
        axes = list(self.stack_axes)
        signs = np.where(self.is_reversed, -1.0, 1.0)
        columns_zyx = np.reshape(stack.direction, (3, 3))[:, ::-1][:, axes] * signs
        last_zyx = (np.asarray(stack.shape_zyx) - 1.0)[axes]
        lengths_mm = last_zyx * np.asarray(stack.spacing_mm_zyx)[axes]
        corner = np.asarray(stack.origin_lps_mm) - columns_zyx @ np.where(self.is_reversed, lengths_mm, 0.0)
        nz, ny, nx = (stack.shape_zyx[axis] for axis in axes)
        dz, dy, dx = (stack.spacing_mm_zyx[axis] for axis in axes)
        return replace(
            stack,
            shape_zyx=(nz, ny, nx),
            spacing_mm_zyx=(dz, dy, dx),
            origin_lps_mm=(float(corner[0]), float(corner[1]), float(corner[2])),
            direction=tuple(float(value) + 0.0 for value in columns_zyx[:, ::-1].ravel()),
        )

    @property
    def _steps(self) -> tuple[slice, ...]:
        return tuple(slice(None, None, -1 if is_reversed else 1) for is_reversed in self.is_reversed)


def patient_order(directions: Sequence[NDArray[np.float64]]) -> PatientOrder:
    """Find the order of axes that lies nearest to the patient's.

    Parameters
    ----------
    directions : sequence of ndarray of float64
        LPS unit vectors along which slices, rows and columns of a stack follow each other; at right angles.

    Returns
    -------
    PatientOrder
        Of all orders the one whose three angles to superior, posterior and left have the largest sum of
        cosines. The volume it makes is right-handed, even from a stack that is not. Where two orders are
        equally near, the choice depends on the directions and not on how the voxels are stored.
    """
    cosines = np.stack(directions)[:, _AXES_ZYX_IN_LPS]

    def nearness(axes: tuple[int, ...]) -> tuple[float, ...]:
        along = cosines[axes, (0, 1, 2)]
        turned = cosines[axes, :] * np.where(along < 0, -1.0, 1.0)[:, None]
        return tuple((np.round([np.abs(along).sum(), *turned.ravel()], _NOISE_DECIMALS) + 0.0).tolist())

    axes = max(permutations(range(3)), key=nearness)
    return PatientOrder(
        stack_axes=axes,
        is_reversed=tuple(bool(cosines[axis, zyx] < 0) for zyx, axis in enumerate(axes)),
    )
