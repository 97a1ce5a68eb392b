"""The thickness of skin whose thickness is known."""

import numpy as np
import pytest
from made_bodies import limb, radius_mm, scanned, whole_voxels, with_ball

from calciseg.ct.body import find_body
from calciseg.ct.skin import measure_skin
from calciseg.settings import BodySettings, SkinSettings

SHAPE, RADIUS = (12, 80, 80), 22.0


def skin_of(thickness_mm, spacing, *, lesion=False, muscle=8.0, seed=0, site=None):
    hu = limb(SHAPE, spacing, radius=RADIUS, skin=thickness_mm, muscle=muscle)
    if lesion:
        hu = with_ball(hu, spacing, (0, RADIUS - 3, 0), 2.5)
    noisy = scanned(hu, spacing, noise_hu=12.0, seed=seed)
    grid, body = find_body(noisy, whole_voxels(SHAPE, spacing), BodySettings())
    box = (slice(2, 10), slice(48, 80), slice(20, 60))
    skin = measure_skin(
        noisy[box], noisy[box] >= 130, box, body, grid, SkinSettings(), BodySettings().surface_hu, site=site
    )
    return skin, RADIUS - radius_mm(SHAPE, spacing)[box]


@pytest.mark.parametrize("spacing", [(3.0, 0.8, 0.8), (1.0, 0.7, 0.7)])
@pytest.mark.parametrize("lesion", [False, True])
@pytest.mark.parametrize("thickness_mm", [1.0, 1.5, 2.0, 3.0, 4.0])
def test_thickness_is_measured(thickness_mm, spacing, lesion):
    skin, _ = skin_of(thickness_mm, spacing, lesion=lesion)
    assert skin.is_measured
    assert skin.thickness_mm == pytest.approx(thickness_mm, abs=0.7)


def test_thicker_skin_measures_thicker():
    spacing = (2.0, 0.8, 0.8)
    measured = [skin_of(t, spacing)[0].thickness_mm for t in (1.0, 2.0, 3.0, 4.0)]
    assert np.all(np.diff(measured) > 0)


@pytest.mark.parametrize("spacing", [(3.0, 0.8, 0.8), (1.0, 0.7, 0.7)])
def test_depth_is_the_distance_to_the_surface(spacing):
    skin, expected = skin_of(2.0, spacing)
    near = (expected > 1) & (expected < 8)
    near[:, :, :12] = near[:, :, 28:] = False  # the nearest outside may lie beside the box
    assert np.abs(skin.depth_mm - expected)[near].max() < 1.0
    assert not skin.depth_mm[expected < -1.5].any()


def test_skin_that_does_not_show_against_fat_is_assumed():
    skin, _ = skin_of(2.0, (2.0, 0.8, 0.8), muscle=RADIUS - 2.0)
    assert not skin.is_measured
    assert skin.thickness_mm == SkinSettings().default_mm


@pytest.mark.parametrize(("site", "expected"), [("back", 3.0), ("scrotum", 1.2), ("elbow", 2.0), (None, 2.0)])
def test_skin_that_does_not_show_is_as_thick_as_in_its_body_region(site, expected):
    skin, _ = skin_of(2.0, (2.0, 0.8, 0.8), muscle=RADIUS - 2.0, site=site)
    assert (skin.thickness_mm, skin.is_measured) == (expected, False)


def test_skin_that_shows_is_measured_whatever_its_body_region():
    assert skin_of(1.5, (1.0, 0.7, 0.7), site="back")[0].thickness_mm == pytest.approx(1.5, abs=0.7)
