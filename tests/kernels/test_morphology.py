import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from calciseg.errors import UsageError
from calciseg.kernels import dilate_mm, distance_mm, erode_mm

# No sum of squares of whole steps equals the square of a radius: on which side a rounding falls is not asked.
lengths = st.sampled_from((0.5, 0.7, 1.0, 1.25, 3.0))
radii = st.sampled_from((0.0, 0.43, 1.01, 1.93, 3.31, 7.77, 40.3))


@st.composite
def masks(draw, longest=(9, 12, 150)):
    ndim = draw(st.sampled_from((2, 3)))
    shape = tuple(draw(st.integers(1, n)) for n in longest[3 - ndim :])
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    mask = rng.random(shape) < draw(st.sampled_from((0.0, 0.002, 0.02, 0.3, 0.95, 1.0)))
    return mask, tuple(draw(lengths) for _ in shape)


@settings(max_examples=60, deadline=None)
@given(masks(longest=(5, 6, 70)), radii, st.integers(1, 3))
def test_dilation_equals_twin(case, radius, n_threads):
    mask, spacing = case
    before = mask.copy()
    got = dilate_mm(mask, spacing, radius, n_threads=n_threads)
    np.testing.assert_array_equal(got, reference.dilate_mm(mask, spacing, radius), strict=True)
    eroded = erode_mm(mask, spacing, radius, n_threads=n_threads)
    np.testing.assert_array_equal(eroded, reference.erode_mm(mask, spacing, radius), strict=True)
    np.testing.assert_array_equal(mask, before)


@settings(max_examples=60, deadline=None)
@given(masks(longest=(9, 12, 200)), radii, st.integers(1, 3))
def test_erosion_is_dilation_of_the_outside(case, radius, n_threads):
    mask, spacing = case
    eroded = erode_mm(mask, spacing, radius, n_threads=n_threads)
    np.testing.assert_array_equal(eroded, ~dilate_mm(~mask, spacing, radius))


@settings(max_examples=60, deadline=None)
@given(masks(), st.floats(0, 30))
def test_dilation_is_where_distances_are_finite(case, radius):
    mask, spacing = case
    expected = np.isfinite(distance_mm(mask, spacing, max_distance_mm=radius))
    np.testing.assert_array_equal(dilate_mm(mask, spacing, radius), expected)


@settings(max_examples=30, deadline=None)
@given(masks(), radii)
def test_memory_order_and_flips_change_nothing(case, radius):
    mask, spacing = case
    whole = dilate_mm(mask, spacing, radius)
    frozen = mask.copy()
    frozen.flags.writeable = False
    for other in (np.asfortranarray(mask), frozen, np.repeat(mask, 2, axis=-1)[..., ::2]):
        np.testing.assert_array_equal(dilate_mm(other, spacing, radius), whole)
    np.testing.assert_array_equal(np.flip(dilate_mm(np.flip(mask), spacing, radius)), whole)


def test_a_ball_crosses_words_and_slices():
    mask = np.zeros((21, 21, 200), bool)
    mask[10, 10, 127] = True
    ball = dilate_mm(mask, (1.0, 1.0, 1.0), 9.5)
    z, y, x = np.indices(mask.shape)
    np.testing.assert_array_equal(ball, (z - 10) ** 2 + (y - 10) ** 2 + (x - 127) ** 2 <= 9.5**2)
    plus = dilate_mm(mask, (1.0, 1.0, 1.0), 1.0)
    np.testing.assert_array_equal(plus, ndimage.binary_dilation(mask))


def test_no_voxels():
    for shape in ((0, 4, 5), (2, 0, 5), (2, 4, 0), (0, 3)):
        assert dilate_mm(np.zeros(shape, bool), (1.0,) * len(shape), 2.0).shape == shape


@pytest.mark.parametrize(
    ("mask", "spacing", "radius", "word"),
    [
        (np.zeros((2, 2, 2), np.uint8), (1, 1, 1), 1, "bool"),
        (np.zeros((2, 2, 2), bool), (1, 1), 1, "axes"),
        (np.zeros((2, 2, 2), bool), (1, 0, 1), 1, "spacing"),
        (np.zeros((2, 2), bool), (1, 1), -1, "radius_mm"),
        (np.zeros((2, 2), bool), (1, 1), np.inf, "radius_mm"),
        (np.zeros((2, 2), bool), (1, 1), np.nan, "radius_mm"),
    ],
)
def test_wrong_use(mask, spacing, radius, word):
    with pytest.raises(UsageError, match=word):
        dilate_mm(mask, spacing, radius)


@pytest.mark.parametrize("radius_mm", [0.9, 2.5, 4.1])
@pytest.mark.parametrize("change", [dilate_mm, erode_mm])
def test_voxel_by_voxel_equals_words(radius_mm, change, monkeypatch):
    mask = np.random.default_rng(8).random((5, 12, 70)) < (0.03 if change is dilate_mm else 0.97)
    few = change(mask, (2.0, 0.8, 0.8), radius_mm)
    monkeypatch.setattr("calciseg.kernels.morphology._FEW_VOXELS", 0)
    for n_threads in (1, 3):
        np.testing.assert_array_equal(few, change(mask, (2.0, 0.8, 0.8), radius_mm, n_threads=n_threads))
