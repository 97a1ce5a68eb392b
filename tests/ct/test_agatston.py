"""The Agatston-type score against plain loops."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_bodies import ct_volume, limb, scanned, with_ball

from calciseg.ct import analyze_volume
from calciseg.ct.agatston import agatston_unnormalised
from calciseg.settings import AgatstonSettings, Settings

SPACING = (3.0, 0.7, 0.7)


def score(mask, hu, spacing=SPACING, factor=1.0):
    return agatston_unnormalised(mask, hu, spacing, factor, AgatstonSettings())


def islands_of(flat):
    """Sets of 8-connected pixels, by flooding from each."""
    left = {tuple(point) for point in np.argwhere(flat).tolist()}
    while left:
        todo, island = [left.pop()], []
        while todo:
            y, x = todo.pop()
            island.append((y, x))
            for dy, dx in itertools.product((-1, 0, 1), repeat=2):
                if (y + dy, x + dx) in left:
                    left.remove((y + dy, x + dx))
                    todo.append((y + dy, x + dx))
        yield island


def slow_score(mask, hu, spacing, factor):
    total = 0.0
    for one_mask, one_hu in zip(mask, hu, strict=True):
        bounds = [round(one * factor, 6) for one in (130, 200, 300, 400)]
        for island in islands_of(one_mask & (one_hu >= bounds[0])):
            area = len(island) * spacing[1] * spacing[2]
            if area < 1.0:
                continue
            peak = max(one_hu[point] for point in island)
            total += area * sum(peak >= bound for bound in bounds)
    return total


@given(
    st.tuples(*[st.integers(1, 8)] * 3),
    st.integers(0, 9999),
    st.sampled_from((0.88, 0.915, 1.0, 1.115, 1.36, 1.59)),
    st.sampled_from((0.4, 0.7, 1.1)),
)
def test_equal_to_plain_loops(shape, seed, factor, step):
    rng = np.random.default_rng(seed)
    mask = rng.random(shape) < 0.5
    hu = rng.choice(
        [90, 129, 130, 150, 199, 200, 207, 299, 272, 300, 399, 400, 544, 640, 1200], shape
    ).astype(np.int16)
    spacing = (2.0, step, step)
    assert score(mask, hu, spacing, factor) == pytest.approx(slow_score(mask, hu, spacing, factor))


@pytest.mark.parametrize(
    ("peak", "weight"),
    [(129, 0), (130, 1), (199, 1), (200, 2), (299, 2), (300, 3), (399, 3), (400, 4), (3000, 4)],
)
def test_weights(peak, weight):
    hu = np.full((1, 3, 3), min(peak, 130), np.int16)
    hu[0, 1, 1] = peak
    assert score(hu >= 129, hu) == pytest.approx((9 if peak >= 130 else 0) * 0.49 * weight)


@pytest.mark.parametrize(("kvp", "bounds"), [(80, (272, 408, 544)), (110, (212, 318, 423))])
def test_lower_bounds_are_inclusive_at_every_voltage(kvp, bounds):
    """Of a division 272 / 1.36 would be left a little less than 200."""
    factor = {80: 1.36, 110: 1.0575}[kvp]
    for weight, bound in enumerate(bounds, start=2):
        hu = np.full((1, 3, 3), bound, np.int16)
        assert score(hu > 0, hu, factor=factor) == pytest.approx(9 * 0.49 * weight)
        assert score(hu > 0, hu - np.int16(1), factor=factor) == pytest.approx(9 * 0.49 * (weight - 1))


@pytest.mark.parametrize("axis", [1, 2])
def test_scored_in_the_slices_of_the_scanner(axis):
    """A coronal or sagittal series has the score of the same slices stored as axial ones."""
    rng = np.random.default_rng(axis)
    mask, hu = rng.random((4, 6, 5)) < 0.6, rng.choice([120, 150, 250, 450], (4, 6, 5)).astype(np.int16)
    turned = [np.moveaxis(array, 0, axis) for array in (mask, hu)]
    spacing = np.insert([0.7, 0.7], axis, 3.0)
    assert score(*turned, spacing=tuple(spacing)) == pytest.approx(score(mask, hu))


@pytest.mark.parametrize("factor", [0.915, 1.36])
def test_every_threshold_scales_with_the_voltage(factor):
    for peak, weight in ((131, 1), (201, 2), (301, 3), (401, 4)):
        hu = np.full((1, 3, 3), round(peak * factor + 0.5), np.int16)
        assert score(hu > 0, hu, factor=factor) == pytest.approx(9 * 0.49 * weight)


def test_islands_of_less_than_a_square_millimetre_do_not_count():
    hu = np.zeros((1, 5, 9), np.int16)
    hu[0, 0, :2] = 500  # 0.98 mm2
    hu[0, 3, :3] = 500  # 1.47 mm2
    assert score(hu > 0, hu) == pytest.approx(3 * 0.49 * 4)


def test_an_island_does_not_reach_into_the_next_slice():
    hu = np.full((2, 2, 2), 150, np.int16)
    hu[1] = 450
    assert score(hu > 0, hu) == pytest.approx(4 * 0.49 * (1 + 4))


@pytest.mark.parametrize("dz", [1.0, 2.5, 3.0])
def test_normalised_by_the_increment(dz):
    spacing = (dz, 0.8, 0.8)
    hu = with_ball(limb((16, 90, 90), spacing), spacing, (0, 8, 0), 5.0)
    (lesion,) = analyze_volume(ct_volume(scanned(hu, spacing), spacing), 1, Settings()).lesions
    assert lesion.agatston == pytest.approx(lesion.agatston_unnormalised * dz / 3.0)
    # A ball of 700 HU weighs 4 in nearly every slice: area times weight, summed, is four volumes over dz.
    assert lesion.agatston_unnormalised * dz == pytest.approx(4 * lesion.volume_mm3, rel=0.1)
