"""Local excess attenuation: what is denser than all that is long around it."""

from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage

from calciseg.kernels import open_along_lines
from calciseg.radiograph.film import Film
from calciseg.radiograph.grid import Array, block_means, enlarged
from calciseg.settings import RadiographSettings

__all__ = ["Excess", "find_excess"]

_LINE_BLOCKS = 22
"""Lines of more blocks are laid on a coarser grid."""
_TREND = 0.5
"""SD of the smoothing that tells the slope of the surroundings, as a share of the scale."""
_UNREST_QUANTILE = 80
_UNREST_MM = 12.0
_UNREST_STEP_MM = 2.0
_UNREST_REACH = 12
"""Places in each direction that the texture is looked at in, at the most."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Excess:
    """Excess at one scale, both on the working grid and in its units.

    Attributes
    ----------
    scale_mm : float
    image : ndarray of float32
        What is left of the film when all is taken away that is longer than the scale in any direction.
    unrest : ndarray of float32
        What four fifths of the surroundings stay below: the texture of the tissue itself.
    """

    scale_mm: float
    image: Array = field(repr=False)
    unrest: Array = field(repr=False)


def find_excess(film: Film, scale_mm: float, settings: RadiographSettings) -> Excess:  # noqa: ARG001
    """Measure the excess at one scale.

    A cortex, a rib, a fascia are long: an opening along lines keeps them, and they are no excess. The slope
    of a limb's own profile would hide an excess behind what lies uphill, so it is taken away first.

    Parameters
    ----------
    film : Film
    scale_mm : float
    settings : RadiographSettings

    Returns
    -------
    Excess
    """
    length = film.grid.blocks(scale_mm)
    n = max(1, int(length / _LINE_BLOCKS))
    image = film.image
    if n > 1:
        image = block_means(ndimage.gaussian_filter(image, n / 2), n)
    level = image - ndimage.gaussian_filter(image, _TREND * length / n, truncate=3)
    margin = int(np.ceil(length / n))
    wide = np.pad(level, margin, mode="edge")
    rest = (wide - open_along_lines(wide, max(1.0, length / n)))[margin:-margin, margin:-margin]
    excess = enlarged(rest, n, film.image.shape)
    return Excess(scale_mm=scale_mm, image=excess, unrest=_unrest(excess, film, scale_mm))


def _unrest(excess: Array, film: Film, scale_mm: float) -> Array:
    reach_blocks = film.grid.blocks(max(_UNREST_MM, 1.5 * scale_mm))
    n = max(1, int(film.grid.blocks(_UNREST_STEP_MM)), int(reach_blocks / _UNREST_REACH))
    coarse = np.where(film.is_body, excess, np.float32(0))[::n, ::n]
    reach = max(3, round(reach_blocks / n))
    quantile = ndimage.percentile_filter(coarse, _UNREST_QUANTILE, size=2 * reach + 1)
    return enlarged(quantile.astype(np.float32), n, excess.shape)
