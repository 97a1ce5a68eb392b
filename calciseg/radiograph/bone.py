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
_ROOM = 1.2
"""A disk tells bone from soft tissue where the body is so many times as wide as the disk."""


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
    body = block_means(film.is_body.astype(np.float32), n) > 0.5
    radii = [film.grid.blocks(width_mm) / (2 * n) for width_mm in settings.bone_widths_mm]
    # Beyond its edges the film goes on: a limb that leaves it is no narrower there.
    margin = int(np.ceil(_ROOM * max(radii))) + 1
    image, inside = np.pad(coarse, margin, mode="edge"), np.pad(body, margin, mode="edge")
    depth = ndimage.distance_transform_edt(inside)
    above = np.zeros(image.shape, np.float32)
    for radius in radii:
        has_room = ndimage.distance_transform_edt(depth < _ROOM * radius) <= 0
        wide = ndimage.distance_transform_edt(~has_room) <= _ROOM * radius
        opened = ndimage.grey_opening(image, footprint=disk(max(1, round(radius))))
        above = np.maximum(above, np.where(wide, image - ndimage.gaussian_filter(opened, 1.0), 0))
    rows, columns = coarse.shape
    above = above[margin : margin + rows, margin : margin + columns].astype(np.float32)
    soft = enlarged(coarse - above, n, film.image.shape)
    excess = film.image - soft
    densest = float(np.percentile(excess[film.is_body], _DENSEST))
    mask = (excess > settings.bone_level * densest) & film.is_body
    mask = np.asarray(ndimage.binary_opening(mask), np.bool_)
    labels, _ = ndimage.label(mask)
    areas_mm2 = np.bincount(labels.ravel()) * film.grid.block_mm**2
    areas_mm2[0] = 0
    mask = np.isin(labels, np.flatnonzero(areas_mm2 >= settings.bone_area_mm2))
    return BoneShadow(mask=mask, excess=excess, contrast=densest)
