"""A film made ready: laid one way, reduced, its field, body and noise known."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calciseg.kernels import both, fill_holes_in_slices, smooth
from calciseg.model import Radiograph
from calciseg.radiograph.field import find_field
from calciseg.radiograph.grid import Array, Mask, WorkingGrid, block_means, choose_grid
from calciseg.radiograph.turning import Turning, find_turning
from calciseg.settings import RadiographSettings

__all__ = ["Film", "make_film"]

_SMOOTH = 0.8
_BODY_PART = 0.05
"""A second limb is at least so large as this part of the first; a letter is not."""
_NOISE_BLOCK = 8
_ROUNDING_SD = 12**-0.5
"""Of whole grey levels: no film is known better."""
_LEAST_BLOCKS = 32
"""Nothing can be told on a smaller film."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Film:
    """A radiograph on its working grid.

    Attributes
    ----------
    values : ndarray of uint16
        The film's own pixels, laid the one way round.
    image : ndarray of float32
        Smoothed blocks; beyond the field the nearest value inside goes on, so that what leaves the field has
        no end there.
    is_open, is_body : ndarray of bool
        The exposed field; the body in it.
    noise : ndarray of float32
        SD of the noise of ``image``.
    air, span : float
        Level of direct exposure, and from it to the densest of the field.
    """

    turning: Turning
    grid: WorkingGrid
    values: NDArray[np.uint16] = field(repr=False)
    image: Array = field(repr=False)
    is_open: Mask = field(repr=False)
    is_body: Mask = field(repr=False)
    noise: Array = field(repr=False)
    air: float
    span: float

    def on_stored_pixels(self, blocks: Mask) -> Mask:
        """Spread a mask of the working grid over the film as stored; a rest at the ends is outside."""
        n = self.grid.n_block
        whole = np.zeros(self.turning.lay_pair(self.values.shape), np.bool_)
        rows, columns = (slice(0, length * n) for length in blocks.shape)
        there = self.turning.window_back((rows, columns), whole.shape)
        whole[there] = np.repeat(np.repeat(self.turning.back(blocks), n, axis=0), n, axis=1)
        return whole


def make_film(radiograph: Radiograph, settings: RadiographSettings) -> Film | None:
    """Make a film ready.

    Parameters
    ----------
    radiograph : Radiograph
    settings : RadiographSettings

    Returns
    -------
    Film or None
        None if nothing in it is denser than the rest.
    """
    turning = find_turning(radiograph.values)
    values = turning.lay(radiograph.values)
    spacing_mm_yx = radiograph.spacing_mm_yx or (settings.assumed_length_mm / max(values.shape),) * 2
    grid = choose_grid(values.shape, turning.lay_pair(spacing_mm_yx), settings)
    if min(values.shape) < _LEAST_BLOCKS * grid.n_block:
        return None
    blocks = block_means(values, grid.n_block)
    is_open = find_field(blocks, _stated_field(radiograph, turning, grid.n_block), settings)
    if not is_open.any():
        return None
    blocks = _continued(blocks, is_open)
    air, top = (float(level) for level in np.percentile(blocks[is_open], (1, 99)))
    if top <= air:
        return None
    is_body, (image, unrest) = both(
        lambda: _find_body(blocks, is_open, air + settings.air_share * (top - air)),
        lambda: _smoothed(blocks),
    )
    if not is_body.any():
        return None
    return Film(
        turning=turning,
        grid=grid,
        values=values,
        image=image,
        is_open=is_open,
        is_body=is_body,
        noise=np.maximum(_noise(image, unrest, is_body), np.float32(_ROUNDING_SD / grid.n_block)),
        air=air,
        span=top - air,
    )


def _stated_field(radiograph: Radiograph, turning: Turning, n_block: int) -> Mask:
    """Mark the blocks of which more than half lies in the field that the header states."""
    held = []
    for length, is_flipped, (start, stop) in zip(
        radiograph.shape_yx, turning.is_flipped_yx, radiograph.field_yx, strict=True
    ):
        is_in = np.zeros(length, np.int64)
        is_in[start:stop] = 1
        laid = is_in[::-1] if is_flipped else is_in
        held.append(laid[: length // n_block * n_block].reshape(-1, n_block).sum(axis=1))
    rows, columns = turning.lay_pair((held[0], held[1]))
    return np.asarray(2 * np.outer(rows, columns) > n_block**2, np.bool_)


def _continued(blocks: Array, is_open: Mask) -> Array:
    """Let what leaves the field go on beyond it."""
    if is_open.all():
        return blocks
    sure = ndimage.binary_erosion(is_open, border_value=1)
    nearest = ndimage.distance_transform_edt(
        ~(sure if sure.any() else is_open), return_distances=False, return_indices=True
    )
    return np.asarray(blocks[tuple(nearest)], np.float32)


def _find_body(blocks: Array, is_open: Mask, level: float) -> Mask:
    """Find what is denser than air: the largest parts, their holes filled."""
    labels, _ = ndimage.label((smooth(blocks, 1.0) > level) & is_open)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    parts = np.flatnonzero(sizes >= max(1, _BODY_PART * sizes.max()))
    return fill_holes_in_slices(np.isin(labels, parts[parts > 0]))


def _smoothed(blocks: Array) -> tuple[Array, Array]:
    """Smooth the film, and tell how restless it is then."""
    image = smooth(blocks, _SMOOTH)
    return image, np.abs(image - smooth(image, 2.0))


def _noise(image: Array, unrest: Array, is_body: Mask) -> Array:
    """Return the SD of the noise, which depends on the exposure and so on the grey level alone.

    Of all places of one level the calmest quarter tells it: anatomy only adds to the unrest of the others.
    """
    n = _NOISE_BLOCK
    rows, columns = (length // n for length in image.shape)

    def in_blocks(array: Array) -> Array:
        cut = array[: rows * n, : columns * n].reshape(rows, n, columns, n)
        return np.asarray(cut.transpose(0, 2, 1, 3).reshape(rows * columns, n * n), np.float32)

    is_inside = in_blocks(is_body.astype(np.float32)).mean(axis=1) > 0.95
    if not is_inside.any():
        spread = 1.48 * float(np.median(unrest[is_body]))
        return np.full(image.shape, max(spread, 1e-6), np.float32)
    spread = 1.48 * np.median(in_blocks(unrest)[is_inside], axis=1)
    level = in_blocks(image)[is_inside].mean(axis=1)
    order = np.argsort(level, kind="stable")
    groups = np.array_split(order, max(1, min(12, len(order) // 40)))
    levels = np.array([np.median(level[group]) for group in groups])
    sd = np.array([np.percentile(spread[group], 25) for group in groups])
    sd = np.maximum(sd, max(0.25 * float(np.median(sd)), 1e-6))
    return np.asarray(np.interp(image, levels, sd), np.float32)
