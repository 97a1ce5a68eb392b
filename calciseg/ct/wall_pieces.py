"""Components thin enough to be pieces of a vessel's wall, and which of them lie on its course."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calciseg.ct.arcs import Arcs, find_arcs
from calciseg.ct.vessel_courses import VesselCourse, main_axis
from calciseg.kernels import Components, distance_mm, side_by_side
from calciseg.settings import VesselSettings

__all__ = ["WallPiece", "WallPieces", "find_wall_pieces"]

_ROUNDING_MM = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WallPiece:
    """A component that may be a piece of a vessel's wall.

    Attributes
    ----------
    component : int
    points_zyx : ndarray of int, shape ``(n, 3)``
    spread_mm : float
        How far its voxels lie from the middle of their slice.
    half_thickness_mm : float
        Radius of the largest disc in it within a slice.
    arcs : Arcs or None
        Around a lumen; None if too little of it is.
    """

    component: int
    points_zyx: NDArray[np.intp]
    spread_mm: float
    half_thickness_mm: float
    arcs: Arcs | None

    def length_mm(self, axis: int, spacing_mm: NDArray[np.float64]) -> float:
        """Length along an axis of the volume."""
        return float((np.ptp(self.points_zyx[:, axis]) + 1) * spacing_mm[axis])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WallPieces:
    """All such components of a volume.

    Attributes
    ----------
    pieces : list of WallPiece
    spacing_mm : ndarray of float64, shape ``(3,)``
    ends_mm : ndarray of float64, shape ``(2, n_pieces, 3)``
        Their first and last voxels: most are far from any one course.
    """

    pieces: list[WallPiece]
    spacing_mm: NDArray[np.float64]
    ends_mm: NDArray[np.float64]

    def lying_on(self, course: VesselCourse, settings: VesselSettings) -> list[int]:
        """List those that lie on a course."""
        return [
            number
            for number in self._near(course, settings.max_aside_mm)
            if self._n_within(self.pieces[number].points_zyx, course, settings)
            >= settings.min_share_on_course * len(self.pieces[number].points_zyx)
        ]

    def beginning_on(self, course: VesselCourse, settings: VesselSettings) -> list[int]:
        """List those of which that part lies on a course which is not beyond the course's ends."""
        found = []
        for number in self._near(course, settings.max_aside_mm):
            points_zyx = self.pieces[number].points_zyx
            at = points_zyx[:, course.axis] - course.first
            beside = points_zyx[(at >= 0) & (at < len(course.edge))]
            is_within = course.is_within(beside, self.spacing_mm, settings.max_aside_mm)
            if len(beside) and is_within.mean() >= settings.min_share_on_course:
                found.append(number)
        return found

    def _near(self, course: VesselCourse, margin_mm: float) -> list[int]:
        low_mm, high_mm = course.box_mm(self.spacing_mm, margin_mm + _ROUNDING_MM)
        first_mm, last_mm = self.ends_mm
        is_near = ((last_mm >= low_mm) & (first_mm <= high_mm)).all(axis=1)
        return [int(number) for number in np.flatnonzero(is_near)]

    def _n_within(self, points_zyx: NDArray[np.intp], course: VesselCourse, settings: VesselSettings) -> int:
        return int(np.count_nonzero(course.is_within(points_zyx, self.spacing_mm, settings.max_aside_mm)))


def find_wall_pieces(
    found: Components, hu: NDArray[np.int16], spacing_mm: NDArray[np.float64], settings: VesselSettings
) -> WallPieces:
    """Find the components that are thin and slim enough to be pieces of a vessel's wall.

    Parameters
    ----------
    found : Components
        Of the volume above the calcium threshold.
    hu : ndarray of int16
        The volume.
    spacing_mm : ndarray of float64, shape ``(3,)``
    settings : VesselSettings

    Returns
    -------
    WallPieces
    """
    volumes_mm3 = found.table["n_voxels"] * float(np.prod(spacing_mm))
    boxes = found.table["bbox"].reshape(-1, 3, 2)
    room = np.ceil(settings.max_radius_mm / spacing_mm).astype(int)

    def piece(component: int) -> WallPiece | None:
        bounds = boxes[component - 1]
        low = np.maximum(bounds[:, 0] - room, 0)
        high = np.minimum(bounds[:, 1] + room, hu.shape)
        mask = found.labels_in(np.stack([low, high], axis=1).reshape(-1)) == component
        half_thickness_mm = _half_thickness_mm(mask, spacing_mm)
        if half_thickness_mm > settings.max_half_thickness_mm:
            return None
        points = (np.argwhere(mask) + low).astype(np.intp)
        spread_mm = _spread_mm(points, spacing_mm, settings)
        if spread_mm > settings.max_radius_mm:
            return None
        box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
        return WallPiece(
            component=component,
            points_zyx=points,
            spread_mm=spread_mm,
            half_thickness_mm=half_thickness_mm,
            arcs=_around_lumen(mask, hu[box], spacing_mm, settings),
        )

    small = (np.flatnonzero(volumes_mm3 <= settings.max_volume_mm3) + 1).tolist()
    pieces = [one for one in side_by_side(piece, small) if one is not None]
    ends = [(one.points_zyx.min(axis=0), one.points_zyx.max(axis=0)) for one in pieces]
    ends_mm = np.array(ends, np.float64).reshape(-1, 2, 3).swapaxes(0, 1) * spacing_mm
    return WallPieces(pieces=pieces, spacing_mm=spacing_mm, ends_mm=ends_mm)


def _half_thickness_mm(mask: NDArray[np.bool_], spacing_mm: NDArray[np.float64]) -> float:
    _, dy, dx = spacing_mm
    tight = ndimage.find_objects(mask.view(np.uint8))[0]  # the nearest outside lies at its edge or within
    return float(distance_mm(np.pad(~mask[tight], 1, constant_values=True), (1e3, dy, dx)).max())


def _spread_mm(
    points_zyx: NDArray[np.intp], spacing_mm: NDArray[np.float64], settings: VesselSettings
) -> float:
    """Distance within which most voxels lie from the middle of their slice across the main axis."""
    axis = main_axis(points_zyx, spacing_mm, settings)
    across_mm = np.delete(points_zyx * spacing_mm, axis, axis=1)
    number = points_zyx[:, axis] - points_zyx[:, axis].min()
    counts = np.maximum(np.bincount(number), 1)
    middles = np.stack([np.bincount(number, weights=across_mm[:, k]) / counts for k in (0, 1)], axis=1)
    return float(np.percentile(np.linalg.norm(across_mm - middles[number], axis=1), 90))


def _around_lumen(
    mask: NDArray[np.bool_], hu: NDArray[np.int16], spacing_mm: NDArray[np.float64], settings: VesselSettings
) -> Arcs | None:
    """Cut the component in three ways and look whether the pieces are arcs around a lumen."""
    if np.count_nonzero(mask) < settings.min_voxels:
        return None
    points_mm = np.argwhere(mask) * spacing_mm
    axes = np.linalg.svd(points_mm - points_mm.mean(axis=0), full_matrices=False)[2]
    # Cut along its long axis a tube gives rings; cut along its normal a curved plaque would, too.
    cuts = (
        (axes[0], settings.piece_mm),
        (axes[-1], np.inf),
        (np.array([1.0, 0.0, 0.0]), float(spacing_mm[0])),
    )
    for axis, piece_mm in cuts:
        arcs = find_arcs(mask, hu, spacing_mm, axis, piece_mm, settings)
        if arcs.fraction >= settings.min_hollow_fraction:
            return arcs
    return None
