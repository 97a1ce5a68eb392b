"""From a design and a place to a shape: one builder for each morphology."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay, cKDTree

from calciseg.model import Morphology, TissuePlane
from calciseg.phantom.anatomy import Scene
from calciseg.phantom.fields import FloatArray, make_wave_field, smooth_curve
from calciseg.phantom.grid import ScanGrid
from calciseg.phantom.recipe import LesionDesign
from calciseg.phantom.shapes import LAYERS, Blob, Cluster, Layer, OffBone, Patch, Shape, Strand, project

__all__ = ["Anchor", "form_lesion", "room_mm"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Anchor:
    """The place of a lesion: a point, the direction inwards, and what it lies in."""

    point_lps_mm: FloatArray = field(repr=False)
    normal: FloatArray = field(repr=False)
    layer: str | None
    body: int
    depth_mm: float
    skin_mm: float
    fascia_mm: float


def _thickness_mm(design: LesionDesign) -> float:
    """Thickness of a flat or long lesion that is not stated: such as stays in its plane."""
    if design.thickness_mm is not None:
        return design.thickness_mm
    flat = {
        TissuePlane.CUTANEOUS: 1.7,
        TissuePlane.SUBCUTANEOUS: 3.2,
        TissuePlane.FASCIAL: 2.6,
        TissuePlane.INTRAMUSCULAR: 3.2,
    }
    long = {Morphology.RETICULAR: 1.7, Morphology.LINEAR: 2.2}
    return long.get(design.morphology, flat.get(design.tissue_plane, 3.0))


def room_mm(design: LesionDesign) -> float:
    """Half the extent of a design across its plane."""
    if design.morphology in (Morphology.PUNCTATE, Morphology.NODULE, Morphology.MASS):
        return design.size_mm / 2
    return _thickness_mm(design) / 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Task:
    """A lesion to be formed."""

    rng: np.random.Generator
    scene: Scene
    half_z_mm: float
    """Half the length of the stack."""
    design: LesionDesign
    anchor: Anchor


def form_lesion(
    rng: np.random.Generator, scene: Scene, grid: ScanGrid, design: LesionDesign, anchor: Anchor
) -> Shape | None:
    """Build the shape of a design at an anchor, or return ``None`` if it does not suit."""
    builders = {
        Morphology.PUNCTATE: _form_round,
        Morphology.NODULE: _form_round,
        Morphology.MASS: _form_mass,
        Morphology.PLAQUE: _form_patch,
        Morphology.SHEET: _form_patch,
        Morphology.LINEAR: _form_line,
        Morphology.RETICULAR: _form_net,
    }
    half_z_mm = grid.shape_zyx[0] * grid.spacing_mm_zyx[0] / 2
    task = _Task(rng=rng, scene=scene, half_z_mm=half_z_mm, design=design, anchor=anchor)
    shape = builders[design.morphology](task)
    return OffBone(shape=shape) if shape is not None and design.is_touching_bone else shape


def _frame(normal: FloatArray) -> FloatArray:
    """Return unit vectors as rows: the normal, about along z, and across."""
    upwards = np.array([0.0, 0.0, 1.0], dtype=np.float32)
    if abs(float(normal[2])) > 0.9:
        upwards = np.array([0.0, 1.0, 0.0], dtype=np.float32)
    along = upwards - normal * (normal @ upwards)
    along /= np.linalg.norm(along)
    return np.stack([normal, along, np.cross(normal, along)]).astype(np.float32)


def _form_round(task: _Task) -> Shape:
    rng, design, anchor = task.rng, task.design, task.anchor
    half = design.size_mm / 2
    radii = half * np.array([0.92, *rng.uniform(0.9, 1.1, 2)])
    if design.tissue_plane is TissuePlane.CUTANEOUS:
        radii[0] = min(radii[0], 0.56 * anchor.skin_mm)
    elif design.tissue_plane is TissuePlane.FASCIAL:
        radii[0] = min(radii[0], 1.9)
    return Blob(
        centre_lps_mm=anchor.point_lps_mm,
        radii_mm=radii.astype(np.float32),
        axes=_frame(anchor.normal),
        bumps=make_wave_field(rng, max(design.size_mm * 0.8, 2.5)),
        bump_fraction=0.03 if design.morphology is Morphology.PUNCTATE else 0.08,
    )


def _form_mass(task: _Task) -> Shape:
    """Lobules around a core, longer along z than across, as muscle and fat let it grow."""
    rng, design, anchor = task.rng, task.design, task.anchor
    half = design.size_mm / 2
    axes = _frame(anchor.normal)
    blobs = []
    for n in range(9):
        share = rng.uniform(0.42, 0.6) if n else 0.72
        direction = rng.standard_normal(3)
        direction /= np.linalg.norm(direction)
        offset = (axes.T @ (direction * [0.5, 0.75, 0.5])) * half * (n > 0)
        blobs.append(
            Blob(
                centre_lps_mm=(anchor.point_lps_mm + offset).astype(np.float32),
                radii_mm=(half * share * rng.uniform(0.85, 1.15, 3)).astype(np.float32),
                axes=axes,
                bumps=make_wave_field(rng, design.size_mm * 0.5),
            )
        )
    return Cluster(blobs=tuple(blobs))


def _layer_and_level(anchor: Anchor) -> tuple[Layer, float]:
    if anchor.layer is None:
        # In fat or muscle a plate keeps its distance from the skin.
        return _depth, anchor.depth_mm
    return LAYERS[anchor.layer], 0.0


def _depth(places: object) -> FloatArray:
    depth: FloatArray = places.depth_mm  # type: ignore[attr-defined]
    return depth


def _form_patch(task: _Task) -> Shape | None:
    rng, scene, design, anchor = task.rng, task.scene, task.design, task.anchor
    layer, level_mm = _layer_and_level(anchor)
    envelope = scene.bodies[anchor.body].envelope
    axis = envelope.axis_at_mm(float(anchor.point_lps_mm[2]))
    room_z = task.half_z_mm - abs(float(anchor.point_lps_mm[2])) - 2
    half_arc = design.size_mm / 2
    half_height = min(half_arc * rng.uniform(0.7, 1.0), 32.0, room_z / 1.2)
    muscles = None
    if anchor.layer == "seam":
        muscles = _two_muscles(scene, anchor)
        if muscles is None:
            return None
        half_height = min(half_arc, room_z / 1.2)
    if half_height < min(0.6 * half_arc, 4.0):
        return None
    return Patch(
        layer=layer,
        level_mm=level_mm,
        centre_lps_mm=anchor.point_lps_mm,
        axis_lps_mm=axis,
        half_arc_mm=half_arc,
        half_height_mm=half_height,
        half_thickness_mm=_thickness_mm(design) / 2,
        edge=make_wave_field(rng, max(8.0, design.size_mm / 3)),
        body=anchor.body,
        muscles=muscles,
    )


def _two_muscles(scene: Scene, anchor: Anchor) -> frozenset[int] | None:
    """Find the muscles on both sides of the seam at the anchor."""
    steps = np.linspace(-4, 4, 9, dtype=np.float32)
    points = anchor.point_lps_mm[:, None] + anchor.normal[:, None] * steps
    found = frozenset(int(m) for m in scene.places(points).muscle)
    return found if len(found) == 2 and min(found) >= 0 else None


def _form_line(task: _Task) -> Shape:
    rng, scene, design, anchor = task.rng, task.scene, task.design, task.anchor
    n = max(8, int(design.size_mm / 0.4))
    along = np.linspace(-design.size_mm / 2, design.size_mm / 2, n)
    frame = _frame(anchor.normal)
    lean = rng.uniform(-0.5, 0.5)
    across = lean * along + 0.06 * design.size_mm * smooth_curve(rng, n, 4)
    points = anchor.point_lps_mm[:, None] + frame[1][:, None] * along + frame[2][:, None] * across
    return _strand(rng, scene, design, anchor, points.astype(np.float32))


def _form_net(task: _Task) -> Shape:
    rng, scene, design, anchor = task.rng, task.scene, task.design, task.anchor
    half = design.size_mm / 2
    pitch = max(6.0, design.size_mm / 6)
    ticks = np.arange(-half, half + 0.1, pitch)
    knots = np.stack(np.meshgrid(ticks, ticks)).reshape(2, -1)
    knots = knots + rng.uniform(-0.3, 0.3, knots.shape) * pitch
    knots = knots[:, np.hypot(*knots) < 1.1 * half]
    sides = Delaunay(knots.T).simplices[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    edges = np.unique(np.sort(sides, axis=1), axis=0)
    short = np.linalg.norm(knots[:, edges[:, 0]] - knots[:, edges[:, 1]], axis=0) < 1.45 * pitch
    kept = edges[short & (rng.random(len(edges)) < 0.72)]
    flat = np.concatenate([_thread(rng, knots[:, a], knots[:, b]) for a, b in kept], axis=1)
    frame = _frame(anchor.normal)
    points = anchor.point_lps_mm[:, None] + frame[1][:, None] * flat[0] + frame[2][:, None] * flat[1]
    return _strand(rng, scene, design, anchor, points.astype(np.float32))


def _thread(
    rng: np.random.Generator, start: NDArray[np.float64], stop: NDArray[np.float64]
) -> NDArray[np.float64]:
    length = float(np.linalg.norm(stop - start))
    share = np.linspace(0, 1, max(4, int(length / 0.35)))
    sideways = np.array([start[1] - stop[1], stop[0] - start[0]]) / length
    bow = 0.12 * length * rng.standard_normal() * np.sin(np.pi * share)
    line: NDArray[np.float64] = start[:, None] + (stop - start)[:, None] * share + sideways[:, None] * bow
    return line


def _strand(
    rng: np.random.Generator, scene: Scene, design: LesionDesign, anchor: Anchor, points: FloatArray
) -> Shape:
    layer, level_mm = _layer_and_level(anchor)
    on_level = project(scene, points, layer, level_mm)[0]
    return Strand(
        tree=cKDTree(on_level.T.astype(np.float64)),
        radius_mm=_thickness_mm(design) / 2,
        bumps=make_wave_field(rng, 7.0),
    )
