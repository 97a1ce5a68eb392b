"""The tissue plane of every voxel of a lesion, then of the lesion."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calciseg.ct.shape import Shape
from calciseg.model import Morphology, PlaneFractions, TissuePlane
from calciseg.settings import PlaneSettings

__all__ = ["LesionPlane", "VoxelAnatomy", "assign_planes"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VoxelAnatomy:
    """What surrounds each voxel of one lesion; one entry a voxel unless said otherwise.

    Attributes
    ----------
    depth_mm : ndarray of float32
        Below the outer surface of the skin.
    skin_thickness_mm : float
        Of the skin over the lesion.
    inside_fascia_mm : ndarray of float32
        Signed distance to the deep fascia, positive inside.
    septum_mm : ndarray of float32
        Distance to fat between muscles.
    has_fascia : bool
        Whether there is a deep fascia near the lesion: there is none in fingers.
    gap_fraction : float
        Share of the shell around the lesion, inside the deep fascia, in which fat is seen; 0 where that was
        not looked at.
    fat_fraction : float
        Share of fat around the lesion where there is no deep fascia.
    is_in_joint, is_in_tendon : bool
    is_outside : ndarray of bool
        Drawn beside the body: in no plane.
    resolution_mm : float
        How far off the borders between layers may be: half a block of the anatomy grid, and the blur.
    """

    depth_mm: NDArray[np.float32]
    skin_thickness_mm: float
    inside_fascia_mm: NDArray[np.float32]
    septum_mm: NDArray[np.float32]
    has_fascia: bool
    is_outside: NDArray[np.bool_]
    resolution_mm: float
    gap_fraction: float = 0.0
    fat_fraction: float = 0.0
    is_in_joint: bool = False
    is_in_tendon: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LesionPlane:
    """The plane of a lesion.

    Attributes
    ----------
    voxel_planes : ndarray of uint8
        ``TissuePlane.map_value`` of each voxel.
    confidence : float or None
        None where the plane is indeterminate.
    """

    voxel_planes: NDArray[np.uint8]
    tissue_plane: TissuePlane
    fractions: PlaneFractions
    confidence: float | None


def assign_planes(anatomy: VoxelAnatomy, shape: Shape, settings: PlaneSettings) -> LesionPlane:
    """Assign planes by depth, by the distance to the fascia, and by the shape of the lesion.

    Parameters
    ----------
    anatomy : VoxelAnatomy
    shape : Shape
    settings : PlaneSettings

    Returns
    -------
    LesionPlane
        The plane is the one that holds most of the volume. The confidence is the lead of that plane over
        the next, as a fraction of the volume, times how far half of its voxels lie from where their plane
        would be another, in parts of the resolution and at most 1. A share that decides instead of a distance
        counts by how far it is from its limit, in parts of that.

    Notes
    -----
    A flat lesion through whose middle the fascia runs follows it with its whole thickness, and so does one
    that lies along a septum; a compact lesion is divided where the fascia runs through it. What lies in a
    joint, or in a tendon but not along a fascia, has no plane. Where there is no deep fascia a lesion lies in
    the skin, in fat, or in no plane.
    """
    if anatomy.has_fascia:
        planes, margin_mm = _planes_by_fascia(anatomy, shape, settings)
    else:
        planes, margin_mm = _planes_by_fat(anatomy, settings)
    if anatomy.is_in_joint:
        planes[:] = TissuePlane.INDETERMINATE.map_value
    if anatomy.is_in_tendon:
        planes[planes != TissuePlane.FASCIAL.map_value] = TissuePlane.INDETERMINATE.map_value
    below_skin_mm = anatomy.depth_mm - (anatomy.skin_thickness_mm + settings.skin_margin_mm)
    is_skin = below_skin_mm <= 0
    planes[is_skin] = TissuePlane.CUTANEOUS.map_value
    planes[anatomy.is_outside] = TissuePlane.INDETERMINATE.map_value
    margin_mm = np.where(is_skin, -below_skin_mm, np.minimum(margin_mm, below_skin_mm))
    return _decided(planes, margin_mm, anatomy.resolution_mm)


def _decided(planes: NDArray[np.uint8], margin_mm: NDArray[np.floating], resolution_mm: float) -> LesionPlane:
    """Sum up the planes of voxels that lie so far from where they would be others."""
    counts = np.bincount(planes, minlength=6)[1:]
    shares = counts / counts.sum()
    first, second = np.argsort(-shares, kind="stable")[:2].tolist()
    plane = list(TissuePlane)[first]
    margin = float(np.median(margin_mm[planes == plane.map_value])) / resolution_mm
    lead = float(shares[first] - shares[second])
    return LesionPlane(
        voxel_planes=planes,
        tissue_plane=plane,
        fractions=PlaneFractions(
            **{plane.value: float(share) for plane, share in zip(TissuePlane, shares, strict=True)}
        ),
        confidence=None if plane is TissuePlane.INDETERMINATE else lead * min(1.0, max(0.0, margin)),
    )


def _planes_by_fat(
    anatomy: VoxelAnatomy, settings: PlaneSettings
) -> tuple[NDArray[np.uint8], NDArray[np.floating]]:
    """Planes below the skin where there is no deep fascia, and how far they are from being others."""
    above = anatomy.fat_fraction / settings.min_fat_share - 1
    plane = TissuePlane.SUBCUTANEOUS if above >= 0 else TissuePlane.INDETERMINATE
    shape = anatomy.depth_mm.shape
    return np.full(shape, plane.map_value, np.uint8), np.full(shape, abs(above) * anatomy.resolution_mm)


def _planes_by_fascia(
    anatomy: VoxelAnatomy, shape: Shape, settings: PlaneSettings
) -> tuple[NDArray[np.uint8], NDArray[np.floating]]:
    """Planes below the skin where there is a deep fascia, and how far they are from being others."""
    inside_mm = anatomy.inside_fascia_mm
    off_fascia_mm = _off_fascia_mm(inside_mm, shape, settings)
    off_septum_mm = np.where(inside_mm > 0, anatomy.septum_mm - settings.septum_half_width_mm, np.inf)
    beyond = _beyond_limits(anatomy, shape, float((off_septum_mm <= 0).mean()), settings)
    on_septum = (off_septum_mm <= 0) | (inside_mm > 0) & (beyond >= 0)
    planes = np.select(
        [off_fascia_mm <= 0, on_septum, inside_mm > 0],
        [TissuePlane.FASCIAL.map_value, TissuePlane.FASCIAL.map_value, TissuePlane.INTRAMUSCULAR.map_value],
        TissuePlane.SUBCUTANEOUS.map_value,
    ).astype(np.uint8)
    # What several things put on a fascia is as far from leaving it as the firmest of them tells; what is in
    # muscle or fat comes as near to one as the nearest.
    off_mm = np.minimum(off_fascia_mm, off_septum_mm)
    off_mm = np.where(inside_mm > 0, np.minimum(off_mm, -beyond * anatomy.resolution_mm), off_mm)
    return planes, np.abs(off_mm)


def _off_fascia_mm(
    inside_mm: NDArray[np.float32], shape: Shape, settings: PlaneSettings
) -> NDArray[np.floating]:
    """How far beside the deep fascia each voxel lies; negative on it."""
    middle_mm = abs(float(np.median(inside_mm)))
    if not shape.is_flat or middle_mm > settings.flat_offset_mm:
        return np.abs(inside_mm) - settings.fascia_half_width_mm
    beside_mm = np.abs(inside_mm) - settings.flat_reach_mm
    return np.where(beside_mm <= 0, middle_mm - settings.flat_offset_mm, beside_mm)


def _beyond_limits(
    anatomy: VoxelAnatomy, shape: Shape, septum_share: float, settings: PlaneSettings
) -> float:
    """How far, in parts of a limit, shape and the fat around a lesion among muscles put it on a septum."""
    is_strand = shape.morphology is Morphology.LINEAR
    limit = settings.gap_strand_share if is_strand else settings.gap_fat_share
    in_gap = anatomy.gap_fraction + settings.gap_septum_weight * septum_share
    beyond = in_gap / limit - 1  # a small one with fat around it fills a gap between muscles
    if shape.is_flat:  # a flat lesion among muscles has grown along a septum
        beyond = max(beyond, septum_share / settings.flat_septum_share - 1)
    return max(beyond, settings.unseen_septum) if shape.is_wide else beyond
