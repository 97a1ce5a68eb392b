import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st

from calciseg.errors import UsageError
from calciseg.kernels import basins_around_peaks, distance_mm, joined_basins, passages_between


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.tuples(*(st.integers(1, 9),) * 3), st.booleans())
def test_basins_equal_those_of_the_twin(seed, shape, is_distance):
    rng = np.random.default_rng(seed)
    solid = rng.random(shape) < 0.8
    values = rng.integers(0, 6, shape).astype(np.float32)
    if is_distance and not solid.all():
        values = distance_mm(~solid, (1.5, 0.8, 0.8))
    got = basins_around_peaks(values, solid)
    np.testing.assert_array_equal(got, reference.basins_around_peaks(values, solid), strict=True)


def test_two_balls_that_touch_are_two_basins():
    z, y, x = np.ogrid[:21, :21, :40]
    balls = [(z - 10) ** 2 + (y - 10) ** 2 + (x - middle) ** 2 <= 81 for middle in (10, 27)]
    solid = balls[0] | balls[1]
    basins = basins_around_peaks(distance_mm(~solid, (1, 1, 1)), solid)
    assert basins[10, 10, 10] != basins[10, 10, 27]
    assert (basins[balls[0] & (x < 18)] == basins[10, 10, 10]).all()
    assert not basins[~solid].any()


def test_wrong_use():
    with pytest.raises(UsageError, match="volume of float32"):
        basins_around_peaks(np.zeros((2, 3, 4), np.float64), np.zeros((2, 3, 4), np.bool_))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(1, 7), st.sampled_from((2, 9, 400)))
def test_passages_equal_their_twin(seed, n_slices, n_rows, n_basins):
    rng = np.random.default_rng(seed)
    shape = (n_slices, n_rows, 8)
    basins = rng.integers(0, n_basins, shape).astype(np.int32)
    depths = rng.random(shape).astype(np.float32)
    for got, twin in zip(
        passages_between(basins, depths), reference.passages_between(basins, depths), strict=True
    ):
        np.testing.assert_array_equal(got, twin)


def test_more_passages_than_the_table_was_made_for():
    """Every basin touches the one at the end of a row."""
    basins = np.full((1, 3, 4000), 4001, np.int32)
    basins[0, 0] = np.arange(1, 4001)
    basins[0, 2] = np.arange(4000, 0, -1)
    _, pairs, widths = passages_between(basins, np.ones(basins.shape, np.float32))
    assert len(pairs) == 3999 + 4000
    assert (widths == 1).all()


def test_one_row_may_hold_more_passages_than_the_table():
    basins = np.random.default_rng(0).integers(1, 61, (1, 1, 20_000)).astype(np.int32)
    depths = np.ones(basins.shape, np.float32)
    for got, twin in zip(
        passages_between(basins, depths), reference.passages_between(basins, depths), strict=True
    ):
        np.testing.assert_array_equal(got, twin)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(0, 30), st.sampled_from((0.3, 0.8, 1.0)))
def test_joined_basins_are_those_of_the_twin(seed, n, n_pairs, ratio):
    rng = np.random.default_rng(seed)
    peaks, passages = np.r_[0.0, 1 + rng.random(n)], 2 * rng.random(n_pairs)
    pairs = np.sort(rng.integers(1, n + 1, (n_pairs, 2)), axis=1)
    before = peaks.copy()
    for got, twin in zip(
        joined_basins(peaks, pairs, passages, ratio),
        reference.joined_basins(peaks, pairs, passages, ratio),
        strict=True,
    ):
        np.testing.assert_array_equal(got, twin)
    np.testing.assert_array_equal(peaks, before)
