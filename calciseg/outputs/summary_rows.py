"""The rows of the tables that people read, the same in the terminal and in the report."""

from collections.abc import Sequence
from dataclasses import dataclass

from calciseg.model import Exclusion, ExclusionReason, FlagCode, ImageResult, Lesion, Shadow, TissuePlane

__all__ = [
    "PLANES_CAPTION",
    "SCORE_CAPTION",
    "LedgerRow",
    "PlaneRow",
    "flags_on_all",
    "largest_first",
    "ledger_rows",
    "place_of",
    "plane_rows",
]


SCORE_CAPTION = "The Agatston-type score is normalised to 3 mm and scaled by tube voltage."
PLANES_CAPTION = "Lesions and scores by the lesion's plane, volumes by the plane of each voxel"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaneRow:
    """One tissue plane."""

    tissue_plane: TissuePlane
    n_lesions: int
    volume_mm3: float
    agatston: float | None
    """Of the lesions that are counted in this plane; None where there is none: volumes go by the voxel."""
    volume_fraction: float
    """Of the volume in all planes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """All that was excluded for one reason."""

    reason: ExclusionReason
    n_components: int
    volume_mm3: float
    hu_max: float
    evidence: tuple[str, ...]
    """Of the largest."""


def plane_rows(image: ImageResult) -> list[PlaneRow]:
    """List the planes that hold anything, from the outside inwards.

    Parameters
    ----------
    image : ImageResult
    """
    totals = image.totals
    if totals is None or totals.volume_mm3 == 0:
        return []
    return [
        PlaneRow(
            tissue_plane=tissue_plane,
            n_lesions=of_plane.n_lesions,
            volume_mm3=of_plane.volume_mm3,
            agatston=_agatston(image.lesions, tissue_plane),
            volume_fraction=of_plane.volume_mm3 / totals.volume_mm3,
        )
        for tissue_plane in TissuePlane
        if (of_plane := totals.by_plane[tissue_plane]).volume_mm3 or of_plane.n_lesions
    ]


def _agatston(lesions: Sequence[Lesion], tissue_plane: TissuePlane) -> float | None:
    scores = [
        lesion.agatston
        for lesion in lesions
        if lesion.tissue_plane == tissue_plane and lesion.agatston is not None
    ]
    return sum(scores) if scores else None


def ledger_rows(excluded: Sequence[Exclusion]) -> list[LedgerRow]:
    """Sum the exclusions by reason, in the order of the vocabulary.

    Parameters
    ----------
    excluded : sequence of Exclusion
    """
    by_reason = {
        reason: [exclusion for exclusion in excluded if exclusion.reason == reason]
        for reason in ExclusionReason
    }
    return [
        LedgerRow(
            reason=reason,
            n_components=sum(exclusion.n_components for exclusion in chosen),
            volume_mm3=sum(exclusion.volume_mm3 for exclusion in chosen),
            hu_max=max(exclusion.hu_max for exclusion in chosen),
            evidence=max(chosen, key=lambda exclusion: exclusion.volume_mm3).evidence,
        )
        for reason, chosen in by_reason.items()
        if chosen
    ]


def largest_first(lesions: Sequence[Lesion]) -> list[Lesion]:
    """Sort lesions by volume."""
    return sorted(lesions, key=lambda lesion: (-lesion.volume_mm3, lesion.label))


def place_of(lesion: Lesion | Shadow) -> str:
    """Return side and site of a lesion, for people; empty where neither is known."""
    return " ".join(word.replace("_", " ") for word in (lesion.laterality, lesion.site) if word)


def flags_on_all(lesions: Sequence[Lesion | Shadow]) -> list[FlagCode]:
    """Return the flags that every lesion carries: said once, not in every row."""
    return [flag for flag in FlagCode if lesions and all(flag in lesion.flags for lesion in lesions)]
