"""A surface drawn on through what hides it."""

import numpy as np
from numpy.typing import NDArray

from calciseg.kernels import connected_components, distance_mm, relax, side_by_side

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
    bounds = found.table["bbox"].reshape(-1, 3, 2)
    rows = [
        row
        for row, box in enumerate(bounds)
        if np.abs(signed_mm[tuple(slice(a, b) for a, b in box)]).min() <= reach_mm
    ]

    def straighten(row: int) -> None:
        box, unknown = found.mask(row + 1, margins=(1, 1, 1))
        values = relax(signed_mm[box], unknown, spacing_mm, _n_sweeps(unknown, spacing_mm))
        smooth[box][unknown] = values[unknown]

    side_by_side(straighten, rows)
    return smooth


def _n_sweeps(unknown: NDArray[np.bool_], spacing_mm: tuple[float, float, float]) -> int:
    """As many as it takes from the border of what is unknown to its middle."""
    radius_mm = float(distance_mm(~np.pad(unknown, 1), spacing_mm).max())
    return int(min(max(10.0, radius_mm**2 * sum(1.0 / step**2 for step in spacing_mm)), _MAX_SWEEPS))
