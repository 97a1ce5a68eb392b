"""What is found in a volume: lesions, the anatomy around them, and what is dense but no lesion."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calciseg.ct.body import Body, find_body_and_grid
from calciseg.ct.bone import Skeleton, find_bone
from calciseg.ct.candidates import DensityThresholds, choose_thresholds, is_noise, is_streak, measure_noise
from calciseg.ct.compartments import find_compartments
from calciseg.ct.dental import without_enamel
from calciseg.ct.devices import find_devices
from calciseg.ct.doubts import doubts_of
from calciseg.ct.early_labels import EarlyLabels
from calciseg.ct.evidence import (
    Evidence,
    evidence_of_bone,
    evidence_of_noise,
    evidence_of_ossification,
    evidence_of_raised_threshold,
    evidence_of_small_size,
    evidence_of_streaks,
    is_told,
)
from calciseg.ct.exclusions import (
    MOSTLY,
    Ledger,
    below_minimum_size,
    find_metal,
    find_outside_body,
    share_outside,
)
from calciseg.ct.faint import is_wide_in_skin, stands_out_of_fat, with_faint
from calciseg.ct.footprints import dilated
from calciseg.ct.grid import AnatomyGrid
from calciseg.ct.head import find_head
from calciseg.ct.mimics import without_mimics
from calciseg.ct.ossification import with_ossification
from calciseg.ct.parting import parted
from calciseg.ct.scene import Scene
from calciseg.ct.sides import Sides
from calciseg.ct.surroundings import Anatomy
from calciseg.ct.trunk_arteries import find_trunk_arteries
from calciseg.ct.tube_voltage import calcium_hu_factor
from calciseg.ct.vessels import find_vessel_walls
from calciseg.ct.viscera import find_viscera
from calciseg.kernels import (
    Components,
    connected_components,
    distance_mm,
    give_back,
    meanwhile,
)
from calciseg.model import (
    CtVolume,
    ExclusionReason,
    Issue,
    IssueCode,
    holds_face,
)
from calciseg.settings import Settings, VesselSettings

__all__ = ["Survey", "survey"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Survey:
    """What is known of a volume before its lesions are measured.

    Attributes
    ----------
    found : Components
        The lesions.
    dense : Components
        All that is dense inside the body.
    anatomy : Anatomy
    ledger : Ledger
    issues : tuple of Issue
        The chain's own.
    """

    found: Components
    dense: Components
    anatomy: Anatomy
    ledger: Ledger
    issues: tuple[Issue, ...]


def survey(
    volume: CtVolume,
    settings: Settings,
    report: Callable[[str, int, int], None],
    early: EarlyLabels | None = None,
) -> Survey | tuple[Issue, ...]:
    """Find the lesions of a volume, the anatomy around them, and what is dense but no lesion.

    Parameters
    ----------
    volume : CtVolume
    settings : Settings
    report : callable
        Called with the name of a stage, what is done of it and its total.
    early : EarlyLabels, optional
        What was labelled while the volume was read.

    Returns
    -------
    Survey or tuple of Issue
        The chain's issues alone where no body is found.
    """
    report("body", 0, 1)
    factor, issues = calcium_hu_factor(volume.header, settings.tube_voltage)
    found_body = find_body_and_grid(
        volume.hu, volume.geometry, settings.grid, settings.body, volume.frames_yx
    )
    if found_body is None:
        message = "no body was found in the image, so nothing was measured"
        return (*issues, Issue(code=IssueCode.NO_BODY_FOUND, message=message))
    coarse_hu, grid, body = found_body
    noise = measure_noise(volume.hu, coarse_hu, grid, body, settings.candidates)
    thresholds = choose_thresholds(factor, bool(volume.header.contrast_agent), noise, settings.candidates)
    report("bone and exclusions", 0, 1)
    ledger = Ledger(geometry=volume.geometry)
    every = _all_dense(volume.hu, thresholds, early)
    every, too_faint = with_faint(every, volume.hu, thresholds, grid, body, settings.faint)
    if too_faint is not None:
        _enter_too_faint(too_faint, volume, thresholds, grid, body, ledger)
    candidates, metal, every = _explain(every, volume, body, grid, thresholds, ledger, settings)
    give_back()
    skeleton, near_metal = _find_skeleton(
        candidates, metal, coarse_hu, volume, grid, body, factor, ledger, settings
    )
    scene = Scene(
        volume=volume,
        coarse_hu=coarse_hu,
        grid=grid,
        body=body,
        skeleton=skeleton,
        to_bone_mm=distance_mm(skeleton.mask, grid.spacing_mm_zyx),
        thresholds=thresholds,
    )
    report("compartments", 0, 1)
    give_back()
    with meanwhile(lambda: _without_bone(candidates, scene, ledger, settings)) as left:
        dense = body.continued(_in_blocks(every, grid, body))
        if skeleton.ossified is not None:
            dense |= skeleton.ossified  # its marrow is no fat between muscles
        anatomy = _find_anatomy(
            scene, dense, lambda: body.continued(_in_blocks(left(), grid, body)), near_metal, settings
        )
        found = left()
    if anatomy.compartments.cavity is not None:
        among = find_viscera(found, anatomy.compartments.cavity, grid, settings.body_cavity)
        found = _without_viscera(found, among, scene, ledger, settings)
    doubts = (*issues, *doubts_of(volume, body, anatomy))
    return Survey(found=found, dense=every, anatomy=anatomy, ledger=ledger, issues=doubts)


def _without_viscera(
    found: Components, among: list[Evidence], scene: Scene, ledger: Ledger, settings: Settings
) -> Components:
    """Enter what lies among the contents of the trunk, arteries under their own name."""
    of_arteries = find_trunk_arteries(
        found, is_told(among), scene.volume, scene.thresholds, settings.trunk_arteries
    )
    of_others = [one for one, of_artery in zip(among, of_arteries, strict=True) if not of_artery]
    others = ledger.set_aside(found, ExclusionReason.VASCULAR, of_arteries)
    return ledger.set_aside(others, ExclusionReason.VISCERAL, of_others)


def _find_skeleton(
    candidates: Components,
    metal: Components | None,
    coarse_hu: NDArray[np.int16],
    volume: CtVolume,
    grid: AnatomyGrid,
    body: Body,
    factor: float,
    ledger: Ledger,
    settings: Settings,
) -> tuple[Skeleton, NDArray[np.bool_]]:
    """Find the bones, enter metal and teeth into the ledger, and mark what lies near metal."""
    bone = find_bone(_in_blocks(candidates, grid, body), coarse_hu, grid, factor, settings)
    if metal is not None:
        metal = without_enamel(metal, bone.mask, coarse_hu, volume, grid, ledger, settings)
    near_metal = _is_near(metal, grid, settings.metal.nearby_mm)
    part = volume.header.body_part
    skeleton = with_ossification(bone, coarse_hu, grid, body, near_metal, part, factor, settings)
    return skeleton, near_metal


def _all_dense(hu: NDArray[np.int16], thresholds: DensityThresholds, early: EarlyLabels | None) -> Components:
    """Find all that is dense, if it was not found while the volume was read."""
    if early is None:
        return connected_components(hu, thresholds.grow_hu)
    return early.at(hu, thresholds.grow_hu)


def _enter_too_faint(
    too_faint: Components,
    volume: CtVolume,
    thresholds: DensityThresholds,
    grid: AnatomyGrid,
    body: Body,
    ledger: Ledger,
) -> None:
    """Enter what stays below a raised threshold, in sums: mostly noise, or vessels and organs."""
    is_outside = share_outside(too_faint, grid, body) > MOSTLY
    evidence = evidence_of_raised_threshold(thresholds)
    reason = ExclusionReason.CONTRAST if volume.header.contrast_agent else ExclusionReason.NOISE
    ledger.enter_summed(too_faint.keep(~is_outside), reason, evidence)
    ledger.enter_summed(too_faint.keep(is_outside), ExclusionReason.OUTSIDE_BODY, evidence)


def _explain(
    every: Components,
    volume: CtVolume,
    body: Body,
    grid: AnatomyGrid,
    thresholds: DensityThresholds,
    ledger: Ledger,
    settings: Settings,
) -> tuple[Components, Components | None, Components]:
    """Enter into the ledger what of all that is dense is explained without knowing the bones.

    Returns what is left, what is as dense as metal, and everything dense inside the body.
    """
    left = _without_noise(every, volume.hu, thresholds, grid, body, ledger, settings)
    left = ledger.set_aside(left, ExclusionReason.OUTSIDE_BODY, find_outside_body(left, grid, body))
    return *_without_metal(left, volume, settings), left


def _without_noise(
    found: Components,
    hu: NDArray[np.int16],
    thresholds: DensityThresholds,
    grid: AnatomyGrid,
    body: Body,
    ledger: Ledger,
    settings: Settings,
) -> Components:
    """Enter what does not stand out from the noise around it, streaks under their own name."""
    is_faint = is_noise(found, thresholds, grid, settings.candidates)
    faint = found.keep(is_faint)
    is_faint[is_faint] = ~(
        stands_out_of_fat(faint, hu, thresholds, grid, body, settings.faint)
        | is_wide_in_skin(faint, grid, body, settings.faint)
    )
    faint = found.keep(is_faint)
    is_of_streak = is_streak(faint, thresholds, grid, settings.candidates)
    of_streaks = evidence_of_streaks(settings.candidates)
    ledger.enter_summed(faint.keep(is_of_streak), ExclusionReason.STREAK, of_streaks)
    of_noise = evidence_of_noise(thresholds, settings.candidates)
    ledger.enter_summed(faint.keep(~is_of_streak), ExclusionReason.NOISE, of_noise)
    return found.keep(~is_faint)


def _find_vessel_walls(
    found: Components,
    volume: CtVolume,
    grid: AnatomyGrid,
    body: Body,
    thresholds: DensityThresholds,
    settings: VesselSettings,
) -> list[Evidence]:
    """Tell which components are walls of vessels below the skin."""
    depth_mm = body.depth_mm[grid.blocks_of_middles(found)]
    is_deep = depth_mm >= settings.min_depth_mm
    spacing_mm = volume.geometry.spacing_mm_zyx
    of_deep = find_vessel_walls(
        found.keep(is_deep), depth_mm[is_deep], volume.hu, spacing_mm, thresholds.grow_hu, settings
    )
    deep = iter(of_deep)
    return [next(deep) if is_it else () for is_it in is_deep]


def _without_metal(
    found: Components, volume: CtVolume, settings: Settings
) -> tuple[Components, Components | None]:
    """Cut what is as dense as metal out of what it lies in or touches, and return both; None for none."""
    is_metal = find_metal(volume.hu, volume.geometry.spacing_mm_zyx, settings.metal)
    if is_metal is None:
        return found, None
    metal, rest = parted(found, volume.hu, lambda box: is_metal[box])
    return rest, metal


def _is_near(found: Components | None, grid: AnatomyGrid, distance_mm: float) -> NDArray[np.bool_]:
    """Mark the blocks within so many mm of one that holds a component."""
    if found is None:
        return np.broadcast_to(np.False_, grid.shape_zyx)  # one value: an array would take memory for nothing
    return dilated(grid.touched_by(found), distance_mm, grid.spacing_mm_zyx)


def _in_blocks(found: Components, grid: AnatomyGrid, body: Body) -> NDArray[np.bool_]:
    """Mark the blocks of the body that hold a component."""
    return grid.touched_by(found) & body.mask


def _without_bone(candidates: Components, scene: Scene, ledger: Ledger, settings: Settings) -> Components:
    """Enter bone, crumbs, noise, devices, vessels and other mimics into the ledger and return the lesions."""
    volume, grid, thresholds = scene.volume, scene.grid, scene.thresholds
    bone, rest = parted(candidates, volume.hu, lambda box: grid.expand(scene.skeleton.mask, box))
    ledger.enter(bone, ExclusionReason.BONE, [evidence_of_bone(settings.bone)] * bone.n_components)
    ossified = scene.skeleton.ossified
    if ossified is not None:
        outside, rest = parted(rest, volume.hu, lambda box: grid.expand(ossified, box))
        of_ossification = evidence_of_ossification(settings.ossification)
        ledger.enter(outside, ExclusionReason.OSSIFICATION, [of_ossification] * outside.n_components)
    rest = _without_noise(rest, volume.hu, thresholds, grid, scene.body, ledger, settings)
    is_small = below_minimum_size(rest, volume.geometry, settings.measures)
    of_size = evidence_of_small_size(settings.measures)
    ledger.enter_summed(rest.keep(is_small), ExclusionReason.BELOW_MINIMUM_SIZE, of_size)
    rest = rest.keep(~is_small)
    of_devices = find_devices(rest, volume.hu, volume.geometry.spacing_mm_zyx, settings.devices)
    rest = ledger.set_aside(rest, ExclusionReason.DEVICE, of_devices)
    of_walls = _find_vessel_walls(rest, volume, grid, scene.body, thresholds, settings.vessels)
    rest = ledger.set_aside(rest, ExclusionReason.VASCULAR, of_walls)
    return without_mimics(rest, scene, ledger, settings)


def _find_anatomy(
    scene: Scene,
    dense: NDArray[np.bool_],
    find_lesions: Callable[[], NDArray[np.bool_]],
    near_metal: NDArray[np.bool_],
    settings: Settings,
) -> Anatomy:
    grid, body, skeleton, header = scene.grid, scene.body, scene.skeleton, scene.volume.header
    compartments = find_compartments(
        scene.coarse_hu,
        dense,
        find_lesions,
        body,
        skeleton,
        grid,
        settings.compartments,
        settings.body_cavity,
    )
    inner_fat = compartments.is_fat & (compartments.inside_fascia_mm > 0)
    reach_mm = 2 * settings.planes.septum_half_width_mm
    return Anatomy(
        grid=grid,
        body=body,
        compartments=compartments,
        thresholds=scene.thresholds,
        to_bone_mm=scene.to_bone_mm,
        septum_mm=distance_mm(inner_fat, grid.spacing_mm_zyx, max_distance_mm=reach_mm),
        was_cut_free=skeleton.was_cut_free,
        near_metal=near_metal,
        sides=Sides(
            body=body,
            stated=header.laterality,
            body_part=header.body_part,
            face_rows=_face_rows(scene, settings) if holds_face(header.body_part) else None,
        ),
    )


def _face_rows(scene: Scene, settings: Settings) -> NDArray[np.intp] | None:
    """Tell where the face of a head is; None where no skull is seen."""
    head = find_head(scene.skeleton.mask, scene.coarse_hu, scene.grid, settings.head)
    return None if head is None else head.face_rows()
