"""Cross-sections of tubes, one after the other along the first axis."""

import math
from typing import Any

import numpy as np

from calciseg.kernels._jit import inlined, kernel

ONE = np.uint64(1)

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
def cut_patch(plane: Any, spacing: Any, y_mm: Any, x_mm: Any, reach_mm: Any) -> Any:
    """Copy what lies around a place, NaN beyond the plane: flat; with its row length and first voxel."""
    n_y, n_x = int(reach_mm / spacing[0]) + 2, int(reach_mm / spacing[1]) + 2
    first_y, first_x = math.floor(y_mm / spacing[0]) - n_y, math.floor(x_mm / spacing[1]) - n_x
    n_rows, n_columns = 2 * n_y + 2, 2 * n_x + 2
    patch = np.full(n_rows * n_columns, np.nan)
    for i in range(max(0, -first_y), min(n_rows, plane.shape[0] - first_y)):
        for j in range(max(0, -first_x), min(n_columns, plane.shape[1] - first_x)):
            patch[i * n_columns + j] = plane[first_y + i, first_x + j]
    return patch, n_columns, first_y, first_x


@inlined
def value_at(patch: Any, n_columns: Any, y: Any, x: Any) -> Any:
    """Interpolate linearly. Indices without a sign spare the test whether they count from the end."""
    row, column = np.uint32(y), np.uint32(x)
    b, a = y - np.float64(row), x - np.float64(column)
    at = np.uint64(row) * np.uint64(n_columns) + np.uint64(column)
    below = at + np.uint64(n_columns)
    upper = (1 - a) * patch[at] + a * patch[at + ONE]
    return (1 - b) * upper + b * ((1 - a) * patch[below] + a * patch[below + ONE])


@inlined
def list_inside(spacing: Any, inner_mm: Any, n_columns: Any, places: Any, squares: Any) -> Any:
    """List the places at which the inside of a circle is looked at, nearest first, and count them.

    In voxels of a patch from the centre, and how far away that is in square millimetres.
    """
    n = 0
    n_y, n_x = int(inner_mm / spacing[0]) + 1, int(inner_mm / spacing[1]) + 1
    for i in range(-n_y, n_y + 1):
        for j in range(-n_x, n_x + 1):
            square = (i * spacing[0]) ** 2 + (j * spacing[1]) ** 2
            if square > inner_mm**2:
                continue
            k = n
            while k > 0 and squares[k - 1] > square:
                squares[k], places[k] = squares[k - 1], places[k - 1]
                k -= 1
            squares[k], places[k] = square, i * n_columns + j
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
def find_lumens(
    patch: Any, n_columns: Any, y: Any, x: Any, places: Any, ends: Any, look: Any, means: Any
) -> Any:
    """Write the means of the insides of circles around a place, without what is dense; NaN if no lumen.

    The circles are ordered by radius, so each holds what the one before it does. Returns for how many of
    them to go on: left off as soon as so much is dark or dense that the rest cannot make up for it.
    """
    b, a = y - np.floor(y), x - np.floor(x)
    weights = (1 - b) * (1 - a), (1 - b) * a, b * (1 - a), b * a
    middle = int(y) * n_columns + int(x)
    total, n, n_dark, n_dense = 0.0, 0, 0, 0
    n_all, first = ends[ends.size - 1], 0
    for circle in range(ends.size):
        for k in range(first, ends[circle]):
            at = np.uint64(middle + places[k])
            below = at + np.uint64(n_columns)
            value = (weights[0] * patch[at] + weights[1] * patch[at + ONE]) + (
                weights[2] * patch[below] + weights[3] * patch[below + ONE]
            )
            if value >= 0.7 * look.dense:
                n_dense += 1
            elif value >= look.dark:
                total += value
                n += 1
            else:
                n_dark += 1  # or not in the image
                if n_dark > FAT_FRACTION * (n_all - n_dark):
                    return circle
        first = ends[circle]
        is_lumen = n >= 3 and n_dense <= 1.5 * n and n_dark <= FAT_FRACTION * n
        mean = total / max(n, 1)
        means[circle] = mean if is_lumen and look.low <= mean <= look.high else np.nan
    return ends.size


@inlined
def edge_of(
    patch: Any, n_columns: Any, y: Any, x: Any, radius_mm: Any, mean: Any, look: Any, rays: Any,
    may_be_dense: Any, least: Any,
) -> Any:  # fmt: skip
    """Tell how clear the edge of a cross-section is, and on which share of it there is a dense wall.

    Both are shares from 0 to 1, the first one of what has no dense wall; -1 if this is no cross-section, or
    one that is worth less than `least`: no ray is worth more than 1.
    """
    edge, n_dense = 0.0, 0
    for ray in range(N_RAYS):
        if edge + DENSE_WORTH * n_dense + (N_RAYS - ray) < N_RAYS * (least - ROUNDING):
            return -1.0, 0.0
        is_dense, at_mm = False, max(radius_mm - 1.6, 0.0)
        while may_be_dense and at_mm <= radius_mm + 0.41 and not is_dense:
            is_dense = (
                value_at(patch, n_columns, y + rays[ray, 6] * at_mm, x + rays[ray, 7] * at_mm) >= look.dense
            )
            at_mm += STEP_MM
        if is_dense:
            n_dense += 1
            continue
        inner = min(mean, value_at(patch, n_columns, y + rays[ray, 0], x + rays[ray, 1]))
        near = value_at(patch, n_columns, y + rays[ray, 2], x + rays[ray, 3])
        far = value_at(patch, n_columns, y + rays[ray, 4], x + rays[ray, 5])
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
    n_radii, largest_mm = radii_mm.size, radii_mm[-1]
    most_mm = reach[0] + reach[1] * largest_mm
    patch, n_columns, first_y, first_x = cut_patch(plane, spacing, y_mm, x_mm, most_mm + largest_mm + 1.0)
    n_places, rays = room_for(spacing, look), np.empty((n_radii, N_RAYS, 8))
    places, squares = np.empty(n_places, np.int64), np.empty(n_places)
    ends, means = np.empty(n_radii, np.int64), np.empty(n_radii)
    may_be_dense = np.empty(n_radii, np.bool_)
    n_inside = list_inside(spacing, max(largest_mm - 1.1, 0.9), n_columns, places, squares)
    n = 0
    for k in range(n_radii):
        while n < n_inside and squares[n] <= max(radii_mm[k] - 1.1, 0.9) ** 2:
            n += 1
        ends[k] = n
        list_rays(spacing, radii_mm[k], rays[k])
        # Most slices hold nothing dense near the course: then no ray need be searched for a wall.
        reach_mm = reach[0] + (reach[1] + 1.0) * radii_mm[k] + 1.0
        may_be_dense[k] = any_dense(plane, spacing, y_mm, x_mm, reach_mm, look.dense)
    best = (y_mm, x_mm, radii_mm[n_radii // 2], -1.0, 0.0)
    best_k, best_worth, least = n_radii, -1e9, min_worth
    n = int(most_mm / step_mm)
    # What the place itself is worth, often the best or nearly so, spares most others their rays.
    for turn in range((2 * n + 1) ** 2 + 1):
        i, j = (turn - 1) // (2 * n + 1) - n, (turn - 1) % (2 * n + 1) - n
        if turn == 0:
            i = j = 0
        square_mm2 = (i * i + j * j) * step_mm**2
        if square_mm2 > most_mm**2:
            continue
        y, x = y_mm + i * step_mm, x_mm + j * step_mm
        row, column = y / spacing[0] - first_y, x / spacing[1] - first_x
        loss = reach[2] * square_mm2
        n_lumens = find_lumens(patch, n_columns, row, column, places, ends, look, means)
        for k in range(n_lumens):
            if np.isnan(means[k]) or square_mm2 > (reach[0] + reach[1] * radii_mm[k]) ** 2:
                continue
            edge, dense = edge_of(
                patch, n_columns, row, column, radii_mm[k], means[k], look, rays[k], may_be_dense[k],
                least + loss,
            )  # fmt: skip
            worth = worth_of(edge, dense) - loss
            if edge < 0:
                continue
            least = max(least, worth)
            if turn > 0 and (worth > best_worth or (worth == best_worth and k < best_k)):
                best_worth, best_k = worth, k
                best = (y, x, radii_mm[k], edge, dense)
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
        out[k, 0], out[k, 1], out[k, 2], out[k, 3], out[k, 4] = y_mm, x_mm, radius_mm, edge, dense
        if n_unseen > max_unseen:
            return k + 1
    return out.shape[0]
