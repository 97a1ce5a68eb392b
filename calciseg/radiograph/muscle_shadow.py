"""Where muscle begins below the skin line, told by how the film grows denser inwards."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calciseg.radiograph.film import Film
from calciseg.radiograph.grid import Array, Mask, Places
from calciseg.settings import RadiographSettings

__all__ = ["find_muscle_depth_mm"]

_AROUND_MM = 18.0
_STEP_MM = 0.6
_LEAST_BLOCKS = 10
"""Of one depth, and depths in a profile: fewer tell nothing."""
_BLUR_MM = 1.5
"""The skin line is blurred by so much; what lies shallower is left out."""
_SEARCH_MM = 0.4
_END_MM = 2.0

_Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Profile:
    """Mean depth below the skin line and median grey level, from the skin inwards."""

    depth_mm: _Vector
    level: _Vector


def find_muscle_depth_mm(
    lesion: Places, film: Film, bone: Mask, depth_mm: Array, settings: RadiographSettings
) -> float | None:
    """Find the depth at which muscle begins beside a lesion.

    A ray that enters a rounded body at a projected depth d has a path of about the square root of d in it. So
    the profile is a root, and another one from where muscle begins, with smooth terms for scatter and the
    look-up table. It is fitted with and without the second root; muscle is seen where that explains the
    profile better by far (F-ratio of the two fits) and is as high as muscle against fat can be.

    Parameters
    ----------
    lesion : tuple of ndarray of int
        Its blocks.
    film : Film
    bone : ndarray of bool
        On the working grid.
    depth_mm : ndarray of float32
        Below the skin line, on the projection.
    settings : RadiographSettings

    Returns
    -------
    float or None
        None where it is not seen.
    """
    profile = _profile(lesion, film, bone, depth_mm, settings.profile_mm)
    if len(profile.depth_mm) < _LEAST_BLOCKS:
        return None
    root, level = np.sqrt(profile.depth_mm), profile.level
    one_tissue = np.stack([root, np.ones_like(root), root**2], axis=1)
    unexplained, _ = _fit(one_tissue, level)
    least, found_mm = unexplained, None
    for start_mm in np.arange(settings.skin_mm, profile.depth_mm[-1] - _END_MM, _SEARCH_MM):
        second = np.sqrt(np.clip(profile.depth_mm - start_mm, 0, None))
        rest, factors = _fit(np.column_stack([second, one_tissue]), level)
        if factors[0] >= settings.muscle_height * factors[1] > 0 and rest < least:
            least, found_mm = rest, float(start_mm)
    n_free = len(level) - one_tissue.shape[1] - 2
    is_seen = unexplained - least >= settings.muscle_ratio * least / n_free
    return found_mm if is_seen else None


def _profile(lesion: Places, film: Film, bone: Mask, depth_mm: Array, deepest_mm: float) -> _Profile:
    reach = max(2, round(film.grid.blocks(_AROUND_MM)))
    rows, columns = lesion
    box = (
        slice(max(0, rows.min() - reach), rows.max() + reach + 1),
        slice(max(0, columns.min() - reach), columns.max() + reach + 1),
    )
    near = np.zeros(film.is_body[box].shape, np.bool_)
    near[rows - box[0].start, columns - box[1].start] = True
    beside = film.is_body[box] & ~bone[box] & ~ndimage.binary_dilation(near, iterations=3)
    step_mm = max(_STEP_MM, film.grid.block_mm)
    number = np.floor(depth_mm[box] / step_mm)
    there = beside & (number >= 0) & (number < np.ceil(deepest_mm / step_mm))
    order = np.argsort(number[there], kind="stable")
    ends = np.cumsum(np.bincount(number[there].astype(np.intp)))
    depths, levels = [], []
    for depth, level in zip(
        *(np.split(layer[box][there][order], ends) for layer in (depth_mm, film.image)), strict=True
    ):
        if len(depth) < _LEAST_BLOCKS:
            break
        depths.append(float(depth.mean()))
        levels.append(float(np.median(level)))
    is_sharp = np.array(depths) > _BLUR_MM
    return _Profile(depth_mm=np.array(depths)[is_sharp], level=np.array(levels)[is_sharp])


def _fit(design: _Vector, level: _Vector) -> tuple[float, _Vector]:
    """Return the sum of squares that least squares leave, and the factors of the columns."""
    factors, *_ = np.linalg.lstsq(design, level, rcond=None)
    return float(((level - design @ factors) ** 2).sum()), np.asarray(factors, np.float64)
