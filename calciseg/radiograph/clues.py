"""Clues: what the network sees of a film, whatever its exposure, look-up table and number of bits."""

import numpy as np

from calciseg.kernels import both, smooth
from calciseg.radiograph.excess import find_excess
from calciseg.radiograph.film import Film
from calciseg.radiograph.grid import Array, block_means, enlarged

__all__ = ["N_CLUES", "make_clues"]

N_CLUES = 11
_SCALES_MM = (6.0, 14.0, 36.0)
"""From a dot to a mass. These, like all constants here, are part of what the network was fitted to."""
_FINEST_MM, _FINE_MM, _COARSE_MM = 1.2, 4.0, 12.0
"""SD of the surroundings that a place is compared with."""
_COARSE_STEP_MM = 2.0
_NOISE_SD = 3.0
_TONE = (-0.3, 1.6)


def make_clues(film: Film) -> Array:
    """Describe every block of a film.

    Parameters
    ----------
    film : Film

    Returns
    -------
    ndarray of float32, shape (11, rows, columns)
        Its density between direct exposure and the densest; its step from fine and from coarse surroundings;
        whether it is body; its local excess at three scales, the middle one twice; its step from the finest
        surroundings; those from fine and coarse ones again, against the unrest there. Fine ones are in units
        of the noise and compressed, coarse ones in shares of the film's range.
    """
    clues = np.empty((N_CLUES, *film.image.shape), np.float32)
    clues[0] = np.clip((film.image - film.air) / film.span, *_TONE)
    clues[3] = film.is_body
    spread = _NOISE_SD * film.noise
    both(lambda: _write_steps(film, spread, clues), lambda: _write_excess(film, spread, clues))
    return clues


def _write_excess(film: Film, spread: Array, clues: Array) -> None:
    small, middle, large = (find_excess(film, scale_mm) for scale_mm in _SCALES_MM)
    _write_compressed(small / spread, clues[4])
    _write_compressed(middle / spread, clues[5])
    np.clip(middle * np.float32(8 / film.span), 0, 4, out=clues[6])
    np.clip(large * np.float32(5 / film.span), 0, 4, out=clues[7])


def _write_steps(film: Film, spread: Array, clues: Array) -> None:
    image, per_mm = film.image, 1 / film.grid.block_mm
    n = max(1, int(_COARSE_STEP_MM * per_mm))

    def smooth_coarsely(layer: Array, sd_mm: float) -> Array:
        """Smooth on a coarser grid."""
        steps = smooth(block_means(layer, n), sd_mm * per_mm / n, truncate=3, mode="nearest")
        return enlarged(steps, n, layer.shape)

    finest, fine = (
        image - smooth(image, sd_mm * per_mm, truncate=3, mode="nearest") for sd_mm in (_FINEST_MM, _FINE_MM)
    )
    coarse = image - smooth_coarsely(image, _COARSE_MM)
    _write_compressed(fine / spread, clues[1])
    np.clip(coarse * np.float32(5 / film.span), -4, 4, out=clues[2])
    _write_compressed(finest / spread, clues[8])
    for step, sd_mm, clue in ((fine, _FINE_MM, clues[9]), (coarse, _COARSE_MM, clues[10])):
        unrest = smooth_coarsely(step * step, sd_mm)
        unrest += spread * spread
        np.clip(step / np.sqrt(unrest, out=unrest), -4, 4, out=clue)


def _write_compressed(steps: Array, clue: Array) -> None:
    """Write the inverse hyperbolic sine; numpy's own takes its numbers one by one and twice as long."""
    np.multiply(steps, steps, out=clue)
    clue += 1
    np.sqrt(clue, out=clue)
    clue += np.abs(steps)
    np.log(clue, out=clue)
    np.copysign(clue, steps, out=clue)
