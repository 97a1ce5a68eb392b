"""The rows of the tables of a radiograph, the same in the terminal and in the report."""

from collections.abc import Sequence
from dataclasses import dataclass

from calciseg.model import ExclusionReason, RadiographTotals, Shadow, ShadowExclusion
from calciseg.outputs.figures import counted, volume

__all__ = ["ShadowLedgerRow", "extent_lines", "largest_shadows_first", "shadow_ledger_rows", "why_plane"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowLedgerRow:
    """All that was excluded for one reason."""

    reason: ExclusionReason
    n_components: int
    n_pixels: int
    evidence: tuple[str, ...]
    """Of the largest."""


def shadow_ledger_rows(excluded: Sequence[ShadowExclusion]) -> list[ShadowLedgerRow]:
    """Sum the exclusions by reason, in the order of the vocabulary."""
    rows = []
    for reason in ExclusionReason:
        chosen = [one for one in excluded if one.reason == reason]
        if chosen:
            rows.append(
                ShadowLedgerRow(
                    reason=reason,
                    n_components=sum(one.n_components for one in chosen),
                    n_pixels=sum(one.n_pixels for one in chosen),
                    evidence=max(chosen, key=lambda one: one.n_pixels).evidence,
                )
            )
    return rows


def largest_shadows_first(lesions: Sequence[Shadow]) -> list[Shadow]:
    """Sort lesions by area."""
    return sorted(lesions, key=lambda lesion: (-lesion.n_pixels, lesion.label))


def extent_lines(totals: RadiographTotals) -> list[str]:
    """Say how much lies in which site, and of a hand the calciseg hand index with what it is made of."""
    sites = [
        f"{site.replace('_', ' ')}: {counted(areas.n_lesions, 'lesion')}"
        + ("" if areas.area_mm2 is None else f", {volume(areas.area_mm2)} mm²")
        for site, areas in totals.by_site.items()
    ]
    lines = ["; ".join(sites)] if sites else []
    index = totals.calciseg_hand_index
    if index is not None:
        shares = ", ".join(
            f"{percent:.2f} % of {region}" for region, percent in index.coverage_percent.items()
        )
        lines.append(f"calciseg hand index {index.value:.2f} (no published score); calcified: {shares}")
    return lines


def why_plane(shadow: Shadow) -> str:
    """Say why the plane of a lesion is given or not, and which ones are possible where several are."""
    planes = f"; possible: {', '.join(shadow.possible_planes)}" if len(shadow.possible_planes) > 1 else ""
    return shadow.plane_reason.meaning + planes
