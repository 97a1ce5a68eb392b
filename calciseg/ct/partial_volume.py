"""Volume corrected for partial volume: how much of each voxel in and around a lesion is calcified."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calciseg.ct.slice_axis import slice_axis
from calciseg.kernels import bridge, distance_mm
from calciseg.settings import MeasureSettings

__all__ = ["is_deep", "partial_volume_mm3", "reach_spacing_mm"]


def reach_spacing_mm(
    spacing_mm_zyx: tuple[float, float, float], settings: MeasureSettings
) -> tuple[float, float, float]:
    """Return the spacing in which the reach of blur is measured: it is one voxel at least."""
    dz, dy, dx = (min(step, settings.blur_mm) for step in spacing_mm_zyx)
    return dz, dy, dx


def is_deep(
    inner_mm: NDArray[np.float32], spacing_mm_zyx: tuple[float, float, float], settings: MeasureSettings
) -> NDArray[np.bool_]:
    """Tell which voxels of a lesion partial volume does not reach, by how deep they lie in it."""
    depth_mm = max(settings.plateau_depth_mm, 1.01 * spacing_mm_zyx[slice_axis(spacing_mm_zyx)])
    return np.asarray(inner_mm > depth_mm, np.bool_)


def partial_volume_mm3(
    mask: NDArray[np.bool_],
    deep: NDArray[np.bool_],
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
    deep : ndarray of bool
        Which of its voxels partial volume does not reach, as of :func:`is_deep`.
    others : ndarray of bool
        All else that is dense in the box; voxels nearer to it are not counted.
    hu : ndarray of int16
        The volume in the same box.
    spacing_mm_zyx : tuple of float
    settings : MeasureSettings

    Returns
    -------
    float
        The volume of its voxels where nothing around is known, or nothing of it is denser than that.

    Notes
    -----
    The fraction of a voxel is its HU between those of what lies behind it and those of the solid lesion.
    What lies behind is drawn on from beyond the blur along the layers of tissue, the air's edge among them:
    the nearest voxel is of another layer than the lesion where fat or skin is thin. Blur only moves HU about,
    so the sum does not depend on it, and noise adds nothing, since HU below the tissue's count as well. Where
    a lesion is too thin to show its solid HU, its peak is divided by what the blur would leave of a body of
    the same half-maximum shape; of bodies thinner than the blur this recovers only a part.
    """
    voxel_mm3 = float(np.prod(spacing_mm_zyx))
    steps_mm = reach_spacing_mm(spacing_mm_zyx, settings)
    lesion_mm = distance_mm(_whole(mask, others, hu, settings), steps_mm, max_distance_mm=settings.blur_mm)
    reach, barred = lesion_mm <= settings.blur_mm, others
    if others.any():
        others_mm = distance_mm(others, steps_mm, max_distance_mm=settings.blur_mm)
        reach &= mask | (others_mm > lesion_mm)
        barred = others_mm <= settings.blur_mm
    known = ~barred & (lesion_mm > settings.blur_mm)
    if not (known & (hu > settings.air_hu)).any():
        return float(mask.sum()) * voxel_mm3
    behind_hu = _behind_hu(hu, known, barred & ~reach, reach, deep, spacing_mm_zyx, settings)
    solid_hu = _solid_hu(mask, deep, hu, behind_hu[behind_hu > settings.air_hu], spacing_mm_zyx, settings)
    if solid_hu is None:
        return float(mask.sum()) * voxel_mm3
    fractions = (hu[reach] - behind_hu) / np.maximum(solid_hu - behind_hu, 1.0)
    return max(0.0, float(fractions.sum())) * voxel_mm3


def _whole(
    mask: NDArray[np.bool_], others: NDArray[np.bool_], hu: NDArray[np.int16], settings: MeasureSettings
) -> NDArray[np.bool_]:
    """Add the neighbours above half of the peak, which a high threshold leaves out of a faint lesion."""
    tissue = ~(mask | others) & (hu > settings.air_hu)
    if not tissue.any():
        return mask
    peak_hu = float(hu[mask & (hu >= _top_tenth_hu(mask, hu))].mean())
    half_hu = (peak_hu + float(np.median(hu[tissue]))) / 2
    if hu[mask].min() < half_hu:
        return mask
    return mask | (ndimage.binary_dilation(mask) & (hu >= half_hu) & ~ndimage.binary_dilation(others))


def _behind_hu(
    hu: NDArray[np.int16],
    known: NDArray[np.bool_],
    barred: NDArray[np.bool_],
    reach: NDArray[np.bool_],
    deep: NDArray[np.bool_],
    spacing_mm_zyx: tuple[float, float, float],
    settings: MeasureSettings,
) -> NDArray[np.float64]:
    """HU that the voxels in reach would have without the lesion; deep inside it they hardly matter."""
    found_hu = np.full(np.count_nonzero(reach), np.nan)
    found_hu[~deep[reach]] = bridge(
        hu,
        known,
        barred,
        reach & ~deep,
        spacing_mm_zyx,
        agree=settings.alike_hu,
        lonely=settings.one_side_hu,
    )
    is_found = np.isfinite(found_hu)
    found_hu[~is_found] = np.median(found_hu[is_found] if is_found.any() else hu[known])
    return found_hu


def _solid_hu(
    mask: NDArray[np.bool_],
    deep: NDArray[np.bool_],
    hu: NDArray[np.int16],
    tissue_hu: NDArray[np.float64],
    spacing_mm_zyx: tuple[float, float, float],
    settings: MeasureSettings,
) -> float | None:
    """HU of the lesion where partial volume does not reach; where that is nowhere, its recovered peak.

    None where that is no denser than what is around, as a label drawn by hand may be.
    """
    background_hu = float(np.median(tissue_hu)) if tissue_hu.size else settings.air_hu
    if np.count_nonzero(deep) >= 8:
        inner_hu = float(np.median(hu[deep]))
        return inner_hu if inner_hu > background_hu else None
    top = mask & (hu >= _top_tenth_hu(mask, hu))
    peak_hu = float(hu[top].mean())
    if peak_hu <= background_hu:
        return None
    half = mask & (hu >= (peak_hu + background_hu) / 2)
    sigmas = [settings.psf_sigma_mm / step_mm for step_mm in spacing_mm_zyx]
    sigmas[slice_axis(spacing_mm_zyx)] = settings.psf_sigma_slices
    recovered = ndimage.gaussian_filter(half.astype(np.float32), sigmas, mode="constant")
    return background_hu + (peak_hu - background_hu) / float(recovered[top].mean())


def _top_tenth_hu(mask: NDArray[np.bool_], hu: NDArray[np.int16]) -> int:
    """HU that a tenth of the lesion's voxels reach."""
    values = hu[mask]
    n = max(1, values.size // 10)
    return int(np.partition(values, -n)[-n])
