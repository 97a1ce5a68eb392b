"""Local excess attenuation: what is denser than all that is long around it."""

import numpy as np

from calciseg.kernels import open_along_lines, smooth
from calciseg.radiograph.film import Film
from calciseg.radiograph.grid import Array, block_means, enlarged

__all__ = ["find_excess"]

_LINE_BLOCKS = 16
"""Lines of more blocks are laid on a coarser grid."""
_TREND = 0.5
"""SD of the smoothing that tells the slope of the surroundings, as a share of the scale."""


def find_excess(film: Film, scale_mm: float) -> Array:
    """Measure the excess at one scale.

    A cortex, a rib, a fascia are long: an opening along lines keeps them, and they are no excess. The slope
    of a limb's own profile would hide an excess behind what lies uphill, so it is taken away first.

    Parameters
    ----------
    film : Film
    scale_mm : float

    Returns
    -------
    ndarray of float32
        On the working grid: what is left of the film when all is taken away that is longer than the scale in
        any direction.
    """
    length = film.grid.blocks(scale_mm)
    n = max(1, int(length / _LINE_BLOCKS))
    image = film.image
    if n > 1:
        image = block_means(smooth(image, n / 2), n)
    level = image - smooth(image, _TREND * length / n, truncate=3)
    margin = int(np.ceil(length / n))
    wide = np.pad(level, margin, mode="edge")
    rest = (wide - open_along_lines(wide, max(1.0, length / n)))[margin:-margin, margin:-margin]
    return enlarged(rest.astype(np.float32), n, film.image.shape)
