import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st
from volumes import images

from calciseg.errors import UsageError
from calciseg.kernels import connected_components, sum_in_blocks

factors = st.tuples(*(st.integers(1, 4),) * 3)


def boxes(draw, shape):
    """Draw half-open bounds within a shape, empty ones included."""
    return [end for n in shape for end in sorted(draw(st.tuples(*(st.integers(0, n),) * 2)))]


@settings(max_examples=60, deadline=None)
@given(images(ndim=3, longest=(7, 9, 20)), factors, st.integers(1, 3), st.data())
def test_sums_equal_twin(case, sizes, n_threads, data):
    image = case[0].view(np.int16)
    box = boxes(data.draw, image.shape)
    expected = reference.sum_in_blocks(image, box, sizes)
    for same in (image, np.asfortranarray(image)):
        got = sum_in_blocks(same, box, sizes, n_threads=n_threads)
        np.testing.assert_array_equal(got, expected, strict=True)


@settings(max_examples=60, deadline=None)
@given(images(ndim=3), factors, st.data())
def test_blocks_of_components_are_those_that_a_mask_touches(case, sizes, data):
    image, threshold = case
    found = connected_components(image, threshold)
    found = found.keep(np.arange(found.n_components) % 3 > 0)
    box = boxes(data.draw, image.shape)
    mask = found.foreground().astype(np.int16)
    expected = reference.sum_in_blocks(mask, box, sizes) > 0
    np.testing.assert_array_equal(found.blocks_in(box, sizes), expected, strict=True)


def test_the_largest_block_does_not_overflow():
    image = np.full((3, 100, 300), -32768, np.int16)
    box = (0, 3, 0, 100, 0, 300)
    assert sum_in_blocks(image, box, (3, 72, 303))[0, 0, 0] == -32768 * 3 * 72 * 300


@pytest.mark.parametrize(
    ("box", "sizes", "word"),
    [
        ((0, 2, 0, 3, 0, 5), (1, 1, 1), "does not lie"),
        ((0, 2, 0, 3), (1, 1, 1), "does not lie"),
        ((0, 2, 0, 3, 0, 4), (1, 0, 1), "blocks of"),
        ((0, 2, 0, 3, 0, 4), (256, 256, 1), "blocks of"),
    ],
)
def test_wrong_use(box, sizes, word):
    image = np.ones((2, 3, 4), np.int16)
    with pytest.raises(UsageError, match=word):
        sum_in_blocks(image, box, sizes)
    with pytest.raises(UsageError, match=word):
        connected_components(image, 1).blocks_in(box, sizes)


def test_images_without_volume_are_refused():
    with pytest.raises(UsageError, match="int16"):
        sum_in_blocks(np.zeros((2, 3, 4), np.float32), (0, 2, 0, 3, 0, 4), (1, 1, 1))
    with pytest.raises(UsageError, match="blocks of"):
        connected_components(np.ones((3, 4), np.int16), 1).blocks_in((0, 3, 0, 4), (1, 1, 1))
