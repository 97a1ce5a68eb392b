"""Components parted slab by slab are those of the masked volume."""

import numpy as np
import pytest

from calciseg.ct.parting import is_in_box, joined, parted
from calciseg.kernels import connected_components

NOTHING_HU = np.int16(np.iinfo(np.int16).min)


@pytest.mark.parametrize("n_slices", [1, 8, 19])
def test_parts_are_those_of_the_masked_volume(n_slices):
    rng = np.random.default_rng(n_slices)
    hu = rng.integers(-200, 400, (n_slices, 21, 34)).astype(np.int16)
    is_chosen = rng.random(hu.shape) < 0.4
    found = connected_components(hu, 200)
    found = found.keep(found.table["n_voxels"] > 1)
    is_dense = found.foreground()
    parts = parted(found, hu, lambda box: is_chosen[box])
    for part, mask in zip(parts, (is_chosen, ~is_chosen), strict=True):
        wanted = connected_components(np.where(is_dense & mask, hu, NOTHING_HU), 200)
        np.testing.assert_array_equal(part.labels(), wanted.labels())
        np.testing.assert_array_equal(part.table["max"], wanted.table["max"])


def test_nothing_has_two_empty_parts():
    hu = np.zeros((3, 4, 5), np.int16)
    parts = parted(connected_components(hu, 200), hu, lambda box: np.ones(hu[box].shape, bool))
    assert [part.n_components for part in parts] == [0, 0]


def test_a_box_is_that_of_the_whole_mask():
    hu = np.random.default_rng(1).integers(-200, 400, (5, 21, 34)).astype(np.int16)
    found = connected_components(hu, 200)
    box = slice(1, 4), slice(3, 20), slice(7, 30)
    np.testing.assert_array_equal(is_in_box(found, box), found.foreground()[box])


@pytest.mark.parametrize("n_slices", [1, 8, 19])
def test_joined_components_are_those_of_both_masks(n_slices):
    hu = np.random.default_rng(n_slices).integers(-200, 400, (n_slices, 21, 34)).astype(np.int16)
    every = connected_components(hu, 150)
    first, second = every.keep(every.table["max"] >= 380), every.keep(every.table["max"] < 300)
    both = joined(first, second, hu)
    wanted = connected_components(np.where(first.foreground() | second.foreground(), hu, NOTHING_HU), 150)
    np.testing.assert_array_equal(both.labels(), wanted.labels())
    np.testing.assert_array_equal(both.table["max"], wanted.table["max"])
    nothing = every.keep(np.zeros(every.n_components, bool))
    np.testing.assert_array_equal(joined(nothing, second, hu).labels(), second.labels())
    assert joined(nothing, nothing, hu).n_components == 0
