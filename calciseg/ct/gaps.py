"""How much fat lies around a lesion among muscles: a deposit between two muscles fills their gap."""

import numpy as np
from numpy.typing import NDArray

from calciseg.kernels import distance_mm
from calciseg.settings import PlaneSettings

__all__ = ["fat_around", "gap_around"]


def fat_around(
    hu: NDArray[np.int16],
    mask: NDArray[np.bool_],
    is_other: NDArray[np.bool_],
    spacing_mm_zyx: tuple[float, float, float],
    settings: PlaneSettings,
) -> float:
    """Measure how much of the tissue in a shell around a lesion is fat.

    Parameters
    ----------
    hu : ndarray of int16, 3-D
        The volume in a box that is wider than the lesion by the shell.
    mask : ndarray of bool
        The lesion.
    is_other : ndarray of bool
        What tells nothing of the tissue: neighbours and bone.
    spacing_mm_zyx : tuple of float
    settings : PlaneSettings

    Returns
    -------
    float
        0 where the shell holds too little tissue to tell.

    Notes
    -----
    Told by how far the mean of the shell lies below its own muscle: noise does not move a mean.
    """
    values, muscle_hu = _shell_hu(hu, mask, is_other, spacing_mm_zyx, settings)
    if not values.size:
        return 0.0
    # Vessels and the lesion's own blur are no more muscle than muscle is.
    values = np.clip(values, settings.fat_hu, muscle_hu + settings.muscle_spread_hu)
    return float((muscle_hu - values.mean()) / (muscle_hu - settings.fat_hu))


def gap_around(
    hu: NDArray[np.int16],
    mask: NDArray[np.bool_],
    is_other: NDArray[np.bool_],
    spacing_mm_zyx: tuple[float, float, float],
    noise_sd_hu: float,
    settings: PlaneSettings,
) -> float:
    """Measure in how much of a shell around a lesion fat is seen.

    Parameters
    ----------
    hu, mask, is_other, spacing_mm_zyx, settings
        As of :func:`fat_around`; what lies at the subcutaneous layer tells nothing either.
    noise_sd_hu : float
        Of soft tissue.

    Returns
    -------
    float
        0 where the shell holds too little tissue to tell.

    Notes
    -----
    The gap goes on beside the deposit. Voxels are counted, not averaged: a gap is seen in many of them,
    though few are all fat; fat that lies to one side of a deposit in muscle fills few of them, but wholly.
    """
    values, muscle_hu = _shell_hu(hu, mask, is_other, spacing_mm_zyx, settings)
    if not values.size:
        return 0.0
    seen_hu = min(settings.soft_hu, muscle_hu - settings.gap_noise_sds * noise_sd_hu)
    return float((values < seen_hu).mean())


def _shell_hu(
    hu: NDArray[np.int16],
    mask: NDArray[np.bool_],
    is_other: NDArray[np.bool_],
    spacing_mm_zyx: tuple[float, float, float],
    settings: PlaneSettings,
) -> tuple[NDArray[np.float64], float]:
    """List the HU of a shell beyond the lesion's blur, none if they are few, and find those of its muscle."""
    inner_mm = max(settings.shell_inner_mm, *spacing_mm_zyx[1:])
    from_lesion_mm = distance_mm(mask, spacing_mm_zyx, max_distance_mm=inner_mm + settings.shell_mm)
    shell = (from_lesion_mm > inner_mm) & np.isfinite(from_lesion_mm) & ~is_other
    if np.count_nonzero(shell) < settings.min_shell_voxels:
        return np.empty(0), settings.muscle_hu
    values = hu[shell].astype(np.float64)
    is_soft = values > settings.soft_hu
    return values, float(np.median(values[is_soft])) if is_soft.any() else settings.muscle_hu
