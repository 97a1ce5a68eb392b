"""The shadow of the skeleton."""

from dataclasses import dataclass, field

import numpy as np

from calciseg.kernels import connected_components, smooth
from calciseg.radiograph.film import Film
from calciseg.radiograph.grid import Array, Mask, block_means, enlarged
from calciseg.settings import RadiographSettings

__all__ = ["BoneShadow", "find_bone"]

_COARSE_MM = 1.2
_SOFT_MM = 10.0
"""SD of the smoothing that carries the level of soft tissue on below bone."""
_DENSE = 90
"""Percentile of its excess that is the contrast of bone."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BoneShadow:
    """Where bone is seen.

    Attributes
    ----------
    mask : ndarray of bool
        On the working grid.
    contrast : float
        Of its denser parts above the soft tissue around: what the density of a lesion is compared with.
    """

    mask: Mask = field(repr=False)
    contrast: float

    @property
    def is_seen(self) -> bool:
        """Whether there is any that stands out, to compare a density with."""
        return self.contrast > 0


def find_bone(film: Film, evidence: Array, settings: RadiographSettings) -> BoneShadow:
    """Find bone where the evidence speaks for it and it is large.

    Parameters
    ----------
    film : Film
    evidence : ndarray of float32
        For bone, on the working grid, from 0 to 1.
    settings : RadiographSettings

    Returns
    -------
    BoneShadow
        Its mask may be empty.
    """
    is_bone = (evidence >= settings.bone_evidence) & film.is_body
    least = max(1, round(settings.bone_area_mm2 / film.grid.block_mm2))
    mask = connected_components(is_bone.astype(np.uint16), 1, min_voxels=least).labels() > 0
    return BoneShadow(mask=mask, contrast=_contrast(film, mask) if mask.any() else 0.0)


def _contrast(film: Film, mask: Mask) -> float:
    n = max(1, round(film.grid.blocks(_COARSE_MM)))
    soft = block_means((film.is_body & ~mask).astype(np.float32), n)
    level = block_means(np.where(film.is_body & ~mask, film.image, np.float32(0)), n)
    sd = film.grid.blocks(_SOFT_MM) / n
    share = smooth(soft, sd)
    around = np.asarray(smooth(level, sd) / np.maximum(share, 1e-6), np.float32)
    excess: Array = film.image - enlarged(around, n, film.image.shape)
    return max(0.0, float(np.percentile(excess[mask], _DENSE)))
