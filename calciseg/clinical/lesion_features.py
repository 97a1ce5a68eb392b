"""What the voxels of one lesion show: a rim, a lucent centre, lobules, a level."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError

from calciseg import kernels
from calciseg.model import CtVolume, Lesion
from calciseg.settings import ClassifierSettings

__all__ = ["lesion_features", "solidity"]

_INNER_VOXELS_AT_LEAST = 8
_HORIZONTAL_AXES_LPS = (0, 1)
_UNEVEN = 0.75
"""The surface opposite to a level is flat to less than this part of what makes a level."""


def lesion_features(
    volume: CtVolume, labels: NDArray[np.generic], lesion: Lesion, settings: ClassifierSettings
) -> tuple[str, ...]:
    """Name the features of a lesion that is large enough to show any.

    Parameters
    ----------
    volume : CtVolume
    labels : ndarray of int
        The label map.
    lesion : Lesion
    settings : ClassifierSettings

    Returns
    -------
    tuple of str
    """
    if lesion.volume_mm3 < settings.feature_volume_mm3:
        return ()
    box = tuple(slice(*ends) for ends in lesion.bbox_zyx)
    mask = np.asarray(labels[box] == lesion.label)
    return tuple(_seen(mask, volume, box, settings))


def _seen(
    mask: NDArray[np.bool_], volume: CtVolume, box: tuple[slice, ...], settings: ClassifierSettings
) -> Iterator[str]:
    filled = _filled(mask)
    inner_hu, ratio = _rim(filled, volume.hu[box])
    if ratio is not None and ratio >= settings.rim_ratio:
        yield "peripheral_rim"
    if inner_hu is not None and inner_hu < settings.lucent_centre_hu:
        yield "lucent_center"
    if solidity(filled) < settings.lobulated_solidity:
        yield "lobulated"
    if _has_level(filled, volume, settings):
        yield "fluid_level"


def _filled(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Fill what the lesion encloses, slice by slice too: a shell may be open at its ends."""
    outside = kernels.connected_components(np.pad(~mask, 1, constant_values=True), 1, connectivity=6)
    # What holds the first corner reaches all around.
    filled = ~outside.keep(np.arange(outside.n_components) == 0).foreground()[1:-1, 1:-1, 1:-1]
    return kernels.fill_holes_in_slices(filled)


def _rim(filled: NDArray[np.bool_], hu: NDArray[np.int16]) -> tuple[float | None, float | None]:
    """Return the mean HU of the inside and how much denser the outer layer is."""
    within = _eroded(_eroded(filled))
    outer, inner = filled & ~within, _eroded(within)
    if inner.sum() < _INNER_VOXELS_AT_LEAST:
        return None, None
    inner_hu = float(hu[inner].mean())
    return inner_hu, float(hu[outer].mean()) / max(inner_hu, 1.0)


def _eroded(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Take off what has a face at the outside; beyond the array is outside."""
    return kernels.erode_mm(np.pad(mask, 1), (1.0, 1.0, 1.0), 1.0)[1:-1, 1:-1, 1:-1]


def solidity(filled: NDArray[np.bool_]) -> float:
    """Return which part of its convex hull a lesion fills.

    Parameters
    ----------
    filled : ndarray of bool, shape (slices, rows, columns)

    Returns
    -------
    float
        From 0 to 1; 1 for what is too small to have a hull.
    """
    # The corners at the ends of every row of voxels span the same hull as all do; each corner once.
    is_row, n_columns = filled.any(axis=2), filled.shape[2]
    first = np.where(is_row, filled.argmax(axis=2), n_columns)
    stop = np.where(is_row, n_columns - filled[:, :, ::-1].argmax(axis=2), 0)
    lowest = np.full([n + 1 for n in is_row.shape], n_columns)
    highest = np.zeros_like(lowest)
    for down in (slice(-1), slice(1, None)):
        for aside in (slice(-1), slice(1, None)):
            np.minimum(lowest[down, aside], first, out=lowest[down, aside])
            np.maximum(highest[down, aside], stop, out=highest[down, aside])
    corners = np.argwhere(highest > lowest)
    ends = (one[tuple(corners.T)] for one in (lowest, highest))
    try:
        hull = ConvexHull(np.concatenate([np.column_stack([corners, end]) for end in ends]))
    except QhullError:
        return 1.0
    return float(np.count_nonzero(filled) / hull.volume)


def _has_level(filled: NDArray[np.bool_], volume: CtVolume, settings: ClassifierSettings) -> bool:
    """Tell whether one of two opposite surfaces is a horizontal level and the other is not.

    Sediment of calcium has a flat top. The patient may lie on the back, the face or a side, so both ways of
    the two horizontal axes of the patient are tried.
    """
    direction = np.asarray(volume.geometry.direction).reshape(3, 3)
    for axis_lps in _HORIZONTAL_AXES_LPS:
        # Column of the direction matrix (x, y, z of the grid) most parallel to the axis of the patient.
        axis_zyx = 2 - int(np.argmax(np.abs(direction[axis_lps])))
        step_mm = volume.geometry.spacing_mm_zyx[axis_zyx]
        shares = _flat_shares(np.moveaxis(filled, axis_zyx, 0), settings.level_step_mm / step_mm)
        if max(shares) >= settings.level_share and min(shares) < _UNEVEN * settings.level_share:
            return True
    return False


def _flat_shares(filled: NDArray[np.bool_], tolerance: float) -> tuple[float, float]:
    """Return for the first and the last surface along axis 0 which part lies at its median height."""
    columns = filled.any(axis=0)
    first = filled.argmax(axis=0)[columns]
    last = filled.shape[0] - 1 - filled[::-1].argmax(axis=0)[columns]
    tolerance = max(tolerance, 0.5)
    return tuple(float(np.mean(np.abs(side - np.median(side)) <= tolerance)) for side in (first, last))  # type: ignore[return-value]
