import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from calciseg.errors import UsageError
from calciseg.kernels import fill_holes_in_slices


@st.composite
def masks(draw, longest=(4, 14, 80)):
    """Random masks; near 60 % of foreground their holes are many and winding."""
    shape = tuple(draw(st.integers(1, n)) for n in longest)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return rng.random(shape) < draw(st.sampled_from((0.0, 0.2, 0.5, 0.6, 0.7, 0.95, 1.0)))


@settings(max_examples=100, deadline=None)
@given(masks(), st.integers(1, 5))
def test_equal_to_twin_and_scipy(mask, n_threads):
    before = mask.copy()
    filled = fill_holes_in_slices(mask, n_threads=n_threads)
    np.testing.assert_array_equal(filled, reference.fill_holes_in_slices(mask), strict=True)
    np.testing.assert_array_equal(filled, np.stack([ndimage.binary_fill_holes(one) for one in mask]))
    np.testing.assert_array_equal(fill_holes_in_slices(mask[0]), filled[0])
    np.testing.assert_array_equal(mask, before)


@pytest.mark.slow
@settings(max_examples=3000, deadline=None)
@given(masks(longest=(3, 30, 70)))
def test_equal_to_scipy_on_thousands(mask):
    expected = np.stack([ndimage.binary_fill_holes(one) for one in mask])
    np.testing.assert_array_equal(fill_holes_in_slices(mask), expected)


@settings(max_examples=40, deadline=None)
@given(masks())
def test_memory_order_changes_nothing(mask):
    filled = fill_holes_in_slices(mask)
    frozen = mask.copy()
    frozen.flags.writeable = False
    for other in (np.asfortranarray(mask), frozen, np.repeat(mask, 2, axis=2)[..., ::2]):
        np.testing.assert_array_equal(fill_holes_in_slices(other), filled)


def test_diagonal_gaps_do_not_leak_and_other_slices_do_not_matter():
    ring = np.zeros((3, 5, 5), bool)
    ring[1, [0, 1, 2, 3, 4, 1, 2, 3], [2, 3, 4, 3, 2, 1, 0, 1]] = True
    filled = fill_holes_in_slices(ring)
    assert filled[1].sum() == 13
    assert not filled[[0, 2]].any()


def test_no_voxels():
    for shape in ((0, 4, 5), (2, 0, 5), (2, 4, 0)):
        assert fill_holes_in_slices(np.zeros(shape, bool)).shape == shape


@pytest.mark.parametrize(
    "mask", [np.zeros((2, 2, 2), np.uint8), np.zeros(3, bool), np.zeros((1, 1, 1, 1), bool)]
)
def test_wrong_use(mask):
    with pytest.raises(UsageError, match="holes are filled"):
        fill_holes_in_slices(mask)
