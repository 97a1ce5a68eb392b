"""What decided that something dense is not counted: sentences with figures, one tuple a component."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from calciseg.ct.candidates import DensityThresholds
from calciseg.settings import (
    BoneSettings,
    CandidateSettings,
    DentalSettings,
    MeasureSettings,
    MetalSettings,
    OssificationSettings,
)

__all__ = [
    "Evidence",
    "either",
    "evidence_of_bone",
    "evidence_of_dental",
    "evidence_of_metal",
    "evidence_of_noise",
    "evidence_of_ossification",
    "evidence_of_raised_threshold",
    "evidence_of_small_size",
    "evidence_of_streaks",
    "is_told",
    "told",
]

Evidence = tuple[str, ...]
"""Of one component; empty where it is not excluded."""


def told(is_so: NDArray[np.bool_], *sentences: str, **figures: NDArray[np.generic]) -> list[Evidence]:
    """Say of each component that meets a criterion what met it, and nothing of the others.

    Parameters
    ----------
    is_so : ndarray of bool, shape ``(n_components,)``
    *sentences : str
        With the names of figures in braces.
    **figures : ndarray, shape ``(n_components,)``

    Returns
    -------
    list of tuple of str
    """
    return [
        tuple(one.format(**{name: of_all[row] for name, of_all in figures.items()}) for one in sentences)
        if is_it
        else ()
        for row, is_it in enumerate(is_so.tolist())
    ]


def either(first: Sequence[Evidence], second: Sequence[Evidence]) -> list[Evidence]:
    """Take the evidence of a first criterion where it is met, elsewhere that of a second one."""
    return [one or other for one, other in zip(first, second, strict=True)]


def is_told(evidence: Sequence[Evidence]) -> NDArray[np.bool_]:
    """Tell for which components there is evidence."""
    return np.array([bool(one) for one in evidence], np.bool_)


def evidence_of_bone(settings: BoneSettings) -> Evidence:
    """Say what tells bone."""
    return (
        f"inside a bone of at least {settings.min_volume_mm3:g} mm³ that is marrow to "
        f"{100 * settings.min_marrow_fraction:g} % or more, or whose rim is as dense as its core, or in what "
        "continues such a bone",
    )


def evidence_of_metal(settings: MetalSettings) -> Evidence:
    """Say what tells metal."""
    return (
        f"at least {settings.min_voxels} voxels of {settings.core_hu:g} HU and more that peak above "
        f"{settings.peak_hu:g} HU, and what their blur reaches within {settings.rim_mm:g} mm",
    )


def evidence_of_dental(settings: DentalSettings) -> Evidence:
    """Say what tells enamel and dental work from other metal."""
    return (
        "as dense as metal or enamel, and at least "
        f"{100 * settings.min_share:g} % of it within {settings.max_bone_mm:g} mm of the bone of the jaws",
    )


def evidence_of_ossification(settings: OssificationSettings) -> Evidence:
    """Say what tells mature bone outside the skeleton."""
    return (
        f"a cortex of {settings.min_cortex_hu:g} HU and more around marrow of fat or trabeculae",
        f"no other bone and no end of the image within {settings.room_mm:g} mm, muscle or fat around it",
    )


def evidence_of_noise(thresholds: DensityThresholds, settings: CandidateSettings) -> Evidence:
    """Say what none of the noise exceeds."""
    misses_seed = f"peaks below {thresholds.seed_hu:g} HU"
    if thresholds.noise is None:
        return (misses_seed,)
    return (
        f"{misses_seed}, or is no larger than {settings.max_noise_mm3:g} mm³ and peaks less than "
        f"{settings.local_noise_sds:g} SD of the noise around it above muscle "
        f"({thresholds.noise.mean_hu:g} HU)",
    )


def evidence_of_raised_threshold(thresholds: DensityThresholds) -> Evidence:
    """Say what stays below a threshold that was raised."""
    return (
        f"reaches {thresholds.calcium_hu:g} HU and stays below {thresholds.grow_hu:g} HU, to which contrast "
        "medium or noise raised the threshold",
    )


def evidence_of_streaks(settings: CandidateSettings) -> Evidence:
    """Say what tells streaks from other noise."""
    return (
        f"peaks less than {settings.local_noise_sds:g} SD of the noise around it above muscle, and that "
        f"noise is at least {settings.streak_ratio:g} times as large in one direction as across it",
    )


def evidence_of_small_size(settings: MeasureSettings) -> Evidence:
    """Say what is too small to be counted."""
    return (
        f"smaller than {settings.min_volume_mm3:g} mm³, or of fewer than {settings.min_voxels} voxels that "
        f"have less than {settings.few_voxels_mm3:g} mm³",
    )
