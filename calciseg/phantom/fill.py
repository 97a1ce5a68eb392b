"""How far a calcification fills the voxels, and what it holds, from sub-samples."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from calciseg.model import PlaneFractions, TissuePlane
from calciseg.phantom.anatomy import Scene, plane_of
from calciseg.phantom.fields import FloatArray
from calciseg.phantom.grid import ScanGrid
from calciseg.phantom.shapes import Shape
from calciseg.phantom.solids import box_mask

__all__ = ["Fill", "Glance", "fill_grid", "glance", "voxel_fill"]

_CHUNK = 60_000
_N_MUSCLES = 64
_BLOCK = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fill:
    """A calcification on the fine planes of a grid.

    Attributes
    ----------
    start : tuple of int
        Fine plane, row and column of ``fraction[0, 0, 0]``.
    fraction : ndarray
        Filled fraction of each cell, a fine plane thick.
    """

    start: tuple[int, int, int]
    fraction: FloatArray = field(repr=False)
    volume_mm3: float
    centroid_lps_mm: tuple[float, float, float]
    box_lps_mm: tuple[tuple[float, float, float], tuple[float, float, float]]
    planes: PlaneFractions
    max_bone_mm: float
    """Largest depth in bone of any point of it; negative is the distance to the nearest bone."""
    main_muscle: tuple[int, int]
    """Body and muscle that hold most of it."""


def fill_grid(shape: Shape, scene: Scene, grid: ScanGrid, sub_mm: float) -> Fill | None:
    """Sub-sample a shape on the grid's fine planes; ``None`` if none of it lies in the grid."""
    window = _window(shape, grid)
    if window is None:
        return None
    start, size = window
    cells = _candidates(shape, scene, grid, start, size)
    steps = (grid.fine_mm, grid.spacing_mm_zyx[1], grid.spacing_mm_zyx[2])
    n_sub = np.clip([int(np.ceil(step / sub_mm - 1e-6)) for step in steps], 3, 12)
    offsets = np.stack(np.meshgrid(*[(np.arange(n) + 0.5) / n - 0.5 for n in n_sub], indexing="ij")).reshape(
        3, -1
    )
    tally = _Tally(np.zeros(size, dtype=np.float32))
    per_chunk = max(1, _CHUNK // offsets.shape[1])
    for first in range(0, cells.shape[1], per_chunk):
        chunk = cells[:, first : first + per_chunk]
        where = (chunk[:, :, None] + offsets[:, None]).reshape(3, -1)
        tally.add(shape, scene, grid.points(*where), chunk - np.asarray(start)[:, None], offsets.shape[1])
    if tally.n_inside == 0:
        return None
    cell_mm3 = float(np.prod(steps) * np.cos(np.deg2rad(grid.tilt_deg)))
    return tally.fill(start, cell_mm3 / offsets.shape[1])


def _window(shape: Shape, grid: ScanGrid) -> tuple[tuple[int, int, int], tuple[int, int, int]] | None:
    low, high = shape.box_lps_mm().astype(np.float64)
    corners = np.stack(np.meshgrid(*zip(low, high, strict=True), indexing="ij")).reshape(3, -1)
    indices = grid.indices(corners)
    limits = np.array([grid.shape_zyx[0] * grid.n_fine, *grid.shape_zyx[1:]])
    first = np.clip(np.floor(indices.min(axis=1)) - 1, 0, limits).astype(int)
    last = np.clip(np.ceil(indices.max(axis=1)) + 2, 0, limits).astype(int)
    if (last <= first).any():
        return None
    size = last - first
    return (int(first[0]), int(first[1]), int(first[2])), (int(size[0]), int(size[1]), int(size[2]))


def _candidates(
    shape: Shape, scene: Scene, grid: ScanGrid, start: tuple[int, int, int], size: tuple[int, int, int]
) -> NDArray[np.int64]:
    """Return the cells that the shape may reach, as indices of shape ``(3, n)``, coarse blocks first."""
    cells_mm = (grid.fine_mm, grid.spacing_mm_zyx[1], grid.spacing_mm_zyx[2])
    ticks = [
        np.arange(first, first + n, _BLOCK) + (_BLOCK - 1) / 2 for first, n in zip(start, size, strict=True)
    ]
    blocks = np.stack(np.meshgrid(*ticks, indexing="ij")).reshape(3, -1)
    blocks = _within_reach(shape, scene, grid, blocks, 0.75 * _BLOCK * float(np.linalg.norm(cells_mm)))
    steps = np.arange(_BLOCK) - (_BLOCK - 1) / 2
    offsets = np.stack(np.meshgrid(steps, steps, steps, indexing="ij")).reshape(3, -1)
    cells = (blocks[:, :, None] + offsets[:, None]).reshape(3, -1)
    ends = np.asarray(start)[:, None] + np.asarray(size)[:, None]
    cells = cells[:, (cells < ends).all(axis=0)]
    return _within_reach(shape, scene, grid, cells, 0.8 * float(np.linalg.norm(cells_mm))).astype(np.int64)


def _within_reach(
    shape: Shape, scene: Scene, grid: ScanGrid, cells: NDArray[np.float64], reach_mm: float
) -> NDArray[np.float64]:
    kept = []
    for first in range(0, cells.shape[1], _CHUNK):
        chunk = cells[:, first : first + _CHUNK]
        points = grid.points(chunk[0], chunk[1], chunk[2])
        kept.append(chunk[:, shape.inside_mm(points, scene.places(points)) > -reach_mm])
    return np.concatenate(kept, axis=1)


class _Tally:
    """Sums over the sub-samples inside a shape."""

    def __init__(self, fraction: FloatArray) -> None:
        self.fraction = fraction
        self.n_inside = 0
        self._sum_mm = np.zeros(3)
        self._low_mm, self._high_mm = np.full(3, np.inf), np.full(3, -np.inf)
        self._planes = np.zeros(6)
        self._muscles = np.zeros(8 * _N_MUSCLES, dtype=np.int64)
        self._max_bone_mm = -np.inf

    def add(
        self, shape: Shape, scene: Scene, points: FloatArray, cells: NDArray[np.int64], n_offsets: int
    ) -> None:
        places = scene.places(points)
        inside = shape.inside_mm(points, places) > 0
        share = inside.reshape(-1, n_offsets).mean(axis=1)
        self.fraction[tuple(cells)] = share
        if not inside.any():
            return
        kept = points[:, inside]
        self.n_inside += kept.shape[1]
        self._sum_mm += kept.sum(axis=1, dtype=np.float64)
        self._low_mm = np.minimum(self._low_mm, kept.min(axis=1))
        self._high_mm = np.maximum(self._high_mm, kept.max(axis=1))
        self._planes += np.bincount(plane_of(places)[inside], minlength=6)
        self._max_bone_mm = max(self._max_bone_mm, float(places.bone_mm[inside].max()))
        keys = (places.body[inside] + 1).astype(np.int64) * _N_MUSCLES + places.muscle[inside] + 1
        self._muscles += np.bincount(keys, minlength=len(self._muscles))

    def fill(self, start: tuple[int, int, int], point_mm3: float) -> Fill:
        share = self._planes / self.n_inside
        # What a bumpy lesion lifts out of the body lifts the skin with it.
        share[TissuePlane.CUTANEOUS.map_value] += share[0]
        centre = self._sum_mm / self.n_inside
        low, high = self._low_mm, self._high_mm
        body, muscle = divmod(int(self._muscles.argmax()), _N_MUSCLES)
        return Fill(
            start=start,
            fraction=self.fraction,
            volume_mm3=self.n_inside * point_mm3,
            centroid_lps_mm=(float(centre[0]), float(centre[1]), float(centre[2])),
            box_lps_mm=(
                (float(low[0]), float(low[1]), float(low[2])),
                (float(high[0]), float(high[1]), float(high[2])),
            ),
            planes=PlaneFractions(**{str(p): float(share[p.map_value]) for p in TissuePlane}),
            max_bone_mm=self._max_bone_mm,
            main_muscle=(body - 1, muscle - 1),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """A rough estimate of what a shape holds."""

    planes: PlaneFractions
    vessel_gap_mm: float
    """Distance to the nearest vessel or metal, 4 mm at most; less 2 mm for what looks like calcium."""
    max_bone_mm: float
    """Largest depth in bone; negative is the distance to the nearest bone."""


def glance(shape: Shape, scene: Scene, rng: np.random.Generator, n_points: int = 12_000) -> Glance | None:
    """Look at a shape with random points: quick, to refuse what will not do; ``None`` if it is too small."""
    low, high = shape.box_lps_mm()
    points = rng.uniform(low[:, None], high[:, None], (3, n_points)).astype(np.float32)
    places = scene.places(points)
    inside = shape.inside_mm(points, places) > 0
    if inside.sum() < 20:
        return None
    counts = np.bincount(plane_of(places)[inside], minlength=6)
    return Glance(
        planes=PlaneFractions(**{str(p): float(counts[p.map_value] / inside.sum()) for p in TissuePlane}),
        vessel_gap_mm=_vessel_gap_mm(points[:, inside], scene),
        max_bone_mm=float(places.bone_mm[inside].max()),
    )


def _vessel_gap_mm(points: FloatArray, scene: Scene) -> float:
    gap_mm = 4.0
    for vessel in scene.vessels:
        # What may be mistaken for a lesion needs more air around it.
        margin_mm = 2.0 if vessel.wall_gate is not None or vessel.is_iodine_full else 0.0
        index = box_mask(points, vessel.box_lps_mm(), 4.0)
        if len(index):
            gap_mm = min(gap_mm, -float(vessel.depth_mm(points[:, index]).max()) - margin_mm)
    if scene.screw is not None:
        index = box_mask(points, scene.screw.solid.box_lps_mm(), 4.0)
        if len(index):
            gap_mm = min(gap_mm, -float(scene.screw.inside_mm(points[:, index]).max()))
    return gap_mm


def voxel_fill(fill: Fill, grid: ScanGrid) -> tuple[tuple[int, int, int], FloatArray]:
    """Average a fill over the fine planes of each slice; return its first voxel and the fractions."""
    n = grid.n_fine
    first, before = divmod(fill.start[0], n)
    after = -(before + fill.fraction.shape[0]) % n
    padded = np.pad(fill.fraction, ((before, after), (0, 0), (0, 0)))
    slices = padded.reshape(-1, n, *padded.shape[1:]).mean(axis=1)
    return (first, fill.start[1], fill.start[2]), slices
