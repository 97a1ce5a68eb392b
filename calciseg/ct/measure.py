"""Lesions and their measures."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calciseg.ct.agatston import agatston_unnormalised
from calciseg.ct.footprints import depth_in
from calciseg.ct.grid import AnatomyGrid
from calciseg.ct.partial_volume import is_deep, partial_volume_mm3, reach_spacing_mm
from calciseg.ct.parting import is_in_box
from calciseg.ct.planes import LesionPlane, VoxelAnatomy, assign_planes
from calciseg.ct.shape import Shape, measure_shape
from calciseg.ct.slice_axis import slice_axis
from calciseg.ct.surroundings import Anatomy, Surroundings, look_around, widened
from calciseg.ct.tags import vessel_tag
from calciseg.kernels import Components
from calciseg.model import CtVolume, FlagCode, Lesion, Tag, TissuePlane
from calciseg.settings import MeasureSettings, Settings

__all__ = ["MeasuredLesion", "measure_lesion"]

_RAISED = 0.1
"""Share by which the threshold is raised to tell how much the volume depends on it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeasuredLesion:
    """A lesion and the planes of its voxels.

    Attributes
    ----------
    points_zyx : ndarray of int64, shape ``(n, 3)``
    voxel_planes : ndarray of uint8, shape ``(n,)``
    """

    lesion: Lesion
    points_zyx: NDArray[np.intp]
    voxel_planes: NDArray[np.uint8]


def measure_lesion(
    volume: CtVolume,
    label: int,
    box: tuple[slice, ...],
    mask: NDArray[np.bool_],
    dense: Components,
    anatomy: Anatomy,
    settings: Settings,
) -> MeasuredLesion:
    """Measure one lesion.

    Parameters
    ----------
    volume : CtVolume
    label : int
    box : tuple of slice
        Where in the volume the lesion lies.
    mask : ndarray of bool, of the shape of the box
        True where the lesion is; it may have several parts.
    dense : Components
        All that is dense in the volume: neighbours take no part in a lesion's surroundings.
    anatomy : Anatomy
    settings : Settings

    Returns
    -------
    MeasuredLesion
    """
    spacing, hu = volume.geometry.spacing_mm_zyx, volume.hu[box]
    points_zyx = np.argwhere(mask) + [part.start for part in box]
    limits = anatomy.thresholds
    # What stands out of fat has voxels below a threshold that was raised for muscle.
    threshold_hu = limits.grow_hu if hu[mask].min() >= limits.grow_hu else limits.calcium_hu
    inner_mm, _ = depth_in(mask, spacing)
    shape = measure_shape(mask, inner_mm, hu, threshold_hu, spacing, settings.shape)
    around = look_around(volume, points_zyx, box, mask, dense, anatomy, settings)
    plane = assign_planes(around.voxels, shape, settings.planes)
    volume_pv_mm3 = _volume_pv_mm3(volume, box, mask, inner_mm, dense, anatomy, settings.measures)
    lesion = _as_lesion(
        volume, label, box, mask, points_zyx, shape, around, plane, volume_pv_mm3, threshold_hu, anatomy,
        settings,
    )  # fmt: skip
    return MeasuredLesion(lesion=lesion, points_zyx=points_zyx, voxel_planes=plane.voxel_planes)


def _volume_pv_mm3(
    volume: CtVolume,
    box: tuple[slice, ...],
    mask: NDArray[np.bool_],
    inner_mm: NDArray[np.float32],
    dense: Components,
    anatomy: Anatomy,
    settings: MeasureSettings,
) -> float:
    """Measure the volume corrected for partial volume, in a box with some of the tissue around."""
    shape_zyx, spacing = volume.geometry.shape_zyx, volume.geometry.spacing_mm_zyx
    steps_mm, margin_mm = reach_spacing_mm(spacing, settings), settings.blur_mm + 2.5
    wide, wide_mask = widened(box, mask, shape_zyx, steps_mm, margin_mm)
    _, deep = widened(box, is_deep(inner_mm, spacing, settings), shape_zyx, steps_mm, margin_mm)
    others = is_in_box(dense, wide) & ~wide_mask | anatomy.body.is_hidden(wide)
    return partial_volume_mm3(wide_mask, deep, others, volume.hu[wide], spacing, settings)


def _as_lesion(
    volume: CtVolume,
    label: int,
    box: tuple[slice, ...],
    mask: NDArray[np.bool_],
    points_zyx: NDArray[np.intp],
    shape: Shape,
    around: Surroundings,
    plane: LesionPlane,
    volume_pv_mm3: float,
    threshold_hu: float,
    anatomy: Anatomy,
    settings: Settings,
) -> Lesion:
    geometry, hu = volume.geometry, volume.hu[box]
    values = hu[mask].astype(np.float64)
    factor = anatomy.thresholds.calcium_factor
    score = agatston_unnormalised(mask, hu, geometry.spacing_mm_zyx, factor, settings.agatston)
    increment_mm = geometry.spacing_mm_zyx[slice_axis(geometry.spacing_mm_zyx)]
    volume_mm3 = len(points_zyx) * geometry.voxel_volume_mm3
    calibration = settings.measures.mass_mg_per_cm3_hu / factor
    centroid = geometry.lps_mm_from_zyx(points_zyx.mean(axis=0))
    room_mm = _room_mm(points_zyx, anatomy)
    hu_p5, hu_median, hu_p95 = np.percentile(values, (5, 50, 95)).tolist()
    return Lesion(
        label=label,
        tissue_plane=plane.tissue_plane,
        plane_fractions=plane.fractions,
        plane_confidence=plane.confidence,
        tags=_tags(around, plane, shape),
        morphology=shape.morphology,
        site=around.site,
        laterality=around.laterality,
        centroid_lps_mm=(float(centroid[0]), float(centroid[1]), float(centroid[2])),
        bbox_zyx=((box[0].start, box[0].stop), (box[1].start, box[1].stop), (box[2].start, box[2].stop)),
        n_voxels=len(points_zyx),
        volume_mm3=volume_mm3,
        volume_pv_mm3=volume_pv_mm3,
        surface_mm2=shape.surface_mm2,
        max_diameter_mm=shape.max_diameter_mm,
        hu_mean=float(values.mean()),
        hu_max=float(values.max()),
        hu_sd=float(values.std()),
        agatston=score * increment_mm / settings.agatston.slice_mm,
        agatston_unnormalised=score,
        mass_mg=calibration * max(0.0, float(values.mean())) * volume_mm3 / 1000.0,
        depth_from_skin_mm=_if_shown(_to_skin_mm(around.voxels), room_mm),
        distance_to_fascia_mm=_to_fascia_mm(around.voxels, anatomy.grid, room_mm),
        distance_to_bone_mm=_if_shown(float(anatomy.to_bone_mm[around.blocks].min()), room_mm),
        flags=_flags(volume, points_zyx, box, around.blocks, plane, threshold_hu, anatomy),
        hu_median=hu_median,
        hu_p5=hu_p5,
        hu_p95=hu_p95,
        threshold_hu=threshold_hu,
        volume_threshold_sensitivity=_volume_threshold_sensitivity(values, threshold_hu),
    )


def _volume_threshold_sensitivity(values_hu: NDArray[np.float64], threshold_hu: float) -> float | None:
    """Tell what percentage of the volume is lost for each percent that the threshold is raised."""
    n_above = np.count_nonzero(values_hu >= threshold_hu)
    if not n_above:
        return None
    n_left = np.count_nonzero(values_hu >= (1 + _RAISED) * threshold_hu)
    return float((1 - n_left / n_above) / _RAISED)


def _tags(around: Surroundings, plane: LesionPlane, shape: Shape) -> tuple[Tag, ...]:
    """List what lies beside the lesion, in the order of the vocabulary."""
    found = {*around.tags, vessel_tag(plane, shape)}
    if around.is_bare and not around.tags and plane.tissue_plane is TissuePlane.INDETERMINATE:
        found.add(Tag.NO_DEEP_FASCIA)
    return tuple(tag for tag in Tag if tag in found)


def _if_shown(distance_mm: float, room_mm: float) -> float | None:
    """Give no distance to what is nowhere, or farther away than all around the lesion is shown."""
    return distance_mm if np.isfinite(distance_mm) and abs(distance_mm) <= room_mm else None


def _room_mm(points_zyx: NDArray[np.intp], anatomy: Anatomy) -> float:
    """Tell how far around a lesion the edge of the field of view, if it cuts the body, lets see."""
    if (edge := anatomy.body.edge) is None:
        return np.inf
    return edge.shown.room(points_zyx) * min(anatomy.grid.volume_spacing_mm_zyx[1:])


def _to_skin_mm(voxels: VoxelAnatomy) -> float:
    """Depth of the shallowest voxel in the body."""
    return float(voxels.depth_mm[~voxels.is_outside].min(initial=np.inf))


def _to_fascia_mm(voxels: VoxelAnatomy, grid: AnatomyGrid, room_mm: float) -> float | None:
    """Distance of the nearest voxel; 0 across or at the fascia, negative if most voxels lie inside."""
    if not voxels.has_fascia:
        return None
    inside_mm = voxels.inside_fascia_mm
    if inside_mm.min() <= 0 <= inside_mm.max():
        return 0.0
    nearest_mm = float(np.abs(inside_mm).min())
    # The fascia lies between the middles of two blocks, half the smallest side of one before the second.
    beside_mm = max(grid.spacing_mm_zyx[1:]) - min(grid.spacing_mm_zyx) / 2
    if nearest_mm <= beside_mm + 1e-3:
        return 0.0
    return _if_shown(-nearest_mm if inside_mm[0] > 0 else nearest_mm, room_mm)


def _flags(
    volume: CtVolume,
    points_zyx: NDArray[np.intp],
    box: tuple[slice, ...],
    blocks: tuple[NDArray[np.intp], ...],
    plane: LesionPlane,
    threshold_hu: float,
    anatomy: Anatomy,
) -> tuple[FlagCode, ...]:
    is_cut = any(part.start == 0 or part.stop == n for part, n in zip(box, volume.hu.shape, strict=True))
    if (edge := anatomy.body.edge) is not None:
        is_cut |= bool(edge.shown.ends_at(points_zyx).any())
    touched_bone = bool(anatomy.was_cut_free[blocks].any())
    largest_share = max(
        plane.fractions.cutaneous, plane.fractions.subcutaneous, plane.fractions.fascial,
        plane.fractions.intramuscular, plane.fractions.indeterminate,
    )  # fmt: skip
    raised = {
        FlagCode.CUT_BY_EDGE: is_cut,
        FlagCode.CONTRAST_ENHANCED: bool(volume.header.contrast_agent),
        FlagCode.MASS_UNCALIBRATED: True,
        FlagCode.METAL_NEARBY: bool(anatomy.near_metal[blocks].any()),
        FlagCode.TOUCHES_BONE: touched_bone,
        FlagCode.SPANS_PLANES: largest_share < 0.75,
        FlagCode.RAISED_THRESHOLD: threshold_hu > anatomy.thresholds.calcium_hu,
        FlagCode.SMALL: len(blocks[0]) < 8,
    }
    return tuple(code for code, is_raised in raised.items() if is_raised)
