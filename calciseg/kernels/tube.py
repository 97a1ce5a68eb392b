"""Tubes, followed across slices by what their cross-sections look like."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from calciseg.errors import UsageError
from calciseg.kernels._tube import DENSE_WORTH, best_circle, follow


class TubeLook(NamedTuple):
    """What a tube looks like across, in the values of the image and in millimetres.

    Attributes
    ----------
    dense : float
        The wall may be as bright as this, or brighter.
    low, high : float
        The mean of the lumen lies between them.
    dark : float
        A lumen holds next to nothing darker than this.
    step : float
        The surroundings of a clear edge are so much darker than the lumen.
    min_radius, max_radius : float
        Of the tube with its wall, in millimetres.
    """

    dense: float
    low: float
    high: float
    dark: float
    step: float
    min_radius: float
    max_radius: float


class TubeSection(NamedTuple):
    """A cross-section of a tube.

    Attributes
    ----------
    row_mm, column_mm : float
        Its centre, from the first voxel.
    radius_mm : float
    edge : float
        How clear its edge is where no wall is dense, 0 to 1.
    dense_fraction : float
        Share of its circumference with a dense wall.
    """

    row_mm: float
    column_mm: float
    radius_mm: float
    edge: float
    dense_fraction: float

    @property
    def worth(self) -> float:
        """How much of the circumference tells a tube, 0 to 1."""
        return self.edge * (1 - self.dense_fraction) + DENSE_WORTH * self.dense_fraction


_STEP_MM, _RADIUS_STEP_MM = 0.8, 0.4


def fit_tube(
    plane: NDArray[np.int16],
    spacing_mm: Sequence[float] | NDArray[np.float64],
    near_mm: tuple[float, float],
    margin_mm: float,
    look: TubeLook,
) -> TubeSection | None:
    """Find the best cross-section of a tube that holds a place, or comes near it.

    Parameters
    ----------
    plane : ndarray of int16, 2-D
    spacing_mm : sequence of two float
    near_mm : tuple of float
        Row and column of the place, in millimetres from the first voxel.
    margin_mm : float
        How far outside the tube the place may lie.
    look : TubeLook

    Returns
    -------
    TubeSection or None
        None where nothing looks like one.

    Raises
    ------
    UsageError
        When the arguments do not fit together.

    Notes
    -----
    A circle is a cross-section if its inside is a lumen; it is the better, the more of its circumference
    is either an edge to something darker or a dense wall. O(radius² · radii · rays).
    """
    plane = _checked(plane, 2, spacing_mm, look)
    spacing = (float(spacing_mm[0]), float(spacing_mm[1]))
    radii_mm = np.arange(look.min_radius, look.max_radius + 1e-6, _RADIUS_STEP_MM)
    reach = (float(margin_mm), 1.0, 0.0)
    y_mm, x_mm = float(near_mm[0]), float(near_mm[1])
    found = TubeSection(*best_circle(plane, spacing, y_mm, x_mm, reach, _STEP_MM, radii_mm, look, 0.0))
    return found if found.edge >= 0 else None


def follow_tube(
    volume: NDArray[np.int16],
    spacing_mm: Sequence[float] | NDArray[np.float64],
    start: tuple[int, TubeSection],
    n_slices: int,
    look: TubeLook,
    *,
    slope_mm: tuple[float, float] = (0.0, 0.0),
    min_worth: float = 0.4,
    max_unseen: int | None = None,
) -> list[TubeSection]:
    """Follow a tube from one of its cross-sections.

    Parameters
    ----------
    volume : ndarray of int16, 3-D
        The tube runs more or less along the first axis.
    spacing_mm : sequence of three float
    start : tuple of int and TubeSection
        The slice and the cross-section there.
    n_slices : int
        How far to go; below zero towards the first slice. It ends at the end of the volume.
    look : TubeLook
    slope_mm : tuple of float
        By how much its row and column are expected to change from slice to slice, at first.
    min_worth : float
        A cross-section that is worth less does not turn the course.
    max_unseen : int, optional
        The course ends with the slice after so many in a row in which no cross-section was found.

    Returns
    -------
    list of TubeSection
        One a slice, nearest first. Where no cross-section was found the course goes straight on, with one
        that is worth 0.

    Raises
    ------
    UsageError
        When the arguments do not fit together.

    Notes
    -----
    O(slices); every slice is searched only around where the last ones led.
    """
    volume = _checked(volume, 3, spacing_mm, look)
    first, section = start
    if not 0 <= first < volume.shape[0]:
        raise UsageError(f"slice {first} is not one of {volume.shape[0]}")
    step = 1 if n_slices >= 0 else -1
    n = min(abs(n_slices), volume.shape[0] - 1 - first if step > 0 else first)
    out = np.zeros((n, 5))
    spacing = (float(spacing_mm[0]), float(spacing_mm[1]), float(spacing_mm[2]))
    circle = (section.row_mm, section.column_mm, section.radius_mm)
    n_followed = follow(
        volume,
        spacing,
        first,
        step,
        circle,
        (float(slope_mm[0]), float(slope_mm[1])),
        float(min_worth),
        n if max_unseen is None else max_unseen,
        look,
        out,
    )
    return [TubeSection(*row) for row in out[:n_followed].tolist()]


def _checked(
    image: NDArray[np.int16], n_axes: int, spacing_mm: Sequence[float] | NDArray[np.float64], look: TubeLook
) -> NDArray[np.int16]:
    """Return a read-only view, so that one compiled kernel serves all images."""
    if image.ndim != n_axes or image.dtype != np.int16 or min(image.shape) < 1:
        raise UsageError(f"a tube needs an int16 image of {n_axes} axes, not {image.dtype} {image.shape}")
    if min(image.shape[-2:]) < 2:
        raise UsageError(f"a tube needs slices of at least 2 x 2 voxels, not {image.shape[-2:]}")
    if len(spacing_mm) != n_axes or not all(math.isfinite(s) and s > 0 for s in spacing_mm):
        raise UsageError(f"spacing {tuple(spacing_mm)} is not a length along each of {n_axes} axes")
    if not 0 < look.min_radius <= look.max_radius:
        raise UsageError(f"radii from {look.min_radius} to {look.max_radius} mm are none")
    view = image.view()
    view.flags.writeable = False
    return view
