"""Veins under the skin: a strand in the fat that goes on beyond the end of what is dense in it."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calciseg.kernels import Components
from calciseg.model import CtVolume
from calciseg.settings import VeinSettings

__all__ = ["lies_in_vein"]


def lies_in_vein(
    found: Components, depth_mm: NDArray[np.float32], volume: CtVolume, settings: VeinSettings
) -> NDArray[np.bool_]:
    """Tell dots in a strand that goes on in the fat beyond one end, where contrast medium was given.

    Parameters
    ----------
    found : Components
        What is dense.
    depth_mm : ndarray of float32, shape ``(n_components,)``
        Depth of their middles below the surface of the body.
    volume : CtVolume
    settings : VeinSettings

    Returns
    -------
    ndarray of bool, shape ``(n_components,)``
    """
    volumes_mm3 = found.table["n_voxels"] * volume.geometry.voxel_volume_mm3
    is_so = (volumes_mm3 <= settings.max_volume_mm3) & (depth_mm >= settings.min_depth_mm)
    if not volume.header.contrast_agent:
        return np.zeros_like(is_so)
    spacing, n_slices = volume.geometry.spacing_mm_zyx, found.shape[0]
    n = int(np.ceil(settings.min_length_mm / spacing[0]))
    for row in np.flatnonzero(is_so):
        box, mask = found.mask(int(row) + 1)
        corner = np.array([box[1].start, box[2].start])
        below = range(box[0].start - 1, max(box[0].start - 1 - n, -1), -1)
        above = range(box[0].stop, min(box[0].stop + n, n_slices))
        is_so[row] = any(
            _strand_mm(
                _brightest(volume.hu[box][end], mask[end]) + corner, slices, volume.hu, spacing, settings
            )
            >= settings.min_length_mm
            for end, slices in ((0, below), (-1, above))
        )
    return np.asarray(is_so, np.bool_)


def _brightest(hu: NDArray[np.int16], mask: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return row and column of the brightest pixel of a mask."""
    return np.array(np.unravel_index(np.where(mask, hu, np.iinfo(np.int16).min).argmax(), mask.shape))


def _strand_mm(
    at: NDArray[np.intp],
    slices: range,
    hu: NDArray[np.int16],
    spacing_mm_zyx: tuple[float, float, float],
    settings: VeinSettings,
) -> float:
    """Follow a strand of soft tissue in fat, slice after slice, and return its length."""
    dz, *spacing_yx = spacing_mm_zyx
    aside = [max(1, round(settings.aside_mm / step)) for step in spacing_yx]
    far = [int(np.ceil(settings.far_mm / step)) for step in spacing_yx]
    rows, columns = np.ogrid[-far[0] : far[0] + 1, -far[1] : far[1] + 1]
    away_mm = np.hypot(rows * spacing_yx[0], columns * spacing_yx[1])
    is_around = (away_mm > settings.near_mm) & (away_mm <= settings.far_mm)
    for n, z in enumerate(slices):
        part = _window(hu[z], at, [reach + 1 for reach in aside])
        if part is None:
            return n * dz
        smooth = ndimage.uniform_filter(part, 3, output=np.float32)[1:-1, 1:-1]
        at = at + np.array(np.unravel_index(smooth.argmax(), smooth.shape)) - aside
        around = _window(hu[z], at, far)
        if around is None or smooth.max() < settings.min_hu:
            return n * dz
        if np.mean(around[is_around] < settings.fat_hu) < settings.min_fat:
            return n * dz
    return len(slices) * dz


def _window(image: NDArray[np.int16], at: NDArray[np.intp], reach: list[int]) -> NDArray[np.int16] | None:
    """Cut a window out of a slice; None where it does not fit into it."""
    low, high = at - reach, at + reach + 1
    if (low < 0).any() or (high > image.shape).any():
        return None
    return image[low[0] : high[0], low[1] : high[1]]
