"""Shells around components are those of their slow twin."""

import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st

from calciseg.errors import UsageError
from calciseg.kernels import connected_components, shells_of


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(1, 9), st.sampled_from((0.01, 0.1, 0.4)))
def test_equal_to_their_twin(seed, n_slices, n_rows, share):
    rng = np.random.default_rng(seed)
    image = rng.integers(-200, 200, (n_slices, n_rows, 15)).astype(np.int16)
    image[rng.random(image.shape) < share] = 1000
    found = connected_components(image, 1000)
    what = {"inner_mm": 1.3, "outer_mm": 3.1, "low": -100, "high": 60}
    got = shells_of(found, image, (2.0, 0.8, 1.1), **what)
    np.testing.assert_array_equal(got, reference.shells_of(found, image, (2.0, 0.8, 1.1), **what))


def test_many_components_on_several_threads():
    image = np.zeros((4, 60, 60), np.int16)
    image[::2, ::4, ::4] = 1000
    found = connected_components(image, 1000)
    got = shells_of(found, image, (1.0, 1.0, 1.0), inner_mm=0.5, outer_mm=1.0, low=-1, high=1)
    assert found.n_components > 400
    assert set(got.n_voxels) == {3, 4, 5, 6}
    assert (got.n_between == got.n_voxels).all()
    assert (got.median == 0).all()


def test_another_volume_is_refused():
    found = connected_components(np.ones((2, 2, 2), np.int16), 1)
    with pytest.raises(UsageError, match="volume of int16"):
        shells_of(found, np.ones((2, 2, 3), np.int16), (1, 1, 1), inner_mm=1, outer_mm=2, low=0, high=1)
