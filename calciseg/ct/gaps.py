"""How much fat lies around a lesion among muscles: a deposit between two muscles fills their gap."""

import numpy as np
from numpy.typing import NDArray

from calciseg.kernels import distance_mm
from calciseg.settings import PlaneSettings

__all__ = ["fat_around"]


def fat_around(
    hu: NDArray[np.int16],
    mask: NDArray[np.bool_],
    is_other: NDArray[np.bool_],
    spacing_mm_zyx: tuple[float, float, float],
    settings: PlaneSettings,
) -> float:
    """Measure the share of fat in a shell around a lesion.

    Parameters
    ----------
    hu : ndarray of int16, 3-D
        The volume in a box that is wider than the lesion by the shell.
    mask : ndarray of bool
        The lesion.
    is_other : ndarray of bool
        What tells nothing of gaps between muscles: neighbours, bone, the subcutaneous layer.
    spacing_mm_zyx : tuple of float
    settings : PlaneSettings

    Returns
    -------
    float
        0 where the shell holds too little tissue to tell.

    Notes
    -----
    The gap goes on beside the deposit, thinner than a voxel often, so its fat is told by how far the mean
    of the shell lies below its own muscle. Noise does not move a mean.
    """
    inner_mm = max(settings.shell_inner_mm, *spacing_mm_zyx[1:])
    from_lesion_mm = distance_mm(mask, spacing_mm_zyx, max_distance_mm=inner_mm + settings.shell_mm)
    shell = (from_lesion_mm > inner_mm) & np.isfinite(from_lesion_mm) & ~is_other
    if np.count_nonzero(shell) < settings.min_shell_voxels:
        return 0.0
    values = hu[shell].astype(np.float64)
    is_soft = values > settings.soft_hu
    muscle_hu = float(np.median(values[is_soft])) if is_soft.any() else settings.muscle_hu
    # Vessels and the lesion's own blur are no more muscle than muscle is.
    values = np.clip(values, settings.fat_hu, muscle_hu + settings.muscle_spread_hu)
    return float((muscle_hu - values.mean()) / (muscle_hu - settings.fat_hu))
