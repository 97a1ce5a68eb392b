"""Blocks of voxels against plain loops."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calciseg.ct.grid import choose_grid
from calciseg.kernels import connected_components
from calciseg.model import VolumeGeometry
from calciseg.settings import GridSettings

SHAPES = st.tuples(*[st.integers(1, 9)] * 3)
FACTORS = st.tuples(*[st.integers(1, 4)] * 3)


def make_grid(shape, factors):
    """Blocks of a millimetre, of voxels that divide it."""
    spacing = tuple(1.0 / f for f in factors)
    grid = choose_grid(VolumeGeometry(shape_zyx=shape, spacing_mm_zyx=spacing), GridSettings(spacing_mm=1.0))
    assert grid.factors_zyx == factors
    return grid


def random_hu(shape, seed):
    return np.random.default_rng(seed).integers(-1024, 3072, shape).astype(np.int16)


def blocks(array, factors):
    """List every block with its index, the slow and obvious way."""
    counts = [-(-n // f) for n, f in zip(array.shape, factors, strict=True)]
    for index in itertools.product(*map(range, counts)):
        yield index, array[tuple(slice(i * f, (i + 1) * f) for i, f in zip(index, factors, strict=True))]


@given(SHAPES, FACTORS, st.integers(0, 99))
def test_mean_equals_plain_loops(shape, factors, seed):
    hu, grid = random_hu(shape, seed), make_grid(shape, factors)
    mean = grid.mean(hu)
    assert mean.shape == grid.shape_zyx
    assert mean.dtype == np.int16
    for index, block in blocks(hu, factors):
        assert abs(mean[index] - block.astype(float).mean()) <= 0.5


@given(SHAPES, FACTORS, st.integers(0, 99))
def test_components_reach_every_block_that_they_touch(shape, factors, seed):
    hu, grid = random_hu(shape, seed), make_grid(shape, factors)
    touched = grid.touched_by(connected_components(hu, 2001))
    for index, block in blocks(hu > 2000, factors):
        assert touched[index] == block.any()


@given(SHAPES, FACTORS, st.data())
def test_every_voxel_gets_the_value_of_its_block(shape, factors, data):
    grid = make_grid(shape, factors)
    values = np.arange(np.prod(grid.shape_zyx)).reshape(grid.shape_zyx)
    whole = grid.expand(values)
    assert whole.shape == shape
    for index, block in blocks(whole, factors):
        assert (block == values[index]).all()
    ends = [sorted(data.draw(st.tuples(st.integers(0, n), st.integers(0, n)))) for n in shape]
    box = tuple(slice(*pair) for pair in ends)
    np.testing.assert_array_equal(grid.expand(values, box), whole[box])


@given(SHAPES, FACTORS)
def test_block_of_agrees_with_expand(shape, factors):
    grid = make_grid(shape, factors)
    values = np.arange(np.prod(grid.shape_zyx)).reshape(grid.shape_zyx)
    points = np.argwhere(np.ones(shape, bool))
    np.testing.assert_array_equal(values[grid.block_of(points)], grid.expand(values).ravel())


@given(SHAPES, FACTORS)
def test_blocks_fill_the_volume(shape, factors):
    grid = make_grid(shape, factors)
    np.testing.assert_allclose(grid.spacing_mm_zyx, (1.0, 1.0, 1.0))
    assert grid.voxel_volume_mm3 == pytest.approx(1.0)
    assert grid.expand(np.ones(grid.shape_zyx, np.uint8)).sum() == np.prod(shape)


@given(SHAPES, FACTORS, st.data())
def test_a_cropped_grid_is_a_part_of_the_whole(shape, factors, data):
    whole = make_grid(shape, factors)
    mask = np.zeros(whole.shape_zyx, bool)
    for _ in range(data.draw(st.integers(1, 3))):
        mask[tuple(data.draw(st.integers(0, n - 1)) for n in mask.shape)] = True
    grid, box = whole.cropped(mask)
    assert mask[box].sum() == mask.sum()
    assert grid.shape_zyx == mask[box].shape
    for part, n, marked in zip(box, mask.shape, np.nonzero(mask), strict=True):
        assert part.start == max(0, marked.min() - 1)  # one block around the mask, where there is one
        assert part.stop == min(n, marked.max() + 2)
    hu = random_hu(shape, 3)
    np.testing.assert_array_equal(grid.mean(hu), whole.mean(hu)[box])
    found = connected_components(hu, 2000)
    np.testing.assert_array_equal(grid.touched_by(found), whole.touched_by(found)[box])
    # A mask that ends inside the region is spread over the volume as by the whole grid.
    np.testing.assert_array_equal(grid.expand(mask[box]), whole.expand(mask))
    points = np.argwhere(whole.expand(mask))
    assert mask[box][grid.block_of(points)].all()


def test_coarse_volumes_keep_their_own_grid():
    hu = random_hu((4, 5, 6), 0)
    geometry = VolumeGeometry(shape_zyx=hu.shape, spacing_mm_zyx=(5.0, 0.8, 0.8))
    grid = choose_grid(geometry, GridSettings())
    assert grid.factors_zyx == (1, 1, 1)
    np.testing.assert_array_equal(grid.mean(hu), hu)


@given(st.tuples(*[st.floats(0.15, 6.0)] * 3))
def test_blocks_come_as_near_to_the_wanted_spacing_as_whole_voxels_can(spacing):
    geometry = VolumeGeometry(shape_zyx=(40, 40, 40), spacing_mm_zyx=spacing)
    wanted = GridSettings().spacing_mm
    for step, factor in zip(spacing, choose_grid(geometry, GridSettings()).factors_zyx, strict=True):
        others = [abs(n * step - wanted) for n in range(1, 20)]
        assert abs(factor * step - wanted) <= min(others) + 1e-9


@given(st.tuples(*[st.integers(1, 3000)] * 3), st.tuples(*[st.floats(0.2, 3.0)] * 3), st.floats(0.5, 2.0))
def test_the_number_of_blocks_is_bounded_until_blocks_are_coarsest(shape, spacing, wanted_mm):
    settings = GridSettings(spacing_mm=wanted_mm, max_voxels=1_000_000)
    grid = choose_grid(VolumeGeometry(shape_zyx=shape, spacing_mm_zyx=spacing), settings)
    for step, factor in zip(spacing, grid.factors_zyx, strict=True):
        assert factor == 1 or factor * step <= settings.coarsest_mm + 1e-9
        if np.prod(grid.shape_zyx) > settings.max_voxels:
            assert factor >= int(settings.coarsest_mm / step)
    assert grid.volume_shape_zyx == shape
