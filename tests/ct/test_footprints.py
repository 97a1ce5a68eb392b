"""Morphology by distances against scipy's with explicit balls."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from skimage.morphology import ball

from calciseg.ct.footprints import closed, dilated, eroded, opened

# No sum of squared steps equals a squared radius, so no voxel lies on the edge of a ball.
SPACINGS = st.tuples(*[st.sampled_from((0.75, 1.0, 1.5))] * 3)
RADII = st.sampled_from((0.7, 1.3, 2.2, 3.1))
MASKS = st.tuples(
    st.tuples(*[st.integers(1, 9)] * 3), st.integers(0, 999), st.sampled_from((0.03, 0.3, 0.7, 0.97))
)


def random_mask(drawn):
    shape, seed, share = drawn
    return np.random.default_rng(seed).random(shape) < share


def ball_of(radius, spacing):
    reach = [int(radius / step) for step in spacing]
    offsets = np.mgrid[tuple(slice(-n, n + 1) for n in reach)]
    return sum((o * s) ** 2 for o, s in zip(offsets, spacing, strict=True)) <= radius**2


@given(MASKS, RADII, SPACINGS)
def test_equal_to_scipy_with_a_ball(drawn, radius, spacing):
    mask, footprint = random_mask(drawn), ball_of(radius, spacing)
    larger = ndimage.binary_dilation(mask, footprint)
    smaller = ndimage.binary_erosion(mask, footprint, border_value=1)
    np.testing.assert_array_equal(dilated(mask, radius, spacing), larger)
    np.testing.assert_array_equal(eroded(mask, radius, spacing), smaller)
    np.testing.assert_array_equal(opened(mask, radius, spacing), ndimage.binary_dilation(smaller, footprint))
    np.testing.assert_array_equal(
        closed(mask, radius, spacing), ndimage.binary_erosion(larger, footprint, border_value=1)
    )


@pytest.mark.parametrize("radius", [1, 2, 3])
def test_a_point_grows_to_the_ball_of_skimage(radius):
    mask = np.zeros((9, 9, 9), bool)
    mask[4, 4, 4] = True
    expected = np.pad(ball(radius).astype(bool), 4 - radius)
    np.testing.assert_array_equal(dilated(mask, radius, (1.0, 1.0, 1.0)), expected)


@given(MASKS, RADII, SPACINGS)
def test_opening_and_closing_are_idempotent_and_ordered(drawn, radius, spacing):
    mask = random_mask(drawn)
    once, shut = opened(mask, radius, spacing), closed(mask, radius, spacing)
    assert not (once & ~mask).any()
    assert not (mask & ~shut).any()
    np.testing.assert_array_equal(opened(once, radius, spacing), once)
    np.testing.assert_array_equal(closed(shut, radius, spacing), shut)
