"""The stages of the CT chain in their order."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from calciseg.ct.early_labels import EarlyLabels
from calciseg.ct.measure import MeasuredLesion, measure_lesion
from calciseg.ct.parting import painted
from calciseg.ct.survey import Survey, survey
from calciseg.ct.totals import sum_lesions
from calciseg.kernels import (
    give_back,
    side_by_side,
    sparse_zeros,
)
from calciseg.model import (
    CtVolume,
    Exclusion,
    ImageResult,
    Issue,
    LesionMaps,
)
from calciseg.settings import Settings

__all__ = ["analyze_volume", "as_result"]


def analyze_volume(
    volume: CtVolume,
    n: int,
    settings: Settings,
    *,
    progress: Callable[[str, int, int], None] | None = None,
    early: EarlyLabels | None = None,
) -> ImageResult:
    """Find, place and measure the soft-tissue calcifications of one CT volume.

    Parameters
    ----------
    volume : CtVolume
    n : int
        Number of the image in its study, from 1.
    settings : Settings
    progress : callable, optional
        Called with the name of a stage, what is done of it and its total.
    early : EarlyLabels, optional
        What was labelled while the volume was read; changes no byte.

    Returns
    -------
    ImageResult
        Its status is ``failed``, without totals, where no body is found.
    """
    report = progress or (lambda _stage, _done, _total: None)
    seen = survey(volume, settings, report, early)
    if isinstance(seen, tuple):
        return ImageResult(n=n, image=volume, status="failed", issues=(*volume.issues, *seen))
    give_back()
    measured = _measure(volume, seen, settings, report)
    found, ledger, issues = seen.found, seen.ledger, seen.issues
    del seen  # the anatomy is let go before the maps of the result are made
    give_back()
    return as_result(
        volume,
        n,
        measured,
        labels=painted([found], volume.geometry.shape_zyx),
        excluded=ledger.entries(),
        excluded_map=ledger.painted(),
        issues=issues,
    )


def _measure(
    volume: CtVolume, seen: "Survey", settings: Settings, report: Callable[[str, int, int], None]
) -> tuple[MeasuredLesion, ...]:
    """Measure all lesions, in the order of their labels."""
    found, n = seen.found, seen.found.n_components
    sizes = found.table["n_voxels"]

    def measure(label: int) -> MeasuredLesion:
        box, mask = found.mask(label)
        return measure_lesion(volume, label, box, mask, seen.dense, seen.anatomy, settings)

    return tuple(
        side_by_side(
            measure,
            range(1, n + 1),
            weigh=lambda label: float(sizes[label - 1]),
            told=lambda n_done: report("lesions", n_done, n),
        )
    )


def as_result(
    volume: CtVolume,
    n: int,
    measured: tuple[MeasuredLesion, ...],
    *,
    labels: NDArray[np.uint16] | NDArray[np.uint32],
    excluded: tuple[Exclusion, ...],
    excluded_map: NDArray[np.uint16] | NDArray[np.uint32],
    issues: tuple[Issue, ...],
) -> ImageResult:
    """Put together what was measured; ``issues`` are the chain's own and follow those of the volume."""
    planes: NDArray[np.uint8] = sparse_zeros(volume.geometry.shape_zyx, np.uint8)
    for one in measured:
        z, y, x = one.points_zyx.T
        planes[z, y, x] = one.voxel_planes
    lesions = tuple(one.lesion for one in measured)
    return ImageResult(
        n=n,
        image=volume,
        lesions=lesions,
        excluded=excluded,
        totals=sum_lesions(lesions),
        maps=LesionMaps(labels=labels, planes=planes, excluded=excluded_map),
        issues=(*volume.issues, *issues),
    )
