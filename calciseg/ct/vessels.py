"""Calcified walls of arteries: arcs and rings around a lumen, and what lies on the course of a vessel."""

import numpy as np
from numpy.typing import NDArray

from calciseg.ct.arcs import Arcs
from calciseg.ct.evidence import Evidence
from calciseg.ct.vessel_courses import VesselCourse, follow_vessel, vessel_look
from calciseg.ct.wall_pieces import WallPiece, WallPieces, find_wall_pieces
from calciseg.kernels import Components, side_by_side
from calciseg.settings import VesselSettings

__all__ = ["find_vessel_walls"]


def find_vessel_walls(
    found: Components,
    depth_mm: NDArray[np.float32],
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
    depth_mm : ndarray of float32, shape ``(n_components,)``
        Of their middles below the skin.
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
    ends, a round of blood in its fatty sheath; or if strands on one course are long together and something
    of their vessel is seen, or they lie deep in a limb, where its arteries run; or if it lies on the course
    of another wall, as far as that can be followed. A long strand alone is none: calcinosis is linear, too,
    along fasciae and in fat (Banks, Semin Roentgenol 2005;40:391).
    """
    spacing_mm = np.asarray(spacing_mm_zyx)
    look = vessel_look(dense_hu, settings)
    of_walls = find_wall_pieces(found, hu, spacing_mm, settings)
    courses = side_by_side(
        lambda piece: follow_vessel(piece.points_zyx, hu, spacing_mm, look, settings), of_walls.pieces
    )
    edges = [
        _edges_beyond(piece, course, hu.shape, spacing_mm, settings)
        for piece, course in zip(of_walls.pieces, courses, strict=True)
    ]
    evidence: dict[int, Evidence] = {}
    for number, course in enumerate(courses):
        for one, of_one in _walls_on(number, course, of_walls, edges, depth_mm, settings).items():
            # What is seen of a piece itself says more than what it lies on.
            evidence[one] = of_one if one == number else evidence.get(one, of_one)
    _add_neighbours(evidence, of_walls, courses, settings)
    of_components: list[Evidence] = [()] * found.n_components
    for number, of_one in evidence.items():
        of_components[of_walls.pieces[number].component - 1] = of_one
    return of_components


def _walls_on(
    number: int,
    course: VesselCourse,
    of_walls: WallPieces,
    edges: list[list[float]],
    depth_mm: NDArray[np.float32],
    settings: VesselSettings,
) -> dict[int, Evidence]:
    """Find which pieces on the course of one are walls by what is seen of that one and of its vessel.

    Each piece has the clearness of the edge of its own course beyond its ends. Where strands lie on one
    course, what is seen of a vessel beyond any of them is seen for all.
    """
    pieces, spacing_mm = of_walls.pieces, of_walls.spacing_mm
    piece = pieces[number]
    on_course = {number, *of_walls.lying_on(course, settings)}
    of_piece = _of_lumen(piece.arcs, settings) or _of_clear_vessel(
        piece, course, edges[number], spacing_mm, settings
    )
    if of_piece:
        return dict.fromkeys(on_course, _ON_COURSE) | {number: of_piece}
    strands = {n for n in on_course if pieces[n].spread_mm <= settings.max_half_thickness_mm}
    length_mm = sum(pieces[n].length_mm(course.axis, spacing_mm) for n in strands)
    has_lumen = any(pieces[n].arcs for n in on_course)
    seen = edges[number] if len(strands) < 2 else [one for n in strands for one in edges[n]]
    shallowest_mm = min((float(depth_mm[pieces[n].component - 1]) for n in strands), default=0.0)
    is_deep_chain = len(strands) > 1 and shallowest_mm >= settings.min_chain_depth_mm
    is_told = has_lumen or is_deep_chain or _is_seen(seen, len(strands), settings)
    if length_mm < settings.min_course_mm or not is_told:
        return {}
    # Strands show where the vessel runs; what is wider may lie along a fascia beside it.
    within = {n for n in on_course - strands if _lies_within(pieces[n], course, spacing_mm, settings)}
    return dict.fromkeys(strands | within, _of_strands(len(strands), length_mm, seen, shallowest_mm))


_ON_COURSE = ("on the course of a vessel that is told by another piece of its wall",)


def _of_lumen(arcs: Arcs | None, settings: VesselSettings) -> Evidence:
    """Say how far a wall reaches around its lumen. How thin it is, blur does not show."""
    if arcs is None:
        return ()
    around = (
        f"{100 * arcs.fraction:.0f} % of it lies in arcs around a lumen, {arcs.degrees:.0f} degrees of the "
        "circumference"
    )
    if arcs.degrees < settings.medial_degrees:
        return (around,)
    return (around, "circumferential, as medial calcification is")


def _of_clear_vessel(
    piece: WallPiece,
    course: VesselCourse,
    edges: list[float],
    spacing_mm: NDArray[np.float64],
    settings: VesselSettings,
) -> Evidence:
    """Say how clear a vessel is on which a component lies and that goes on beyond its ends.

    An end that the image cuts says nothing; the other one must then speak for both.
    """
    mean = sum(edges) / max(1, len(edges))
    is_clear = max(edges, default=0.0) >= settings.min_clear_edge and mean >= settings.min_mean_edge
    if not is_clear or not _lies_within(piece, course, spacing_mm, settings):
        return ()
    on_vessel = (
        f"in a round vessel that goes on beyond its ends, its edge seen on {100 * mean:.0f} % of the "
        "circumference"
    )
    degrees = course.degrees_around(piece.points_zyx, spacing_mm)
    thickness_mm = 2 * piece.half_thickness_mm - float(spacing_mm[1:].max())  # it ends between voxels
    if degrees >= settings.intimal_degrees or thickness_mm < settings.intimal_mm:
        return (on_vessel,)
    return (on_vessel, f"a patch on {degrees:.0f} degrees of it, as intimal calcification is")


def _is_seen(edges: list[float], n_strands: int, settings: VesselSettings) -> bool:
    """Tell whether a vessel is seen at all beyond the ends of strands: plainly, if one strand lies alone."""
    if n_strands == 1:
        return min(edges, default=0.0) >= settings.min_alone_edge
    return max(edges, default=0.0) >= settings.min_seen_edge


def _of_strands(n: int, length_mm: float, edges: list[float], depth_mm: float) -> Evidence:
    seen = 100 * max(edges, default=0.0)
    pieces = "a strand" if n == 1 else f"one of {n} strands together"
    return (
        f"{pieces} of {length_mm:.0f} mm on the course of a vessel whose edge is seen on up to {seen:.0f} % "
        f"of the circumference, {depth_mm:.0f} mm below the skin",
    )


def _add_neighbours(
    evidence: dict[int, Evidence],
    of_walls: WallPieces,
    courses: list[VesselCourse],
    settings: VesselSettings,
) -> None:
    """Add what lies on the course of any wall shortly beyond its ends, and what lies so beyond that."""
    left = list(evidence)
    while left:
        number = left.pop()
        points_zyx = of_walls.pieces[number].points_zyx
        near = courses[number].shortened(points_zyx, settings.max_gap_mm, of_walls.spacing_mm)
        added = [n for n in of_walls.beginning_on(near, settings) if n not in evidence]
        evidence |= dict.fromkeys(added, _ON_COURSE)
        left += added


def _lies_within(
    piece: WallPiece, course: VesselCourse, spacing_mm: NDArray[np.float64], settings: VesselSettings
) -> bool:
    share = course.share_within(piece.points_zyx, spacing_mm, settings.course_margin_mm)
    return share >= settings.min_share_on_course


def _edges_beyond(
    piece: WallPiece,
    course: VesselCourse,
    shape: tuple[int, ...],
    spacing_mm: NDArray[np.float64],
    settings: VesselSettings,
) -> list[float]:
    """List how clear the edge of a course is beyond each end of a piece that the image does not cut."""
    at = piece.points_zyx[:, course.axis]
    first, stop = int(at.min()), int(at.max()) + 1
    step_mm, n_slices = spacing_mm[course.axis], shape[course.axis]
    n_beyond = int(np.ceil(settings.clear_course_mm / step_mm))
    n_least = int(np.ceil(settings.clear_course_mm / 4 / step_mm))
    edges = []
    if first >= n_least:
        edges.append(course.mean_edge(first - n_beyond, first, n_least))
    if n_slices - stop >= n_least:
        edges.append(course.mean_edge(stop, stop + n_beyond, n_least))
    return edges
