"""Cross-sections of tubes, one after the other along the first axis."""

from typing import Any

import numpy as np

from calciseg.kernels._jit import inlined, kernel

N_RAYS = 24
"""Rays on which the edge of a cross-section is looked for."""

_TURNS = 2 * np.pi * np.arange(N_RAYS) / N_RAYS
RAYS = np.stack([np.sin(_TURNS), np.cos(_TURNS)], axis=1)
"""Directions of the rays, down the rows and along the columns."""

STIFFNESS = 0.03
"""What a cross-section loses for every square millimetre that it lies off the course expected."""

STEP_MM = 0.4
"""Distance between samples on a ray, and between the places that are tried for a centre on a course."""

FAT_FRACTION = 0.1
"""Share of a lumen that may be darker than `low`: noise."""

ROUNDING = 1e-9
"""By so much the worth of a cross-section may come out different when it is added up in another way."""

DENSE_WORTH = 0.8
"""A dense wall tells a little less of a tube than an edge."""


@inlined
def value_at(plane: Any, y: Any, x: Any) -> Any:
    """Interpolate linearly; NaN outside the plane."""
    n_rows, n_columns = plane.shape
    if not (0.0 <= y <= n_rows - 1.0 and 0.0 <= x <= n_columns - 1.0):
        return np.nan
    row, column = min(int(y), n_rows - 2), min(int(x), n_columns - 2)
    b, a = y - row, x - column
    upper = (1 - a) * plane[row, column] + a * plane[row, column + 1]
    return (1 - b) * upper + b * ((1 - a) * plane[row + 1, column] + a * plane[row + 1, column + 1])


@inlined
def inner_value(plane: Any, y: Any, x: Any) -> Any:
    """Do what ``value_at`` does, for a place that is known to lie inside the plane and not on its last lines.

    Indices without a sign spare the test whether they count from the end.
    """
    row, column = np.uint64(y), np.uint64(x)
    below, beside = row + np.uint64(1), column + np.uint64(1)
    b, a = y - np.float64(row), x - np.float64(column)
    upper = (1 - a) * plane[row, column] + a * plane[row, beside]
    return (1 - b) * upper + b * ((1 - a) * plane[below, column] + a * plane[below, beside])


@inlined
def lumen_mean(plane: Any, y: Any, x: Any, inside: Any, n_all: Any, is_inner: Any, look: Any) -> Any:
    """Mean of a circle's inside, without what is dense; NaN unless it is a lumen.

    Left off as soon as so much is dark or dense that the rest cannot make up for it.
    """
    total, n, n_dark, n_dense = 0.0, 0, 0, 0
    for k in range(n_all):
        if is_inner:
            value = inner_value(plane, y + inside[0, k], x + inside[1, k])
        else:
            value = value_at(plane, y + inside[0, k], x + inside[1, k])
        if value >= 0.7 * look.dense:
            n_dense += 1
        elif value >= look.dark:
            total += value
            n += 1
        else:
            n_dark += 1  # or not in the image
            if n_dark > FAT_FRACTION * (n_all - n_dark):
                return np.nan
    if n < 3 or n_dense > 1.5 * n or n_dark > FAT_FRACTION * n:
        return np.nan
    mean = total / n
    return mean if look.low <= mean <= look.high else np.nan


@inlined
def list_inside(spacing: Any, inner_mm: Any, inside: Any) -> Any:
    """List the places at which the inside of a circle is looked at, in voxels from its centre; count them."""
    n = 0
    n_y, n_x = int(inner_mm / spacing[0]) + 1, int(inner_mm / spacing[1]) + 1
    for i in range(-n_y, n_y + 1):
        for j in range(-n_x, n_x + 1):
            if (i * spacing[0]) ** 2 + (j * spacing[1]) ** 2 <= inner_mm**2:
                inside[0, n], inside[1, n] = i, j
                n += 1
    return n


@inlined
def list_rays(spacing: Any, radius_mm: Any, rays: Any) -> None:
    """List where rays are looked at: within the edge, at it and beyond it, in voxels from the centre."""
    for ray in range(N_RAYS):
        up, along = RAYS[ray, 0] / spacing[0], RAYS[ray, 1] / spacing[1]
        rays[ray, 0], rays[ray, 1] = up * (radius_mm - 1.0), along * (radius_mm - 1.0)
        rays[ray, 2], rays[ray, 3] = up * (radius_mm + 0.1), along * (radius_mm + 0.1)
        rays[ray, 4], rays[ray, 5] = up * (radius_mm + 0.8), along * (radius_mm + 0.8)
        rays[ray, 6], rays[ray, 7] = up, along


@inlined
def room_for(spacing: Any, look: Any) -> Any:
    """Count the places inside the largest circle, and around it."""
    most_mm = max(look.max_radius, 2.0)
    return (2 * int(most_mm / spacing[0]) + 3) * (2 * int(most_mm / spacing[1]) + 3)


@inlined
def any_dense(plane: Any, spacing: Any, y_mm: Any, x_mm: Any, reach_mm: Any, dense: Any) -> Any:
    """Tell whether a voxel within reach of a place along both axes is dense."""
    n_rows, n_columns = plane.shape
    low_y, high_y = int((y_mm - reach_mm) / spacing[0]) - 1, int((y_mm + reach_mm) / spacing[0]) + 2
    low_x, high_x = int((x_mm - reach_mm) / spacing[1]) - 1, int((x_mm + reach_mm) / spacing[1]) + 2
    for i in range(max(0, low_y), min(high_y + 1, n_rows)):
        for j in range(max(0, low_x), min(high_x + 1, n_columns)):
            if plane[i, j] >= dense:
                return True
    return False


@inlined
def edge_of(
    plane: Any, spacing: Any, y_mm: Any, x_mm: Any, radius_mm: Any, look: Any, inside: Any, n_inside: Any,
    rays: Any, may_be_dense: Any, least: Any,
) -> Any:  # fmt: skip
    """Tell how clear the edge of a cross-section is, and on which share of it there is a dense wall.

    Both are shares from 0 to 1, the first one of what has no dense wall; -1 if this is no cross-section, or
    one that is worth less than `least`: no ray is worth more than 1.
    """
    y, x = y_mm / spacing[0], x_mm / spacing[1]
    far_y, far_x = (radius_mm + 1.0) / spacing[0] + 2.0, (radius_mm + 1.0) / spacing[1] + 2.0
    is_inner = y >= far_y and x >= far_x and y + far_y < plane.shape[0] and x + far_x < plane.shape[1]
    mean = lumen_mean(plane, y, x, inside, n_inside, is_inner, look)
    if np.isnan(mean):
        return -1.0, 0.0
    edge, n_dense = 0.0, 0
    for ray in range(N_RAYS):
        if edge + DENSE_WORTH * n_dense + (N_RAYS - ray) < N_RAYS * (least - ROUNDING):
            return -1.0, 0.0
        is_dense, at_mm = False, max(radius_mm - 1.6, 0.0)
        while may_be_dense and at_mm <= radius_mm + 0.41 and not is_dense:
            is_dense = value_at(plane, y + rays[ray, 6] * at_mm, x + rays[ray, 7] * at_mm) >= look.dense
            at_mm += STEP_MM
        if is_dense:
            n_dense += 1
            continue
        if is_inner:
            inner = min(mean, inner_value(plane, y + rays[ray, 0], x + rays[ray, 1]))
            near = inner_value(plane, y + rays[ray, 2], x + rays[ray, 3])
            far = inner_value(plane, y + rays[ray, 4], x + rays[ray, 5])
        else:
            inner = min(mean, value_at(plane, y + rays[ray, 0], x + rays[ray, 1]))
            near = value_at(plane, y + rays[ray, 2], x + rays[ray, 3])
            far = value_at(plane, y + rays[ray, 4], x + rays[ray, 5])
        outer = far if far < near else near
        drop = (inner - outer) / look.step
        if drop > 0:  # NaN beyond the image
            edge += min(drop, 1.0)
    return edge / max(N_RAYS - n_dense, 1), n_dense / N_RAYS


@inlined
def worth_of(edge: Any, dense: Any) -> Any:
    """Weigh what is known of a circumference."""
    return edge * (1 - dense) + DENSE_WORTH * dense


@kernel
def best_circle(
    plane: Any, spacing: Any, y_mm: Any, x_mm: Any, reach: Any, step_mm: Any, radii_mm: Any, look: Any,
    min_worth: Any,
) -> Any:  # fmt: skip
    """Find the best cross-section around a place.

    Parameters
    ----------
    plane : ndarray of int16, 2-D
    spacing : tuple of two float
        Millimetres between rows and columns.
    y_mm, x_mm : float
        Where its centre is looked for.
    reach : tuple of three float
        How far in millimetres, how much farther for every millimetre of its radius, and what its worth loses
        for every square millimetre.
    step_mm : float
        Distance between the places that are tried.
    radii_mm : ndarray of float64
    look : TubeLook
    min_worth : float
        What is worth less, its loss taken off, need not be found.

    Returns
    -------
    tuple of five float
        Row and column in millimetres, radius, edge, dense share; the edge is -1 where there is none.
    """
    best = (y_mm, x_mm, radii_mm[radii_mm.size // 2], -1.0, 0.0)
    inside, rays = np.empty((2, room_for(spacing, look))), np.empty((N_RAYS, 8))
    # What the place itself is worth, often the best or nearly so, spares most others their rays.
    radius_mm = best[2]
    n_inside = list_inside(spacing, max(radius_mm - 1.1, 0.9), inside)
    list_rays(spacing, radius_mm, rays)
    edge, dense = edge_of(plane, spacing, y_mm, x_mm, radius_mm, look, inside, n_inside, rays, True, -1.0)
    least = max(worth_of(edge, dense) if edge >= 0 else -1e9, min_worth)
    best_worth = -1e9
    for radius_mm in radii_mm:
        n_inside = list_inside(spacing, max(radius_mm - 1.1, 0.9), inside)
        list_rays(spacing, radius_mm, rays)
        reach_mm = reach[0] + reach[1] * radius_mm
        n = int(reach_mm / step_mm)
        # Most slices hold nothing dense near the course: then no ray need be searched for a wall.
        may_be_dense = any_dense(plane, spacing, y_mm, x_mm, reach_mm + radius_mm + 1.0, look.dense)
        for i in range(-n, n + 1):
            for j in range(-n, n + 1):
                square_mm2 = (i * i + j * j) * step_mm**2
                if square_mm2 > reach_mm**2:
                    continue
                y, x = y_mm + i * step_mm, x_mm + j * step_mm
                loss = reach[2] * square_mm2
                edge, dense = edge_of(
                    plane, spacing, y, x, radius_mm, look, inside, n_inside, rays, may_be_dense, least + loss
                )
                worth = worth_of(edge, dense) - loss
                if edge >= 0 and worth > best_worth:
                    best_worth = worth
                    least = max(least, worth)
                    best = (y, x, radius_mm, edge, dense)
    return best


@kernel
def follow(
    volume: Any,
    spacing: Any,
    first: Any,
    step: Any,
    circle: Any,
    slope: Any,
    min_worth: Any,
    max_unseen: Any,
    look: Any,
    out: Any,
) -> Any:
    """Follow a tube from a cross-section, slice by slice, and return over how many slices it was followed.

    Parameters
    ----------
    volume : ndarray of int16, 3-D
    spacing : tuple of three float
    first, step : int
        Slice of the cross-section, and +1 or -1.
    circle : tuple of three float
        Row and column of its centre in millimetres, and its radius.
    slope : tuple of two float
        By how much the centre is expected to move from slice to slice, at first.
    min_worth : float
        A cross-section that is worth less does not turn the course.
    max_unseen : int
        After so many slices without one that does, the tube is lost with the next.
    look : TubeLook
    out : ndarray of float64, shape ``(n, 5)``
        A row a slice, as :func:`best_circle` gives it; written.

    Notes
    -----
    The course goes on where the last slices led; every cross-section found turns it a little.
    """
    y_mm, x_mm, radius_mm = circle
    slope_y, slope_x = slope
    pace = min(0.15 * spacing[0], 0.5)
    reach = (max(2.8 * STEP_MM, 0.8 * spacing[0]), 0.0, STIFFNESS)
    least = min_worth - reach[2] * reach[0] ** 2  # what is worth less does not turn the course
    n_unseen = 0
    for k in range(out.shape[0]):
        y_mm += slope_y
        x_mm += slope_x
        radii_mm = np.array(
            [max(radius_mm - 0.3, look.min_radius), radius_mm, min(radius_mm + 0.3, look.max_radius)]
        )
        plane = volume[first + step * (k + 1)]
        y, x, radius, edge, dense = best_circle(
            plane, spacing[1:], y_mm, x_mm, reach, STEP_MM, radii_mm, look, least
        )
        if edge >= 0 and worth_of(edge, dense) >= min_worth:
            slope_y += pace * (y - y_mm)
            slope_x += pace * (x - x_mm)
            y_mm, x_mm, radius_mm = y, x, radius_mm + pace * (radius - radius_mm)
            n_unseen = 0
        else:
            slope_y, slope_x, edge, dense = 0.9 * slope_y, 0.9 * slope_x, 0.0, 0.0
            n_unseen += 1
        out[k] = (y_mm, x_mm, radius_mm, edge, dense)
        if n_unseen > max_unseen:
            return k + 1
    return out.shape[0]
