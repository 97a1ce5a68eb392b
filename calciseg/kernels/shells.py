"""What lies around each of many small components."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from calciseg.errors import UsageError
from calciseg.kernels._distance_request import check_spacing, share
from calciseg.kernels._request import as_flat
from calciseg.kernels._shells import look_at_shells
from calciseg.kernels.distance import distance_mm
from calciseg.kernels.found import Components
from calciseg.kernels.threads import n_threads_allowed

__all__ = ["Shells", "shells_of"]

_AT_ONCE = 32


class Shells(NamedTuple):
    """What lies around components, a row each.

    Attributes
    ----------
    n_voxels : ndarray of int64
    n_between : ndarray of int64
        Voxels with a value between the two that were asked for.
    median : ndarray of float64
        NaN where a shell is empty.
    """

    n_voxels: NDArray[np.int64]
    n_between: NDArray[np.int64]
    median: NDArray[np.float64]


def shells_of(
    found: Components,
    image: NDArray[np.int16],
    spacing_mm: Sequence[float],
    *,
    inner_mm: float,
    outer_mm: float,
    low: float,
    high: float,
) -> Shells:
    """Measure the shell around each component of a volume.

    Parameters
    ----------
    found : Components
        Meant for small ones.
    image : ndarray of int16, 3-D
        The volume.
    spacing_mm : sequence of float
        Distance between voxel centres along each axis.
    inner_mm, outer_mm : float
        A shell holds the voxels farther than the one from its component, and no farther than the other.
    low, high : float
        Values between these are counted.

    Returns
    -------
    Shells

    Raises
    ------
    UsageError
        When the image has another shape or type than its components are of.

    Notes
    -----
    O(voxels of the boxes around the shells). Distances are those of ``distance_mm``.
    """
    if image.dtype != np.int16 or image.shape != found.shape or image.ndim != 3:
        raise UsageError(f"a volume of int16 {found.shape} is needed, not {image.dtype} {image.shape}")
    spacing = check_spacing(image.shape, spacing_mm)
    n = found.n_components
    counts, medians = np.zeros((n, 2), np.int64), np.full(n, np.nan)
    margins = np.array([int(np.ceil(outer_mm / step)) for step in spacing])
    bounds = found.table["bbox"].reshape(n, 3, 2).astype(np.int64)
    boxes = np.stack(
        [np.maximum(bounds[:, :, 0] - margins, 0), np.minimum(bounds[:, :, 1] + margins, image.shape)], axis=2
    ).reshape(n, 6)
    runs, n_rows = found.runs, image.shape[1]
    order = np.argsort(runs.label, kind="stable")
    offsets = np.searchsorted(runs.label[order], np.arange(1, n + 2)).astype(np.int64)
    places = np.stack([runs.row // n_rows, runs.row % n_rows, runs.start, runs.stop], axis=1)[order]
    inner, outer = (_ball(spacing, reach_mm, margins) for reach_mm in (inner_mm, outer_mm))
    flat = as_flat(image)

    def look(first: int, stop: int) -> None:
        look_at_shells(
            flat, image.shape, places, offsets, first, stop, boxes, inner, outer, float(low), float(high),
            counts, medians,
        )  # fmt: skip

    share(look, n, _AT_ONCE, n_threads_allowed() if n > 2 * _AT_ONCE else 1)
    return Shells(counts[:, 0], counts[:, 1], medians)


def _ball(
    spacing: tuple[float, ...], reach_mm: float, margins: NDArray[np.intp]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return slices and rows within a distance of a voxel, and how many voxels to either side there."""
    middle = np.zeros(2 * margins + 1, np.bool_)
    middle[tuple(margins)] = True
    is_within = distance_mm(middle, spacing, n_threads=1) <= np.float32(reach_mm)
    z, y = np.nonzero(is_within.any(axis=2))
    widths = np.count_nonzero(is_within[z, y], axis=1) // 2
    return (z - margins[0]).astype(np.int64), (y - margins[1]).astype(np.int64), widths.astype(np.int64)
