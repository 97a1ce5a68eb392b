"""The exposed field: what collimator and shutters leave open."""

import numpy as np
from scipy import ndimage

from calciseg.kernels import both, smooth
from calciseg.radiograph.grid import Array, Mask, block_means
from calciseg.settings import RadiographSettings

__all__ = ["find_field"]

_LONGEST = 256
"""Edges are looked for in an image of this many pixels."""
_TILTS_RAD = np.deg2rad(np.arange(-6, 7))
_REACH = 0.4
"""A blade covers no more than this share of the film."""
_FLAT = 1e-6
_SHUTTER_SHARE = 0.005
_EDGE_BLOCKS = 3
_DEEP_SHARE = 0.03
"""Of the film's length: a centimetre, from which on a body is thick."""
_THIN = 0.6
_COVERED = 0.2
"""What blades cover is denser than air by so much of the range."""


def find_field(image: Array, stated: Mask, settings: RadiographSettings) -> Mask:
    """Find the exposed field.

    Parameters
    ----------
    image : ndarray of float32
        The film on the working grid, bright is dense.
    stated : ndarray of bool
        The field that the header states. It is not believed where it leaves less than a fifth: headers are
        known that state millimetres there.
    settings : RadiographSettings

    Returns
    -------
    ndarray of bool
        Without the outermost blocks of the field, which the edge of the blades blurs.
    """
    span = float(np.percentile(image, 99.9) - image.min())
    if span <= 0:
        return np.zeros(image.shape, np.bool_)
    inside, shut = both(lambda: _inside_blades(image, span, settings), lambda: _shutters(image, span))
    is_open = inside & ~shut
    return is_open & stated if stated.mean() > 0.2 else is_open


def _shutters(image: Array, span: float) -> Mask:
    """Find what was painted over with one value, black or white, along the edge of the film."""
    found = np.zeros(image.shape, np.bool_)
    for level, may_be_air in ((image.min(), True), (image.max(), False)):
        is_level = np.abs(image - level) <= _FLAT * span
        if np.count_nonzero(is_level) <= _SHUTTER_SHARE * image.size:
            continue  # no part of it is large enough, and an opening takes its time
        labels, n = ndimage.label(ndimage.binary_opening(is_level, iterations=2))
        rim = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
        sizes = np.bincount(labels.ravel(), minlength=n + 1)
        wide = [label for label in rim if label and sizes[label] > _SHUTTER_SHARE * image.size]
        if may_be_air:
            wide = [label for label in wide if not _is_saturated_air(labels == label, image)]
        found |= np.isin(labels, wide)
    return np.asarray(ndimage.binary_dilation(found, iterations=2) if found.any() else found, np.bool_)


def _is_saturated_air(painted: Mask, image: Array) -> bool:
    """Tell direct exposure that was cut off at one value from a black shutter.

    Towards a shutter the body is as dense as farther in; towards its own skin it is thinner and thinner.
    """
    away = ndimage.distance_transform_edt(~painted)
    deep = _DEEP_SHARE * max(image.shape)
    edge = image[(away > 1) & (away <= _EDGE_BLOCKS)]
    inside = image[(away > deep) & (away <= deep + _EDGE_BLOCKS)]
    if not edge.size or not inside.size:
        return False
    level = float(image.min())
    return float(np.median(edge)) - level < _THIN * (float(np.median(inside)) - level)


def _inside_blades(image: Array, span: float, settings: RadiographSettings) -> Mask:
    """Find straight edges, a little turned perhaps, that all beyond is denser than most of the film."""
    n = max(1, round(max(image.shape) / _LONGEST))
    small = block_means(smooth(image, n / 2), n)
    rows, columns = small.shape
    middle = small[rows // 4 : rows - rows // 4, columns // 4 : columns - columns // 4]
    # Scatter lies on what the blades cover, so it may be less dense than the limb; it is never like air.
    air, dense = (float(level) for level in np.percentile(small, (1, 99)))
    dense = min(float(np.percentile(middle, 70)), air + _COVERED * (dense - air))
    inside = np.ones(small.shape, np.bool_)
    for axis in (0, 1):
        for is_last in (False, True):
            turned = small if axis == 0 else small.T
            turned = turned[::-1] if is_last else turned
            part = _inside_one_blade(turned, span, dense, settings)
            part = part[::-1] if is_last else part
            inside &= part if axis == 0 else part.T
    whole = np.repeat(np.repeat(inside, n, axis=0), n, axis=1)
    missing = [(0, max(0, a - b)) for a, b in zip(image.shape, whole.shape, strict=True)]
    return np.pad(whole, missing, mode="edge")[: image.shape[0], : image.shape[1]]


def _inside_one_blade(image: Array, span: float, dense: float, settings: RadiographSettings) -> Mask:
    """Look for the edge of a blade above the field."""
    n_rows, n_columns = image.shape
    rows, columns = np.mgrid[:n_rows, :n_columns]
    best_step, inside = 0.0, np.ones(image.shape, np.bool_)
    for tilt in _TILTS_RAD:
        climb = np.tan(tilt) * (np.arange(n_columns) - n_columns / 2)
        source = np.rint(np.arange(int(_REACH * n_rows) + 3)[:, None] + climb[None, :]).astype(np.intp)
        is_there = (source >= 0) & (source < n_rows)
        upright = np.where(is_there, image[np.clip(source, 0, n_rows - 1), columns[:1]], np.nan)
        step = upright[:-3] - upright[3:]
        n_seen = np.maximum(1, np.isfinite(step).sum(axis=1))
        share = (step > settings.field_step * span).sum(axis=1) / n_seen
        for row in np.flatnonzero((share >= settings.field_share) & (n_seen > 0.4 * n_columns)):
            if np.nanmedian(upright[: row + 1]) < dense or np.nanmedian(upright[:2]) < dense:
                continue
            height = float(np.nanmean(np.clip(step[row], 0, 0.3 * span)))
            if height > best_step:
                best_step, inside = height, rows - climb[None, :] > row + 2.5
    return inside
