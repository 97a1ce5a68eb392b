"""Clues: what the network sees of a film, whatever its exposure, look-up table and number of bits."""

from dataclasses import dataclass

import numpy as np

from calciseg.kernels import smooth
from calciseg.radiograph.excess import find_excess
from calciseg.radiograph.film import Film
from calciseg.radiograph.grid import Array, block_means, enlarged
from calciseg.radiograph.together import both

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
    steps, (small, middle, large) = both(
        lambda: _make_steps(film), lambda: [find_excess(film, scale_mm) for scale_mm in _SCALES_MM]
    )
    clues = np.empty((N_CLUES, *film.image.shape), np.float32)
    clues[0] = np.clip((film.image - film.air) / film.span, *_TONE)
    clues[1] = steps.fine
    clues[2] = steps.coarse
    clues[3] = film.is_body
    clues[4] = np.arcsinh(small / film.noise / _NOISE_SD)
    clues[5] = np.arcsinh(middle / film.noise / _NOISE_SD)
    clues[6] = np.clip(middle / film.span * 8, 0, 4)
    clues[7] = np.clip(large / film.span * 5, 0, 4)
    clues[8] = steps.finest
    clues[9] = steps.fine_against_unrest
    clues[10] = steps.coarse_against_unrest
    return clues


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Steps:
    """Steps from the surroundings, as the network sees them."""

    finest: Array
    fine: Array
    coarse: Array
    fine_against_unrest: Array
    coarse_against_unrest: Array


def _make_steps(film: Film) -> _Steps:
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
    least = (_NOISE_SD * film.noise) ** 2
    return _Steps(
        finest=np.arcsinh(finest / film.noise / _NOISE_SD),
        fine=np.arcsinh(fine / film.noise / _NOISE_SD),
        coarse=np.clip(coarse / film.span * 5, -4, 4),
        fine_against_unrest=np.clip(fine / np.sqrt(smooth_coarsely(fine**2, _FINE_MM) + least), -4, 4),
        coarse_against_unrest=np.clip(
            coarse / np.sqrt(smooth_coarsely(coarse**2, _COARSE_MM) + least), -4, 4
        ),
    )
