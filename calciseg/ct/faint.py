"""Faint deposits that thresholds made for noise in muscle would pass over: in fat, and within the skin."""

import numpy as np
from numpy.typing import NDArray

from calciseg.ct.body import Body
from calciseg.ct.candidates import DensityThresholds, local_noise_sd_hu
from calciseg.ct.grid import AnatomyGrid
from calciseg.ct.parting import joined, parted
from calciseg.kernels import Components, connected_components, shells_of
from calciseg.settings import FaintSettings

__all__ = ["is_wide_in_skin", "stands_out_of_fat", "with_faint"]


def with_faint(
    every: Components,
    hu: NDArray[np.int16],
    thresholds: DensityThresholds,
    grid: AnatomyGrid,
    body: Body,
    settings: FaintSettings,
) -> tuple[Components, Components | None]:
    """Add what stays below a raised threshold but stands out of fat.

    Parameters
    ----------
    every : Components
        All that reaches `thresholds.grow_hu`.
    hu : ndarray of int16
        The volume.
    thresholds : DensityThresholds
        Raised for noise of muscle or for contrast medium; where they were not, nothing is added.
    grid : AnatomyGrid
    body : Body
    settings : FaintSettings

    Returns
    -------
    every : Components
        With what was added.
    too_faint : Components or None
        What stays below the raised threshold of bodies that reach calcium, never the raised seed, and were
        not added; None if nothing was raised.
    """
    if not thresholds.are_raised:
        return every, None
    found = connected_components(hu, thresholds.calcium_hu)
    found = found.keep(found.table["max"] < thresholds.seed_hu)
    is_added = stands_out_of_fat(found, hu, thresholds, grid, body, settings)
    _, too_faint = parted(found.keep(~is_added), hu, lambda box: hu[box] >= thresholds.grow_hu)
    added = found.keep(is_added)
    return joined(every, added, hu) if added.n_components else every, too_faint


def stands_out_of_fat(
    found: Components,
    hu: NDArray[np.int16],
    thresholds: DensityThresholds,
    grid: AnatomyGrid,
    body: Body,
    settings: FaintSettings,
) -> NDArray[np.bool_]:
    """Tell what is small, lies below the skin in fat, and exceeds that fat by many times the noise there.

    Parameters
    ----------
    found : Components
        What reaches calcium.
    hu : ndarray of int16
        The volume.
    thresholds : DensityThresholds
    grid : AnatomyGrid
    body : Body
    settings : FaintSettings

    Returns
    -------
    ndarray of bool, shape ``(n_components,)``

    Notes
    -----
    A voxel that a deposit of 350 HU fills by half has 125 HU in fat of -100 HU and 200 in muscle: in fat a
    threshold made for muscle asks for more calcium. The skin is denser than fat and near the threshold
    where noise is loud, so what lies within it is not asked.
    """
    noise, table, spacing_mm = thresholds.noise, found.table, grid.volume_spacing_mm_zyx
    if noise is None:
        return np.zeros(found.n_components, np.bool_)
    sd_hu = local_noise_sd_hu(found, noise, grid)
    rise_hu = settings.noise_sds * sd_hu
    depth_mm = body.depth_mm[grid.blocks_of_middles(found)]
    is_so = (depth_mm >= settings.min_depth_mm) & (table["max"] >= settings.fat_hu + rise_hu)
    is_so &= table["n_voxels"] * float(np.prod(spacing_mm)) <= settings.max_volume_mm3
    pixel_mm = max(spacing_mm[1:])
    inner_mm = max(settings.inner_mm, 1.5 * pixel_mm)  # beyond its blur
    around = shells_of(
        found.keep(is_so),
        hu,
        spacing_mm,
        inner_mm=inner_mm,
        outer_mm=inner_mm + max(settings.shell_mm, 1.5 * pixel_mm),
        low=settings.low_hu,
        high=settings.high_hu,
    )
    is_in_fat = around.n_between / np.maximum(around.n_voxels, 1) >= settings.min_fat
    is_so[is_so] = is_in_fat & (table["max"][is_so] >= around.median + rise_hu[is_so])
    return np.asarray(is_so, np.bool_)


def is_wide_in_skin(
    found: Components, grid: AnatomyGrid, body: Body, settings: FaintSettings
) -> NDArray[np.bool_]:
    """Tell what lies within the skin and is too wide to be noise, however faint.

    Parameters
    ----------
    found : Components
        What reaches `DensityThresholds.grow_hu`.
    grid : AnatomyGrid
    body : Body
    settings : FaintSettings

    Returns
    -------
    ndarray of bool, shape ``(n_components,)``

    Notes
    -----
    Noise exceeds a high threshold in spots of a few of its grains: Friston and others, Hum Brain Mapp
    1994;1:210. Deeper, so does thin bone.
    """
    spacing_mm = np.array(grid.volume_spacing_mm_zyx)
    n_grains = found.table["n_voxels"] * np.minimum(1.0, spacing_mm / settings.grain_mm).prod()
    depth_mm = body.depth_mm[grid.blocks_of_middles(found)]
    is_within = (depth_mm > 0) & (depth_mm < settings.min_depth_mm)
    return np.asarray(is_within & (n_grains >= settings.skin_grains), np.bool_)
