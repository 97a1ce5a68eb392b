"""Measures of lesions that somebody drew, or drew again."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from calciseg.ct.chain import as_result
from calciseg.ct.measure import MeasuredLesion, measure_lesion
from calciseg.ct.surroundings import Anatomy, is_drawn_outside
from calciseg.ct.survey import survey
from calciseg.kernels import connected_components
from calciseg.model import (
    CtVolume,
    Exclusion,
    ExclusionReason,
    ImageResult,
    Issue,
    IssueCode,
    LesionMaps,
)
from calciseg.settings import Settings

__all__ = ["measure_labels"]

_Labels = NDArray[np.uint16] | NDArray[np.uint32]


def measure_labels(
    volume: CtVolume,
    n: int,
    maps: LesionMaps,
    excluded: tuple[Exclusion, ...],
    settings: Settings,
    *,
    progress: Callable[[str, int, int], None] | None = None,
) -> ImageResult:
    """Measure the lesions of a label map: each value is a lesion, also one of several parts.

    The anatomy around them is found anew, since only its outcome is stored; what is a lesion is not.

    Parameters
    ----------
    volume : CtVolume
    n : int
        Number of the image in its study, from 1.
    maps : LesionMaps
        ``labels`` as they are to be measured; ``planes`` and ``excluded`` as they were stored. What has a
        plane but no label any more was taken out by hand and goes into the ledger as ``other``.
    excluded : tuple of Exclusion
        The stored ledger. What became part of a lesion leaves it.
    settings : Settings
    progress : callable, optional
        Called with the name of a stage, what is done of it and its total.

    Returns
    -------
    ImageResult
        Its status is ``failed``, without totals, where no body is found.
    """
    report = progress or (lambda _stage, _done, _total: None)
    seen = survey(volume, settings, report)
    if isinstance(seen, tuple):
        return ImageResult(n=n, image=volume, status="failed", issues=(*volume.issues, *seen))
    measured = []
    lesions = list(maps.lesion_masks())
    for number, (label, box, mask) in enumerate(lesions):
        report("lesions", number, len(lesions))
        measured.append(measure_lesion(volume, label, box, mask, seen.dense, seen.anatomy, settings))
    lines, excluded_map = _ledger(volume, maps, excluded)
    return as_result(
        volume,
        n,
        tuple(measured),
        labels=maps.labels,
        excluded=lines,
        excluded_map=excluded_map,
        issues=(*seen.issues, *_drawn_outside(volume, measured, seen.anatomy, settings)),
    )


def _drawn_outside(
    volume: CtVolume, measured: list[MeasuredLesion], anatomy: Anatomy, settings: Settings
) -> tuple[Issue, ...]:
    """Name the lesions most of whose voxels were drawn beside the body."""

    def is_outside(points_zyx: NDArray[np.intp]) -> bool:
        blocks = anatomy.grid.block_of(points_zyx)
        return bool(is_drawn_outside(volume, points_zyx, blocks, anatomy, settings).mean() > 0.5)

    labels = [str(one.lesion.label) for one in measured if is_outside(one.points_zyx)]
    if not labels:
        return ()
    message = f"lesions that were drawn outside the body, without plane and depth: {', '.join(labels)}"
    return (Issue(code=IssueCode.LABELS_OUTSIDE_BODY, message=message),)


def _ledger(
    volume: CtVolume, maps: LesionMaps, excluded: tuple[Exclusion, ...]
) -> tuple[tuple[Exclusion, ...], _Labels]:
    """Bring the stored ledger to what the labels say now."""
    is_taken = (maps.excluded > 0) & (maps.labels > 0)
    is_dropped = (maps.planes > 0) & (maps.labels == 0)
    if not is_taken.any() and not is_dropped.any():
        return excluded, maps.excluded
    painted = maps.excluded.astype(np.uint32)
    painted[is_taken] = 0
    changed = set(np.unique(maps.excluded[is_taken]).tolist())
    lines = [
        _measured(line, volume, np.argwhere(painted == line.label)) if line.label in changed else line
        for line in excluded
        if line.label not in changed or (painted == line.label).any()
    ]
    lines += _dropped(volume, is_dropped, painted, max((line.label or 0 for line in excluded), default=0))
    return tuple(lines), painted


def _dropped(
    volume: CtVolume, is_dropped: NDArray[np.bool_], painted: NDArray[np.uint32], first: int
) -> Iterator[Exclusion]:
    """Yield a line for each part that was a lesion before, and paint it."""
    found = connected_components(is_dropped.astype(np.uint16), 1)
    found.paint_over(painted, first)
    for row in range(1, found.n_components + 1):
        box, mask = found.mask(row)
        line = Exclusion(
            label=first + row,
            reason=ExclusionReason.OTHER,
            centroid_lps_mm=None,
            volume_mm3=0.0,
            hu_max=0.0,
            n_components=1,
            evidence=("was a lesion, and its label was taken away by hand",),
        )
        yield _measured(line, volume, np.argwhere(mask) + [part.start for part in box])


def _measured(line: Exclusion, volume: CtVolume, points_zyx: NDArray[np.intp]) -> Exclusion:
    x, y, z = volume.geometry.lps_mm_from_zyx(points_zyx.mean(axis=0))
    return replace(
        line,
        centroid_lps_mm=(float(x), float(y), float(z)),
        volume_mm3=len(points_zyx) * volume.geometry.voxel_volume_mm3,
        hu_max=float(volume.hu[tuple(points_zyx.T)].max()),
    )
