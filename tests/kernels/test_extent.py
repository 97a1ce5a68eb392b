"""Feret diameters are those of their slow twin."""

import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st

from calciseg.errors import UsageError
from calciseg.kernels import feret_mm


@settings(max_examples=100, deadline=None)
@given(
    st.tuples(*[st.integers(1, 7)] * 3),
    st.integers(0, 2**32 - 1),
    st.sampled_from((0.0, 0.02, 0.2, 0.6, 1.0)),
    st.tuples(*[st.sampled_from((0.37, 1.0, 3.0))] * 3),
)
def test_feret_equals_its_twin(shape, seed, share, spacing):
    mask = np.random.default_rng(seed).random(shape) < share
    for one, steps in ((mask, spacing), (mask[0], spacing[1:])):
        assert feret_mm(one, steps) == pytest.approx(reference.feret_mm(one, steps), rel=1e-12)


@pytest.mark.parametrize(("mask", "spacing"), [(np.ones(3, bool), (1,)), (np.ones((2, 2, 2)), (1, 1, 1))])
def test_what_is_no_mask_is_refused(mask, spacing):
    with pytest.raises(UsageError):
        feret_mm(mask, spacing)
