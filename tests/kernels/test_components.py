import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from volumes import connectivities, hard_cases, images

from calciseg.errors import CalcisegError, UsageError
from calciseg.kernels import SlabLabeller, components, connected_components

pytestmark = pytest.mark.usefixtures("any_path")


@pytest.fixture(scope="module", params=["vector", "plain"])
def any_path(request):
    """Run everything as the best processors would, and with plain loops: one of them takes each branch."""
    was = components._HAS_VECTORS, components.HAS_COMPRESS
    components._HAS_VECTORS = components.HAS_COMPRESS = request.param == "vector"
    yield
    components._HAS_VECTORS, components.HAS_COMPRESS = was


def scipy_labels(image, threshold, connectivity):
    rank = reference.RANKS[image.ndim][connectivity]
    return ndimage.label(image >= threshold, ndimage.generate_binary_structure(image.ndim, rank))[0]


def assert_same(found, other):
    assert found.n_components == other.n_components
    np.testing.assert_array_equal(found.labels(), other.labels())
    for name in found.table:
        np.testing.assert_array_equal(found.table[name], other.table[name], err_msg=name, strict=True)


@settings(max_examples=150, deadline=None)
@given(images())
def test_labels_equal_scipy(case):
    image, threshold = case
    for connectivity in connectivities(image.ndim):
        found = connected_components(image, threshold, connectivity=connectivity)
        expected = scipy_labels(image, threshold, connectivity)
        np.testing.assert_array_equal(found.labels(), expected)
        assert found.n_components == expected.max(initial=0)


@settings(max_examples=30, deadline=None)
@given(images(longest=(5, 6, 70)), st.integers(0, 300))
def test_bytes_are_as_16_bits(case, threshold):
    image = case[0].astype(np.uint8)
    wide = connected_components(image.astype(np.int16), threshold)
    assert_same(connected_components(image, threshold), wide)
    assert_same(connected_components(image > 0, 1), connected_components((image > 0).astype(np.int16), 1))
    labeller = SlabLabeller(image.shape, np.uint8, threshold)
    for first in range(len(image)):
        labeller.add(image[first : first + 1], first)
    assert_same(labeller.finish(), wide)


@pytest.mark.slow
@settings(max_examples=5000, deadline=None)
@given(images(longest=(12, 14, 200)))
def test_labels_equal_scipy_on_thousands(case):
    image, threshold = case
    for connectivity in connectivities(image.ndim):
        found = connected_components(image, threshold, connectivity=connectivity)
        np.testing.assert_array_equal(found.labels(), scipy_labels(image, threshold, connectivity))


@settings(max_examples=25, deadline=None)
@given(images(longest=(5, 6, 70)), st.integers(1, 4), st.none() | st.integers(-32768, 65535))
def test_table_equals_twin(case, min_voxels, seed):
    image, threshold = case
    for connectivity in connectivities(image.ndim):
        asked = {"connectivity": connectivity, "seed_threshold": seed, "min_voxels": min_voxels}
        found = connected_components(image, threshold, **asked)
        labels, table = reference.connected_components(image, threshold, **asked)
        np.testing.assert_array_equal(found.labels(), labels)
        assert set(table) == set(found.table)
        for name, column in table.items():
            got = found.table[name]
            if name in ("second_moments",) or name.startswith("centroid"):
                np.testing.assert_allclose(got, column.reshape(got.shape), rtol=1e-9, atol=1e-9, err_msg=name)
            else:
                np.testing.assert_array_equal(got, column.reshape(got.shape), err_msg=name)


@settings(max_examples=60, deadline=None)
@given(images(), st.data())
def test_slabs_in_any_order_change_nothing(case, data):
    image, threshold = case
    connectivity = data.draw(st.sampled_from(connectivities(image.ndim)))
    seed = data.draw(st.none() | st.sampled_from((threshold, threshold + 3000, 30_000)))
    asked = {"connectivity": connectivity, "min_voxels": data.draw(st.integers(1, 3)), "seed_threshold": seed}
    cuts = data.draw(st.sets(st.integers(1, max(1, len(image) - 1)), max_size=4)) - {len(image)}
    bounds = [0, *sorted(cuts), len(image)]
    labeller = SlabLabeller(image.shape, image.dtype, threshold, **asked)
    for i in data.draw(st.permutations(range(len(bounds) - 1))):
        labeller.add(image[bounds[i] : bounds[i + 1]], bounds[i])
    assert_same(labeller.finish(), connected_components(image, threshold, **asked))


@settings(max_examples=30, deadline=None)
@given(images(), st.integers(1, 5))
def test_threads_and_slab_size_change_nothing(case, n_threads):
    image, threshold = case
    whole = connected_components(image, threshold, n_threads=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(components, "_SLAB_VOXELS_MOST", 2 * image[0].size)
        assert_same(connected_components(image, threshold, n_threads=n_threads), whole)


@settings(max_examples=40, deadline=None)
@given(images())
def test_memory_order_dtype_and_writeability_change_nothing(case):
    image, threshold = case
    whole = connected_components(image, threshold)
    frozen = image.copy()
    frozen.flags.writeable = False
    wide = np.zeros((*image.shape[:-1], 2 * image.shape[-1]), image.dtype)
    wide[..., ::2] = image
    for other in (np.asfortranarray(image), frozen, wide[..., ::2], image.astype(image.dtype.newbyteorder())):
        assert_same(connected_components(other, threshold), whole)
    if image.dtype == np.int16:
        moved = (image.astype(np.int32) + 32768).astype(np.uint16)
        shifted = connected_components(moved, threshold + 32768)
        np.testing.assert_array_equal(shifted.labels(), whole.labels())
        np.testing.assert_array_equal(shifted.table["min"], whole.table["min"] + 32768)


@settings(max_examples=20, deadline=None)
@given(images())
def test_masks_are_images_of_0_and_1(case):
    image, threshold = case
    mask = image >= threshold
    for other in (mask, np.asfortranarray(mask)):
        assert_same(connected_components(other, 1), connected_components(mask.astype(np.int16), 1))


@settings(max_examples=40, deadline=None)
@given(images())
def test_flips_permute_components(case):
    image, threshold = case
    for connectivity in connectivities(image.ndim):
        sizes = np.sort(connected_components(image, threshold, connectivity=connectivity).table["sum_sq"])
        for axis in range(image.ndim):
            flipped = connected_components(np.flip(image, axis), threshold, connectivity=connectivity)
            np.testing.assert_array_equal(np.sort(flipped.table["sum_sq"]), sizes)


@pytest.mark.parametrize("name", hard_cases())
def test_hard_cases(name, monkeypatch):
    image = hard_cases()[name]
    for slab in (1, 10**9):
        monkeypatch.setattr(components, "_SLAB_VOXELS_MOST", slab)
        for connectivity in connectivities(3):
            for turned in (image, image.transpose(1, 0, 2), image.transpose(2, 1, 0), 1 - image):
                found = connected_components(turned, 1, connectivity=connectivity)
                np.testing.assert_array_equal(found.labels(), scipy_labels(turned, 1, connectivity))
                assert found.table["n_voxels"].sum() == (turned >= 1).sum()


def test_more_components_than_uint16_holds():
    image = np.zeros((9, 300, 300), np.int16)
    image[::2, ::2, ::2] = 1
    found = connected_components(image, 1)
    assert found.n_components == 5 * 150 * 150 > 65535
    assert found.labels().dtype == np.uint32
    np.testing.assert_array_equal(found.labels(), scipy_labels(image, 1, 26))
    few = found.keep(np.arange(found.n_components) < 65535)
    assert few.labels().dtype == np.uint16
    assert few.labels().max() == 65535


@pytest.mark.slow
def test_rows_longer_than_uint16_holds():
    image = np.zeros((2, 2, 70_000), np.int16)
    image[0, 0, 65_530:65_540] = image[1, 1, 69_999] = image[1, 0, ::7] = 1
    found = connected_components(image, 1, connectivity=6)
    np.testing.assert_array_equal(found.labels(), scipy_labels(image, 1, 6))


@pytest.mark.parametrize(
    ("threshold", "n"), [(5, 1), (4.5, 1), (5.0001, 0), (np.inf, 0), (-np.inf, 1), (1e9, 0), (-1e9, 1)]
)
def test_thresholds(threshold, n):
    image = np.full((2, 3, 4), 5, np.int16)
    found = connected_components(image, threshold)
    assert found.n_components == n
    assert (found.labels() == n).all()
    assert connected_components(image.astype(np.uint16), threshold).n_components == n


@pytest.mark.parametrize(
    ("image", "asked", "word"),
    [
        (np.zeros((2, 2, 2), np.int16), {"threshold": np.nan}, "NaN"),
        (np.zeros((2, 2, 2), np.int16), {"seed_threshold": np.nan}, "NaN"),
        (np.zeros((2, 2, 2), np.int16), {"connectivity": 8}, "connectivity 8"),
        (np.zeros((2, 2), np.int16), {"connectivity": 26}, "connectivity 26"),
        (np.zeros((2, 2), np.int16), {"connectivity": 5}, "use 4, 8"),
        (np.zeros((2, 2), np.float32), {}, "float32"),
        (np.zeros((2, 2), np.int32), {}, "int32"),
        (np.zeros(3, np.int16), {}, "dimensions"),
        (np.zeros((1, 1, 1, 1), np.int16), {}, "dimensions"),
        (np.zeros((2, 2), np.int16), {"min_voxels": 0}, "min_voxels"),
        (np.zeros((2, 2), np.int16), {"n_threads": 0}, "n_threads"),
    ],
)
def test_wrong_use(image, asked, word):
    with pytest.raises(UsageError, match=word) as caught:
        connected_components(image, **{"threshold": 1, **asked})
    assert isinstance(caught.value, CalcisegError)


def test_slabs_must_tile_and_fit():
    labeller = SlabLabeller((4, 3, 5), np.int16, 1)
    with pytest.raises(UsageError, match="does not fit"):
        labeller.add(np.zeros((1, 3, 6), np.int16), 0)
    with pytest.raises(UsageError, match="does not fit"):
        labeller.add(np.zeros((1, 3, 5), np.uint16), 0)
    with pytest.raises(UsageError, match="cannot begin"):
        labeller.add(np.zeros((2, 3, 5), np.int16), 3)
    labeller.add(np.zeros((2, 3, 5), np.int16), 2)
    with pytest.raises(UsageError, match="slice 0"):
        labeller.finish()


def test_a_labeller_finishes_once():
    labeller = SlabLabeller((1, 3, 5), np.int16, 1)
    labeller.add(np.ones((1, 3, 5), np.int16), 0)
    assert labeller.finish().n_components == 1
    with pytest.raises(UsageError, match="slice 0"):
        labeller.finish()
