"""The ledger of a radiograph: what is dense but not counted, each with its reason, and where it lies."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from calciseg.kernels import connected_components
from calciseg.model import ExclusionReason, ShadowExclusion
from calciseg.radiograph.turning import Window
from calciseg.settings import RadiographSettings

__all__ = [
    "Ledger",
    "evidence_of_bone",
    "evidence_of_markers",
    "evidence_of_metal",
    "evidence_of_noise",
    "evidence_of_small_size",
]


@dataclass(slots=True, kw_only=True, eq=False)
class Ledger:
    """Exclusions as they are found, on the film as it was stored.

    Attributes
    ----------
    pixel_mm2 : float or None
    map : ndarray of uint16
        Pixel value = the exclusion's label.
    """

    pixel_mm2: float | None
    map: NDArray[np.uint16] = field(repr=False)
    _entries: list[ShadowExclusion] = field(default_factory=list)

    def enter(
        self,
        mask: NDArray[np.bool_],
        reason: ExclusionReason,
        evidence: tuple[str, ...],
        window: Window | None = None,
    ) -> None:
        """Enter each connected part of a mask on a line of its own.

        Parameters
        ----------
        mask : ndarray of bool
            As the film was stored.
        reason : ExclusionReason
        evidence : tuple of str
            What decided it, of all parts.
        window : tuple of slice, optional
            That the mask covers; by default the whole film.
        """
        there = window or (slice(0, self.map.shape[0]), slice(0, self.map.shape[1]))
        is_free = mask & (self.map[there] == 0)
        if not is_free.any():
            return
        found = connected_components(is_free.astype(np.uint16), 1)
        for number in range(1, found.n_components + 1):
            inner, part = found.mask(number)
            box = tuple(
                slice(one.start + whole.start, one.stop + whole.start)
                for one, whole in zip(inner, there, strict=True)
            )
            label = 1 + sum(entry.label is not None for entry in self._entries)
            if label > np.iinfo(self.map.dtype).max:
                self.enter_summed(1, int(part.sum()), reason, evidence)
                continue
            self.map[box][part] = label
            rows, columns = np.nonzero(part)
            self._entries.append(
                ShadowExclusion(
                    label=label,
                    reason=reason,
                    centroid_yx=(float(rows.mean()) + box[0].start, float(columns.mean()) + box[1].start),
                    bbox_yx=((box[0].start, box[0].stop), (box[1].start, box[1].stop)),
                    n_pixels=len(rows),
                    area_mm2=None if self.pixel_mm2 is None else len(rows) * self.pixel_mm2,
                    n_components=1,
                    evidence=evidence,
                )
            )

    def enter_summed(
        self, n_components: int, n_pixels: int, reason: ExclusionReason, evidence: tuple[str, ...]
    ) -> None:
        """Enter many small ones on one line, with one evidence for all, without painting them."""
        if not n_components:
            return
        same = [entry for entry in self._entries if entry.label is None and entry.reason == reason]
        n_components += sum(entry.n_components for entry in same)
        n_pixels += sum(entry.n_pixels for entry in same)
        self._entries = [entry for entry in self._entries if entry not in same]
        self._entries.append(
            ShadowExclusion(
                label=None,
                reason=reason,
                centroid_yx=None,
                bbox_yx=None,
                n_pixels=n_pixels,
                area_mm2=None if self.pixel_mm2 is None else n_pixels * self.pixel_mm2,
                n_components=n_components,
                evidence=evidence,
            )
        )

    def entries(self) -> tuple[ShadowExclusion, ...]:
        """List what was entered so far."""
        return tuple(self._entries)


def evidence_of_bone(settings: RadiographSettings) -> tuple[str, ...]:
    """Say what tells bone."""
    return (
        f"the network's evidence of bone is at least {settings.bone_evidence:g}, over at least "
        f"{settings.bone_area_mm2:g} mm²",
    )


def evidence_of_markers() -> tuple[str, ...]:
    """Say what tells letters and other markers."""
    return ("dense in the open field beside the body, or metal at the margin of the film",)


def evidence_of_metal(settings: RadiographSettings) -> tuple[str, ...]:
    """Say what tells metal."""
    return (f"attenuates at least {settings.metal_times_soft:g} times as much as soft tissue of its width",)


def evidence_of_small_size(settings: RadiographSettings) -> tuple[str, ...]:
    """Say what is too small to be counted."""
    return (f"of fewer than {settings.min_pixels} pixels, or smaller than {settings.min_area_mm2:g} mm²",)


def evidence_of_noise() -> tuple[str, ...]:
    """Say what is too faint to be counted."""
    return ("the network's evidence is less than is asked of its size, shape and place, or draws no border",)
