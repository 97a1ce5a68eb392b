"""The body and nothing else: against cylinders, whose surface is known."""

from typing import NamedTuple

import numpy as np
import pytest
from made_bodies import AIR, FAT, MUSCLE, distance_to_mm, filled, limb, radius_mm, scanned, whole_voxels
from scipy import ndimage

from calciseg.ct.body import find_body, find_body_and_grid
from calciseg.model import VolumeGeometry
from calciseg.settings import BodySettings, GridSettings

SHAPE, SPACING = (16, 110, 110), (3.0, 1.0, 1.0)
RADIUS = 30.0


class Found(NamedTuple):
    """A body on the whole volume."""

    mask: np.ndarray
    depth_mm: np.ndarray
    is_cut: bool


def body_of(hu, spacing=SPACING):
    noisy = scanned(hu, spacing, noise_hu=12.0)
    found = find_body(noisy, whole_voxels(hu.shape, spacing), BodySettings())
    if found is None:
        return None
    grid, body = found
    assert body.mask.shape == body.depth_mm.shape == grid.shape_zyx
    return Found(grid.expand(body.mask), grid.expand(body.depth_mm), body.is_cut)


def is_equal_but_for_the_surface(mask, truth, spacing=SPACING):
    """Tell whether two masks differ only by voxels at their border within the slice."""
    cross = ndimage.generate_binary_structure(3, 1)
    cross[[0, 2]] = False
    inner, outer = ndimage.binary_erosion(truth, cross), ndimage.binary_dilation(truth, cross)
    return bool(mask[inner].all() and not mask[~outer].any())


def slab(shape, low_mm, high_mm):
    """Signed distance into a layer along y, from the middle."""
    y = (np.arange(shape[1]) - (shape[1] - 1) / 2) * SPACING[1]
    return np.broadcast_to(np.minimum(y - low_mm, high_mm - y)[None, :, None], shape)


def with_table(hu, top_mm):
    """A hollow table with a dense shell and foam inside."""
    hu = filled(hu, slab(hu.shape, top_mm, top_mm + 12), 150.0)
    return filled(hu, slab(hu.shape, top_mm + 2, top_mm + 10), -930.0)


def test_a_limb_alone():
    body = body_of(limb(SHAPE, SPACING, radius=RADIUS))
    assert is_equal_but_for_the_surface(body.mask, radius_mm(SHAPE, SPACING) <= RADIUS)
    assert not body.is_cut


def test_depth_is_the_distance_to_the_surface():
    body = body_of(limb(SHAPE, SPACING, radius=RADIUS))
    expected = RADIUS - radius_mm(SHAPE, SPACING)
    inside = expected > 2
    assert np.abs(body.depth_mm - expected)[inside].max() < 1.5
    assert not body.depth_mm[~body.mask].any()


def test_a_table_at_a_distance_is_no_body():
    body = body_of(with_table(limb(SHAPE, SPACING, radius=RADIUS), 36.0))
    assert is_equal_but_for_the_surface(body.mask, radius_mm(SHAPE, SPACING) <= RADIUS)


def test_a_table_that_carries_the_limb_is_left_but_for_the_contact():
    body = body_of(with_table(limb(SHAPE, SPACING, radius=RADIUS), RADIUS - 0.5))
    far = radius_mm(SHAPE, SPACING) > RADIUS + 6
    assert not body.mask[far].any()
    assert body.mask[radius_mm(SHAPE, SPACING) < RADIUS - 1].all()


def test_clothing_is_no_body():
    hu = limb(SHAPE, SPACING, radius=RADIUS)
    r = radius_mm(SHAPE, SPACING)
    body = body_of(filled(hu, 1.0 - np.abs(r - RADIUS - 6), FAT))
    assert is_equal_but_for_the_surface(body.mask, r <= RADIUS)


def test_two_limbs_are_both_body():
    hu = limb(SHAPE, SPACING, radius=20.0, muscle=15.0, centre_yx=(0, -26))
    hu = limb(SHAPE, SPACING, radius=20.0, muscle=15.0, centre_yx=(0, 26), air=hu)
    truth = [radius_mm(SHAPE, SPACING, (0, x)) <= 20 for x in (-26, 26)]
    assert is_equal_but_for_the_surface(body_of(hu).mask, truth[0] | truth[1])


@pytest.mark.parametrize("is_tube", [False, True], ids=["bubble", "tube through all slices"])
def test_air_inside_the_body_is_body(is_tube):
    hu = limb(SHAPE, SPACING, radius=RADIUS)
    r = radius_mm(SHAPE, SPACING) if is_tube else distance_to_mm(SHAPE, SPACING)
    body = body_of(filled(hu, 10 - r, AIR))
    assert is_equal_but_for_the_surface(body.mask, radius_mm(SHAPE, SPACING) <= RADIUS)


def test_air_that_opens_to_the_outside_is_no_body():
    hu = limb(SHAPE, SPACING, radius=RADIUS)
    x = np.arange(SHAPE[2]) - (SHAPE[2] - 1) / 2
    cleft = (np.abs(x) < 5)[None, None, :] & (slab(SHAPE, -60, 0) > 0)
    body = body_of(np.where(cleft, AIR, hu))
    assert not body.mask[ndimage.binary_erosion(cleft, np.ones((1, 3, 3)))].any()


def test_a_limb_that_leaves_the_field_of_view():
    body = body_of(limb(SHAPE, SPACING, radius=RADIUS, centre_yx=(0, 40)))
    assert body.is_cut
    assert is_equal_but_for_the_surface(body.mask, radius_mm(SHAPE, SPACING, (0, 40)) <= RADIUS)


@pytest.mark.parametrize(
    "hu",
    [
        np.full(SHAPE, AIR),
        with_table(np.full(SHAPE, AIR), 10.0),
        filled(np.full(SHAPE, AIR), 20 - distance_to_mm(SHAPE, SPACING), 3000.0),
        filled(np.full(SHAPE, AIR), 7 - distance_to_mm(SHAPE, SPACING), MUSCLE),
    ],
    ids=["air", "table", "metal", "crumb"],
)
def test_nothing_that_looks_like_a_body(hu):
    assert body_of(hu) is None


def test_a_finger_is_a_body():
    body = body_of(limb(SHAPE, SPACING, radius=7.0, skin=1.5, muscle=4.0))
    assert is_equal_but_for_the_surface(body.mask, radius_mm(SHAPE, SPACING) <= 7)


def test_the_grid_shrinks_to_the_body():
    hu = scanned(limb(SHAPE, SPACING, radius=12.0, muscle=8.0, centre_yx=(10, -20)), SPACING)
    grid, body = find_body(hu, whole_voxels(SHAPE, SPACING), BodySettings())
    assert grid.shape_zyx[1] <= 30
    assert grid.shape_zyx[2] <= 30
    assert is_equal_but_for_the_surface(grid.expand(body.mask), radius_mm(SHAPE, SPACING, (10, -20)) <= 12)


@pytest.mark.parametrize(("most", "factors"), [(100_000, (1, 1, 1)), (10_000, (1, 2, 2))])
def test_the_air_around_a_body_does_not_make_its_blocks_larger(most, factors):
    """A limb found on blocks of 2 mm for want of room is found again on its own voxels where they are few."""
    on_grid = GridSettings(max_voxels=100_000, max_body_voxels=most)
    hu = scanned(limb((16, 200, 200), SPACING, radius=20.0), SPACING, noise_hu=12.0)
    geometry = VolumeGeometry(shape_zyx=hu.shape, spacing_mm_zyx=SPACING)
    coarse_hu, grid, body = find_body_and_grid(hu, geometry, on_grid, BodySettings())
    assert grid.factors_zyx == factors
    assert coarse_hu.shape == body.mask.shape == grid.shape_zyx
    assert not body.is_cut
    if factors == (1, 1, 1):
        whole, alone = find_body(hu, whole_voxels(hu.shape, SPACING), BodySettings())
        assert grid.region == whole.region
        np.testing.assert_array_equal(body.mask, alone.mask)
        np.testing.assert_array_equal(body.depth_mm, alone.depth_mm)
