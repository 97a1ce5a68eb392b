"""Dense solids and their parts: where a thick body narrows to a neck, it is two parts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calciseg.kernels import basins_around_peaks, distance_mm, joined_basins, passages_between

__all__ = ["Neck", "Parts", "split_at_necks"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Neck:
    """Where two parts touch."""

    parts: tuple[int, int]
    radius_mm: float
    """Of the largest ball that passes through the neck."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parts:
    """A solid cut at its necks.

    Attributes
    ----------
    labels : ndarray of int32
        0 outside, else the part, from 1.
    inner_mm : ndarray of float32
        Distance of each voxel of the solid to the outside.
    radii_mm : ndarray of float64, shape ``(n_parts + 1,)``
        Of the largest ball inside each part.
    necks : tuple of Neck
        Between parts that touch.
    """

    labels: NDArray[np.int32]
    inner_mm: NDArray[np.float32]
    radii_mm: NDArray[np.float64]
    necks: tuple[Neck, ...]


def split_at_necks(
    solid: NDArray[np.bool_], spacing_mm: tuple[float, float, float], *, neck_ratio: float
) -> Parts:
    """Cut a solid where it narrows below `neck_ratio` of the thinner side.

    Parameters
    ----------
    solid : ndarray of bool, 3-D
    spacing_mm : tuple of float
    neck_ratio : float
        Two neighbouring basins stay one part if the neck between them is at least so many times as wide as
        the thinner of the two.

    Returns
    -------
    Parts

    Notes
    -----
    Watershed of the inner distance map, then basins are merged from the widest saddle down: a long bone is a
    chain of balls of like size and stays whole; a nodule that touches it has a neck of its own.
    """
    inner_mm = distance_mm(~solid, spacing_mm)
    inner_mm[~np.isfinite(inner_mm)] = 0.0
    basins = basins_around_peaks(inner_mm, solid)
    peak_mm, pairs, saddles_mm = passages_between(basins, inner_mm)
    order = np.argsort(-saddles_mm, kind="stable")  # the widest first
    pairs, saddles_mm = pairs[order], saddles_mm[order]
    roots, peak_mm = joined_basins(peak_mm, pairs, saddles_mm, neck_ratio)
    return _as_parts(basins, inner_mm, roots, peak_mm, pairs, saddles_mm)


def _as_parts(
    basins: NDArray[np.int32],
    inner_mm: NDArray[np.float32],
    roots: NDArray[np.int64],
    peak_mm: NDArray[np.float64],
    pairs: NDArray[np.int64],
    saddles_mm: NDArray[np.float64],
) -> Parts:
    kept, numbers = np.unique(roots, return_inverse=True)
    necks: dict[tuple[int, int], float] = {}
    for (first, second), saddle in zip(pairs.tolist(), saddles_mm.tolist(), strict=True):
        a, b = sorted((int(numbers[first]), int(numbers[second])))
        if a != b:
            necks[a, b] = max(saddle, necks.get((a, b), 0.0))
    for plane in basins:  # an index to the whole would be widened to 8 bytes a voxel
        plane[...] = numbers[plane]
    return Parts(
        labels=basins,
        inner_mm=inner_mm,
        radii_mm=peak_mm[kept],
        necks=tuple(Neck(parts=parts, radius_mm=radius) for parts, radius in necks.items()),
    )
