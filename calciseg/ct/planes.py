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
    """

    depth_mm: NDArray[np.float32]
    skin_thickness_mm: float
    inside_fascia_mm: NDArray[np.float32]
    septum_mm: NDArray[np.float32]
    has_fascia: bool
    is_outside: NDArray[np.bool_]
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
    """

    voxel_planes: NDArray[np.uint8]
    tissue_plane: TissuePlane
    fractions: PlaneFractions
    confidence: float


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
        the next, as a fraction of the volume.

    Notes
    -----
    A flat lesion through whose middle the fascia runs follows it with its whole thickness, and so does one
    that lies along a septum; a compact lesion is divided where the fascia runs through it. What lies in a
    joint, or in a tendon but not along a fascia, has no plane. Where there is no deep fascia a lesion lies in
    the skin, in fat, or in no plane.
    """
    if anatomy.has_fascia:
        planes = _planes_by_fascia(anatomy, shape, settings)
    else:
        is_in_fat = anatomy.fat_fraction >= settings.min_fat_share
        plane = TissuePlane.SUBCUTANEOUS if is_in_fat else TissuePlane.INDETERMINATE
        planes = np.full(anatomy.depth_mm.shape, plane.map_value, np.uint8)
    if anatomy.is_in_joint:
        planes[:] = TissuePlane.INDETERMINATE.map_value
    if anatomy.is_in_tendon:
        planes[planes != TissuePlane.FASCIAL.map_value] = TissuePlane.INDETERMINATE.map_value
    is_skin = anatomy.depth_mm <= anatomy.skin_thickness_mm + settings.skin_margin_mm
    planes[is_skin] = TissuePlane.CUTANEOUS.map_value
    planes[anatomy.is_outside] = TissuePlane.INDETERMINATE.map_value
    counts = np.bincount(planes, minlength=6)[1:]
    shares = counts / counts.sum()
    order = np.argsort(-shares, kind="stable")
    return LesionPlane(
        voxel_planes=planes,
        tissue_plane=list(TissuePlane)[int(order[0])],
        fractions=PlaneFractions(
            **{plane.value: float(share) for plane, share in zip(TissuePlane, shares, strict=True)}
        ),
        confidence=float(shares[order[0]] - shares[order[1]]),
    )


def _planes_by_fascia(anatomy: VoxelAnatomy, shape: Shape, settings: PlaneSettings) -> NDArray[np.uint8]:
    inside_mm = anatomy.inside_fascia_mm
    reach_mm = settings.fascia_half_width_mm
    on_septum = (anatomy.septum_mm <= settings.septum_half_width_mm) & (inside_mm > 0)
    if shape.is_flat and abs(float(np.median(inside_mm))) <= settings.flat_offset_mm:
        reach_mm = settings.flat_reach_mm
    if shape.is_flat and (shape.is_wide or on_septum.mean() >= settings.flat_septum_share):
        on_septum |= inside_mm > 0  # a flat lesion among muscles has grown along a septum
    in_gap = anatomy.gap_fraction + settings.gap_septum_weight * float(on_septum.mean())
    is_strand = shape.morphology is Morphology.LINEAR
    if in_gap >= (settings.gap_strand_share if is_strand else settings.gap_fat_share):
        on_septum |= inside_mm > 0  # a small one with fat around it fills a gap between muscles
    return np.select(
        [np.abs(inside_mm) <= reach_mm, on_septum, inside_mm > 0],
        [TissuePlane.FASCIAL.map_value, TissuePlane.FASCIAL.map_value, TissuePlane.INTRAMUSCULAR.map_value],
        TissuePlane.SUBCUTANEOUS.map_value,
    ).astype(np.uint8)
