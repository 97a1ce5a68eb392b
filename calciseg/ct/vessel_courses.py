"""The course of a vessel, seen in soft tissue: a round of blood in its fat, slice after slice."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from calciseg.ct.arcs import degrees_around
from calciseg.kernels import TubeLook, TubeSection, fit_tube, follow_tube
from calciseg.settings import VesselSettings

__all__ = ["VesselCourse", "follow_vessel", "main_axis", "vessel_look"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VesselCourse:
    """A vessel's centre line, one place a slice.

    Attributes
    ----------
    axis : int
        The axis of the volume that it runs along.
    first : int
        The first slice across that axis.
    centre_mm : ndarray of float64, shape ``(n, 2)``
        In the two other axes, from the first voxel of the volume.
    radius_mm : ndarray of float64, shape ``(n,)``
        Of the vessel with its wall.
    edge : ndarray of float64, shape ``(n,)``
        How clear the vessel's edge is where its wall is not calcified, 0 to 1; NaN where all of it is.
    """

    axis: int
    first: int
    centre_mm: NDArray[np.float64]
    radius_mm: NDArray[np.float64]
    edge: NDArray[np.float64]

    def box_mm(
        self, spacing_mm: NDArray[np.float64], margin_mm: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the lowest and the highest corner of what lies no farther than a margin outside it."""
        reach_mm = self.radius_mm[:, None] + margin_mm
        low_mm, high_mm = (self.centre_mm - reach_mm).min(axis=0), (self.centre_mm + reach_mm).max(axis=0)
        ends_mm = np.array([self.first, self.first + len(self.edge) - 1]) * spacing_mm[self.axis]
        ends_mm += [-margin_mm, margin_mm]
        return np.insert(low_mm, self.axis, ends_mm[0]), np.insert(high_mm, self.axis, ends_mm[1])

    def is_within(
        self, points_zyx: NDArray[np.intp], spacing_mm: NDArray[np.float64], margin_mm: float
    ) -> NDArray[np.bool_]:
        """Tell which points lie no farther than a margin outside the vessel."""
        at = points_zyx[:, self.axis] - self.first
        rows = np.flatnonzero((at >= 0) & (at < len(self.edge)))
        across = [axis for axis in range(3) if axis != self.axis]
        away_mm = points_zyx[rows][:, across] * spacing_mm[across] - self.centre_mm[at[rows]]
        is_so = np.zeros(len(points_zyx), np.bool_)
        is_so[rows] = np.hypot(*away_mm.T) <= self.radius_mm[at[rows]] + margin_mm
        return is_so

    def degrees_around(self, points_zyx: NDArray[np.intp], spacing_mm: NDArray[np.float64]) -> float:
        """Tell on how much of the circumference a component lies: the median of its slices."""
        at = points_zyx[:, self.axis]
        across_mm = np.delete(points_zyx * spacing_mm, self.axis, axis=1) - self.centre_mm[at - self.first]
        return float(np.median([degrees_around(across_mm[at == number]) for number in np.unique(at)]))

    def share_within(
        self, points_zyx: NDArray[np.intp], spacing_mm: NDArray[np.float64], margin_mm: float
    ) -> float:
        """Share of the points that lie no farther than a margin outside the vessel."""
        return float(self.is_within(points_zyx, spacing_mm, margin_mm).mean())

    def mean_edge(self, first: int, stop: int, n_least: int) -> float:
        """Mean edge of the slices from `first` to `stop`; 0 where the course is lost before `n_least`."""
        part = self.edge[max(0, first - self.first) : max(0, stop - self.first)]
        part = part[~np.isnan(part)]
        return float(part.mean()) if len(part) >= n_least else 0.0

    def shortened(
        self, points_zyx: NDArray[np.intp], reach_mm: float, spacing_mm: NDArray[np.float64]
    ) -> "VesselCourse":
        """Cut off what lies farther beyond the ends of a component."""
        at = points_zyx[:, self.axis] - self.first
        n = int(reach_mm / spacing_mm[self.axis])
        first = max(0, int(at.min()) - n)
        part = slice(first, int(at.max()) + 1 + n)
        return replace(
            self,
            first=self.first + first,
            centre_mm=self.centre_mm[part],
            radius_mm=self.radius_mm[part],
            edge=self.edge[part],
        )


def vessel_look(dense_hu: float, settings: VesselSettings) -> TubeLook:
    """Say what a vessel looks like across."""
    return TubeLook(
        dense=dense_hu,
        low=settings.lumen_low_hu,
        high=settings.lumen_high_hu,
        dark=settings.fat_hu,
        step=settings.sheath_step_hu,
        min_radius=settings.min_course_radius_mm,
        max_radius=settings.max_course_radius_mm,
    )


def follow_vessel(
    points_zyx: NDArray[np.intp],
    hu: NDArray[np.int16],
    spacing_mm: NDArray[np.float64],
    look: TubeLook,
    settings: VesselSettings,
) -> VesselCourse:
    """Follow the vessel that a dense component may be the wall of, from both its ends.

    Parameters
    ----------
    points_zyx : ndarray of int, shape ``(n, 3)``
        Voxels of the component.
    hu : ndarray of int16
        The volume.
    spacing_mm : ndarray of float64, shape ``(3,)``
    look : TubeLook
    settings : VesselSettings

    Returns
    -------
    VesselCourse
    """
    axis = main_axis(points_zyx, spacing_mm, settings)
    low, high = _box(points_zyx, axis, hu.shape, spacing_mm, settings)
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    tissue = np.ascontiguousarray(np.moveaxis(hu[box], axis, 0))
    order = [axis, *(k for k in range(3) if k != axis)]
    points, spacing = (points_zyx - low)[:, order], spacing_mm[order]
    line = _own_line(points, spacing, settings)
    before = _outward(-1, points, line, tissue, spacing, look, settings)
    after = _outward(1, points, line, tissue, spacing, look, settings)
    first = int(points[:, 0].min()) + 1 - len(before)
    n_own = int(np.ptp(points[:, 0])) + 1
    inside = _between(before[0], after[0], n_own - 2)
    sections = [*before[::-1], *inside, *(after if n_own > 1 else after[1:])]
    corner_mm = np.delete(low * spacing_mm, axis)
    return VesselCourse(
        axis=axis,
        first=first + int(low[axis]),
        centre_mm=np.array([(one.row_mm, one.column_mm) for one in sections]) + corner_mm,
        radius_mm=np.array([one.radius_mm for one in sections]),
        edge=np.array([one.edge if one.dense_fraction < 1 else np.nan for one in sections]),
    )


def main_axis(points_zyx: NDArray[np.intp], spacing_mm: NDArray[np.float64], settings: VesselSettings) -> int:
    """Choose the axis that a long component runs along; for others the first, as vessels of limbs do."""
    extent_mm = np.ptp(points_zyx, axis=0) * spacing_mm
    longest = int(extent_mm.argmax())
    is_long = extent_mm[longest] > max(2 * extent_mm[0], settings.max_course_radius_mm * 2)
    return longest if is_long else 0


def _box(
    points_zyx: NDArray[np.intp],
    axis: int,
    shape: tuple[int, ...],
    spacing_mm: NDArray[np.float64],
    settings: VesselSettings,
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Box a component with room for its vessel, which runs more along the axis than aside.

    Along the first axis whole slices: they need no copy.
    """
    aside_mm = np.inf if axis == 0 else 0.5 * settings.course_mm + settings.max_course_radius_mm
    room_mm = np.full(3, aside_mm)
    room_mm[axis] = settings.course_mm
    room = np.minimum(np.ceil(room_mm / spacing_mm), shape).astype(np.intp)
    low = np.maximum(points_zyx.min(axis=0) - room, 0)
    return low, np.minimum(points_zyx.max(axis=0) + 1 + room, shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """The straight line of a component; along the axis if it is no strand."""

    row_mm: np.polynomial.Polynomial
    column_mm: np.polynomial.Polynomial
    radius_mm: float

    def at(self, number: int) -> tuple[float, float]:
        return float(self.row_mm(number)), float(self.column_mm(number))


def _own_line(points: NDArray[np.intp], spacing: NDArray[np.float64], settings: VesselSettings) -> _Line:
    length_mm = float(np.ptp(points[:, 0])) * spacing[0]
    across_mm = points[:, 1:] * spacing[1:]
    for degree in (1, 0) if length_mm else (0,):
        row, column = (np.polynomial.Polynomial.fit(points[:, 0], across_mm[:, k], degree) for k in (0, 1))
        aside_mm = np.hypot(across_mm[:, 0] - row(points[:, 0]), across_mm[:, 1] - column(points[:, 0]))
        radius_mm = float(np.percentile(aside_mm, 90))
        if length_mm >= 2 * settings.min_elongation * radius_mm:
            break
    return _Line(row_mm=row, column_mm=column, radius_mm=radius_mm)


def _outward(
    step: int,
    points: NDArray[np.intp],
    line: _Line,
    tissue: NDArray[np.int16],
    spacing: NDArray[np.float64],
    look: TubeLook,
    settings: VesselSettings,
) -> list[TubeSection]:
    """Follow the vessel from an end of a component, one section a slice, the end's own first.

    It may turn away from a short component's line, and show itself only a little beyond its end: of all
    ways to begin, the one that shows most of a vessel is taken.
    """
    end = int(points[:, 0].max() if step > 0 else points[:, 0].min())
    n_clear, n_all = int(np.ceil(settings.clear_course_mm / spacing[0])), tissue.shape[0]

    n_blind = int(np.ceil(settings.blind_mm / spacing[0]))

    def followed(begin: _Begin, n: int, max_unseen: int | None = None) -> list[TubeSection]:
        at, slope_mm = (end + step * begin.n_before, begin.section), begin.slope_mm
        n_slices = step * max(n, 0)
        beyond = follow_tube(tissue, spacing, at, n_slices, look, slope_mm=slope_mm, max_unseen=max_unseen)
        return [*begin.n_before * [begin.section], begin.section, *beyond]

    begins = _begins(end, step, line, tissue, spacing, look, settings)
    best = max(begins, key=lambda begin: _worth(followed(begin, n_clear - 1 - begin.n_before)[:n_clear]))
    sections = followed(best, n_all, n_blind)
    return sections[: _n_until_lost(sections, n_blind)]


class _Begin(NamedTuple):
    """A cross-section so many slices beyond the end of a component, and where the vessel may lead from it."""

    n_before: int
    section: TubeSection
    slope_mm: tuple[float, float]


def _begins(
    end: int,
    step: int,
    line: _Line,
    tissue: NDArray[np.int16],
    spacing: NDArray[np.float64],
    look: TubeLook,
    settings: VesselSettings,
) -> Iterator[_Begin]:
    """Find the cross-sections at the end of a component and shortly beyond it, and how far beyond."""
    aside = max(1, round(settings.end_mm / 2 / spacing[0]))
    own = TubeSection(*line.at(end), max(line.radius_mm, look.min_radius), 0.0, 0.0)
    starts = [(0, own)]
    for n in (0, aside, 2 * aside):
        number = end + step * n
        if 0 <= number < tissue.shape[0]:
            section = fit_tube(tissue[number], spacing[1:], line.at(number), settings.course_margin_mm, look)
            starts += [] if section is None else [(n, section)]
    own_slope_mm = (step * line.row_mm.deriv()(end), step * line.column_mm.deriv()(end))
    for n, section in starts:
        for slope_mm in dict.fromkeys((own_slope_mm, (0.0, 0.0))):
            yield _Begin(n, section, slope_mm)


def _worth(sections: list[TubeSection]) -> float:
    return sum(section.worth for section in sections) / max(1, len(sections))


def _n_until_lost(sections: list[TubeSection], n_blind: int) -> int:
    """Count the slices until nothing was seen of a vessel for too long."""
    n_unseen = 0
    for number, section in enumerate(sections):
        n_unseen = 0 if section.worth > 0 else n_unseen + 1
        if n_unseen > n_blind:
            return number
    return len(sections)


def _between(first: TubeSection, last: TubeSection, n: int) -> list[TubeSection]:
    """Draw the straight piece between the two ends, of whose edge nothing is known."""
    sections = []
    for k in range(n):
        share = (k + 1) / (n + 1)
        row_mm, column_mm, radius_mm = (
            (1 - share) * a + share * b for a, b in zip(first[:3], last[:3], strict=True)
        )
        sections.append(TubeSection(row_mm, column_mm, radius_mm, edge=0.0, dense_fraction=1.0))
    return sections
