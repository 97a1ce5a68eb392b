import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from volumes import images

from calciseg.errors import UsageError
from calciseg.kernels import connected_components


@settings(max_examples=40, deadline=None)
@given(images(), st.data())
def test_labels_in_a_box(case, data):
    image, threshold = case
    found = connected_components(image, threshold)
    pairs = [sorted(data.draw(st.tuples(st.integers(0, n), st.integers(0, n)))) for n in image.shape]
    part = found.labels()[tuple(slice(a, b) for a, b in pairs)]
    np.testing.assert_array_equal(found.labels_in([b for pair in pairs for b in pair]), part)


@settings(max_examples=30, deadline=None)
@given(images(), st.integers(0, 3))
def test_masks_and_runs(case, margin):
    image, threshold = case
    found = connected_components(image, threshold)
    dense = found.labels()
    for label in range(1, min(found.n_components, 5) + 1):
        box, mask = found.mask(label)
        np.testing.assert_array_equal(mask, dense[box] == label)
        assert mask.sum() == found.table["n_voxels"][label - 1]
        wide, wide_mask = found.mask(label, margins=range(margin, margin + image.ndim))
        np.testing.assert_array_equal(wide_mask, dense[wide] == label)
        for axis, (part, more, n) in enumerate(zip(box, wide, image.shape, strict=True)):
            assert more == slice(max(0, part.start - margin - axis), min(n, part.stop + margin + axis))
    rows = dense.reshape(-1, image.shape[-1])
    painted = np.zeros_like(rows)
    for row, start, stop, label in zip(*found.runs, strict=True):
        painted[row, start:stop] = label
    np.testing.assert_array_equal(painted, rows)


@settings(max_examples=40, deadline=None)
@given(images(), st.data())
def test_keep_drops_and_merges(case, data):
    image, threshold = case
    found = connected_components(image, threshold)
    n = found.n_components
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    kept = found.keep(rng.random(n) < 0.5)
    assert set(np.unique(kept.labels())) <= set(range(kept.n_components + 1))
    groups = rng.integers(0, 4, n)
    merged = found.keep(groups)
    assert merged.n_components == len(set(groups) - {0})
    dense = merged.labels()
    first = [np.flatnonzero(dense == i + 1)[0] for i in range(merged.n_components)]
    assert first == sorted(first)
    np.testing.assert_array_equal(merged.table["first_voxel"], np.array(first, np.int64))
    np.testing.assert_array_equal(
        merged.table["n_voxels"], np.bincount(dense.ravel(), minlength=merged.n_components + 1)[1:]
    )
    assert merged.table["sum"].sum() == image[dense > 0].sum(dtype=np.int64)


@settings(max_examples=20, deadline=None)
@given(images(), st.sampled_from((np.int16, np.uint32, np.int64, np.uint16)))
def test_painting_into_an_array_that_holds_something(case, dtype):
    image, threshold = case
    found = connected_components(image, threshold)
    out = np.full(image.shape, 77, dtype)
    assert found.labels(out=out) is out
    np.testing.assert_array_equal(out, found.labels())
    np.testing.assert_array_equal(found.labels(dtype, n_threads=2), out)


def test_table_is_read_only_and_names_its_columns():
    found = connected_components(np.ones((2, 3, 4), np.int16), 1)
    with pytest.raises(ValueError, match="read-only"):
        found.table["n_voxels"][0] = 1
    with pytest.raises(KeyError):
        found.table["volume"]
    assert len(found.table) == len(list(found.table)) == 11
    assert "11" not in repr(found.table)
    assert "n_components=1" in repr(found)


def test_painting_nothing_clears_out():
    out = np.full((2, 2, 2), 5, np.uint16)
    assert not connected_components(np.zeros((2, 2, 2), np.int16), 1e9).labels(out=out).any()


def test_wrong_use():
    found = connected_components(np.indices((3, 20, 20)).sum(axis=0).astype(np.int16) % 2, 1, connectivity=6)
    with pytest.raises(UsageError, match="do not fit"):
        found.labels(np.uint8)
    with pytest.raises(UsageError, match="do not fit"):
        found.labels(np.float32)
    with pytest.raises(UsageError, match="C-ordered"):
        found.labels(out=np.zeros((3, 20, 21), np.uint16))
    with pytest.raises(UsageError, match="give one"):
        found.labels(np.uint32, out=np.zeros((3, 20, 20), np.uint16))
    with pytest.raises(UsageError, match="does not lie"):
        found.labels_in([0, 1, 0, 2, 0, 21])
    with pytest.raises(UsageError, match="does not lie"):
        found.labels_in([0, 1, 0, 2])
    with pytest.raises(UsageError, match="no label 0"):
        found.mask(0)
    with pytest.raises(UsageError, match="one bool or int"):
        found.keep([True])


@settings(max_examples=40, deadline=None)
@given(images(), st.data())
def test_foreground_and_painting_over(case, data):
    image, threshold = case
    found = connected_components(image, threshold)
    found = found.keep(
        np.array(data.draw(st.lists(st.booleans(), min_size=1, max_size=3)) * found.n_components)[
            : found.n_components
        ]
    )
    n_threads, first = data.draw(st.integers(1, 3)), data.draw(st.integers(0, 90))
    dense = found.labels()
    np.testing.assert_array_equal(found.foreground(n_threads=n_threads), dense > 0, strict=True)
    canvas = np.full(image.shape, 7, np.uint32)
    found.paint_over(canvas, first, n_threads=n_threads)
    np.testing.assert_array_equal(canvas, np.where(dense > 0, dense.astype(np.uint32) + first, 7))


def test_painting_over_what_does_not_fit():
    found = connected_components(np.ones((2, 3, 4), np.int16), 1)
    with pytest.raises(UsageError, match="do not fit uint8"):
        found.paint_over(np.zeros((2, 3, 4), np.uint8), 255)
    with pytest.raises(UsageError, match="do not fit"):
        found.paint_over(np.zeros((2, 3, 4), np.uint16), -1)
    with pytest.raises(UsageError, match="shape"):
        found.paint_over(np.zeros((2, 4, 3), np.uint16))
