"""Means of windows are those of scipy, to the last bit."""

import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st

from calciseg.errors import UsageError
from calciseg.kernels import mean_in_window

WIDTHS = st.sampled_from((1, 3, 5, 11))


@settings(max_examples=40, deadline=None)
@given(
    st.tuples(st.integers(1, 7), st.integers(1, 20), st.integers(1, 40)),
    st.tuples(WIDTHS, WIDTHS, WIDTHS),
    st.tuples(*[st.integers(1, 3)] * 3),
    st.sampled_from((np.bool_, np.uint8, np.int16, np.float32)),
    st.integers(1, 3),
)
def test_equal_to_scipy(shape, size, steps, dtype, n_threads):
    values = (300 * np.random.default_rng(sum(shape)).normal(size=shape)).astype(dtype)
    before = values.copy()
    got = mean_in_window(values, size, steps=steps, n_threads=n_threads)
    np.testing.assert_array_equal(got, reference.mean_in_window(values, size, steps=steps), strict=True)
    np.testing.assert_array_equal(values, before)
    if dtype == np.int16:
        got = mean_in_window(values, size, is_whole=True)
        np.testing.assert_array_equal(got, reference.mean_in_window(values, size, is_whole=True))


@pytest.mark.parametrize(
    ("values", "size", "steps", "word"),
    [
        (np.zeros((2, 2)), (1, 1, 1), (1, 1, 1), "volumes"),
        (np.zeros((2, 2, 2)), (1, 1, 1), (1, 1, 1), "float64"),
        (np.zeros((2, 2, 2), np.int16), (1, 2, 1), (1, 1, 1), "odd"),
        (np.zeros((2, 2, 2), np.int16), (1, 3, 1), (1, 0, 1), "steps"),
    ],
)
def test_what_does_not_fit_is_refused(values, size, steps, word):
    with pytest.raises(UsageError, match=word):
        mean_in_window(values, size, steps=steps)


def test_no_voxels():
    assert mean_in_window(np.zeros((0, 3, 4), np.int16), (3, 3, 3)).shape == (0, 3, 4)
