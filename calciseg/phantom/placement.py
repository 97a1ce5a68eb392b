"""Where calcifications may lie: candidates by anatomy, kept only if the truth is what was designed."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calciseg.model import Morphology, TissuePlane
from calciseg.phantom.anatomy import FASCIAL_REACH_MM, Places, Scene
from calciseg.phantom.fields import FloatArray
from calciseg.phantom.fill import Fill, fill_grid, glance, voxel_fill
from calciseg.phantom.forms import Anchor, form_lesion, room_mm
from calciseg.phantom.grid import ScanGrid
from calciseg.phantom.recipe import LesionDesign
from calciseg.phantom.shapes import LAYERS, Shape, project

__all__ = ["Placed", "place_lesions"]

_N_CANDIDATES = 20_000
_N_TRIES = 40
_LESION_GAP_MM = 2.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placed:
    """A calcification with its place and its fill of the upright grid."""

    design: LesionDesign
    shape: Shape = field(repr=False)
    fill: Fill = field(repr=False)
    hu: float
    labels_start: tuple[int, int, int]
    is_voxel: NDArray[np.bool_] = field(repr=False)
    """Voxels that belong to it."""


def place_lesions(
    rng: np.random.Generator, scene: Scene, grid: ScanGrid, designs: tuple[LesionDesign, ...]
) -> tuple[Placed, ...]:
    """Place each design by anatomy; a design for which no place is found is left out."""
    is_taken = np.zeros(grid.shape_zyx, bool)
    placed = []
    for design in designs:
        lesion = _place_one(rng, scene, grid, design, is_taken)
        if lesion is not None:
            placed.append(lesion)
    return tuple(placed)


def _place_one(
    rng: np.random.Generator, scene: Scene, grid: ScanGrid, design: LesionDesign, is_taken: NDArray[np.bool_]
) -> Placed | None:
    hu = design.hu if design.hu is not None else float(rng.uniform(300, 1150))
    for anchor in _anchors(rng, scene, grid, design):
        shape = form_lesion(rng, scene, grid, design, anchor)
        if shape is None or not _looks_right(rng, shape, scene, design, _bone_gap_mm(grid)):
            continue
        fill = fill_grid(shape, scene, grid, 0.2 if design.size_mm < 12 else 0.34)
        if fill is None or not _is_as_designed(fill, design, grid):
            continue
        start, share = voxel_fill(fill, grid)
        is_voxel = _owned(share)
        if not _is_one_piece(is_voxel, design, grid) or not _claim(is_taken, start, share, grid):
            continue
        return Placed(design=design, shape=shape, fill=fill, hu=hu, labels_start=start, is_voxel=is_voxel)
    return None


def _looks_right(
    rng: np.random.Generator, shape: Shape, scene: Scene, design: LesionDesign, bone_gap_mm: float
) -> bool:
    seen = glance(shape, scene, rng)
    if seen is None:
        return True
    if not design.is_touching_bone and seen.max_bone_mm > -0.75 * bone_gap_mm:
        return False
    return getattr(seen.planes, design.tissue_plane) > 0.45 and seen.vessel_gap_mm > 0.8


def _anchors(rng: np.random.Generator, scene: Scene, grid: ScanGrid, design: LesionDesign) -> list[Anchor]:
    """Return points that suit the design, in random order."""
    low, high = _search_box(scene, grid, design)
    points = rng.uniform(low[:, None], high[:, None], (3, _N_CANDIDATES)).astype(np.float32)
    suits = np.flatnonzero(_suits(scene.places(points), design, _bone_gap_mm(grid)))[:_N_TRIES]
    points = points[:, suits]
    layer = _layer(design)
    if not points.shape[1]:
        return []
    if layer is not None:
        points, normals = project(scene, points, LAYERS[layer], 0.0)
    else:
        normals = project(scene, points, lambda places: places.depth_mm, 0.0, n_steps=1)[1]
    places = scene.places(points)
    return [
        Anchor(
            point_lps_mm=points[:, n],
            normal=normals[:, n],
            layer=layer,
            body=int(places.body[n]),
            depth_mm=float(places.depth_mm[n]),
            skin_mm=float(places.skin_mm[n]),
            fascia_mm=float(places.fascia_mm[n]),
        )
        for n in range(points.shape[1])
        if places.body[n] >= 0
    ]


def _search_box(scene: Scene, grid: ScanGrid, design: LesionDesign) -> tuple[FloatArray, FloatArray]:
    boxes = np.stack([body.envelope.box_lps_mm() for body in scene.bodies])
    low, high = boxes[:, 0].min(axis=0), boxes[:, 1].max(axis=0)
    half_z = grid.shape_zyx[0] * grid.spacing_mm_zyx[0] / 2
    margin = min(half_z * 0.75, min(design.size_mm, 40.0) / 2 + 3)
    half_xy = np.multiply(grid.shape_zyx, grid.spacing_mm_zyx)[:0:-1] / 2 - 4
    low[:2], high[:2] = np.maximum(low[:2], -half_xy), np.minimum(high[:2], half_xy)
    low[2], high[2] = max(low[2], -half_z + margin), min(high[2], half_z - margin)
    if design.near_lps_mm is not None:
        near = np.asarray(design.near_lps_mm, dtype=np.float32)
        low, high = np.maximum(low, near - design.within_mm), np.minimum(high, near + design.within_mm)
    return low, np.maximum(low, high)


def _layer(design: LesionDesign) -> str | None:
    if design.tissue_plane is TissuePlane.CUTANEOUS:
        return "skin"
    if design.tissue_plane is TissuePlane.FASCIAL:
        return "seam" if design.is_on_seam else "fascia"
    return None


def _bone_gap_mm(grid: ScanGrid) -> float:
    """Least distance to bone that keeps a lesion and a bone apart in the image."""
    return float(np.clip(2.5 * max(grid.spacing_mm_zyx[1:]), 1.2, 3.0))


def _suits(places: Places, design: LesionDesign, bone_gap_mm: float) -> NDArray[np.bool_]:
    """Tell which points leave the design the room it needs across its plane."""
    room = room_mm(design)
    if design.is_touching_bone:
        bone = np.abs(places.bone_mm + 0.55 * room) < 0.3 * room + 0.3
    else:
        bone = places.bone_mm < -min(room + bone_gap_mm, 7.9)
    depth_fits = {
        TissuePlane.CUTANEOUS: _suits_skin,
        TissuePlane.SUBCUTANEOUS: _suits_fat,
        TissuePlane.FASCIAL: _suits_fascia,
        TissuePlane.INTRAMUSCULAR: _suits_muscle,
    }
    suits: NDArray[np.bool_] = bone & depth_fits[design.tissue_plane](places, design, room)
    return suits


def _reach_mm(room: float) -> float:
    return room + FASCIAL_REACH_MM + 0.3


def _suits_skin(places: Places, design: LesionDesign, room: float) -> NDArray[np.bool_]:  # noqa: ARG001
    suits: NDArray[np.bool_] = np.abs(places.depth_mm - places.skin_mm / 2) < 2.5
    return suits


def _suits_fat(places: Places, design: LesionDesign, room: float) -> NDArray[np.bool_]:
    if design.is_spanning:
        across = np.abs(places.fascia_mm + 0.35 * room + FASCIAL_REACH_MM) < 0.4
    else:
        across = places.fascia_mm < -_reach_mm(room)
    suits: NDArray[np.bool_] = across & (places.depth_mm > places.skin_mm + room + 0.4)
    return suits


def _suits_fascia(places: Places, design: LesionDesign, room: float) -> NDArray[np.bool_]:
    if design.is_on_seam:
        deep = (places.fascia_mm > max(9.0, _reach_mm(room))) & (places.cavity_mm < -_reach_mm(room))
        on_seam: NDArray[np.bool_] = deep & (places.seam_mm < 2.0)
        return on_seam
    suits: NDArray[np.bool_] = (np.abs(places.fascia_mm) < 3.0) & (places.depth_mm - places.skin_mm > 3.5)
    return suits


def _suits_muscle(places: Places, design: LesionDesign, room: float) -> NDArray[np.bool_]:  # noqa: ARG001
    reach = _reach_mm(room)
    deep = (places.fascia_mm > reach) & (places.cavity_mm < -reach)
    suits: NDArray[np.bool_] = deep & (places.seam_mm > reach) & (places.belly_mm > room + 0.3)
    return suits


def _is_as_designed(fill: Fill, design: LesionDesign, grid: ScanGrid) -> bool:
    share = getattr(fill.planes, design.tissue_plane)
    if design.is_touching_bone != (fill.max_bone_mm > -0.35):
        return False
    if not design.is_touching_bone and fill.max_bone_mm > -0.75 * _bone_gap_mm(grid):
        return False
    if design.is_spanning:
        return bool(0.5 < share < 0.88)
    needed = 0.62 if design.tissue_plane is TissuePlane.CUTANEOUS else 0.75
    return bool(share >= (0.55 if design.is_touching_bone else needed))


def _owned(share: FloatArray) -> NDArray[np.bool_]:
    """Return the voxels that are filled by half or more, or else the fullest one."""
    is_voxel: NDArray[np.bool_] = share >= 0.5
    if not is_voxel.any():
        is_voxel = np.zeros(share.shape, bool)
        is_voxel[np.unravel_index(int(share.argmax()), share.shape)] = True
    return is_voxel


def _is_one_piece(is_voxel: NDArray[np.bool_], design: LesionDesign, grid: ScanGrid) -> bool:
    # On a coarse grid half-filled voxels of a thin plate fall apart whatever its place.
    if design.morphology is Morphology.RETICULAR or max(grid.spacing_mm_zyx) > 2.5:
        return True
    return bool(ndimage.label(is_voxel, np.ones((3, 3, 3)))[1] == 1)


def _claim(
    is_taken: NDArray[np.bool_], start: tuple[int, int, int], share: FloatArray, grid: ScanGrid
) -> bool:
    """Take the voxels of a lesion and a gap around them; refuse if another lesion is there."""
    window = tuple(slice(first, first + n) for first, n in zip(start, share.shape, strict=True))
    touched = share > 0
    if is_taken[window][touched].any():
        return False
    gaps = [max(2, int(np.ceil(_LESION_GAP_MM / step))) for step in grid.spacing_mm_zyx]
    wide = tuple(
        slice(max(0, w.start - gap), min(n, w.stop + gap))
        for w, gap, n in zip(window, gaps, is_taken.shape, strict=True)
    )
    halo = np.zeros(tuple(w.stop - w.start for w in wide), bool)
    halo[tuple(slice(w.start - o.start, w.stop - o.start) for w, o in zip(window, wide, strict=True))] = (
        touched
    )
    is_taken[wide] |= ndimage.maximum_filter(halo, size=[2 * gap + 1 for gap in gaps])
    return True
