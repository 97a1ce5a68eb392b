"""Calcified walls of arteries: arcs and rings around a lumen, and what lies on the course of a vessel."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calciseg.ct.arcs import hollow_fraction
from calciseg.ct.evidence import Evidence, told
from calciseg.ct.vessel_courses import VesselCourse, follow_vessel, main_axis, vessel_look
from calciseg.kernels import Components, distance_mm, side_by_side
from calciseg.settings import VesselSettings

__all__ = ["find_vessel_walls"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Thin:
    """A component thin enough to be a piece of a vessel's wall."""

    component: int
    points_zyx: NDArray[np.intp]
    spread_mm: float
    """How far its voxels lie from the middle of their slice."""
    is_hollow: bool

    def length_mm(self, axis: int, spacing_mm: NDArray[np.float64]) -> float:
        """Length along an axis of the volume."""
        return float((np.ptp(self.points_zyx[:, axis]) + 1) * spacing_mm[axis])


def find_vessel_walls(
    found: Components,
    hu: NDArray[np.int16],
    spacing_mm_zyx: tuple[float, float, float],
    dense_hu: float,
    settings: VesselSettings,
) -> list[Evidence]:
    """Tell which dense components are calcified walls of vessels.

    Parameters
    ----------
    found : Components
        Of the volume above the calcium threshold.
    hu : ndarray of int16
        The volume.
    spacing_mm_zyx : tuple of float
    dense_hu : float
        The calcium threshold.
    settings : VesselSettings

    Returns
    -------
    list of tuple of str
        The evidence of each component; empty of those that are none.

    Notes
    -----
    A component is a wall if pieces of it lie on circles of a vessel's radius whose middle is darker
    (Kockelkoren, PMC5218397, for arcs and rings); or if it lies on a vessel that is clearly seen beyond its
    ends, a round of blood in its fatty sheath; or if strands on one course are long together; or if it lies
    on the course of another wall, as far as that can be followed.
    """
    spacing_mm = np.asarray(spacing_mm_zyx)
    look = vessel_look(dense_hu, settings)
    thins = _thin_components(found, hu, spacing_mm, settings)
    courses = side_by_side(lambda thin: follow_vessel(thin.points_zyx, hu, spacing_mm, look, settings), thins)
    walls: set[int] = set()
    for number, (thin, course) in enumerate(zip(thins, courses, strict=True)):
        pieces = {number, *_lying_on(course, thins, spacing_mm, settings)}
        strands = {n for n in pieces if thins[n].spread_mm <= settings.max_half_thickness_mm}
        if thin.is_hollow or _is_on_clear_vessel(thin, course, hu.shape, spacing_mm, settings):
            walls |= pieces
        elif sum(thins[n].length_mm(course.axis, spacing_mm) for n in strands) >= settings.min_course_mm:
            # Strands show where the vessel runs; what is wider may lie along a fascia beside it.
            walls |= strands | {
                n for n in pieces - strands if _lies_within(thins[n], course, spacing_mm, settings)
            }
    _add_neighbours(walls, thins, courses, spacing_mm, settings)
    is_wall = np.zeros(found.n_components, np.bool_)
    is_wall[[thins[n].component - 1 for n in walls]] = True
    return told(is_wall, "on the course of a vessel")


def _add_neighbours(
    walls: set[int],
    thins: list[_Thin],
    courses: list[VesselCourse],
    spacing_mm: NDArray[np.float64],
    settings: VesselSettings,
) -> None:
    """Add what lies on the course of any wall shortly beyond its ends, and what lies so beyond that."""
    left = list(walls)
    while left:
        number = left.pop()
        near = courses[number].shortened(thins[number].points_zyx, settings.max_gap_mm, spacing_mm)
        found = {
            n for n, one in enumerate(thins) if n not in walls and _begins_on(one, near, spacing_mm, settings)
        }
        walls |= found
        left += found


def _thin_components(
    found: Components, hu: NDArray[np.int16], spacing_mm: NDArray[np.float64], settings: VesselSettings
) -> list[_Thin]:
    volumes_mm3 = found.table["n_voxels"] * float(np.prod(spacing_mm))
    boxes = found.table["bbox"].reshape(-1, 3, 2)
    room = np.ceil(settings.max_radius_mm / spacing_mm).astype(int)

    def thin(component: int) -> _Thin | None:
        bounds = boxes[component - 1]
        low = np.maximum(bounds[:, 0] - room, 0)
        high = np.minimum(bounds[:, 1] + room, hu.shape)
        mask = found.labels_in(np.stack([low, high], axis=1).reshape(-1)) == component
        if _half_thickness_mm(mask, spacing_mm) > settings.max_half_thickness_mm:
            return None
        points = (np.argwhere(mask) + low).astype(np.intp)
        spread_mm = _spread_mm(points, spacing_mm, settings)
        if spread_mm > settings.max_radius_mm:
            return None
        box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
        is_hollow = _is_hollow(mask, hu[box], spacing_mm, settings)
        return _Thin(component=component, points_zyx=points, spread_mm=spread_mm, is_hollow=is_hollow)

    small = (np.flatnonzero(volumes_mm3 <= settings.max_volume_mm3) + 1).tolist()
    return [one for one in side_by_side(thin, small) if one is not None]


def _half_thickness_mm(mask: NDArray[np.bool_], spacing_mm: NDArray[np.float64]) -> float:
    """Radius of the largest disc within a slice of the component."""
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


def _is_hollow(
    mask: NDArray[np.bool_], hu: NDArray[np.int16], spacing_mm: NDArray[np.float64], settings: VesselSettings
) -> bool:
    """Cut the component in three ways and look whether the pieces are arcs around a lumen."""
    if np.count_nonzero(mask) < settings.min_voxels:
        return False
    points_mm = np.argwhere(mask) * spacing_mm
    axes = np.linalg.svd(points_mm - points_mm.mean(axis=0), full_matrices=False)[2]
    # Cut along its long axis a tube gives rings; cut along its normal a curved plaque would, too.
    cuts = (
        (axes[0], settings.piece_mm),
        (axes[-1], np.inf),
        (np.array([1.0, 0.0, 0.0]), float(spacing_mm[0])),
    )
    return any(
        hollow_fraction(mask, hu, spacing_mm, axis, piece_mm, settings) >= settings.min_hollow_fraction
        for axis, piece_mm in cuts
    )


def _lying_on(
    course: VesselCourse, thins: list[_Thin], spacing_mm: NDArray[np.float64], settings: VesselSettings
) -> list[int]:
    """List the components that lie on a course."""
    sizes = [len(thin.points_zyx) for thin in thins]
    points = np.concatenate([thin.points_zyx for thin in thins])
    is_within = course.is_within(points, spacing_mm, settings.max_aside_mm)
    n_within = np.bincount(np.repeat(np.arange(len(thins)), sizes), is_within)
    return np.flatnonzero(n_within >= settings.min_share_on_course * np.array(sizes)).tolist()


def _lies_within(
    thin: _Thin, course: VesselCourse, spacing_mm: NDArray[np.float64], settings: VesselSettings
) -> bool:
    share = course.share_within(thin.points_zyx, spacing_mm, settings.course_margin_mm)
    return share >= settings.min_share_on_course


def _begins_on(
    thin: _Thin, course: VesselCourse, spacing_mm: NDArray[np.float64], settings: VesselSettings
) -> bool:
    """Tell whether that part of a component lies on a course that is not beyond the course's ends."""
    at = thin.points_zyx[:, course.axis] - course.first
    beside = thin.points_zyx[(at >= 0) & (at < len(course.edge))]
    if not len(beside):
        return False
    return course.share_within(beside, spacing_mm, settings.max_aside_mm) >= settings.min_share_on_course


def _is_on_clear_vessel(
    thin: _Thin,
    course: VesselCourse,
    shape: tuple[int, ...],
    spacing_mm: NDArray[np.float64],
    settings: VesselSettings,
) -> bool:
    """Tell whether a component lies on a vessel that goes on, clearly seen, beyond its ends.

    An end that the image cuts says nothing; the other one must then speak for both.
    """
    if not _lies_within(thin, course, spacing_mm, settings):
        return False
    at = thin.points_zyx[:, course.axis]
    first, stop = int(at.min()), int(at.max()) + 1
    step_mm, n_slices = spacing_mm[course.axis], shape[course.axis]
    n_beyond = int(np.ceil(settings.clear_course_mm / step_mm))
    n_least = int(np.ceil(settings.clear_course_mm / 4 / step_mm))
    edges = []
    if first >= n_least:
        edges.append(course.mean_edge(first - n_beyond, first, n_least))
    if n_slices - stop >= n_least:
        edges.append(course.mean_edge(stop, stop + n_beyond, n_least))
    if not edges:
        return False
    return max(edges) >= settings.min_clear_edge and sum(edges) / len(edges) >= settings.min_mean_edge
