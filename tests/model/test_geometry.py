"""SimpleITK judges where voxels lie."""

import numpy as np
import pytest
import SimpleITK
from hypothesis import given
from hypothesis import strategies as st

from calciseg.model import VolumeGeometry


def rotation(angles):
    matrix = np.eye(3)
    for axis, angle in enumerate(angles):
        one, other = [i for i in range(3) if i != axis]
        turn = np.eye(3)
        turn[[one, other], [one, other]] = np.cos(angle)
        turn[one, other], turn[other, one] = -np.sin(angle), np.sin(angle)
        matrix = matrix @ turn
    return matrix


@st.composite
def geometries(draw):
    matrix = rotation(draw(st.tuples(*[st.floats(-3.2, 3.2)] * 3)))
    matrix = matrix * draw(st.sampled_from((1.0, -1.0)))  # left-handed ones, too
    return VolumeGeometry(
        shape_zyx=draw(st.tuples(*[st.integers(1, 6)] * 3)),
        spacing_mm_zyx=draw(st.tuples(*[st.floats(0.2, 6.0)] * 3)),
        origin_lps_mm=draw(st.tuples(*[st.floats(-900, 900)] * 3)),
        direction=tuple(matrix.ravel().tolist()),
    )


def as_image(geometry):
    image = SimpleITK.Image(*reversed(geometry.shape_zyx), SimpleITK.sitkUInt8)
    image.SetSpacing(geometry.spacing_mm_zyx[::-1])
    image.SetOrigin(geometry.origin_lps_mm)
    image.SetDirection(geometry.direction)
    return image


@given(geometries(), st.lists(st.tuples(*[st.floats(-5, 50)] * 3), min_size=1, max_size=5))
def test_points_lie_where_simpleitk_puts_them(geometry, points_zyx):
    image = as_image(geometry)
    expected = [image.TransformContinuousIndexToPhysicalPoint(point[::-1]) for point in points_zyx]
    np.testing.assert_allclose(geometry.lps_mm_from_zyx(np.array(points_zyx)), expected, atol=1e-6)


@given(geometries())
def test_the_matrix_does_the_same(geometry):
    corner = np.array(geometry.shape_zyx, float) - 1
    affine = geometry.affine_lps_mm_from_zyx
    np.testing.assert_allclose((affine @ [*corner, 1.0])[:3], geometry.lps_mm_from_zyx(corner), atol=1e-9)
    np.testing.assert_allclose(affine @ [0, 0, 0, 1], [*geometry.origin_lps_mm, 1])
    assert abs(np.linalg.det(affine[:3, :3])) == pytest.approx(geometry.voxel_volume_mm3)


def test_points_of_any_shape():
    geometry = VolumeGeometry(shape_zyx=(2, 3, 4), spacing_mm_zyx=(3.0, 2.0, 1.0))
    points = np.arange(24.0).reshape(2, 4, 3)
    moved = geometry.lps_mm_from_zyx(points)
    np.testing.assert_array_equal(moved, points[..., ::-1] * (1.0, 2.0, 3.0))
