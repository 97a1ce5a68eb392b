"""A surface drawn on through what hides it."""

import numpy as np
from numpy.typing import NDArray

from calciseg.kernels import connected_components, distance_mm

__all__ = ["straightened"]

_MAX_SWEEPS = 500


def straightened(
    signed_mm: NDArray[np.float32],
    hidden: NDArray[np.bool_],
    spacing_mm: tuple[float, float, float],
    reach_mm: float,
) -> NDArray[np.float32]:
    """Replace a signed distance where it is hidden by the smoothest one that fits around it.

    Parameters
    ----------
    signed_mm : ndarray of float32, 3-D
        Signed distance to a surface.
    hidden : ndarray of bool
        Where the surface cannot be seen.
    spacing_mm : tuple of float
    reach_mm : float
        Hidden regions that stay farther than this from the surface are left alone.

    Returns
    -------
    ndarray of float32

    Notes
    -----
    The solution of Laplace's equation: the signed distance of a plane is linear, and so is what it is
    continued by, wherever in the hidden region the plane runs. Jacobi sweeps, as many as information needs
    to cross the region.
    """
    found = connected_components(hidden, 1, connectivity=6)
    smooth = signed_mm.copy()
    for row, bounds in enumerate(found.table["bbox"].reshape(-1, 3, 2)):
        if np.abs(signed_mm[tuple(slice(a, b) for a, b in bounds)]).min() > reach_mm:
            continue
        box, unknown = found.mask(row + 1, margins=(1, 1, 1))
        values = np.ascontiguousarray(smooth[box])
        _relax(values, unknown, spacing_mm)
        smooth[box] = values
    return smooth


def _relax(
    values: NDArray[np.float32], unknown: NDArray[np.bool_], spacing_mm: tuple[float, float, float]
) -> None:
    """Make the unknown values of a contiguous box harmonic, in place; its border has no flux."""
    radius_mm = float(distance_mm(~np.pad(unknown, 1), spacing_mm).max())
    n_sweeps = int(min(max(10.0, radius_mm**2 * sum(1.0 / step**2 for step in spacing_mm)), _MAX_SWEEPS))
    weights = np.array([1.0 / step**2 for step in spacing_mm], np.float32)
    weights /= 2 * weights.sum()
    where = np.nonzero(unknown)
    flat = values.reshape(-1)
    places = np.ravel_multi_index(where, values.shape)
    neighbours = [
        (weights[axis], _beside(where, axis, step, values.shape)) for axis in range(3) for step in (-1, 1)
    ]
    for _ in range(n_sweeps):
        mean = np.zeros(len(places), np.float32)
        for weight, beside in neighbours:
            mean += weight * flat[beside]
        flat[places] = mean


def _beside(
    where: tuple[NDArray[np.intp], ...], axis: int, step: int, shape: tuple[int, ...]
) -> NDArray[np.intp]:
    """Index the neighbours along an axis; at the border of the box a voxel is its own neighbour."""
    moved = list(where)
    moved[axis] = np.clip(where[axis] + step, 0, shape[axis] - 1)
    return np.ravel_multi_index(moved, shape)
