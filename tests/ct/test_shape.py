"""Extent, thickness, surface and the words for them."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_bodies import distance_to_mm, filled, scanned

from calciseg.ct.footprints import depth_in
from calciseg.ct.shape import measure_shape
from calciseg.settings import ShapeSettings


def measured(mask, spacing=(1.0, 1.0, 1.0), hu=None, threshold=130.0):
    if hu is None:
        hu = np.where(mask, 400, 0).astype(np.int16)
    inner_mm, _ = depth_in(mask, spacing)
    return measure_shape(mask, inner_mm, hu, threshold, spacing, ShapeSettings())


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
    assert measured(ball(diameter)).thickness_mm == pytest.approx(diameter, abs=1.7)  # its voxels make steps


@given(st.integers(1, 8), st.integers(9, 14), st.integers(9, 14), st.permutations((0.5, 0.8, 3.0)))
def test_thickness_of_a_plate_of_an_odd_and_of_an_even_number_of_voxels(thin, long, wide, spacing):
    sides_mm = np.multiply((thin, long, wide), spacing)
    assert measured(block(thin, long, wide), spacing).thickness_mm == pytest.approx(sides_mm.min(), rel=1e-5)


@pytest.mark.parametrize("thin", [3, 4])
def test_the_thickest_place_of_a_plate_counts(thin):
    mask = np.zeros((thin, 12, 30), bool)
    mask[: thin - 1, :, :20] = mask[:, :, 20:] = True
    assert measured(mask).thickness_mm == pytest.approx(thin)


SPACINGS = st.tuples(
    st.sampled_from((0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0)), st.sampled_from((0.5, 0.7, 0.8, 1.0))
)


@given(
    SPACINGS,
    st.floats(2.5, 8.0),
    st.tuples(*[st.floats(-0.5, 0.5)] * 3),
    st.sampled_from((200.0, 400.0, 900.0, 2000.0)),
)
def test_a_ball_is_a_dot_or_a_nodule_wherever_it_lies_between_the_voxels(steps, diameter, offset, peak_hu):
    spacing = (steps[0], steps[1], steps[1])
    shape = tuple(int((diameter + 3) / step) + 6 for step in spacing)
    hu = ball_between_voxels(shape, spacing, diameter, np.multiply(offset, spacing), peak_hu)
    mask = hu >= 130
    if mask.sum() < 3:  # no lesion
        return
    box = tuple(slice(w.min(), w.max() + 1) for w in np.nonzero(mask))
    found = measured(mask[box], spacing, hu[box])
    assert found.morphology in ("punctate", "nodule")
    assert not found.is_flat
    assert not found.is_wide


def ball_between_voxels(shape, spacing, diameter, centre_zyx, peak_hu):
    """A ball in muscle: each voxel holds a share of it, as thick as its slice, and is blurred in it."""
    finer = [max(1, round(step / 0.25)) for step in spacing]
    fine = tuple(n * parts for n, parts in zip(shape, finer, strict=True))
    steps = tuple(step / parts for step, parts in zip(spacing, finer, strict=True))
    share = (distance_to_mm(fine, steps, centre_zyx) <= diameter / 2).astype(float)
    share = share.reshape([n for pair in zip(shape, finer, strict=True) for n in pair]).mean(axis=(1, 3, 5))
    return scanned(50 + (peak_hu - 50) * share, spacing)


@pytest.mark.parametrize("n_pixels", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("n_slices", [1, 2])
@pytest.mark.parametrize("spacing", [(3.0, 0.8, 0.8), (4.0, 0.7, 0.7), (5.0, 0.8, 0.8), (5.0, 0.5, 0.5)])
def test_a_disc_in_thick_slices_is_a_dot_or_a_nodule_for_every_number_of_pixels(n_pixels, n_slices, spacing):
    disc = distance_to_mm((1, n_pixels, n_pixels), (1.0, 1.0, 1.0)) <= n_pixels / 2
    found = measured(disc.repeat(n_slices, axis=0), spacing)
    assert found.morphology == ("punctate" if found_in_slice_mm(disc, spacing) <= 4.0 else "nodule")
    assert not found.is_wide


def found_in_slice_mm(disc, spacing):
    return feret_of(disc, (0.0, *spacing[1:]))


@pytest.mark.parametrize("spacing", [(1.0, 0.8, 0.8), (3.0, 0.8, 0.8), (5.0, 0.8, 0.8)])
@pytest.mark.parametrize("thin", [2, 3, 4])
def test_what_is_flat_or_long_keeps_its_word_in_thick_slices(thin, spacing):
    n_slices = max(2, round(15 / spacing[0]))
    assert measured(block(n_slices, thin, 20), spacing).morphology == "plaque"
    assert measured(block(n_slices, 20, thin), spacing).is_wide
    assert measured(block(n_slices + 1, thin, thin), spacing).morphology == "linear"


def test_a_hollow_ball_and_a_bent_plate_are_not_compact():
    hollow = ball(20) & ~np.pad(ball(16), 2)
    assert measured(hollow).morphology not in ("nodule", "mass")
    y, x = np.indices((20, 20)) - 9.5
    bent = (np.abs(np.hypot(y, x) - 7) < 1.2) & (x > -4)
    assert measured(box_of(np.broadcast_to(bent, (12, 20, 20)))).is_flat
