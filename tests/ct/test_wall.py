"""What the wall of the trunk encloses."""

import numpy as np
import pytest
from made_bodies import whole_voxels

from calciseg.ct.wall import walled_in
from calciseg.settings import CompartmentSettings

SHAPE, SPACING = (3, 200, 240), (3.0, 1.0, 1.0)
_, Y, X = np.mgrid[:3, :200, :240]
OUTER = np.hypot((Y - 100) / 80, (X - 120) / 100)


def found(wall):
    return walled_in(wall, whole_voxels(SHAPE, SPACING), CompartmentSettings())


def ring(gap_mm):
    """A wall of 12 mm with a gap in front."""
    is_wall = (OUTER < 1) & (OUTER > 0.86)
    return is_wall & ~((np.abs(X - 120) < gap_mm / 2) & (Y < 100))


@pytest.mark.parametrize("gap_mm", [0, 10, 30])
def test_a_wall_with_a_gap_encloses_its_inside(gap_mm):
    inside = found(ring(gap_mm))
    assert inside[OUTER < 0.8].mean() > 0.97
    assert not inside[OUTER > 1.05].any()


def test_a_wide_opening_encloses_nothing():
    assert not found(ring(90))[OUTER > 1.0].any()
    assert not found(ring(90))[OUTER < 0.6].any()


def test_a_groove_between_two_muscles_stays_outside():
    groove = np.hypot(Y - 30, X - 120) < 14
    muscle = (Y > 30) & (Y < 90) & (np.abs(X - 120) < 70)
    assert not found(muscle & ~groove)[groove].any()


def test_what_is_wall_is_not_enclosed():
    wall = ring(10)
    assert not (found(wall) & wall).any()
