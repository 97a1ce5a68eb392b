"""Arteries, veins and nerves: tubes that run along z, some with a calcified wall."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from calciseg.phantom.fields import FloatArray, WaveField
from calciseg.phantom.solids import box_mask
from calciseg.phantom.truth import Distractor

__all__ = ["Vessel", "VesselSample", "wall_distractors"]

WALL_GATE = np.float32(0.2)
"""Where the gate field exceeds it the wall is calcified."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VesselSample:
    """A vessel at the points in its box."""

    index: NDArray[np.intp]
    inside_mm: FloatArray
    is_calcified: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Vessel:
    """A tube with a fatty sheath.

    Attributes
    ----------
    kind : str
        ``artery``, ``vein``, ``nerve`` or ``tendon``.
    course_lps_mm : ndarray, shape (n, 3)
        Points of its centre line, z rising.
    radius_mm, sheath_mm : float
    wall_gate : WaveField or None
        Decides where the wall is calcified; ``None`` is nowhere.
    wall_mm, wall_hu : float
        Thickness and HU at 120 kV of the calcified wall.
    is_iodine_full : bool
        Holds undiluted injected contrast medium.
    """

    name: str
    kind: str
    course_lps_mm: FloatArray = field(repr=False)
    radius_mm: float
    sheath_mm: float = 1.5
    wall_gate: WaveField | None = None
    wall_mm: float = 1.1
    wall_hu: float = 750.0
    is_iodine_full: bool = False

    def box_lps_mm(self) -> FloatArray:
        """Lowest and highest corner."""
        reach = np.float32(self.radius_mm + 2.2 * self.sheath_mm)
        return np.stack([self.course_lps_mm.min(axis=0) - reach, self.course_lps_mm.max(axis=0) + reach])

    def depth_mm(self, points_lps_mm: FloatArray) -> FloatArray:
        """Depth below the vessel's outer surface, negative outside."""
        x, y, z = points_lps_mm
        course = self.course_lps_mm
        slope_x, slope_y = (np.gradient(course[:, axis], course[:, 2]) for axis in (0, 1))
        dx = x - np.interp(z, course[:, 2], course[:, 0]).astype(np.float32)
        dy = y - np.interp(z, course[:, 2], course[:, 1]).astype(np.float32)
        run_x, run_y = (np.interp(z, course[:, 2], s).astype(np.float32) for s in (slope_x, slope_y))
        # Perpendicular to the run, a slanting vessel stays as wide as it is.
        along = (dx * run_x + dy * run_y) ** 2 / (1 + run_x**2 + run_y**2)
        depth: FloatArray = np.float32(self.radius_mm) - np.sqrt(np.maximum(dx**2 + dy**2 - along, 0))
        return depth

    def sample(self, points_lps_mm: FloatArray) -> VesselSample | None:
        """Return the vessel at the points in its box, or ``None`` if there are none."""
        index = box_mask(points_lps_mm, self.box_lps_mm(), 1.0)
        if not len(index):
            return None
        near = points_lps_mm[:, index]
        inside_mm = self.depth_mm(near)
        if self.wall_gate is None:
            is_calcified = np.zeros(index.shape, bool)
        else:
            in_wall = (inside_mm > 0) & (inside_mm < self.wall_mm)
            is_calcified = in_wall & (self.wall_gate.at(near) > WALL_GATE)
        return VesselSample(index=index, inside_mm=inside_mm, is_calcified=is_calcified)


def wall_distractors(vessel: Vessel, z_range_mm: tuple[float, float]) -> list[Distractor]:
    """List the calcified stretches of a vessel's wall within a range of heights."""
    if vessel.wall_gate is None:
        return []
    z = np.arange(z_range_mm[0], z_range_mm[1], 0.5, dtype=np.float32)
    turns = np.linspace(0, 2 * np.pi, 24, endpoint=False, dtype=np.float32)
    course, radius = vessel.course_lps_mm, np.float32(vessel.radius_mm - vessel.wall_mm / 2)
    x = np.interp(z, course[:, 2], course[:, 0])[:, None] + radius * np.cos(turns)
    y = np.interp(z, course[:, 2], course[:, 1])[:, None] + radius * np.sin(turns)
    ring = np.stack([x, y, np.broadcast_to(z[:, None], x.shape)]).astype(np.float32)
    is_calcified = (vessel.wall_gate.at(ring.reshape(3, -1)) > WALL_GATE).reshape(x.shape)
    found = is_calcified.any(axis=1).astype(np.int8)
    starts = np.flatnonzero(np.diff(found, prepend=0, append=0) == 1)
    stops = np.flatnonzero(np.diff(found, prepend=0, append=0) == -1)
    distractors = []
    for start, stop in zip(starts, stops, strict=True):
        part = ring[:, start:stop][:, is_calcified[start:stop]]
        distractors.append(from_points("vascular_calcification", vessel.name, part))
    return distractors


def from_points(kind: str, name: str, points_lps_mm: FloatArray) -> Distractor:
    """Describe a distractor by the points that fill it."""
    centre, low, high = (getattr(points_lps_mm, f)(axis=1) for f in ("mean", "min", "max"))
    return Distractor(
        kind=kind,
        name=name,
        centroid_lps_mm=(float(centre[0]), float(centre[1]), float(centre[2])),
        box_lps_mm=(
            (float(low[0]), float(low[1]), float(low[2])),
            (float(high[0]), float(high[1]), float(high[2])),
        ),
    )
