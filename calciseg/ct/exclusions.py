"""The ledger: what is dense but not counted, each with its reason, and where it lies."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from calciseg.ct.body import Body
from calciseg.ct.evidence import Evidence, is_told, told
from calciseg.ct.footprints import dilated
from calciseg.ct.grid import AnatomyGrid
from calciseg.ct.parting import painted
from calciseg.kernels import Components, connected_components
from calciseg.model import Exclusion, ExclusionReason, VolumeGeometry
from calciseg.settings import MeasureSettings, MetalSettings

__all__ = [
    "MOSTLY",
    "Ledger",
    "below_minimum_size",
    "find_metal",
    "find_outside_body",
    "share_outside",
]

MOSTLY = 0.5
"""What lies outside the body with more of it is no part of it."""


@dataclass(slots=True, kw_only=True, eq=False)
class Ledger:
    """Exclusions as they are found, and their map.

    Attributes
    ----------
    geometry : VolumeGeometry
    """

    geometry: VolumeGeometry
    _entries: list[Exclusion] = field(default_factory=list)
    _entered: list[Components] = field(default_factory=list, repr=False)

    def painted(self) -> NDArray[np.uint16] | NDArray[np.uint32]:
        """Paint a map: voxel value = the exclusion's label. It takes no memory before it is asked for."""
        return painted(self._entered, self.geometry.shape_zyx)

    def set_aside(
        self, found: Components, reason: ExclusionReason, evidence: Sequence[Evidence]
    ) -> Components:
        """Enter the components that there is evidence of, and return the others."""
        meets = is_told(evidence)
        self.enter(found.keep(meets), reason, [one for one in evidence if one])
        return found.keep(~meets)

    def enter(self, found: Components, reason: ExclusionReason, evidence: Sequence[Evidence]) -> None:
        """Enter every component on a line of its own, with its evidence, to be painted into the map."""
        first = sum(entry.label is not None for entry in self._entries)
        self._entered.append(found)
        centroids = self.geometry.lps_mm_from_zyx(found.table["centroid_zyx"])
        for row, of_one in zip(range(found.n_components), evidence, strict=True):
            x, y, z = centroids[row]
            self._entries.append(
                Exclusion(
                    label=first + row + 1,
                    reason=reason,
                    centroid_lps_mm=(float(x), float(y), float(z)),
                    volume_mm3=float(found.table["n_voxels"][row]) * self.geometry.voxel_volume_mm3,
                    hu_max=float(found.table["max"][row]),
                    n_components=1,
                    evidence=of_one,
                )
            )

    def enter_summed(self, found: Components, reason: ExclusionReason, evidence: Evidence) -> None:
        """Enter many small components on one line, with one evidence for all, without painting them."""
        if not found.n_components:
            return
        volume_mm3 = float(found.table["n_voxels"].sum()) * self.geometry.voxel_volume_mm3
        line = Exclusion(
            label=None,
            reason=reason,
            centroid_lps_mm=None,
            volume_mm3=volume_mm3,
            hu_max=float(found.table["max"].max()),
            n_components=found.n_components,
            evidence=evidence,
        )
        for number, entry in enumerate(self._entries):
            if entry.label is None and entry.reason == reason:
                self._entries[number] = replace(
                    line,
                    volume_mm3=entry.volume_mm3 + line.volume_mm3,
                    hu_max=max(entry.hu_max, line.hu_max),
                    n_components=entry.n_components + line.n_components,
                    evidence=tuple(dict.fromkeys((*entry.evidence, *evidence))),
                )
                return
        self._entries.append(line)

    def entries(self) -> tuple[Exclusion, ...]:
        """List what was entered so far."""
        return tuple(self._entries)


def share_outside(found: Components, grid: AnatomyGrid, body: Body) -> NDArray[np.float64]:
    """Tell how much of each component lies outside the body, shape ``(n_components,)``."""
    return np.asarray(1 - grid.share_within(found, body.mask), np.float64)


def find_outside_body(found: Components, grid: AnatomyGrid, body: Body) -> list[Evidence]:
    """Tell which components lie mostly outside the body."""
    share = share_outside(found, grid, body)
    percent = 100 * share
    return told(share > MOSTLY, "{percent:.0f} % of it lies outside the surface of the body", percent=percent)


def find_metal(
    hu: NDArray[np.int16], spacing_mm_zyx: tuple[float, float, float], settings: MetalSettings
) -> NDArray[np.bool_] | None:
    """Find voxels of metal, with the rim and the neighbouring slices that its blur reaches.

    Metal may lie inside a bone, so it is found by its own HU and not by the component that holds it.

    Parameters
    ----------
    hu : ndarray of int16
        The volume.
    spacing_mm_zyx : tuple of float
    settings : MetalSettings

    Returns
    -------
    ndarray of bool or None
        None, at next to no cost, where there is none.
    """
    cores = connected_components(
        hu, settings.core_hu, seed_threshold=settings.peak_hu, min_voxels=settings.min_voxels
    )
    if not cores.n_components:
        return None
    dz, dy, dx = spacing_mm_zyx
    return dilated(cores.foreground(), settings.rim_mm, (min(dz, settings.rim_mm), dy, dx))


def below_minimum_size(
    found: Components, geometry: VolumeGeometry, settings: MeasureSettings
) -> NDArray[np.bool_]:
    """Tell which components are too small to be counted: of few voxels, unless these are large."""
    counts = found.table["n_voxels"]
    volumes_mm3 = counts * geometry.voxel_volume_mm3
    has_few = (counts < settings.min_voxels) & (volumes_mm3 < settings.few_voxels_mm3)
    return np.asarray(has_few | (volumes_mm3 < settings.min_volume_mm3), np.bool_)
