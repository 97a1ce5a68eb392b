"""From the files of a series to stacks: slices in order on a regular grid, before their pixels are read."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from calciseg.model import Issue, IssueCode, VolumeGeometry
from calciseg.reading.geometry import Grid, Resampling, regular_grid
from calciseg.reading.grouping import SeriesFiles
from calciseg.reading.headers import SliceHeader
from calciseg.reading.indexing import BrokenFile
from calciseg.reading.levels import DuplicatePositionsError
from calciseg.reading.patient_order import PatientOrder
from calciseg.reading.refusal import RefusedError
from calciseg.reading.usability import check_slice, why_no_ct, why_not_part_of_volume
from calciseg.reading.words import counted

__all__ = ["Stack", "stacks_of"]

_FEWEST_SLICES = 3
"""Two slices have one step: nothing says that it is regular."""
_SHARED_FRACTION = 0.5
_Key = Callable[[SliceHeader], float | str | None]
_WHAT_PARTS: tuple[_Key, ...] = (
    lambda header: header.acquisition,
    lambda header: header.convolution_kernel,
    lambda header: header.slice_thickness_mm,
)
"""What differs between scans and reconstructions that lie in one series."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """One volume that can be read."""

    series_instance_uid: str
    slices: tuple[SliceHeader, ...] = field(repr=False)
    """In the order of the first axis."""
    geometry: VolumeGeometry
    """Its axes are slices, rows and columns, whichever way they lie in the patient."""
    patient_order: PatientOrder
    """How the volume is made of it."""
    resampling: Resampling | None = None
    """How the slices come onto the grid; ``None`` where it is theirs."""
    issues: tuple[Issue, ...] = ()

    @property
    def acquisition(self) -> int | None:
        """Acquisition Number, ``None`` if it is missing or changes by slice."""
        numbers = {header.acquisition for header in self.slices}
        return numbers.pop() if len(numbers) == 1 else None

    @property
    def head(self) -> SliceHeader:
        """The slice whose header speaks for the series."""
        return self.slices[0]


def stacks_of(series: SeriesFiles, broken: Sequence[BrokenFile] = ()) -> tuple[Stack, ...]:
    """Arrange a series in stacks: one, or one a scan or reconstruction where several share a region.

    Raises
    ------
    RefusedError
        The series cannot be read as a CT volume.
    """
    reason = why_no_ct(series)
    if reason is not None:
        raise reason
    kept = _kept(series.slices)
    _check_broken(kept, broken)
    for header in kept:
        check_slice(header)
    if len(kept) < _FEWEST_SLICES:
        raise RefusedError(
            f"it has only {counted(len(kept), 'usable slice')}",
            f"a volume needs at least {_FEWEST_SLICES}: give the whole series",
        )
    issues = _ignored_issues(len(series.slices) - len(kept))
    try:
        return tuple(_stack(series, slices, issues) for slices in _parted(kept))
    except DuplicatePositionsError:
        acquisitions = _split(kept, _WHAT_PARTS[0])
        if len(acquisitions) == 1 or min(map(len, acquisitions)) < _FEWEST_SLICES:
            raise
        return tuple(_stack(series, slices, issues) for slices in acquisitions)


def _stack(series: SeriesFiles, slices: Sequence[SliceHeader], issues: tuple[Issue, ...]) -> Stack:
    grid = regular_grid(slices)
    return Stack(
        series_instance_uid=series.series_instance_uid,
        slices=tuple(slices[index] for index in grid.order),
        geometry=grid.geometry,
        patient_order=grid.patient_order,
        resampling=grid.resampling,
        issues=(*issues, *grid.issues),
    )


def _kept(slices: Sequence[SliceHeader]) -> list[SliceHeader]:
    """Drop slices that are no part of a volume, and second copies of one image."""
    reasons = [why_not_part_of_volume(header) for header in slices]
    kept: dict[object, SliceHeader] = {}
    for header, reason in zip(slices, reasons, strict=True):
        if reason is None:
            kept.setdefault(_copy_key(header), header)
    if not kept and reasons[0] is not None:
        raise reasons[0]
    return list(kept.values())


def _copy_key(header: SliceHeader) -> object:
    # The position too: some anonymisers give every slice of a series the same UID.
    return (header.identity, header.frame, header.position_lps_mm, header.acquisition)


def _check_broken(slices: Sequence[SliceHeader], broken: Sequence[BrokenFile]) -> None:
    """Refuse a series beside a broken file: it may be one of its slices, and a hole would go unseen."""
    folders = {header.file.folder for header in slices}
    for file in broken:
        if file.is_surely_dicom and file.folder in folders:
            raise RefusedError(file.what, "copy or send the study again", file_label=file.label)


def _ignored_issues(n_ignored: int) -> tuple[Issue, ...]:
    if not n_ignored:
        return ()
    message = f"Left out of the series: {counted(n_ignored, 'image')} (copies, localizers or captures)."
    return (Issue(code=IssueCode.SLICES_IGNORED, message=message),)


def _parted(slices: list[SliceHeader], what_parts: Sequence[_Key] = _WHAT_PARTS) -> list[list[SliceHeader]]:
    """Part scans or reconstructions of one region that share a series and lie between each other's slices.

    Together they may have even steps, and would be one volume of a patient who has moved, or of two kernels.
    What follows one after the other, as a long scan in several acquisitions, stays one.
    """
    for key in what_parts:
        groups = _split(slices, key)
        if len(groups) > 1 and _lie_in_each_other(groups):
            others = [other for other in what_parts if other is not key]
            return [part for group in groups for part in _parted(group, others)]
    return [slices]


def _split(slices: Sequence[SliceHeader], key: _Key) -> list[list[SliceHeader]]:
    groups: defaultdict[float | str | None, list[SliceHeader]] = defaultdict(list)
    for header in slices:
        groups[key(header)].append(header)
    return [groups[value] for value in sorted(groups, key=lambda value: (value is None, value or 0))]


def _lie_in_each_other(groups: Sequence[Sequence[SliceHeader]]) -> bool:
    """Whether each group is a volume of its own, and two of them share most of the way of the shorter one."""
    if min(map(len, groups)) < _FEWEST_SLICES:
        return False
    try:
        ways = [_way_mm(slices, regular_grid(slices)) for slices in groups]
    except RefusedError:
        return False
    return any(
        min(one[1], other[1]) - max(one[0], other[0]) > _SHARED_FRACTION * min(np.ptp(one), np.ptp(other))
        for one, other in combinations(ways, 2)
    )


def _way_mm(slices: Sequence[SliceHeader], grid: Grid) -> tuple[float, float]:
    """Return the heights of the first and the last slice along their normal."""
    normal = np.reshape(grid.geometry.direction, (3, 3))[:, 2]
    first, last = (
        float(np.dot(slices[n].position_lps_mm or (), normal)) for n in (grid.order[0], grid.order[-1])
    )
    return first, last
