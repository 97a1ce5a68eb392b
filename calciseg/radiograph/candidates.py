"""Candidates: where the evidence speaks for a calcification."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from calciseg.kernels import Components, connected_components
from calciseg.radiograph.bone import BoneShadow
from calciseg.radiograph.film import Film
from calciseg.radiograph.grid import Array, Mask
from calciseg.settings import RadiographSettings

__all__ = ["Candidate", "find_candidates"]

_WHOLE = 1000.0
"""Evidence goes to the component kernels as whole numbers, so many to certainty."""
_MARGIN = 6
_FEWEST = 4
"""Blocks: fewer have no length."""
_BLOCK = np.array([[1 / 12], [1 / 12], [0.0]])
"""Variance of a block itself, down and across."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    """Something that stands out.

    Attributes
    ----------
    window : tuple of slice
        Where it lies, with a margin, on the working grid.
    core : ndarray of bool
        Its shape within the window.
    elongation : float
        How many times as long as wide.
    bone_fraction : float
        Share of it over bone.
    is_accepted : bool
    """

    window: tuple[slice, slice]
    core: Mask = field(repr=False)
    elongation: float
    bone_fraction: float
    is_accepted: bool


def find_candidates(
    film: Film, evidence: Array, bone: BoneShadow, settings: RadiographSettings
) -> Iterator[Candidate]:
    """Find where the evidence speaks for a calcification.

    Parameters
    ----------
    film : Film
    evidence : ndarray of float32
        For a calcification, on the working grid, from 0 to 1.
    bone : BoneShadow
    settings : RadiographSettings

    Yields
    ------
    Candidate
        Connected where there is some evidence, accepted where there is much somewhere (hysteresis). It may
        reach beyond the body, but not lie there.
    """
    inside = np.where(film.is_open, evidence, np.float32(0))
    found = connected_components(
        np.rint(inside * _WHOLE).astype(np.uint16), round(_WHOLE * settings.grow_evidence)
    )
    elongations = _elongations(found)
    for label in range(1, found.n_components + 1):
        (rows, columns), core = found.mask(label, margins=(_MARGIN, _MARGIN))
        window = rows, columns
        if film.is_body[window][core].mean() < settings.body_overlap:
            continue
        bone_fraction = float(bone.mask[window][core].mean())
        elongation = float(elongations[label - 1])
        size_mm2 = float(found.table["n_voxels"][label - 1] * film.grid.block_mm2)
        strongest = float(found.table["max"][label - 1]) / _WHOLE
        mean = float(evidence[window][core].mean())
        yield Candidate(
            window=window,
            core=core,
            elongation=elongation,
            bone_fraction=bone_fraction,
            is_accepted=strongest >= _least(size_mm2, elongation, bone_fraction, mean, settings)
            and mean >= _least_mean(size_mm2, settings),
        )


def _least(
    size_mm2: float, elongation: float, bone_fraction: float, mean: float, settings: RadiographSettings
) -> float:
    """Return the evidence that one of this size, shape, place and mean evidence reaches somewhere."""
    if bone_fraction < settings.bone_overlap:
        sizes_mm2 = settings.small_mm2, settings.large_mm2
        return _by_size(size_mm2, sizes_mm2, (settings.clear_evidence, settings.clear_large_evidence))
    if elongation >= settings.line_elongation:
        return settings.line_evidence
    is_even = mean >= settings.over_bone_mean_evidence
    return settings.over_bone_even_evidence if is_even else settings.over_bone_evidence


def _least_mean(size_mm2: float, settings: RadiographSettings) -> float:
    """Return the mean evidence that one of this size reaches: the larger, the less of it is border."""
    if size_mm2 < settings.large_mm2:
        return 0.0
    sizes_mm2 = settings.large_mm2, settings.largest_mm2
    return _by_size(size_mm2, sizes_mm2, (settings.large_evidence, settings.largest_evidence))


def _by_size(size_mm2: float, sizes_mm2: tuple[float, float], values: tuple[float, float]) -> float:
    """Return what lies between two values as the logarithm of a size does between two sizes."""
    return float(np.interp(np.log(size_mm2), np.log(sizes_mm2), values))


def _elongations(found: Components) -> NDArray[np.float64]:
    """Return how many times as long as wide each is, as the SD of blocks of some extent; 1 for a few."""
    n_blocks = found.table["n_voxels"].astype(np.float64)
    down, across, both = (n_blocks / np.maximum(n_blocks - 1, 1) * found.table["second_moments"].T) + _BLOCK
    middle, reach = (down + across) / 2, np.hypot((down - across) / 2, both)
    return np.where(n_blocks < _FEWEST, 1.0, np.sqrt((middle + reach) / (middle - reach)))
