"""The shadow of the skeleton: large, dense, and denser than the soft tissue on both sides of it."""

from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage
from skimage.morphology import disk

from calciseg.radiograph.film import Film
from calciseg.radiograph.grid import Array, Mask, block_means, enlarged
from calciseg.settings import RadiographSettings

__all__ = ["BoneShadow", "find_bone"]

_COARSE_MM = 1.2
_DENSEST = 98


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BoneShadow:
    """Where bone is seen.

    Attributes
    ----------
    mask : ndarray of bool
        On the working grid.
    excess : ndarray of float32
        Above the soft tissue.
    contrast : float
        Of bone: what the density of a lesion is compared with.
    """

    mask: Mask = field(repr=False)
    excess: Array = field(repr=False)
    contrast: float

    @property
    def is_seen(self) -> bool:
        """Whether there is any."""
        return bool(self.mask.any())


def find_bone(film: Film, settings: RadiographSettings) -> BoneShadow:
    """Find bone by a model of it: narrower than a limb, dense, large.

    Parameters
    ----------
    film : Film
    settings : RadiographSettings

    Returns
    -------
    BoneShadow
        Its mask may be empty.
    """
    n = max(1, round(film.grid.blocks(_COARSE_MM)))
    coarse = block_means(film.image, n)
    radius = max(1, round(film.grid.blocks(settings.bone_width_mm) / (2 * n)))
    wide = np.pad(coarse, radius, mode="edge")
    opened = ndimage.grey_opening(wide, footprint=disk(radius))[radius:-radius, radius:-radius]
    soft = ndimage.gaussian_filter(opened, 3.0)
    excess = film.image - enlarged(soft, n, film.image.shape)
    densest = float(np.percentile(excess[film.is_body], _DENSEST))
    mask = (excess > settings.bone_level * densest) & film.is_body
    mask = np.asarray(ndimage.binary_opening(mask), np.bool_)
    labels, _ = ndimage.label(mask)
    areas_mm2 = np.bincount(labels.ravel()) * film.grid.block_mm**2
    areas_mm2[0] = 0
    mask = np.isin(labels, np.flatnonzero(areas_mm2 >= settings.bone_area_mm2))
    return BoneShadow(mask=mask, excess=excess, contrast=densest)
