"""A surface comes back where something hides it."""

import numpy as np
import pytest
from made_bodies import distance_to_mm

from calciseg.ct.straighten import straightened

SHAPE = (25, 41, 41)


def plane_mm(shape, spacing, normal):
    """Signed distance to a plane through the middle."""
    unit = np.asarray(normal) / np.linalg.norm(normal)
    index = [(np.arange(n) - (n - 1) / 2) * s for n, s in zip(shape, spacing, strict=True)]
    z, y, x = np.meshgrid(*index, indexing="ij")
    return (unit[0] * z + unit[1] * y + unit[2] * x).astype(np.float32)


@pytest.mark.parametrize("normal", [(0, 1, 0), (0, 1, 1), (0.3, 1, -0.5)])
@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.7, 0.7, 0.7), (2.0, 1.0, 1.0)])
def test_a_plane_hidden_by_a_ball_comes_back(normal, spacing):
    truth = plane_mm(SHAPE, spacing, normal)
    hidden = distance_to_mm(SHAPE, spacing) <= 8
    spoilt = np.where(hidden, truth + 5, truth).astype(np.float32)  # the ball was taken for the inside
    back = straightened(spoilt, hidden, spacing, 10.0)
    assert np.abs(back - truth).max() <= 0.5


def test_what_is_seen_is_left_alone():
    rng = np.random.default_rng(1)
    signed = rng.normal(0, 3, SHAPE).astype(np.float32)
    hidden = distance_to_mm(SHAPE, (1.0, 1.0, 1.0)) <= 5
    before = signed.copy()
    back = straightened(signed, hidden, (1.0, 1.0, 1.0), 100.0)
    np.testing.assert_array_equal(back[~hidden], before[~hidden])
    np.testing.assert_array_equal(signed, before)
    around = before[~hidden]
    assert around.min() <= back[hidden].min()
    assert back[hidden].max() <= around.max()  # the continuation of a surface never overshoots it


def test_hidden_regions_far_from_the_surface_are_left_alone():
    truth = plane_mm(SHAPE, (1.0, 1.0, 1.0), (0, 1, 0)) + 60
    hidden = distance_to_mm(SHAPE, (1.0, 1.0, 1.0)) <= 5
    spoilt = np.where(hidden, truth - 3, truth).astype(np.float32)
    np.testing.assert_array_equal(straightened(spoilt, hidden, (1.0, 1.0, 1.0), 10.0), spoilt)


def test_two_hidden_regions_do_not_mix():
    truth = plane_mm(SHAPE, (1.0, 1.0, 1.0), (0, 1, 0))
    hidden = np.zeros(SHAPE, bool)
    for x in (-11, 11):
        hidden |= distance_to_mm(SHAPE, (1.0, 1.0, 1.0), (0, 0, x)) <= 6
    spoilt = np.where(hidden, truth + 4, truth).astype(np.float32)
    assert np.abs(straightened(spoilt, hidden, (1.0, 1.0, 1.0), 10.0) - truth).max() <= 0.5
