"""Convolutions against scipy's correlations, one channel after the other."""

import numpy as np
import pytest
import reference
from hypothesis import given
from hypothesis import strategies as st

from calciseg import CalcisegError
from calciseg.kernels import Convolution


@given(
    st.integers(1, 4), st.integers(1, 9), st.integers(1, 40), st.integers(1, 50), st.integers(0, 2**32 - 1)
)
def test_sums_are_those_of_correlations(n_in, n_out, n_rows, n_columns, seed):
    rng = np.random.default_rng(seed)
    image = rng.normal(size=(n_in, n_rows + 2, n_columns + 2))
    weights, constants = rng.normal(size=(n_out, n_in, 3, 3)), rng.normal(size=n_out)
    convolve = Convolution(weights, constants)
    found = convolve(image)
    # A tile is rounded to 24 bits as a whole, so what is large in it tells how near its sums come.
    largest = reference.convolve(np.abs(image), np.abs(weights), np.abs(constants)).max()
    expected = reference.convolve(image, weights, constants)
    np.testing.assert_allclose(found, expected, rtol=0, atol=2**-16 * largest)
    for n_threads in (1, 2, 5):
        np.testing.assert_array_equal(convolve(image, n_threads=n_threads), found)


@given(
    st.integers(1, 3), st.integers(1, 3), st.integers(1, 20), st.integers(1, 25), st.integers(0, 2**32 - 1)
)
def test_coarse_channels_lie_on_four_places_each(n_own, n_coarse, half_rows, half_columns, seed):
    rng = np.random.default_rng(seed)
    image = rng.normal(size=(n_own, 2 * half_rows + 2, 2 * half_columns + 2))
    coarse = rng.normal(size=(n_coarse, half_rows + 2, half_columns + 2))
    spread = coarse[:, 1:-1, 1:-1].repeat(2, axis=1).repeat(2, axis=2)
    joined = np.concatenate([image, np.pad(spread, ((0, 0), (1, 1), (1, 1)))])
    convolve = Convolution(rng.normal(size=(5, n_own + n_coarse, 3, 3)), rng.normal(size=5))
    for n_threads in (1, 2):
        np.testing.assert_array_equal(convolve(image, coarse, n_threads=n_threads), convolve(joined))


@pytest.mark.parametrize("shape", [(1, 4, 4), (2, 4, 5), (2, 5, 4), (2, 6, 6), (3, 4, 4), (4, 4), ()])
def test_coarse_channels_that_do_not_fit_are_refused(shape):
    convolve = Convolution(np.zeros((1, 3, 3, 3)), [0.0])
    convolve(np.zeros((1, 6, 6)), np.zeros((2, 4, 4)))
    with pytest.raises(CalcisegError, match="not fit"):
        convolve(np.zeros((1, 6, 6)), np.zeros(shape))


@pytest.mark.parametrize(
    ("image", "weights", "constants"),
    [
        (np.zeros((5, 5)), np.zeros((1, 1, 3, 3)), [0.0]),
        (np.zeros((2, 5, 5)), np.zeros((1, 1, 3, 3)), [0.0]),
        (np.zeros((1, 5, 5)), np.zeros((1, 1, 5, 5)), [0.0]),
        (np.zeros((1, 5, 5)), np.zeros((2, 1, 3, 3)), [0.0]),
        (np.zeros((1, 2, 5)), np.zeros((1, 1, 3, 3)), [0.0]),
        (np.zeros((0, 5, 5)), np.zeros((1, 0, 3, 3)), [0.0]),
    ],
)
def test_shapes_that_do_not_fit_are_refused(image, weights, constants):
    with pytest.raises(CalcisegError, match="not fit"):
        Convolution(weights, constants)(image)
