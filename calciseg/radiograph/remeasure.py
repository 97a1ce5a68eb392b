"""Measures of shadows that somebody drew, or drew again."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calciseg.model import (
    ExclusionReason,
    Issue,
    IssueCode,
    LesionMaps,
    PlaneReason,
    Radiograph,
    RadiographResult,
    ShadowExclusion,
)
from calciseg.radiograph.chain import Survey, measured_result, survey
from calciseg.radiograph.delineate import above_plane
from calciseg.radiograph.grid import Array, ring_around
from calciseg.settings import Settings

__all__ = ["measure_shadows"]

_GAP_BLOCKS = 2
"""Between a shadow and what counts as its surroundings, as where the chain draws borders itself."""
_RING_BLOCKS = 2


def measure_shadows(
    radiograph: Radiograph,
    n: int,
    maps: LesionMaps,
    excluded: tuple[ShadowExclusion, ...],
    settings: Settings,
    *,
    progress: Callable[[str, int, int], None] | None = None,
) -> RadiographResult:
    """Measure the lesions of a label map: each value is a lesion, also one of several parts.

    Bone and skin line are found anew, since only their outcome is stored; what is a lesion is not.

    Parameters
    ----------
    radiograph : Radiograph
    n : int
        Its number among the images of the study.
    maps : LesionMaps
        ``labels`` as they are to be measured; ``planes`` and ``excluded`` as they were stored. What has a
        plane but no label any more was taken out by hand and goes into the ledger as ``other``.
    excluded : tuple of ShadowExclusion
        The stored ledger. What became part of a lesion leaves it.
    settings : Settings
    progress : callable, optional
        Called with the name of a stage, what is done of it and its total.

    Returns
    -------
    RadiographResult
        Its status is ``failed``, without totals, where no body is found.
    """
    report = progress or (lambda _stage, _done, _total: None)
    seen = survey(radiograph, settings, report)
    if isinstance(seen, Issue):
        return RadiographResult(n=n, image=radiograph, status="failed", issues=(*radiograph.issues, seen))
    excess = _excess(seen, maps)
    lines, excluded_map = _ledger(radiograph, maps, excluded)
    brought_up = replace(maps, excluded=excluded_map)
    measured = measured_result(seen, radiograph, n, brought_up, excess, lines, settings)
    return replace(measured, issues=(*measured.issues, *_drawn_outside(measured, seen)))


def _drawn_outside(measured: RadiographResult, seen: Survey) -> tuple[Issue, ...]:
    """Name the lesions that somebody drew beside the body."""
    assert measured.maps is not None
    found = np.unique(measured.maps.labels[0][seen.counted.mask])
    labels = [
        str(one.label)
        for one in measured.lesions
        if one.plane_reason == PlaneReason.OUTSIDE_BODY and one.label not in found
    ]
    if not labels:
        return ()
    message = f"lesions that were drawn outside the body, without plane and depth: {', '.join(labels)}"
    return (Issue(code=IssueCode.LABELS_OUTSIDE_BODY, message=message),)


def _excess(seen: Survey, maps: LesionMaps) -> Array:
    """Return the excess that the chain saw; where it saw none, that over a plane around the shadow."""
    excess: Array = seen.counted.excess.copy()
    is_known = seen.counted.mask
    values = seen.film.turning.back(seen.film.values)
    gap, ring = (n * seen.film.grid.n_block for n in (_GAP_BLOCKS, _RING_BLOCKS))
    is_lesion = maps.labels[0] > 0
    for _label, (_slice, *ranges), mask_zyx in maps.lesion_masks():
        box = tuple(ranges)
        is_new = mask_zyx[0] & ~is_known[box]
        if not is_new.any():
            continue
        wide = tuple(slice(max(0, one.start - gap - ring), one.stop + gap + ring) for one in box)
        own = np.zeros(excess[wide].shape, np.bool_)
        inner = tuple(
            slice(one.start - w.start, one.stop - w.start) for one, w in zip(box, wide, strict=True)
        )
        own[inner] = mask_zyx[0]
        around = ring_around(own, gap, ring) & ~is_lesion[wide]
        above = above_plane(values[wide], around)
        excess[box][is_new] = above[inner][is_new]
    return excess


def _ledger(
    radiograph: Radiograph, maps: LesionMaps, excluded: tuple[ShadowExclusion, ...]
) -> tuple[tuple[ShadowExclusion, ...], NDArray[np.uint16] | NDArray[np.uint32]]:
    """Bring the stored ledger to what the labels say now."""
    is_taken = (maps.excluded > 0) & (maps.labels > 0)
    is_dropped = (maps.planes > 0) & (maps.labels == 0)
    if not is_taken.any() and not is_dropped.any():
        return excluded, maps.excluded
    painted = maps.excluded.astype(np.uint32)
    painted[is_taken] = 0
    changed = set(np.unique(maps.excluded[is_taken]).tolist())
    lines = [
        _measured(line, radiograph, np.argwhere(painted[0] == line.label)) if line.label in changed else line
        for line in excluded
        if line.label not in changed or (painted == line.label).any()
    ]
    lines += _dropped(
        radiograph, is_dropped[0], painted[0], max((line.label or 0 for line in excluded), default=0)
    )
    return tuple(lines), painted


def _dropped(
    radiograph: Radiograph, is_dropped: NDArray[np.bool_], painted: NDArray[np.uint32], first: int
) -> Iterator[ShadowExclusion]:
    """Yield a line for each part that was a lesion before, and paint it."""
    parts, n_parts = ndimage.label(is_dropped, np.ones((3, 3)))
    for part in range(1, n_parts + 1):
        points_yx = np.argwhere(parts == part)
        painted[parts == part] = first + part
        line = ShadowExclusion(
            label=first + part,
            reason=ExclusionReason.OTHER,
            centroid_yx=None,
            bbox_yx=None,
            n_pixels=0,
            area_mm2=None,
            n_components=1,
            evidence=("was a lesion, and its label was taken away by hand",),
        )
        yield _measured(line, radiograph, points_yx)


def _measured(line: ShadowExclusion, radiograph: Radiograph, points_yx: NDArray[np.intp]) -> ShadowExclusion:
    (top, left), (bottom, right) = points_yx.min(axis=0).tolist(), (points_yx.max(axis=0) + 1).tolist()
    row, column = points_yx.mean(axis=0).tolist()
    spacing = radiograph.spacing_mm_yx
    return replace(
        line,
        centroid_yx=(row, column),
        bbox_yx=((top, bottom), (left, right)),
        n_pixels=len(points_yx),
        area_mm2=None if spacing is None else len(points_yx) * float(np.prod(spacing)),
    )
