"""What lies beside a lesion that its plane does not say: joints, tendons, small vessels."""

import numpy as np
from numpy.typing import NDArray

from calciseg.ct.joints import to_joint_mm
from calciseg.ct.planes import LesionPlane
from calciseg.ct.shape import Shape
from calciseg.kernels import distance_mm
from calciseg.model import Morphology, Tag
from calciseg.settings import TagSettings

__all__ = ["is_in_tendon", "joint_tag", "vessel_tag"]


def joint_tag(
    bone: NDArray[np.bool_],
    lesion: NDArray[np.bool_],
    spacing_mm_zyx: tuple[float, float, float],
    settings: TagSettings,
) -> Tag | None:
    """Tell whether a lesion lies in a joint, beside one, or neither.

    Parameters
    ----------
    bone, lesion : ndarray of bool, 3-D
        In a box around the lesion, on the anatomy grid.
    spacing_mm_zyx : tuple of float
    settings : TagSettings

    Returns
    -------
    Tag or None
        In a joint lies what has most of its voxels in the gap between the bones.
    """
    from_joint_mm = to_joint_mm(bone, spacing_mm_zyx, settings)
    if from_joint_mm is None:
        return None
    distances_mm = from_joint_mm[lesion]
    if float(np.median(distances_mm)) <= settings.joint_gap_mm / 2:
        return Tag.INTRA_ARTICULAR
    return Tag.PERIARTICULAR if float(distances_mm.min()) <= settings.periarticular_mm else None


def is_in_tendon(
    hu: NDArray[np.int16],
    lesion: NDArray[np.bool_],
    is_other: NDArray[np.bool_],
    spacing_mm_zyx: tuple[float, float, float],
    muscle_hu: float,
    settings: TagSettings,
) -> bool:
    """Tell whether the tissue around a lesion is denser than muscle, as tendons are.

    Parameters
    ----------
    hu : ndarray of int16, 3-D
        The volume in a box around the lesion.
    lesion : ndarray of bool
    is_other : ndarray of bool
        What is dense or near to bone, so that its blur would pass for tendon.
    spacing_mm_zyx : tuple of float
    muscle_hu : float
        Mean of the image's muscle.
    settings : TagSettings

    Returns
    -------
    bool
    """
    inner_mm = max(settings.tendon_inner_mm, 1.5 * max(spacing_mm_zyx[1:]))
    from_lesion_mm = distance_mm(lesion, spacing_mm_zyx, max_distance_mm=inner_mm + settings.tendon_shell_mm)
    shell = (from_lesion_mm > inner_mm) & np.isfinite(from_lesion_mm) & ~is_other
    if np.count_nonzero(shell) < settings.min_shell_voxels:
        return False
    values = hu[shell]
    is_dense = float(np.median(values)) >= muscle_hu + settings.tendon_above_muscle_hu
    return is_dense and float((values < settings.fat_below_hu).mean()) < settings.max_fat_share


def vessel_tag(plane: LesionPlane, shape: Shape) -> Tag | None:
    """Tag a net in skin or subcutaneous fat: the small vessels there are what calcifies as a net."""
    fractions = plane.fractions
    is_net = shape.morphology == Morphology.RETICULAR
    return Tag.SMALL_VESSEL if is_net and fractions.cutaneous + fractions.subcutaneous > 0.5 else None
