"""The psoas: muscle that lies free on the side of the spine, and leans on the kidney."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calciseg.ct.footprints import dilated
from calciseg.settings import BodyCavitySettings

__all__ = ["find_psoas", "off_middle_mm"]

_NEVER_MM = 1e3  # as the distance of slices: they do not reach one another


def find_psoas(
    is_cavity: NDArray[np.bool_],
    is_soft: NDArray[np.bool_],
    bone: NDArray[np.bool_],
    spacing_mm: tuple[float, float, float],
    settings: BodyCavitySettings,
) -> NDArray[np.bool_]:
    """Find the soft tissue of a cavity that lies on the sides of the spine and is no larger than a psoas.

    Parameters
    ----------
    is_cavity : ndarray of bool
        What the wall of the trunk surrounds, on a coarse lattice.
    is_soft : ndarray of bool
        Soft tissue, neither fat nor bone.
    bone : ndarray of bool
    spacing_mm : tuple of float
    settings : BodyCavitySettings

    Returns
    -------
    ndarray of bool
        Within the cavity.

    Notes
    -----
    In slices. What touches along less than twice `psoas_parting_mm` is parted, as psoas and kidney are; where
    they are not, both are too large together and neither is found. The great vessels lie before the spine.
    """
    _, dy, dx = spacing_mm
    in_slice_mm = _NEVER_MM, dy, dx
    aside_mm = off_middle_mm(is_cavity, dx)
    spine = _spine(bone & (aside_mm <= settings.spine_half_width_mm), is_cavity, spacing_mm[0], settings)
    side = spine & (np.cumsum(spine.any(axis=2), axis=1) * dy > settings.psoas_behind_mm)[:, :, None]
    tissue = is_cavity & is_soft & ~bone & (aside_mm > settings.spine_half_width_mm)
    core = tissue & ~dilated(is_cavity & ~is_soft & ~bone, settings.psoas_parting_mm, in_slice_mm)
    in_plane = ndimage.generate_binary_structure(3, 1) & (np.arange(3) == 1)[:, None, None]
    labels, n = ndimage.label(core, in_plane)

    def area_mm2(where: NDArray[np.bool_]) -> NDArray[np.float64]:
        return np.asarray(np.bincount(labels[where], minlength=n + 1) * (dy * dx), np.float64)

    area = area_mm2(core)
    is_psoas = (area >= settings.psoas_mm2[0]) & (area <= settings.psoas_mm2[1])
    is_psoas &= 2 * area_mm2(core & (aside_mm <= settings.psoas_aside_mm)) > area
    is_psoas &= area_mm2(core & dilated(side, settings.psoas_gap_mm, in_slice_mm)) > 0
    is_psoas[0] = False
    return dilated(is_psoas[labels], settings.psoas_parting_mm, in_slice_mm) & tissue


def off_middle_mm(is_cavity: NDArray[np.bool_], dx: float) -> NDArray[np.float64]:
    """Measure how far columns lie from the middle of the cavity of their slice; shape ``(n_z, 1, n_x)``."""
    per_column = np.count_nonzero(is_cavity, axis=1)
    columns = np.arange(per_column.shape[1])
    middle = per_column @ columns / np.maximum(per_column.sum(axis=1), 1)
    return np.asarray(np.abs(columns - middle[:, None])[:, None] * dx, np.float64)


def _spine(
    bone: NDArray[np.bool_], is_cavity: NDArray[np.bool_], dz: float, settings: BodyCavitySettings
) -> NDArray[np.bool_]:
    """Keep the bone in the back half of the cavity, drawn on over the discs."""
    per_row = np.count_nonzero(is_cavity, axis=2)
    rows = np.arange(per_row.shape[1])
    middle = per_row @ rows / np.maximum(per_row.sum(axis=1), 1)
    behind = bone & (rows > middle[:, None])[:, :, None]
    n_slab = 2 * int(settings.slab_mm / dz) + 1
    return ndimage.maximum_filter1d(behind.view(np.uint8), n_slab, axis=0).view(np.bool_)
