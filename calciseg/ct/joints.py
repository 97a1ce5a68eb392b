"""Joints near a lesion: where two bones face each other across a narrow gap."""

import numpy as np
from numpy.typing import NDArray

from calciseg.ct.footprints import counting
from calciseg.kernels import connected_components, distance_mm, nearest_label
from calciseg.settings import TagSettings

__all__ = ["to_joint_mm"]


def to_joint_mm(
    bone: NDArray[np.bool_], spacing_mm_zyx: tuple[float, float, float], settings: TagSettings
) -> NDArray[np.float32] | None:
    """Measure the distance to the nearest joint in a box.

    Parameters
    ----------
    bone : ndarray of bool, 3-D
        Bone with its marrow, in a box around a lesion.
    spacing_mm_zyx : tuple of float
    settings : TagSettings

    Returns
    -------
    ndarray of float32 or None
        None where no joint lies in the box.

    Notes
    -----
    Bones that meet in a joint touch in the image where cartilage is thin, so they are told apart by what a
    thin layer less leaves of them. The joint is the surface half way between two of them, where it lies near
    to both; where two bones merely cross it is small.
    """
    surface = np.zeros(bone.shape, np.bool_)
    # How much deeper than that bone lies does not matter.
    deep_mm = max(*settings.joint_cores_mm, settings.min_joint_radius_mm, settings.joint_touch_mm)
    inner_mm = distance_mm(~bone, spacing_mm_zyx, max_distance_mm=deep_mm)
    for core_mm in settings.joint_cores_mm:
        surface |= _between(inner_mm, core_mm, spacing_mm_zyx, settings)
    return distance_mm(surface, spacing_mm_zyx) if surface.any() else None


def _between(
    inner_mm: NDArray[np.float32],
    core_mm: float,
    spacing_mm_zyx: tuple[float, float, float],
    settings: TagSettings,
) -> NDArray[np.bool_]:
    """Find the surface half way between bones that are parted by taking a layer off them."""
    is_thick = inner_mm >= settings.min_joint_radius_mm
    found = connected_components(counting(inner_mm > core_mm, is_thick), 1, connectivity=6)
    n_voxels = found.table["n_voxels"]
    is_large = n_voxels * float(np.prod(spacing_mm_zyx)) >= settings.min_joint_bone_mm3
    is_bone = is_large & (found.table["sum"] > n_voxels)
    surface = np.zeros(inner_mm.shape, np.bool_)
    if np.count_nonzero(is_bone) < 2:
        return surface
    reach_mm = core_mm + settings.joint_gap_mm / 2
    owners = nearest_label(found.keep(is_bone).labels(), spacing_mm_zyx, max_distance_mm=reach_mm)
    # Well inside bone lies no joint, but the place where one bone was parted in two.
    owners[inner_mm > settings.joint_touch_mm] = 0
    area_mm2 = 0.0
    for axis, step_mm in enumerate(spacing_mm_zyx):
        low, high = [slice(None)] * 3, [slice(None)] * 3
        low[axis], high[axis] = slice(None, -1), slice(1, None)
        first, second = owners[tuple(low)], owners[tuple(high)]
        meets = (first != second) & (first > 0) & (second > 0)
        surface[tuple(low)] |= meets
        area_mm2 += float(np.count_nonzero(meets)) * float(np.prod(spacing_mm_zyx)) / step_mm
    return surface if area_mm2 >= settings.min_joint_mm2 else np.zeros_like(surface)
