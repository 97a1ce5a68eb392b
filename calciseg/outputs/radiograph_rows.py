"""The rows of the tables of a radiograph, the same in the terminal and in the report."""

from collections.abc import Sequence
from dataclasses import dataclass

from calciseg.model import ExclusionReason, Shadow, ShadowExclusion

__all__ = ["ShadowLedgerRow", "largest_shadows_first", "shadow_ledger_rows"]


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
