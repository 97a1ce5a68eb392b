"""Volume corrected for partial volume: how much of each voxel in and around a lesion is calcified."""

from math import isclose

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calciseg.kernels import distance_mm, nearest_label
from calciseg.settings import MeasureSettings

__all__ = ["partial_volume_mm3"]

_SQUARE = 0.02
"""Spacings that differ by less are those of one slice's pixels."""
_HU_OFFSET = 2000  # labels are positive: HU of tissue, shifted


def partial_volume_mm3(
    mask: NDArray[np.bool_],
    others: NDArray[np.bool_],
    hu: NDArray[np.int16],
    spacing_mm_zyx: tuple[float, float, float],
    settings: MeasureSettings,
) -> float:
    """Sum the calcified fraction of every voxel that a lesion's blur reaches.

    Parameters
    ----------
    mask : ndarray of bool, 3-D
        The lesion, in a box that is wider than it by `blur_mm` and some tissue.
    others : ndarray of bool
        All else that is dense in the box; voxels nearer to it are not counted.
    hu : ndarray of int16
        The volume in the same box.
    spacing_mm_zyx : tuple of float
    settings : MeasureSettings

    Returns
    -------
    float

    Notes
    -----
    The fraction of a voxel is its HU between those of the tissue behind it and those of the solid lesion.
    Behind it is the nearest voxel beyond the blur that is not air: a lesion at the surface lies in skin. Blur
    only moves HU about, so the sum does not depend on it. Where a lesion is too thin to show its solid HU,
    its peak is divided by what the blur would leave of a body of the same half-maximum shape; of bodies
    thinner than the blur this recovers only a part.
    """
    lesion_mm = distance_mm(mask, spacing_mm_zyx, max_distance_mm=settings.blur_mm)
    reach = lesion_mm <= settings.blur_mm
    free = ~mask
    if others.any():
        others_mm = distance_mm(others, spacing_mm_zyx, max_distance_mm=settings.blur_mm)
        free &= others_mm > settings.blur_mm
        reach &= (lesion_mm == 0) | (others_mm > lesion_mm)
    tissue = free & (lesion_mm > settings.blur_mm) & (hu > settings.air_hu)
    if not tissue.any():
        return float(mask.sum()) * float(np.prod(spacing_mm_zyx))
    known = np.where(tissue, np.clip(hu, -1000, 3000) + _HU_OFFSET, 0).astype(np.uint16)
    behind_hu = nearest_label(known, spacing_mm_zyx)[reach].astype(np.float64) - _HU_OFFSET
    solid_hu = _solid_hu(mask, hu, behind_hu, spacing_mm_zyx, settings)
    excess_hu = np.clip(hu[reach] - behind_hu, 0.0, None)
    fractions = excess_hu / np.maximum(solid_hu - behind_hu, 1.0)
    return float(fractions.sum()) * float(np.prod(spacing_mm_zyx))


def _solid_hu(
    mask: NDArray[np.bool_],
    hu: NDArray[np.int16],
    behind_hu: NDArray[np.float64],
    spacing_mm_zyx: tuple[float, float, float],
    settings: MeasureSettings,
) -> float:
    """HU of the lesion where partial volume does not reach; where that is nowhere, its recovered peak."""
    tight = ndimage.find_objects(mask.view(np.uint8))[0]
    inner_mm = distance_mm(~np.pad(mask[tight], 1), spacing_mm_zyx)[1:-1, 1:-1, 1:-1]
    across = _slice_axis(spacing_mm_zyx)
    deep = hu[tight][inner_mm > max(settings.plateau_depth_mm, 1.01 * spacing_mm_zyx[across])]
    if deep.size >= 8:
        return float(np.median(deep))
    threshold = np.partition(hu[mask], -max(1, int(mask.sum()) // 10))[-max(1, int(mask.sum()) // 10)]
    top = mask & (hu >= threshold)
    peak_hu, background_hu = float(hu[top].mean()), float(np.median(behind_hu))
    half = mask & (hu >= (peak_hu + background_hu) / 2)
    sigmas = [settings.psf_sigma_mm / step_mm for step_mm in spacing_mm_zyx]
    sigmas[across] = settings.psf_sigma_slices
    recovered = ndimage.gaussian_filter(half.astype(np.float32), sigmas, mode="constant")
    return background_hu + (peak_hu - background_hu) / float(recovered[top].mean())


def _slice_axis(spacing_mm_zyx: tuple[float, float, float]) -> int:
    """Tell along which axis the scanner sliced: the one whose spacing is not that of the other two.

    The voxels decide and not the way they were stored, which changes no measure. Cubes, and volumes with
    three spacings, count as axial.
    """
    dz, dy, dx = spacing_mm_zyx
    if isclose(dy, dx, rel_tol=_SQUARE):
        return 0
    if isclose(dz, dx, rel_tol=_SQUARE):
        return 1
    return 2 if isclose(dz, dy, rel_tol=_SQUARE) else 0
