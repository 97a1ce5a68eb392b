"""Extent, thickness, surface and the words for them."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_bodies import distance_to_mm, filled

from calciseg.ct.shape import measure_shape
from calciseg.settings import ShapeSettings


def measured(mask, spacing=(1.0, 1.0, 1.0), hu=None, threshold=130.0):
    if hu is None:
        hu = np.where(mask, 400, 0).astype(np.int16)
    return measure_shape(mask, hu, threshold, spacing, ShapeSettings())


def box_of(mask):
    return mask[tuple(slice(w.min(), w.max() + 1) for w in np.nonzero(mask))]


def ball(diameter, spacing=(1.0, 1.0, 1.0)):
    shape = tuple(int(diameter / s) + 3 for s in spacing)
    return box_of(distance_to_mm(shape, spacing) <= diameter / 2)


def block(*sides):
    return np.ones(sides, bool)


def strand(length, width=3, bend=0.0):
    mask = np.zeros((12, 60, length), bool)
    for x in range(length):
        y = int(25 + bend * (x - length / 2) ** 2 / length)
        mask[5 : 5 + width, y : y + width, x] = True
    return box_of(mask)


def curved_sheet(radius=40, thickness=2, depth=40):
    y, x = np.indices((90, 90)) - 44.5
    arc = (np.abs(np.hypot(y, x) - radius) < thickness / 2) & (np.abs(np.arctan2(y, x)) < 0.7)
    return box_of(np.broadcast_to(arc, (depth, 90, 90)))


def net(n=31, step=6):
    mask = np.zeros((1, n, n), bool)
    mask[:, ::step, :] = mask[:, :, ::step] = True
    return mask


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        (block(2, 2, 2), "punctate"),
        (ball(8), "nodule"),
        (ball(16), "nodule"),
        (block(7, 8, 9), "nodule"),
        (ball(32), "mass"),
        (block(3, 16, 18), "plaque"),
        (curved_sheet(), "sheet"),
        (block(2, 40, 45), "sheet"),
        (strand(30), "linear"),
        (strand(40, bend=1.0), "linear"),
        (net(), "reticular"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_words(mask, expected):
    shape = measured(mask)
    assert shape.morphology == expected
    assert shape.is_flat == (expected in ("plaque", "sheet"))


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
@pytest.mark.parametrize(("mask", "expected"), [(block(3, 16, 18), "plaque"), (strand(30), "linear")])
def test_words_do_not_depend_on_the_direction(mask, expected, order):
    assert measured(mask.transpose(order)).morphology == expected


def feret_of(mask, spacing):
    """The largest distance between two corners of voxels, pair by pair."""
    corners = {
        tuple(np.add(voxel, step))
        for voxel in np.argwhere(mask).tolist()
        for step in itertools.product((0, 1), repeat=3)
    }
    points = np.array(sorted(corners)) * spacing
    return max(float(np.linalg.norm(points - point, axis=1).max()) for point in points)


@given(
    st.tuples(*[st.integers(1, 6)] * 3),
    st.integers(0, 999),
    st.tuples(*[st.sampled_from((0.5, 1.0, 3.0))] * 3),
)
def test_feret_against_all_pairs(sides, seed, spacing):
    mask = np.random.default_rng(seed).random(sides) < 0.4
    mask.flat[seed % mask.size] = True
    assert measured(mask, spacing).max_diameter_mm == pytest.approx(feret_of(mask, spacing))


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.8, 0.6, 0.6), (2.0, 0.8, 0.8)])
@pytest.mark.parametrize("diameter", [10.0, 16.0, 24.0])
def test_surface_of_a_ball(diameter, spacing):
    shape = tuple(int(diameter / s) + 8 for s in spacing)
    inside = diameter / 2 - distance_to_mm(shape, spacing)
    hu = np.rint(filled(np.zeros(shape), inside, 260.0, max(spacing))).astype(np.int16)
    mask = hu >= 130  # half way between the tissue and the ball
    box = tuple(slice(w.min(), w.max() + 1) for w in np.nonzero(mask))
    surface = measured(mask[box], spacing, hu[box]).surface_mm2
    assert surface == pytest.approx(np.pi * diameter**2, rel=0.10)


@pytest.mark.parametrize(
    "mask", [block(1, 1, 1), block(1, 2, 2), ball(10)], ids=["1 voxel", "4 voxels", "ball"]
)
def test_the_surface_of_what_is_drawn_where_nothing_is_dense_lies_half_way_to_its_neighbours(mask):
    surfaces = [measured(mask, hu=np.full(mask.shape, hu, np.int16)).surface_mm2 for hu in (-50, 129, 230)]
    assert surfaces == pytest.approx([surfaces[2]] * 3)
    assert surfaces[0] > 0.25 * np.cbrt(36 * np.pi * mask.sum() ** 2)  # of a ball of that volume


@pytest.mark.parametrize("diameter", [6.0, 12.0, 20.0])
def test_thickness_of_a_ball(diameter):
    assert measured(ball(diameter)).thickness_mm == pytest.approx(diameter, abs=1.5)


@given(st.integers(1, 5), st.integers(9, 14), st.integers(9, 14))
def test_thickness_of_a_plate(thin, long, wide):
    assert measured(block(thin, long, wide)).thickness_mm == pytest.approx(thin, abs=1.0)
