"""A bump on a bone is told from the bone."""

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

from calciseg.ct.bumps import find_bumps
from calciseg.settings import BumpSettings

SHAPE, SPACING = (28, 64, 64), (1.0, 1.0, 1.0)
TUBE_MM = radius_mm(SHAPE, SPACING, (0, -10))


def bumps_of(bump_mm, value, core_mm=None):
    """Put something on a bone of 14 mm and ask for bumps."""
    hu = filled(np.full(SHAPE, MUSCLE), bump_mm, value)
    if core_mm is not None:
        hu = filled(hu, core_mm, MARROW)
    hu = filled(filled(hu, 14 - TUBE_MM, CORTEX), 11 - TUBE_MM, MARROW)
    noisy = scanned(hu, SPACING, noise_hu=8.0)
    marrow = TUBE_MM <= 11.5  # marrow and the inner face of the cortex
    if core_mm is not None:
        marrow |= core_mm >= 0
    bone = (noisy >= 130) | marrow
    return find_bumps(bone, marrow, noisy, whole_voxels(SHAPE, SPACING), BumpSettings())


def ball_mm(radius):
    """A ball that reaches into the bone with a broad base: the surface of the bone lies at 4 mm."""
    return radius - distance_to_mm(SHAPE, SPACING, (0, 0, 8))


@pytest.mark.parametrize("radius", [4.0, 5.0, 6.0])
def test_a_homogeneous_ball_with_a_broad_base_is_a_bump(radius):
    bumps = bumps_of(ball_mm(radius), CALCIUM)
    inner = (ball_mm(radius) > 1.5) & (TUBE_MM > 15.5)
    assert bumps[inner].mean() > 0.8
    assert not bumps[TUBE_MM < 13].any()
    assert not bumps[ball_mm(radius) < -2].any()


def test_a_process_with_marrow_is_no_bump():
    assert not bumps_of(ball_mm(6.0), CORTEX, ball_mm(3.5)).any()


def test_a_smooth_bone_has_no_bump():
    assert not bumps_of(np.full(SHAPE, -9.0), CALCIUM).any()


def test_a_crest_along_the_bone_is_no_bump():
    y, x = (np.arange(n) - (n - 1) / 2 for n in SHAPE[1:])
    crest = np.minimum(2.0 - np.abs(y)[:, None], 11.0 - x[None, :])
    assert not bumps_of(np.broadcast_to(np.minimum(crest, x[None, :]), SHAPE), CORTEX).any()


def test_nothing_is_made_up():
    nothing = np.zeros(SHAPE, bool)
    hu = np.zeros(SHAPE, np.int16)
    assert not find_bumps(nothing, nothing, hu, whole_voxels(SHAPE, SPACING), BumpSettings()).any()
