"""The border of a shadow, on the film's own pixels."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calciseg.kernels import fill_holes_in_slices, smooth
from calciseg.radiograph.candidates import Candidate
from calciseg.radiograph.film import Film
from calciseg.radiograph.grid import Array, Mask, ring_around
from calciseg.settings import RadiographSettings

__all__ = ["Outline", "above_plane", "outline"]

_SMOOTH_MM = 0.15
_LEAST_RING = 6
"""Blocks that a plane is laid through."""
_NEAR_BLOCKS = 3.0
_LEAST_PIECE = 0.05
"""Of the largest piece: what the grid of the film cuts off is no shadow of its own."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outline:
    """The pixels of a shadow, and how much denser than its surroundings they are.

    Attributes
    ----------
    window : tuple of slice
        In the film as it was stored, and the others likewise.
    mask : ndarray of bool
    excess : ndarray of float32
        Above the plane through the surroundings.
    """

    window: tuple[slice, slice]
    mask: Mask = field(repr=False)
    excess: NDArray[np.float32] = field(repr=False)


def outline(
    candidate: Candidate, evidence: Array, film: Film, bone: Mask, settings: RadiographSettings
) -> Outline | None:
    """Draw the border where the evidence, laid over the film's own pixels, has fallen to its level.

    Over bone some evidence goes on beside a shadow, so there the level is higher. The border of a small
    shadow is drawn by its contrast too: blocks are too coarse for it.

    Parameters
    ----------
    candidate : Candidate
    evidence : ndarray of float32
        For a calcification, on the working grid.
    film : Film
    bone : ndarray of bool
        On the working grid.
    settings : RadiographSettings

    Returns
    -------
    Outline or None
        None if nothing of it is left on the film's own pixels, or it is not denser than its surroundings.
    """
    n = film.grid.n_block
    window = (
        slice(candidate.window[0].start * n, candidate.window[0].stop * n),
        slice(candidate.window[1].start * n, candidate.window[1].stop * n),
    )
    near = ndimage.binary_dilation(candidate.core)
    level = np.where(
        bone[candidate.window],
        np.float32(settings.over_bone_border_evidence),
        np.float32(settings.border_evidence),
    )
    own = np.where(near, evidence[candidate.window], np.float32(0)) - level
    above = ndimage.zoom(own, n, order=1, mode="nearest", grid_mode=True)
    mask = above >= 0
    ring = _calm_ring(candidate, film)
    if not mask.any() or not ring.any():
        return None
    smoothed = smooth(film.values[window].astype(np.float32), _SMOOTH_MM / film.grid.pixel_mm)
    around = _on_pixels(ring, n)
    excess = above_plane(smoothed, around)
    if excess[mask].mean() <= 0:
        excess = _above_near(smoothed, around, _NEAR_BLOCKS * n)
    if excess[mask].mean() <= 0:
        return None
    # Blur spreads a strand sideways only: half way from the diameter of a disk of its area to its width.
    size_mm = 2 * np.sqrt(mask.sum() / np.pi) * film.grid.pixel_mm / candidate.elongation**0.25
    if size_mm < settings.border_large_mm:
        is_strand = candidate.elongation >= settings.strand_elongation
        mask = _tightened(mask, excess, above, _border_level(size_mm, settings), is_strand=is_strand)
    mask = _whole(_filled(mask, excess, film.grid.pixel_mm2, settings))
    turning = film.turning
    return Outline(
        window=turning.window_back(window, turning.lay_pair(film.values.shape)),
        mask=turning.back(mask),
        excess=turning.back(excess),
    )


def _calm_ring(candidate: Candidate, film: Film) -> Mask:
    """Mark the surroundings, but not what is denser than the candidate, as bone beside it may be."""
    ring = ring_around(candidate.core) & film.is_open[candidate.window]
    image = film.image[candidate.window]
    calm = ring & (image <= np.median(image[candidate.core]))
    return calm if calm.sum() >= _LEAST_RING else ring


def above_plane(values: NDArray[np.generic], around: Mask) -> Array:
    """Return how far pixels stand above the plane through their surroundings, or above the least if none."""
    rows, columns = np.mgrid[: values.shape[0], : values.shape[1]]
    pixels: Array = values.astype(np.float32)
    if not around.any():
        return np.asarray(pixels - pixels.min(), np.float32)
    design = np.stack([rows[around], columns[around], np.ones(int(around.sum()))], axis=1)
    (down, right, level), *_ = np.linalg.lstsq(design, pixels[around], rcond=None)
    above: Array = (pixels - (down * rows + right * columns + level)).astype(np.float32)
    return above


def _above_near(values: Array, around: Mask, sd: float) -> Array:
    """Return how far pixels stand above what lies around near by: beside a long shadow no plane fits."""
    share = smooth(around.astype(np.float32), sd)
    level = smooth(np.where(around, values, np.float32(0)), sd)
    return np.asarray(values - level / np.maximum(share, np.float32(1e-6)), np.float32)


def _filled(mask: Mask, excess: Array, pixel_mm2: float, settings: RadiographSettings) -> Mask:
    """Fill pinholes, and what is itself dense; the meshes of a net stay open, and what a rim encloses."""
    holes, n_holes = ndimage.label(fill_holes_in_slices(mask) & ~mask)
    if not n_holes:
        return mask
    numbers = np.arange(1, n_holes + 1)
    is_small = np.bincount(holes.ravel())[1:] * pixel_mm2 <= settings.hole_mm2
    is_dense = ndimage.mean(excess, holes, numbers) >= settings.hole_level * excess[mask].mean()
    return np.asarray(mask | np.isin(holes, numbers[is_small | is_dense]), np.bool_)


def _whole(mask: Mask) -> Mask:
    """Leave out the pieces that are much smaller than the largest."""
    labels, n_parts = ndimage.label(mask, np.ones((3, 3)))
    sizes = np.bincount(labels.ravel())[1:]
    if n_parts < 2:
        return mask
    return np.isin(labels, 1 + np.flatnonzero(sizes >= _LEAST_PIECE * sizes.max()))


def _border_level(size_mm: float, settings: RadiographSettings) -> float:
    """Return the share of its contrast that the border of a shadow of a size has.

    A dot is as small as the blur, which spreads it; a ball is thin at its border, the more so the larger.
    """
    sizes_mm = np.log([settings.border_dot_mm, settings.border_ball_mm])
    return float(
        np.interp(np.log(size_mm), sizes_mm, [settings.border_dot_level, settings.border_ball_level])
    )


def _tightened(
    mask: Mask, excess: NDArray[np.float32], above: Array, share: float, *, is_strand: bool
) -> Mask:
    """Keep of a mask what reaches a share of the contrast of the half that the evidence speaks for most.

    A candidate may reach along the edge of bone beside it, which is denser than itself. What is kept is one
    piece, unless it is a strand, whose density varies along it.
    """
    contrast = float(excess[mask & (above >= np.median(above[mask]))].mean())
    kept = np.asarray(mask & (excess >= share * contrast), np.bool_)
    if not kept.any():
        return mask
    return _whole(kept) if is_strand else _surest(kept, above)


def _surest(mask: Mask, above: Array) -> Mask:
    """Keep the piece that the evidence speaks for most."""
    labels, n_parts = ndimage.label(mask, np.ones((3, 3)))
    if n_parts < 2:
        return mask
    sums = ndimage.sum_labels(above, labels, np.arange(1, n_parts + 1))
    return np.asarray(labels == 1 + int(np.argmax(sums)), np.bool_)


def _on_pixels(blocks: Mask, n: int) -> Mask:
    return np.repeat(np.repeat(blocks, n, axis=0), n, axis=1)
