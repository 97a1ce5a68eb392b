"""Calcified walls of arteries: arcs and rings around a lumen, one after the other along a course."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calciseg.kernels import Components
from calciseg.settings import VesselSettings

__all__ = ["find_vessel_walls"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Segment:
    """A dense component seen as a piece of a tube."""

    component: int
    centre_mm: NDArray[np.float64]
    direction: NDArray[np.float64]
    half_length_mm: float
    radius_mm: float
    is_hollow: bool


def find_vessel_walls(
    found: Components,
    hu: NDArray[np.int16],
    spacing_mm_zyx: tuple[float, float, float],
    settings: VesselSettings,
) -> NDArray[np.bool_]:
    """Tell which dense components are calcified walls of vessels.

    Parameters
    ----------
    found : Components
        Of the volume above the calcium threshold.
    hu : ndarray of int16
        The volume.
    spacing_mm_zyx : tuple of float
    settings : VesselSettings

    Returns
    -------
    ndarray of bool, shape ``(n_components,)``

    Notes
    -----
    Every thin component is a segment with an axis. It is hollow if pieces of it lie on circles of a vessel's
    radius whose middle is darker than the wall (Kockelkoren, PMC5218397, for arcs and rings). Segments that
    continue one another are a course. A course is a vessel if one of its segments is hollow, or if it is
    longer than any single strand of calcification is likely to be: the wall of an artery of 3 mm is too thin
    to show its lumen.
    """
    segments = _segments(found, hu, spacing_mm_zyx, settings)
    walls = []
    for course in _courses(segments, settings):
        length_mm = sum(2 * segment.half_length_mm for segment in course)
        if any(segment.is_hollow for segment in course) or length_mm >= settings.min_course_mm:
            walls += course
    is_strand = np.zeros(found.n_components, np.bool_)
    is_strand[[segment.component - 1 for segment in segments]] = True
    is_wall = _pieces_along(walls, found, is_strand, np.asarray(spacing_mm_zyx), settings)
    is_wall[[segment.component - 1 for segment in walls]] = True
    return is_wall


def _pieces_along(
    walls: list[_Segment],
    found: Components,
    is_strand: NDArray[np.bool_],
    spacing: NDArray[np.float64],
    settings: VesselSettings,
) -> NDArray[np.bool_]:
    """Find the strands and crumbs that lie on the course of a wall, or where it goes on."""
    centres_mm = found.table["centroid_zyx"] * spacing
    is_crumb = found.table["n_voxels"] * float(np.prod(spacing)) <= settings.max_crumb_mm3
    is_piece = np.zeros(found.n_components, np.bool_)
    for wall in walls:
        between_mm = centres_mm - wall.centre_mm
        along_mm = np.abs(between_mm @ wall.direction)
        aside_mm = np.sqrt(np.maximum((between_mm**2).sum(axis=1) - along_mm**2, 0.0))
        beyond_mm = np.maximum(along_mm - wall.half_length_mm, 0.0)
        spread_mm = settings.crumb_margin_mm + settings.crumb_spread * beyond_mm
        reach_mm = wall.radius_mm + np.minimum(spread_mm, settings.max_aside_mm)
        is_piece |= (is_crumb | is_strand) & (beyond_mm <= settings.max_gap_mm) & (aside_mm <= reach_mm)
    return is_piece


def _segments(
    found: Components,
    hu: NDArray[np.int16],
    spacing_mm_zyx: tuple[float, float, float],
    settings: VesselSettings,
) -> list[_Segment]:
    spacing = np.asarray(spacing_mm_zyx)
    volumes_mm3 = found.table["n_voxels"] * float(np.prod(spacing))
    is_sized = (found.table["n_voxels"] >= settings.min_voxels) & (volumes_mm3 <= settings.max_volume_mm3)
    segments = []
    for component in np.flatnonzero(is_sized) + 1:
        pad_zyx = np.ceil(settings.max_radius_mm / spacing).astype(int)
        bounds = found.table["bbox"][component - 1].reshape(3, 2)
        low = np.maximum(bounds[:, 0] - pad_zyx, 0)
        high = np.minimum(bounds[:, 1] + pad_zyx, hu.shape)
        box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
        mask = found.labels_in(np.stack([low, high], axis=1).reshape(-1)) == component
        segment = _as_segment(int(component), mask, hu[box], low * spacing, spacing, settings)
        if segment is not None:
            segments.append(segment)
    return segments


def _as_segment(
    component: int,
    mask: NDArray[np.bool_],
    hu: NDArray[np.int16],
    corner_mm: NDArray[np.float64],
    spacing: NDArray[np.float64],
    settings: VesselSettings,
) -> _Segment | None:
    """Find the axis along which the component is most like a tube; None if it is none."""
    points_mm = np.argwhere(mask) * spacing
    mean_mm = points_mm.mean(axis=0)
    axes = np.linalg.svd(points_mm - mean_mm, full_matrices=False)[2]
    for axis, is_long_axis in ((axes[0], True), (axes[-1], False)):
        along_mm = (points_mm - mean_mm) @ axis
        across_mm = np.linalg.norm(points_mm - mean_mm - along_mm[:, None] * axis, axis=1)
        half_length_mm = float(np.ptp(along_mm)) / 2
        radius_mm = float(np.percentile(across_mm, 90))
        # Cut along its long axis a tube gives rings; cut along its normal a curved plaque would, too.
        piece_mm = settings.piece_mm if is_long_axis else np.inf
        hollow = _hollow_fraction(mask, hu, mean_mm, axis, piece_mm, spacing, settings)
        is_hollow = hollow >= settings.min_hollow_fraction
        is_thin = is_long_axis and radius_mm <= settings.max_strand_radius_mm
        is_strand = is_thin and half_length_mm >= settings.min_elongation * radius_mm
        if radius_mm <= settings.max_radius_mm and (is_hollow or is_strand):
            return _Segment(
                component=component,
                centre_mm=corner_mm + mean_mm,
                direction=axis,
                half_length_mm=half_length_mm,
                radius_mm=radius_mm,
                is_hollow=is_hollow,
            )
    return None


def _hollow_fraction(
    mask: NDArray[np.bool_],
    hu: NDArray[np.int16],
    mean_mm: NDArray[np.float64],
    axis: NDArray[np.float64],
    piece_mm: float,
    spacing: NDArray[np.float64],
    settings: VesselSettings,
) -> float:
    """Share of the component that lies in pieces which are arcs around a darker middle."""
    all_mm = np.argwhere(np.ones(mask.shape, np.bool_)) * spacing - mean_mm
    along_mm = all_mm @ axis
    sideways = np.linalg.svd(axis[None, :])[2][1:]
    plane_mm = all_mm @ sideways.T
    in_component = mask.reshape(-1)
    piece = np.floor((along_mm - along_mm[in_component].min()) / piece_mm).astype(int)
    n_hollow = 0
    for number in np.unique(piece[in_component]):
        in_piece = piece == number
        wall = in_piece & in_component
        in_piece &= (along_mm >= along_mm[wall].min()) & (
            along_mm <= along_mm[wall].max()
        )  # not beyond its ends
        if _is_hollow(
            plane_mm[wall], plane_mm[in_piece], hu.reshape(-1)[wall], hu.reshape(-1)[in_piece], settings
        ):
            n_hollow += int(wall.sum())
    return n_hollow / float(in_component.sum())


def _is_hollow(
    wall_mm: NDArray[np.float64],
    all_mm: NDArray[np.float64],
    wall_hu: NDArray[np.int16],
    all_hu: NDArray[np.int16],
    settings: VesselSettings,
) -> bool:
    """Fit a circle to the wall (Kasa 1976) and look into its middle."""
    if len(wall_mm) < settings.min_voxels:
        return False
    system = np.c_[2 * wall_mm, np.ones(len(wall_mm))]
    a, b, c = np.linalg.lstsq(system, (wall_mm**2).sum(axis=1), rcond=None)[0]
    radius_mm = float(np.sqrt(max(c + a * a + b * b, 0.0)))
    if not settings.min_radius_mm <= radius_mm <= settings.max_radius_mm:
        return False
    offsets_mm = wall_mm - (a, b)
    scatter_mm = float(np.hypot(*offsets_mm.T).std())
    sectors = np.unique(np.floor(np.degrees(np.arctan2(*offsets_mm.T)) / 20.0))
    middle = all_hu[np.hypot(*(all_mm - (a, b)).T) <= 0.4 * radius_mm]
    return bool(
        scatter_mm <= settings.max_scatter_fraction * radius_mm
        and 20.0 * len(sectors) >= settings.min_arc_degrees
        and middle.size > 0
        and settings.lumen_low_hu <= middle.mean() <= settings.max_lumen_fraction * np.percentile(wall_hu, 75)
    )


def _courses(segments: list[_Segment], settings: VesselSettings) -> list[list[_Segment]]:
    """Group segments that continue one another."""
    roots = list(range(len(segments)))

    def find(i: int) -> int:
        while roots[i] != i:
            i = roots[i]
        return i

    for i, first in enumerate(segments):
        for j in range(i):
            if _continues(first, segments[j], settings):
                roots[find(i)] = find(j)
    groups: dict[int, list[_Segment]] = {}
    for i, segment in enumerate(segments):
        groups.setdefault(find(i), []).append(segment)
    return list(groups.values())


def _continues(first: _Segment, second: _Segment, settings: VesselSettings) -> bool:
    """Tell whether two segments lie end to end on one smooth line."""
    between = second.centre_mm - first.centre_mm
    distance_mm = float(np.linalg.norm(between))
    gap_mm = distance_mm - first.half_length_mm - second.half_length_mm
    if gap_mm > settings.max_gap_mm or distance_mm == 0.0:
        return False
    cosines = [abs(float(segment.direction @ between)) / distance_mm for segment in (first, second)]
    cosine_between = abs(float(first.direction @ second.direction))
    return bool(min(*cosines, cosine_between) >= np.cos(np.radians(settings.max_bend_degrees)))
