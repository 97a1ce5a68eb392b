"""Medians are those of numpy."""

import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st

from calciseg.errors import UsageError
from calciseg.kernels import median_where


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.tuples(*[st.integers(1, 5)] * 3),
    st.sampled_from((1, 100, 2**15)),
    st.sampled_from((0.0, 0.1, 0.5, 1.0)),
)
def test_median_equals_its_twin(seed, shape, spread, share):
    rng = np.random.default_rng(seed)
    values = rng.integers(-spread, spread, shape).astype(np.int16)
    mask = rng.random(shape) < share
    np.testing.assert_equal(median_where(values, mask), reference.median_where(values, mask))
    np.testing.assert_equal(
        median_where(values.transpose(2, 0, 1), mask.transpose(2, 0, 1)), reference.median_where(values, mask)
    )


def test_the_smallest_and_the_largest_value_count():
    values = np.array([[[-(2**15), 2**15 - 1]]], np.int16)
    assert median_where(values, values < 0) == -(2**15)
    assert median_where(values, values > 0) == 2**15 - 1
    assert median_where(values, values != 0) == -0.5


@pytest.mark.parametrize(("dtype", "n"), [(np.float64, 2), (np.int16, 3)])
def test_what_does_not_fit_is_refused(dtype, n):
    with pytest.raises(UsageError):
        median_where(np.zeros((2, 2, 2), dtype), np.ones((2, 2, n), bool))
