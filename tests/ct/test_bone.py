"""Bone is a shell around marrow, or denser at its rim; calcification is neither."""

import numpy as np
import pytest
from made_bodies import (
    CALCIUM,
    CORTEX,
    MARROW,
    MUSCLE,
    distance_to_mm,
    filled,
    radius_mm,
    scanned,
    whole_voxels,
)

from calciseg.ct.bone import find_bone
from calciseg.ct.grid import choose_grid
from calciseg.kernels import connected_components
from calciseg.model import VolumeGeometry
from calciseg.settings import GridSettings, Settings

SHAPE, SPACING = (24, 64, 64), (1.5, 1.0, 1.0)


def muscle(shape=SHAPE):
    return np.full(shape, MUSCLE)


def with_tube(hu, spacing=SPACING, radius=10.0, cortex=3.0, inside=MARROW, centre_yx=(0.0, 0.0)):
    r = radius_mm(hu.shape, spacing, centre_yx)
    return filled(filled(hu, radius - r, CORTEX), radius - cortex - r, inside)


def skeleton_of(hu, spacing=SPACING, factor=1.0):
    noisy = scanned(hu, spacing, noise_hu=10.0)
    grid = whole_voxels(hu.shape, spacing)
    return find_bone(noisy >= 130 * factor, noisy, grid, factor, Settings())


@pytest.mark.parametrize("spacing", [(1.5, 1.0, 1.0), (3.0, 0.8, 0.8)])
@pytest.mark.parametrize("inside", [MARROW, 250.0], ids=["fatty marrow", "trabeculae"])
def test_a_tube_with_marrow_is_bone(inside, spacing):
    skeleton = skeleton_of(with_tube(muscle(), spacing, inside=inside), spacing)
    r = radius_mm(SHAPE, spacing)
    assert skeleton.mask[r < 9].all()
    assert not skeleton.mask[r > 12].any()
    assert not skeleton.was_cut_free.any()


def test_a_gap_in_the_shell_is_bridged():
    hu = with_tube(muscle())
    y, x = (np.arange(n) - (n - 1) / 2 for n in SHAPE[1:])
    gap = (np.abs(y)[:, None] < 1) & (x > 0)[None, :]
    skeleton = skeleton_of(np.where(gap[None] & (radius_mm(SHAPE, SPACING) < 11), MARROW, hu))
    assert skeleton.mask[radius_mm(SHAPE, SPACING) < 6].all()


@pytest.mark.parametrize("radius", [4.0, 8.0, 14.0])
def test_a_homogeneous_ball_is_no_bone(radius):
    hu = filled(muscle(), radius - distance_to_mm(SHAPE, SPACING), CALCIUM)
    assert not skeleton_of(hu).mask.any()


def test_a_calcified_sheet_around_muscle_is_no_bone():
    r = radius_mm(SHAPE, SPACING)
    assert not skeleton_of(filled(muscle(), 1.5 - np.abs(r - 25), CALCIUM)).mask.any()


@pytest.mark.parametrize(("inner_hu", "is_bone"), [(CALCIUM, False), (0.6 * CALCIUM, True)])
def test_what_is_even_around_a_little_fat_is_no_bone(inner_hu, is_bone):
    """A calcified sheet that bends around some fat; cortex is denser than the trabeculae below it."""
    y, x = (np.arange(n) - (n - 1) / 2 for n in SHAPE[1:])
    depth = np.minimum(6 - np.abs(y)[:, None], 20 - np.abs(x)[None])
    hu = np.where((depth > 0)[None], np.where(depth > 2, inner_hu, CALCIUM), muscle())
    hu[:, np.hypot(y[:, None], x[None]) < 3] = MARROW
    assert skeleton_of(hu).mask.any() == is_bone


@pytest.mark.parametrize("cortex", [6.2, 6.5])
def test_a_tube_with_a_thick_and_even_cortex_is_bone(cortex):
    skeleton = skeleton_of(with_tube(muscle(), cortex=cortex))
    assert skeleton.mask[radius_mm(SHAPE, SPACING) < 9].all()


def test_a_ring_around_muscle_is_no_bone_at_any_voltage():
    # Calcium is brighter at 80 kV, muscle is not.
    r = radius_mm(SHAPE, SPACING)
    hu = filled(muscle(), 1.5 - np.abs(r - 12), 1.36 * CALCIUM)
    assert not skeleton_of(hu, factor=1.36).mask.any()


@pytest.mark.parametrize("radius", [5.0, 6.0])
def test_a_ball_that_touches_bone_is_cut_off(radius):
    to_ball_mm = distance_to_mm(SHAPE, SPACING, (0, 0, radius))
    to_bone_mm = radius_mm(SHAPE, SPACING, (0, -10))  # the ball touches its surface at 10 mm
    hu = filled(with_tube(muscle(), centre_yx=(0, -10)), radius - to_ball_mm, CALCIUM)
    skeleton = skeleton_of(hu)
    apart = (to_ball_mm < radius - 0.5) & (to_bone_mm > 11.5)
    assert skeleton.mask[to_bone_mm < 9].mean() > 0.98
    assert skeleton.mask[apart].mean() < 0.1
    assert skeleton.was_cut_free[apart].mean() > 0.9
    assert not (skeleton.mask & skeleton.was_cut_free).any()


def slab_beside_bone(unevenness_hu):
    """A slab as large as a bone that touches one along its border, and how deep voxels lie in it."""
    hu = with_tube(muscle(), radius=9.0, centre_yx=(0.0, -22.0))
    y, x = (np.arange(n) - (n - 1) / 2 for n in SHAPE[1:])
    half_mm = np.minimum(5.0, 1.5 + 0.5 * (x + 12.5))  # it meets the bone with a blunt edge
    slab_mm = np.minimum(half_mm - np.abs(y)[:, None], 20.0 - np.abs(x - 7.5)[None, :])
    slab_mm = np.minimum(slab_mm[None], 14.0 - 1.5 * np.abs(np.arange(SHAPE[0]) - 11.5)[:, None, None])
    inside = CALCIUM + unevenness_hu * np.random.default_rng(3).normal(size=SHAPE)
    return filled(hu, slab_mm, inside), slab_mm


def test_an_even_slab_as_large_as_a_bone_is_cut_off_it():
    hu, slab_mm = slab_beside_bone(110.0)
    bone = skeleton_of(hu).mask
    assert bone[slab_mm > 1.5].mean() < 0.01
    assert bone[radius_mm(SHAPE, SPACING, (0.0, -22.0)) < 8].all()


def test_an_uneven_slab_goes_on_from_the_bone():
    hu, slab_mm = slab_beside_bone(450.0)
    assert skeleton_of(hu).mask[slab_mm > 1.5].mean() > 0.9


def test_a_ball_beside_bone_is_not_called_cut_free():
    hu = with_tube(muscle(), centre_yx=(0, -14))
    hu = filled(hu, 6 - distance_to_mm(SHAPE, SPACING, (0, 0, 12)), CALCIUM)
    skeleton = skeleton_of(hu)
    assert not skeleton.was_cut_free.any()
    assert not skeleton.mask[distance_to_mm(SHAPE, SPACING, (0, 0, 12)) <= 7].any()


def test_two_bones_with_a_joint_between_are_both_bone():
    shape = (40, 40, 40)
    z = np.abs(np.arange(40) - 19.5)[:, None, None] * 1.5
    hu = np.where(z < 2, MUSCLE, with_tube(muscle(shape), inside=250.0))
    skeleton = skeleton_of(hu)
    inside = (radius_mm(shape, SPACING) < 8) & (z > 4)
    assert skeleton.mask[inside].mean() > 0.98


def test_nothing_dense_has_no_bone():
    skeleton = skeleton_of(muscle())
    assert not skeleton.mask.any()
    assert not skeleton.was_cut_free.any()


def test_blocks_of_fine_voxels_tell_the_same():
    shape, spacing = (24, 100, 100), (0.5, 0.5, 0.5)
    hu = scanned(with_tube(muscle(shape), spacing), spacing, noise_hu=20.0)
    grid = choose_grid(VolumeGeometry(shape_zyx=shape, spacing_mm_zyx=spacing), GridSettings())
    assert grid.factors_zyx == (2, 2, 2)
    coarse = grid.mean(hu)
    skeleton = find_bone(grid.touched_by(connected_components(hu, 130)), coarse, grid, 1.0, Settings())
    r = radius_mm(shape, spacing)
    assert grid.expand(skeleton.mask)[r < 9].all()
    assert not grid.expand(skeleton.mask)[r > 12].any()


def test_trabeculae_that_average_to_muscle_are_marrow():
    # Fat with fine trabeculae: 60 HU on average, which is muscle's, but not even.
    hu = with_tube(muscle(), inside=60.0)
    grain = np.random.default_rng(1).normal(0.0, 60.0, SHAPE)
    hu = np.where(radius_mm(SHAPE, SPACING) < 6, hu + grain, hu)
    assert skeleton_of(hu).mask[radius_mm(SHAPE, SPACING) < 5].all()
