import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st

from calciseg.errors import UsageError
from calciseg.kernels import open_along_lines


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 40),
    st.integers(1, 30),
    st.floats(1, 20),
    st.sampled_from((4, 8, 12)),
    st.integers(0, 2**32 - 1),
)
def test_equal_to_twin(n_rows, n_columns, length, n_directions, seed):
    image = np.random.default_rng(seed).integers(0, 9, (n_rows, n_columns)).astype(np.float32)
    opened = open_along_lines(image, length, n_directions=n_directions)
    np.testing.assert_array_equal(
        opened, reference.open_along_lines(image, length, n_directions=n_directions), strict=True
    )
    np.testing.assert_array_equal(
        open_along_lines(image, length, n_directions=n_directions, n_threads=1), opened
    )
    assert (opened <= image).all()
    again = open_along_lines(opened, length, n_directions=n_directions)
    np.testing.assert_array_equal(again, opened)


def test_what_is_long_stays_and_what_is_compact_goes():
    image = np.zeros((60, 60), np.float32)
    image[30, 5:55] = 1
    image[10:14, 10:14] = 1
    opened = open_along_lines(image, 12)
    assert opened[30, 5:55].all()
    assert not opened[10:14, 10:14].any()


@pytest.mark.parametrize(
    ("shape", "length", "n_directions"), [((3,), 3, 12), ((3, 3), 0.5, 12), ((3, 3), 3, 6), ((3, 3), 3, 0)]
)
def test_what_makes_no_sense_is_refused(shape, length, n_directions):
    with pytest.raises(UsageError):
        open_along_lines(np.zeros(shape), length, n_directions=n_directions)
