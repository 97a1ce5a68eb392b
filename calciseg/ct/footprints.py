"""Binary morphology with balls in millimetres, made of one dilation, and the bodies that it parts."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from calciseg.kernels import connected_components, dilate_mm, distance_mm, erode_mm

__all__ = [
    "any_in_blocks",
    "closed",
    "counting",
    "depth_in",
    "dilated",
    "eroded",
    "large_bodies",
    "opened",
    "shell_around",
]


def any_in_blocks(mask: NDArray[np.bool_], steps: Sequence[int]) -> NDArray[np.bool_]:
    """Tell which blocks of so many voxels along each axis hold a True; the last may be smaller."""
    blocks = mask
    for axis, step in enumerate(steps):
        if step > 1:
            along = np.moveaxis(blocks, axis, 0)
            some = along[::step].copy()
            for first in range(1, step):
                part = along[first::step]
                some[: len(part)] |= part
            blocks = np.moveaxis(some, 0, axis)
    return np.ascontiguousarray(blocks)


def counting(mask: NDArray[np.bool_], where: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Give 1 in a mask and 2 where that is so: the sum of a component less its size counts where it is."""
    return mask.view(np.uint8) + (mask & where).view(np.uint8)


def dilated(mask: NDArray[np.bool_], radius_mm: float, spacing_mm: Sequence[float]) -> NDArray[np.bool_]:
    """Add all voxels within `radius_mm` of the mask."""
    return dilate_mm(mask, spacing_mm, radius_mm)


def eroded(mask: NDArray[np.bool_], radius_mm: float, spacing_mm: Sequence[float]) -> NDArray[np.bool_]:
    """Remove all voxels within `radius_mm` of the background; what lies beyond the array erodes nothing."""
    return erode_mm(mask, spacing_mm, radius_mm)


def opened(mask: NDArray[np.bool_], radius_mm: float, spacing_mm: Sequence[float]) -> NDArray[np.bool_]:
    """Keep only what a ball of `radius_mm` fits into."""
    return dilated(eroded(mask, radius_mm, spacing_mm), radius_mm, spacing_mm) & mask


def closed(mask: NDArray[np.bool_], radius_mm: float, spacing_mm: Sequence[float]) -> NDArray[np.bool_]:
    """Fill all gaps that a ball of `radius_mm` does not fit into; the border of the array is left open."""
    return eroded(dilated(mask, radius_mm, spacing_mm), radius_mm, spacing_mm) | mask


def shell_around(
    mask: NDArray[np.bool_], radius_mm: float, spacing_mm: tuple[float, float, float]
) -> NDArray[np.bool_]:
    """Mark the voxels within `radius_mm` beyond the mask, and the next slice however far away it is."""
    dz, dy, dx = spacing_mm
    return dilated(mask, radius_mm, (min(dz, radius_mm), dy, dx)) & ~mask


def depth_in(
    mask: NDArray[np.bool_], spacing_mm: tuple[float, float, float]
) -> tuple[NDArray[np.float32], float]:
    """Return how deep voxels lie in a body, in mm, and how many balls of its own radius its volume holds."""
    outside = np.ones([n + 2 for n in mask.shape], np.bool_)
    outside[1:-1, 1:-1, 1:-1] = ~mask
    inner_mm = distance_mm(outside, spacing_mm)[1:-1, 1:-1, 1:-1]
    radius_mm = float(inner_mm.max()) - min(spacing_mm) / 2
    volume_mm3 = int(np.count_nonzero(mask)) * float(np.prod(spacing_mm))
    return inner_mm, volume_mm3 / (4 / 3 * np.pi * radius_mm**3)


def large_bodies(
    mask: NDArray[np.bool_],
    min_volume_mm3: float,
    spacing_mm: Sequence[float],
    margins: tuple[int, int, int],
    connectivity: int = 26,
) -> Iterator[tuple[tuple[slice, ...], NDArray[np.bool_]]]:
    """Yield the connected parts of a mask that are so large, each with the box it lies in and a margin."""
    found = connected_components(mask, 1, connectivity=connectivity)
    volumes_mm3 = found.table["n_voxels"] * float(np.prod(spacing_mm))
    for row in np.flatnonzero(volumes_mm3 >= min_volume_mm3):
        yield found.mask(int(row) + 1, margins=margins)
