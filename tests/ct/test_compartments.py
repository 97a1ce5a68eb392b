"""Layers of soft tissue, as if nothing in them were calcified."""

import numpy as np
import pytest
from made_bodies import CALCIUM, filled, limb, radius_mm, scanned, whole_voxels, with_ball

from calciseg.ct.body import find_body
from calciseg.ct.bone import Skeleton
from calciseg.ct.compartments import find_compartments
from calciseg.settings import BodyCavitySettings, BodySettings, CompartmentSettings

SHAPE, SPACING = (14, 80, 80), (3.0, 1.0, 1.0)
FASCIA_MM = 22.0


class Layers:
    """Compartments of a limb of 36 mm with a fascia at 22 mm, on the whole volume."""

    def __init__(self, hu, spacing=SPACING, *, are_lesions=True):
        hu = scanned(hu, spacing, noise_hu=10.0)
        grid, body = find_body(hu, whole_voxels(hu.shape, spacing), BodySettings())
        nothing = np.zeros(grid.shape_zyx, bool)
        skeleton = Skeleton(mask=nothing, was_cut_free=nothing)
        coarse = grid.mean(hu)
        self.found = find_compartments(
            coarse,
            (coarse >= 130) & body.mask,
            lambda: (coarse >= 130) & body.mask & are_lesions,
            body,
            skeleton,
            grid,
            CompartmentSettings(),
            BodyCavitySettings(),
        )
        self.body = grid.expand(body.mask)
        self.inside_fascia_mm = grid.expand(self.found.inside_fascia_mm)
        self.is_fat = grid.expand(self.found.is_fat)
        self.is_muscle = grid.expand(self.found.is_muscle)


def bare(**layers):
    return limb(SHAPE, SPACING, radius=36.0, **{"muscle": FASCIA_MM, **layers})


def off_the_fascia_mm(layers):
    """By how much the signed distance is wrong, near the fascia, away from the first and last slice."""
    truth = FASCIA_MM - radius_mm(SHAPE, SPACING)
    near = np.abs(truth) < 6
    return np.abs(layers.inside_fascia_mm - truth)[2:-2][near[2:-2]]


def test_the_fascia_is_where_muscle_ends():
    assert off_the_fascia_mm(Layers(bare())).max() < 1.5


def test_layers_hold_what_they_are_called():
    layers, r = Layers(bare()), radius_mm(SHAPE, SPACING)
    assert layers.is_muscle[r < FASCIA_MM - 2].mean() > 0.98
    assert not layers.is_muscle[r > FASCIA_MM + 1.5].any()  # neither fat nor skin
    assert layers.is_fat[(r > FASCIA_MM + 2) & (r < 32)].mean() > 0.98
    assert not (layers.is_fat & layers.is_muscle).any()


@pytest.mark.parametrize("depth_mm", [6.0, 9.0], ids=["beside skin", "in the middle of fat"])
def test_the_rim_of_a_lesion_in_fat_is_no_muscle(depth_mm):
    lesion = with_ball(bare(), SPACING, (0, 36 - depth_mm, 0), 3.0)
    layers, r = Layers(lesion), radius_mm(SHAPE, SPACING)
    assert not layers.is_muscle[r > FASCIA_MM + 1.5].any()
    assert off_the_fascia_mm(layers).max() < 1.5


@pytest.mark.parametrize("centre_mm", [FASCIA_MM - 3, FASCIA_MM, FASCIA_MM + 3])
@pytest.mark.parametrize("radius", [4.0, 6.0])
def test_the_fascia_is_drawn_on_behind_a_lesion(centre_mm, radius):
    layers = Layers(with_ball(bare(), SPACING, (0, centre_mm, 0), radius))
    assert off_the_fascia_mm(layers).max() < 3.0
    assert np.median(off_the_fascia_mm(layers)) < 0.8


def test_a_sheet_on_the_fascia_leaves_it_in_place():
    r = radius_mm(SHAPE, SPACING)
    y = np.broadcast_to((np.arange(80) - 39.5)[None, :, None], SHAPE)
    sheet = np.where(y > 0, 1.2 - np.abs(r - FASCIA_MM), -9.0)
    assert off_the_fascia_mm(Layers(filled(bare(), sheet, CALCIUM))).max() < 2.5


def test_fat_between_muscles_lies_inside_the_fascia():
    r = radius_mm(SHAPE, SPACING)
    x = np.abs(np.arange(80) - 39.5)[None, None, :]
    seam = np.where(np.broadcast_to(r < FASCIA_MM + 2, SHAPE), 1.5 - np.broadcast_to(x, SHAPE), -9.0)
    layers = Layers(filled(bare(), seam, -100.0))
    middle = np.broadcast_to(x < 1, SHAPE) & (r < 16)
    assert (layers.inside_fascia_mm[middle] > 0).all()
    assert layers.is_fat[middle].mean() > 0.95


def test_without_muscle_there_is_no_fascia():
    layers = Layers(bare(muscle=0.0))
    assert not layers.found.has_fascia
    assert np.isneginf(layers.inside_fascia_mm[layers.body]).all()


def test_thick_skin_is_no_muscle():
    layers = Layers(bare(skin=3.0, muscle=0.0))
    assert not layers.found.has_fascia


def test_thick_skin_of_wide_voxels_is_no_muscle():
    shape, spacing = (8, 40, 40), (3.0, 3.0, 3.0)
    r = radius_mm(shape, spacing)
    below = np.broadcast_to((np.arange(40) - 19.5)[None, :, None] > 12, shape)
    hu = limb(shape, spacing, radius=54.0, muscle=33.0)
    layers = Layers(filled(hu, np.where(below, np.minimum(54 - r, r - 45), -9.0), 40.0), spacing)
    assert not layers.is_muscle[r > 37].any()
    assert (layers.inside_fascia_mm[(r > 38) & (r < 44)] < 0).all()


def test_what_is_dense_but_no_lesion_is_no_muscle():
    ball, r = with_ball(bare(), SPACING, (0, 0, 0), 6.0), radius_mm(SHAPE, SPACING)[7]
    behind, beside = Layers(ball).is_muscle[7], Layers(ball, are_lesions=False).is_muscle[7]
    assert behind[r < 20].all()
    assert not beside[r < 6].any()
    assert beside[(r > 9) & (r < 20)].all()
