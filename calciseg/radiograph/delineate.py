"""The border of a shadow, on the film's own pixels."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calciseg.radiograph.candidates import Candidate
from calciseg.radiograph.film import Film
from calciseg.radiograph.grid import Mask
from calciseg.settings import RadiographSettings

__all__ = ["Outline", "outline"]

_SMOOTH_MM = 0.15
_REACH = 2
"""Blocks around the core that the border may lie in."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outline:
    """The pixels of a shadow, and how much denser than its surroundings they are.

    Attributes
    ----------
    window : tuple of slice
        In the film as it was laid.
    mask : ndarray of bool
    excess : ndarray of float32
        Above the plane through the surroundings.
    contrast : float
        Of its denser half.
    """

    window: tuple[slice, slice]
    mask: Mask = field(repr=False)
    excess: NDArray[np.float32] = field(repr=False)
    contrast: float


def outline(candidate: Candidate, film: Film, settings: RadiographSettings) -> Outline | None:
    """Draw the border where the contrast has fallen to a share of that inside.

    Parameters
    ----------
    candidate : Candidate
    film : Film
    settings : RadiographSettings

    Returns
    -------
    Outline or None
        None if nothing of it is left on the film's own pixels.
    """
    n = film.grid.n_block
    window = (
        slice(candidate.window[0].start * n, candidate.window[0].stop * n),
        slice(candidate.window[1].start * n, candidate.window[1].stop * n),
    )
    pixels = ndimage.gaussian_filter(film.values[window].astype(np.float32), _SMOOTH_MM / film.grid.pixel_mm)
    core = _on_pixels(candidate.core, n)
    reach = _on_pixels(ndimage.binary_dilation(candidate.core, iterations=_REACH), n)
    around = _on_pixels(_ring(candidate.core), n)
    rows, columns = np.mgrid[: pixels.shape[0], : pixels.shape[1]]
    design = np.stack([rows[around], columns[around], np.ones(int(around.sum()))], axis=1)
    (down, right, level), *_ = np.linalg.lstsq(design, pixels[around], rcond=None)
    excess = (pixels - (down * rows + right * columns + level)).astype(np.float32)
    inside = excess[core]
    contrast = float(inside[inside >= np.median(inside)].mean())
    if contrast <= 0:
        return None
    labels, n_parts = ndimage.label(reach & (excess >= settings.border_level * contrast), np.ones((3, 3)))
    if not n_parts:
        return None
    sizes = np.bincount(labels[core], minlength=n_parts + 1)
    sizes[0] = 0
    if not sizes.any():
        return None
    mask = ndimage.binary_fill_holes(labels == sizes.argmax())
    return Outline(window=window, mask=np.asarray(mask, np.bool_), excess=excess, contrast=contrast)


def _ring(core: Mask) -> Mask:
    near = ndimage.binary_dilation(core, iterations=_REACH)
    return np.asarray(ndimage.binary_dilation(near, iterations=2) & ~near, np.bool_)


def _on_pixels(blocks: Mask, n: int) -> Mask:
    return np.repeat(np.repeat(blocks, n, axis=0), n, axis=1)
