"""Values behind an object are those of its slow twin, and those of the layer it lies in."""

import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st

from calciseg.errors import UsageError
from calciseg.kernels import bridge

SPACING = (2.0, 0.8, 1.1)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 6))
def test_bridge_equals_its_twin(seed, n_slices, n_rows):
    rng = np.random.default_rng(seed)
    shape = (n_slices, n_rows, 5)
    values = rng.integers(-1000, 1000, shape).astype(np.int16)
    kinds = rng.integers(0, 5, shape)
    known, barred, wanted = kinds == 1, kinds == 2, kinds != 1
    got = bridge(values, known, barred, wanted, SPACING, agree=20.0, lonely=200.0)
    twin = reference.bridge(values, known, barred, wanted, SPACING, agree=20.0, lonely=200.0)
    np.testing.assert_allclose(got, twin, rtol=1e-9)


def test_a_layer_goes_on_behind_an_object():
    layers = np.repeat(np.array([50, 50, -100, -100, -100, 40, -1000], np.int16), 3)
    values = np.broadcast_to(layers[:, None], (9, 21, 21)).copy()
    hidden = np.zeros(values.shape, bool)
    hidden[3:6, 4:17, 8:13] = True
    got = bridge(values, ~hidden, ~hidden, hidden, (1.0, 1.0, 1.0), agree=20.0, lonely=200.0)
    assert np.abs(got - values[hidden]).mean() < 20


@pytest.mark.parametrize(
    ("values", "mask"),
    [
        (np.zeros((2, 2, 2), np.float32), np.zeros((2, 2, 2), bool)),
        (np.zeros((2, 2), np.int16), np.zeros((2, 2), bool)),
        (np.zeros((2, 2, 2), np.int16), np.zeros((2, 2, 3), bool)),
    ],
)
def test_what_does_not_fit_is_refused(values, mask):
    with pytest.raises(UsageError):
        bridge(values, mask, mask, mask, (1.0, 1.0, 1.0)[: values.ndim], agree=1.0, lonely=1.0)
