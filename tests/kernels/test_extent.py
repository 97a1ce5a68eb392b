"""Feret diameters and areas are those of their slow twins."""

import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.measure import marching_cubes, mesh_surface_area

from calciseg.errors import UsageError
from calciseg.kernels import feret_mm, mesh_area


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


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(((1.0, 1.0, 1.0), (2.0, 0.7, 0.9))))
def test_mesh_area_equals_its_twin_and_bit_for_bit_that_of_skimage(seed, spacing):
    level = np.random.default_rng(seed).random((5, 6, 7), np.float32)
    vertices, faces, _, _ = marching_cubes(level, 0.5, spacing=spacing)
    assert mesh_area(vertices, faces) == mesh_surface_area(vertices, faces)
    assert mesh_area(vertices, faces) == pytest.approx(reference.mesh_area(vertices, faces), rel=1e-5)


@pytest.mark.parametrize(
    ("vertices", "faces"),
    [(np.ones((2, 3)), [[0, 1, 2]]), (np.ones((3, 3)), [[0, -1, 2]]), (np.ones(3), [[0] * 3])],
)
def test_what_is_no_mesh_is_refused(vertices, faces):
    with pytest.raises(UsageError):
        mesh_area(vertices, np.array(faces, np.int32))
