import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from calciseg.errors import UsageError
from calciseg.kernels import distance_mm, geodesic_distance_mm, nearest_label

lengths = st.sampled_from((0.5, 0.7, 1.0, 1.25, 3.0))


@st.composite
def masks(draw, ndim=None, longest=(9, 12, 20)):
    ndim = draw(st.sampled_from((2, 3))) if ndim is None else ndim
    shape = tuple(draw(st.integers(1, n)) for n in longest[3 - ndim :])
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    mask = rng.random(shape) < draw(st.sampled_from((0.0, 0.002, 0.02, 0.3, 0.95)))
    return mask, tuple(draw(lengths) for _ in shape)


@settings(max_examples=60, deadline=None)
@given(masks(), st.none() | st.floats(0, 12), st.integers(1, 3))
def test_distance_equals_twin(case, longest, n_threads):
    mask, spacing = case
    got = distance_mm(mask, spacing, max_distance_mm=longest, n_threads=n_threads)
    assert got.dtype == np.float32
    exact = reference.distance_mm(mask, spacing)
    limit = np.inf if longest is None else longest
    at_limit = np.isclose(exact, limit, rtol=1e-6)
    expected = np.where(exact <= limit, exact, np.inf)
    np.testing.assert_allclose(got[~at_limit], expected[~at_limit], rtol=3e-7)


@settings(max_examples=8, deadline=None)
@given(masks(longest=(40, 90, 150)), st.none() | st.floats(0, 80))
def test_distance_equals_scipy_over_many_blocks(case, longest):
    mask, spacing = case
    mask.flat[mask.size // 2] = True
    exact = ndimage.distance_transform_edt(~mask, sampling=spacing)
    got = distance_mm(mask, spacing, max_distance_mm=longest)
    limit = np.inf if longest is None else longest
    clear = ~np.isclose(exact, limit, rtol=1e-6)
    np.testing.assert_allclose(got[clear], np.where(exact <= limit, exact, np.inf)[clear], rtol=3e-7)


def test_distance_at_the_limit_counts():
    mask = np.zeros((1, 30), bool)
    mask[0, 0] = True
    got = distance_mm(mask, (1.0, 0.7), max_distance_mm=10 * 0.7)
    assert np.isfinite(got).sum() == 11


@settings(max_examples=30, deadline=None)
@given(masks())
def test_distance_does_not_depend_on_memory_order_or_threads(case):
    mask, spacing = case
    got = distance_mm(mask, spacing)
    frozen = np.asfortranarray(mask)
    frozen.flags.writeable = False
    np.testing.assert_array_equal(distance_mm(frozen, spacing, n_threads=3), got)
    np.testing.assert_array_equal(distance_mm(mask[::-1], spacing)[::-1], got)


@settings(max_examples=60, deadline=None)
@given(masks(longest=(5, 7, 12)), st.integers(0, 2**32 - 1), st.none() | st.sampled_from((1.0, 2.0, 3.5)))
def test_nearest_label_equals_twin(case, seed, longest):
    mask, _ = case
    spacing = (1.0, 0.5, 2.0)[-mask.ndim :]
    labels = np.where(mask, np.random.default_rng(seed).integers(1, 9, mask.shape), 0)
    got = nearest_label(labels, spacing, max_distance_mm=longest, n_threads=1 + seed % 3)
    assert got.dtype == np.uint32
    np.testing.assert_array_equal(got, reference.nearest_label(labels, spacing, max_distance_mm=longest))
    np.testing.assert_array_equal(labels, np.where(mask, labels, 0))


@settings(max_examples=30, deadline=None)
@given(masks(), st.integers(0, 2**32 - 1))
def test_nearest_label_is_as_near_as_any(case, seed):
    mask, spacing = case
    labels = np.where(mask, np.random.default_rng(seed).integers(1, 4, mask.shape), 0)
    got, nearest = nearest_label(labels, spacing), distance_mm(mask, spacing)
    for label in range(1, 4):
        here = got == label
        np.testing.assert_allclose(distance_mm(labels == label, spacing)[here], nearest[here], rtol=1e-6)
    assert (got == 0).all() == (not mask.any())


@settings(max_examples=25, deadline=None)
@given(masks(ndim=3, longest=(5, 7, 9)), st.integers(0, 2**32 - 1), st.none() | st.floats(0, 9))
def test_geodesic_distance_equals_twin(case, seed, longest):
    seeds, spacing = case
    mask = np.random.default_rng(seed).random(seeds.shape) < 0.6
    got = geodesic_distance_mm(seeds, mask, spacing, longest)
    np.testing.assert_allclose(got, reference.geodesic_distance_mm(seeds, mask, spacing, longest), rtol=1e-5)


def test_geodesic_distance_walks_around_walls():
    mask = np.ones((1, 400, 5), bool)
    mask[0, 1::4, 1:] = mask[0, 3::4, :4] = False
    seeds = np.zeros_like(mask)
    seeds[0, 0, 4] = True
    got = geodesic_distance_mm(seeds, mask, (1.0, 1.0, 1.0))
    assert got[0, 398, 4] > 3 * 199


@pytest.mark.parametrize(
    "call",
    [
        lambda: distance_mm(np.zeros((2, 2), np.uint8), (1, 1)),
        lambda: distance_mm(np.zeros((2, 2), bool), (1, 1, 1)),
        lambda: distance_mm(np.zeros(2, bool), (1,)),
        lambda: distance_mm(np.zeros((2, 2), bool), (1, 0)),
        lambda: distance_mm(np.zeros((2, 2), bool), (1, np.nan)),
        lambda: distance_mm(np.zeros((2, 2), bool), (1, 1), max_distance_mm=-1),
        lambda: distance_mm(np.zeros((2, 2), bool), (1, 1), max_distance_mm=np.nan),
        lambda: nearest_label(np.zeros((2, 2)), (1, 1)),
        lambda: nearest_label(np.full((2, 2), -1), (1, 1)),
        lambda: geodesic_distance_mm(np.zeros((2, 2), bool), np.zeros((2, 2), bool), (1, 1)),
        lambda: geodesic_distance_mm(np.zeros((1, 2, 2), bool), np.zeros((1, 2, 3), bool), (1, 1, 1)),
    ],
)
def test_wrong_use(call):
    with pytest.raises(UsageError):
        call()


def test_empty_arrays():
    assert distance_mm(np.zeros((0, 3), bool), (1, 1)).shape == (0, 3)
    assert nearest_label(np.zeros((2, 0, 3), int), (1, 1, 1)).shape == (2, 0, 3)
