"""A nodule is told from the bone it lies on by where its surface is free, and ends of bone stay bone."""

import numpy as np
import pytest
from made_bodies import CALCIUM, CORTEX, MUSCLE, distance_to_mm, filled, scanned, whole_voxels
from scipy import ndimage

from calciseg.ct.nodules import find_nodules
from calciseg.settings import NoduleSettings

SHAPE, SPACING = (28, 64, 64), (1.0, 1.0, 1.0)
PLATE_MM = 4.0 - np.abs(np.arange(SHAPE[1]) - 44.0)[None, :, None] + np.zeros(SHAPE)
"""A plate of bone 8 mm thick, whose surface lies at 40."""
SMALL_MM = 3.5 - distance_to_mm(SHAPE, SPACING, (0, 6.0, 0))
"""A ball of 7 mm that the plate cuts off: its middle lies 2.5 mm above the surface."""


def nodules_of(hu, marrow=None, spacing=SPACING):
    noisy = scanned(hu, spacing, noise_hu=8.0)
    marrow = np.zeros(SHAPE, bool) if marrow is None else marrow
    bone = (noisy >= 130) | marrow
    return find_nodules(bone, marrow, noisy, whole_voxels(SHAPE, spacing), 1.0, NoduleSettings())


def on_plate(nodule_mm, value, plate=CORTEX):
    return filled(filled(np.full(SHAPE, MUSCLE), nodule_mm, value), PLATE_MM, plate)


@pytest.mark.parametrize("value", [400.0, CALCIUM, 1000.0])
def test_small_nodule_on_thick_bone(value):
    nodules = nodules_of(on_plate(SMALL_MM, value))
    assert nodules[(SMALL_MM > 0.5) & (PLATE_MM < -1)].mean() > 0.8
    assert nodules[PLATE_MM > 1].mean() < 0.01


def test_its_blurred_rim_belongs_to_it():
    nodules = nodules_of(on_plate(SMALL_MM, CALCIUM))
    rim = (np.abs(SMALL_MM) < 0.5) & (PLATE_MM < -2)
    assert nodules[rim].mean() > 0.5


@pytest.mark.parametrize("plate", [350.0, CALCIUM, CORTEX])
def test_plate_alone_is_no_nodule(plate):
    assert not nodules_of(on_plate(np.full(SHAPE, -9.0), 0.0, plate)).any()


def test_uneven_body_is_no_nodule():
    """As the end of a bone with trabeculae is."""
    value = CALCIUM + 500.0 * np.random.default_rng(5).normal(size=SHAPE)
    assert not nodules_of(on_plate(SMALL_MM, value)).any()


def test_body_around_marrow_is_no_nodule():
    ball_mm = 5.0 - distance_to_mm(SHAPE, SPACING, (0, 4.0, 0))
    hu = on_plate(ball_mm, CALCIUM)
    assert not nodules_of(hu, marrow=ball_mm > 2.0).any()


def test_what_the_image_cuts_stays_bone():
    """A bone that goes on beyond the first slice looks like a nodule there."""
    cut_mm = 3.5 - distance_to_mm(SHAPE, SPACING, (-12.5, 6.0, 0))
    assert not nodules_of(on_plate(cut_mm, CALCIUM)).any()


def test_the_same_turned_around():
    """Looks go to all sides alike."""
    hu = on_plate(SMALL_MM, CALCIUM)
    noisy = scanned(hu, SPACING, noise_hu=8.0)

    def find(array):
        array = np.ascontiguousarray(array)
        grid = whole_voxels(array.shape, SPACING)
        marrow = np.zeros(array.shape, bool)
        return find_nodules(array >= 130, marrow, array, grid, 1.0, NoduleSettings())

    expected = find(noisy)
    assert expected.any()
    np.testing.assert_array_equal(find(noisy[:, ::-1])[:, ::-1], expected)
    np.testing.assert_array_equal(find(noisy.swapaxes(1, 2)).swapaxes(1, 2), expected)


def in_one_slice(densest_in_middle):
    """Look into a nodule in one slice of 4 mm that touches a plate of bone."""
    spacing = (4.0, 1.0, 1.0)
    _, y, x = np.ogrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]]
    profile = np.cos(np.clip(np.hypot(y - 36.0, x - 32.0) / 3.2, 0, 1) * np.pi / 2)
    value = 1000 * profile if densest_in_middle else np.where(profile > 0, 900 - 400 * profile, 0)
    hu = on_plate(np.full(SHAPE, -9.0), 0.0)
    hu[14] = np.maximum(hu[14], value[0])
    return nodules_of(hu, spacing=spacing)[14, 35:38, 31:34]


def test_a_nodule_in_one_thick_slice_may_be_uneven_if_it_is_densest_in_its_middle():
    assert in_one_slice(densest_in_middle=True).all()
    assert not in_one_slice(densest_in_middle=False).any()


@pytest.mark.parametrize("width", [2, 1])
def test_a_nodule_of_two_coarse_voxels_on_thin_bone(width):
    """One voxel, and what is no wider, tells nothing."""
    hu = np.full(SHAPE, MUSCLE)
    hu[:, 40] = CORTEX
    hu[12 : 12 + width, 38:40, 30 : 30 + width] = CALCIUM
    noisy = (hu + np.random.default_rng(1).normal(0, 8, SHAPE)).astype(np.int16)
    grid, marrow = whole_voxels(SHAPE, (3.0, 3.0, 3.0)), np.zeros(SHAPE, bool)
    nodules = find_nodules(noisy >= 130, marrow, noisy, grid, 1.0, NoduleSettings())
    assert nodules[12:14, 38:40, 30:32].all() == (width == 2)
    assert not nodules[:, 40].any()


def in_a_corner(unevenness=0.0):
    """Ask for a nodule of 8 mm that sinks half a millimetre into two plates of bone that stand square."""
    x = np.broadcast_to(np.arange(SHAPE[2]), SHAPE)
    wall_mm = 4.0 - np.abs(x - 39.5)
    nodule_mm = 4.0 - distance_to_mm(SHAPE, SPACING, (0, 4.5, 0))
    waves = ndimage.gaussian_filter(np.random.default_rng(5).normal(size=SHAPE), 1.0)
    value = 900.0 * (1 + unevenness * waves / waves.std())
    found = nodules_of(filled(on_plate(nodule_mm, value), wall_mm, CORTEX))
    return found[(nodule_mm > 0.5) & (PLATE_MM < -1) & (wall_mm < -1)].mean()


def test_an_even_nodule_may_meet_bone_on_two_sides():
    assert in_a_corner() > 0.9
    assert in_a_corner(unevenness=0.2) == 0


def test_a_less_even_nodule_is_told_by_bone_on_one_side_only():
    nodule_mm = 4.0 - distance_to_mm(SHAPE, SPACING, (0, 3.0, 0))
    waves = ndimage.gaussian_filter(np.random.default_rng(5).normal(size=SHAPE), 1.0)
    nodules = nodules_of(on_plate(nodule_mm, CALCIUM * (1 + 0.12 * waves / waves.std())))
    assert nodules[(nodule_mm > 0.5) & (PLATE_MM < -1)].mean() > 0.9
