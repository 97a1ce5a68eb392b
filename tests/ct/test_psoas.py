"""A drawn psoas that leans on a kidney, and what lies before the spine or is too large for one."""

import numpy as np
import pytest

from calciseg.ct.psoas import find_psoas
from calciseg.settings import BodyCavitySettings

SPACING_MM = (3.0, 3.0, 3.0)
Y_MM, X_MM = np.mgrid[:60, :80] * 3.0 - np.array([90.0, 120.0])[:, None, None]
SPINE = (np.abs(X_MM) <= 20) & (Y_MM >= 20)
CAVITY = (np.hypot(Y_MM / 85, X_MM / 110) <= 1) & ~SPINE


def disc(y_mm, x_mm, radius_mm):
    """Draw a disc."""
    return np.hypot(Y_MM - y_mm, X_MM - x_mm) <= radius_mm


def find(soft):
    """Find a psoas in slices that are all the same, and look at the middle one."""
    cavity, tissue, bone = (np.broadcast_to(one, (5, *one.shape)).copy() for one in (CAVITY, soft, SPINE))
    return find_psoas(cavity, tissue, bone, SPACING_MM, BodyCavitySettings())[2]


@pytest.mark.parametrize("side", [-1, 1])
def test_a_psoas_is_parted_from_the_kidney_that_it_touches(side):
    psoas, kidney = disc(42, side * 40, 17), disc(30, side * 88, 28)
    bridge = (np.abs(Y_MM - 36) <= 2) & (np.abs(X_MM - side * 59) <= 6)
    found = find(psoas | kidney | bridge)
    assert found[psoas].mean() > 0.85
    assert found[kidney & ~bridge].mean() < 0.05


def test_vessels_before_the_spine_large_organs_and_distant_bowel_are_none():
    aorta, vena_cava = disc(5, -10, 9), disc(5, 30, 9)
    assert not find(aorta | vena_cava).any()
    liver = (X_MM > 27) & (Y_MM > -60)
    assert not find(liver).any()
    bowel = disc(45, 85, 12)
    assert not find(bowel).any()


def test_without_bone_there_is_none():
    psoas = disc(42, 40, 17)[None]
    nothing = np.zeros_like(psoas)
    assert not find_psoas(CAVITY[None], psoas, nothing, SPACING_MM, BodyCavitySettings()).any()
