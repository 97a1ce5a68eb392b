"""The body: without table, mattress, clothing and other objects outside it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calciseg.ct.footprints import dilated, eroded
from calciseg.ct.grid import AnatomyGrid
from calciseg.kernels import distance_mm
from calciseg.settings import BodySettings

__all__ = ["Body", "find_body"]

_FACES = ndimage.generate_binary_structure(3, 1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Body:
    """Where the body is, on the anatomy grid.

    Attributes
    ----------
    mask : ndarray of bool
        The body with the air inside it.
    depth_mm : ndarray of float32
        Distance of every body voxel to the nearest voxel of outside air. Where the body is cut by the field
        of view there is no outside, so the depth is that to the skin elsewhere.
    is_cut : bool
        The body reaches the edge of the field of view within a slice.
    """

    mask: NDArray[np.bool_]
    depth_mm: NDArray[np.float32]
    is_cut: bool


def find_body(
    hu: NDArray[np.int16], grid: AnatomyGrid, settings: BodySettings
) -> tuple[AnatomyGrid, Body] | None:
    """Find the body by its tissue, thickness and size.

    Parameters
    ----------
    hu : ndarray of int16
        The volume averaged onto the anatomy grid.
    grid : AnatomyGrid
    settings : BodySettings

    Returns
    -------
    grid : AnatomyGrid
        The grid, cropped to the body.
    body : Body
        None instead of both if nothing in the volume looks like a body.

    Notes
    -----
    A table top is thin or made of foam; a ball of `core_radius_mm` fits into every limb but not into a
    table's shell. Objects are kept if most of them lies in the HU window of soft tissue. Air that no path
    through air joins to the slice's border is inside the body (lungs, bowel).
    """
    spacing = grid.spacing_mm_zyx
    dense = hu > settings.surface_hu
    core = eroded(dense, settings.core_radius_mm, spacing)
    labels, n = ndimage.label(core, structure=_FACES)
    if n == 0:
        return None
    kept = _soft_tissue_objects(hu, labels, n, grid, settings)
    if not kept.any():
        return None
    solid = dense & dilated(kept[labels], settings.core_radius_mm + max(spacing[1:]), spacing)
    is_cut = bool(solid[:, [0, -1], :].any() or solid[:, :, [0, -1]].any())
    mask = ~_outside_air(solid)
    region, box = grid.cropped(mask)
    mask = mask[box].copy()
    depth_mm = distance_mm(~mask, spacing)
    return region, Body(mask=mask, depth_mm=depth_mm, is_cut=is_cut)


def _soft_tissue_objects(
    hu: NDArray[np.int16],
    labels: NDArray[np.integer[Any]],
    n: int,
    grid: AnatomyGrid,
    settings: BodySettings,
) -> NDArray[np.bool_]:
    """Tell for each label, 0 included, whether it is large enough and made of fat and muscle."""
    in_window = (hu >= settings.tissue_low_hu) & (hu <= settings.tissue_high_hu)
    sizes = np.bincount(labels[labels > 0], minlength=n + 1)
    tissue = np.bincount(labels[in_window & (labels > 0)], minlength=n + 1)
    kept = (tissue >= settings.tissue_fraction * sizes) & (
        sizes * grid.voxel_volume_mm3 >= settings.min_volume_mm3
    )
    kept[0] = False
    return np.asarray(kept, np.bool_)


def _outside_air(solid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Find what is not body and is joined, through three dimensions, to the border of a slice."""
    labels, n = ndimage.label(~solid, structure=_FACES)
    is_outside = np.zeros(n + 1, np.bool_)
    for face in (labels[:, 0, :], labels[:, -1, :], labels[:, :, 0], labels[:, :, -1]):
        is_outside[np.unique(face)] = True
    is_outside[0] = False
    return is_outside[labels]
