import numpy as np
import pytest
import reference
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from calciseg.errors import UsageError
from calciseg.kernels import smooth

modes = st.sampled_from(("reflect", "nearest"))


@given(
    st.integers(1, 12),
    st.integers(1, 140),
    st.floats(0, 6),
    st.sampled_from((3.0, 4.0)),
    modes,
    st.integers(0, 2**32 - 1),
)
def test_equal_to_twin_and_to_scipy_but_for_rounding(n_rows, n_columns, sd, truncate, mode, seed):
    image = np.random.default_rng(seed).integers(0, 2**16, (n_rows, n_columns)).astype(np.uint16)
    found = smooth(image, sd, truncate=truncate, mode=mode)
    assert found.dtype == np.float32
    rounding = 2**16 * 1e-6
    np.testing.assert_allclose(found, reference.smooth(image, sd, truncate, mode), rtol=0, atol=rounding)
    theirs = ndimage.gaussian_filter(image.astype(np.float32), sd, truncate=truncate, mode=mode)
    np.testing.assert_allclose(found, theirs, rtol=0, atol=rounding)


@pytest.mark.parametrize("mode", ["reflect", "nearest"])
def test_a_reach_beyond_a_small_image_is_filled_as_scipy_does(mode):
    image = np.arange(6, dtype=np.float32).reshape(2, 3)
    theirs = ndimage.gaussian_filter(image, 5.0, mode=mode)
    np.testing.assert_allclose(smooth(image, 5.0, mode=mode), theirs, atol=1e-5)


def test_an_image_without_pixels_stays_one():
    assert smooth(np.zeros((0, 5)), 2.0).shape == (0, 5)


@pytest.mark.parametrize(("shape", "sd"), [((3,), 1.0), ((2, 3, 4), 1.0), ((3, 3), -1.0), ((3, 3), np.nan)])
def test_what_makes_no_sense_is_refused(shape, sd):
    with pytest.raises(UsageError):
        smooth(np.zeros(shape), sd)


def test_a_mode_that_is_not_known_is_refused():
    with pytest.raises(UsageError, match="reflect or nearest, not wrap"):
        smooth(np.zeros((3, 3)), 1.0, mode="wrap")
