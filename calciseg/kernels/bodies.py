"""Bodies that touch others: what they are like inside, and what surrounds them."""

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from calciseg.errors import UsageError
from calciseg.kernels._bodies import count_shell, look_along, look_inside
from calciseg.kernels._distance_request import as_flat_mask, check_spacing, check_volume
from calciseg.kernels._request import as_flat
from calciseg.kernels.morphology import chords_of_ball

__all__ = ["WAYS_ZYX", "Heart", "Sight", "around_body", "heart_of", "look_out"]

WAYS_ZYX = np.array([way for way in product((-1, 0, 1), repeat=3) if any(way)], np.int64)
"""From a voxel to its 26 neighbours."""


class Sight(NamedTuple):
    """What looks from the surface of a body meet.

    Attributes
    ----------
    n_looks : int
        How many there are.
    n_free : int
        How many leave what the body is part of.
    n_ended : int
        How many come to where looks end.
    held : ndarray of int64, shape ``(26,)``
        By way, how many do not leave.
    crossed : ndarray of bool
        What those that leave came through.
    """

    n_looks: int
    n_free: int
    n_ended: int
    held: NDArray[np.int64]
    crossed: NDArray[np.bool_]


def look_out(
    mask: NDArray[np.bool_],
    within: NDArray[np.bool_],
    ending: NDArray[np.bool_],
    values: NDArray[np.int16],
    n_steps: NDArray[np.int64],
    rise: float,
) -> Sight:
    """Look from the surface of a body along the edges and diagonals of the grid.

    Parameters
    ----------
    mask : ndarray of bool, 3-D
        The body; looks begin where the first step leads out of it.
    within : ndarray of bool
        A look goes on as long as it stays in it.
    ending : ndarray of bool
        A look that comes there goes no farther.
    values : ndarray of int16
        A look ends where they rise by more than `rise` above the least on its way.
    n_steps : ndarray of int64, shape ``(26,)``
        How far looks reach along ``WAYS_ZYX``.
    rise : float

    Returns
    -------
    Sight

    Raises
    ------
    UsageError
        When the arguments do not fit together.

    Notes
    -----
    O(voxels of the body x steps). Beyond its edge the image goes on as it is there.
    """
    check_volume(values, np.int16, mask, within, ending)
    if n_steps.shape != (len(WAYS_ZYX),) or n_steps.dtype != np.int64:
        raise UsageError(f"n_steps must be {len(WAYS_ZYX)} numbers of int64, not {n_steps.shape}")
    held, crossed = np.zeros(len(WAYS_ZYX), np.int64), np.zeros(mask.shape, np.bool_)
    masks = as_flat_mask(mask), as_flat_mask(within), as_flat_mask(ending)
    n_looks, n_free, n_ended = look_along(
        *masks, as_flat(values), mask.shape, WAYS_ZYX, n_steps, float(rise), held, crossed.reshape(-1)
    )
    return Sight(n_looks, n_free, n_ended, held, crossed)


class Heart(NamedTuple):
    """What a body is like inside.

    Attributes
    ----------
    deepest_mm : float
        Distance of its deepest voxel to the outside.
    mean, sd : float
        Of the values of its inmost voxels.
    inward : float
        How many times as deep as all its voxels those with the upper values lie.
    """

    deepest_mm: float
    mean: float
    sd: float
    inward: float


def heart_of(
    mask: NDArray[np.bool_],
    values: NDArray[np.int16],
    spacing_mm: Sequence[float],
    *,
    least: int,
    share: float,
    percent: float,
) -> Heart:
    """Measure the inside of a body.

    Parameters
    ----------
    mask : ndarray of bool, 3-D
        Not empty; beyond the array is outside.
    values : ndarray of int16
    spacing_mm : sequence of float
        Distance between voxel centres along each axis.
    least, share : int and float
        The inmost voxels are `share` of all, the deepest, and so many at least.
    percent : float
        Upper values are those from this percentile on.

    Returns
    -------
    Heart

    Raises
    ------
    UsageError
        When the arguments do not fit together.

    Notes
    -----
    O(n log n) for the n voxels of the box.
    """
    check_volume(values, np.int16, mask)
    spacing = check_spacing(mask.shape, spacing_mm)
    if not mask.any():
        raise UsageError("there is no body in the mask")
    found = look_inside(
        as_flat_mask(mask), as_flat(values), mask.shape, spacing, int(least), float(share), float(percent)
    )
    return Heart(*map(float, found))


def around_body(
    mask: NDArray[np.bool_],
    room: NDArray[np.bool_],
    others: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    spacing_mm: tuple[float, float, float],
    *,
    rim_mm: float,
    shell_mm: float,
) -> tuple[int, int, int]:
    """Count what lies around a body and its rim.

    Parameters
    ----------
    mask : ndarray of bool, 3-D
    room : ndarray of bool
        Where the rim may be.
    others : tuple of two ndarrays of bool
    spacing_mm : tuple of float
    rim_mm, shell_mm : float
        How wide the rim and the shell around it are; the shell holds the next slice however far away it is.

    Returns
    -------
    tuple of three int
        Voxels of the shell, and of each of the others in it.

    Raises
    ------
    UsageError
        When the arguments do not fit together.
    """
    dz, dy, dx = check_spacing(mask.shape, spacing_mm)
    flat = [as_flat_mask(one) for one in (mask, room, *others)]
    if any(one.shape != mask.shape for one in (room, *others)):
        raise UsageError(f"masks of one shape are needed, {mask.shape}")
    rim = chords_of_ball(mask.shape, (dz, dy, dx), rim_mm)
    shell = chords_of_ball(mask.shape, (min(dz, shell_mm), dy, dx), shell_mm)
    n, n_first, n_second = count_shell(flat[0], flat[1], flat[2], flat[3], mask.shape, rim, shell)
    return int(n), int(n_first), int(n_second)
