"""The cavity of a drawn trunk, and none in a limb."""

import numpy as np
import pytest

from calciseg.ct.body_cavity import find_body_cavity
from calciseg.ct.grid import AnatomyGrid
from calciseg.settings import BodyCavitySettings

SHAPE, SPACING_MM = (12, 110, 160), (3.0, 2.0, 2.0)
GRID = AnatomyGrid(
    volume_shape_zyx=SHAPE,
    volume_spacing_mm_zyx=SPACING_MM,
    factors_zyx=(1, 1, 1),
    region=(slice(0, SHAPE[0]), slice(0, SHAPE[1]), slice(0, SHAPE[2])),
)
Y_MM, X_MM = np.mgrid[: SHAPE[1], : SHAPE[2]] * 2.0 - np.array([110.0, 160.0])[:, None, None]
NOTHING = np.zeros(SHAPE, bool)


def ellipse(half_y_mm, half_x_mm):
    """Draw an ellipse in every slice."""
    one = (Y_MM / half_y_mm) ** 2 + (X_MM / half_x_mm) ** 2 <= 1
    return np.broadcast_to(one, SHAPE).copy()


def bones(n_ribs):
    """Draw a spine behind the middle and ribs at the sides and behind, 12 to 18 mm below the fascia."""
    found = (np.abs(X_MM) <= 20) & (Y_MM >= 30) & (Y_MM <= 70)
    for angle in np.linspace(-0.2 * np.pi, 1.2 * np.pi, n_ribs):
        y_mm, x_mm = 85.0 * np.sin(angle), 125.0 * np.cos(angle)
        found |= (Y_MM - y_mm) ** 2 + (X_MM - x_mm) ** 2 <= 8.0**2
    return np.broadcast_to(found, SHAPE).copy()


def find_cavity(trunk, air, bone):
    """Find the cavity of a trunk full of soft tissue, on its own grid."""
    cavity = find_body_cavity(trunk, air, NOTHING, trunk & ~bone & ~air, bone, GRID, BodyCavitySettings())
    return cavity.contents(SHAPE)


def at(mask, y_mm, x_mm):
    """Look a place up in the middle slice."""
    return bool(mask[6, round((y_mm + 110) / 2), round((x_mm + 160) / 2)])


@pytest.mark.parametrize("has_gas", [False, True])
def test_the_wall_and_the_muscles_of_the_back_lie_outside_the_cavity(has_gas):
    trunk, air = ellipse(100.0, 140.0), NOTHING.copy()
    air[:, 40:50, 70:90] = has_gas
    cavity = find_cavity(trunk, air, bones(19))
    for place in ((0, 0), (20, 60), (20, -60), (-60, 0), (40, 80), (-10, -110)):
        assert at(cavity, *place), place
    for place in ((90, 0), (80, 20), (50, 0), (-96, 0), (0, 136), (0, -136)):
        assert not at(cavity, *place), place
    assert not (cavity & ~trunk).any()


def test_without_ribs_gas_tells_the_belly():
    trunk, air = ellipse(100.0, 140.0), NOTHING.copy()
    assert not find_cavity(trunk, air, bones(0)).any()
    air[:3, 40:50, 70:90] = True
    cavity = find_cavity(trunk, air, bones(0))
    assert at(cavity, 0, 60)
    assert not at(cavity, 0, 134)


def test_limbs_have_none():
    thigh = ellipse(80.0, 85.0)
    femur = ellipse(15.0, 15.0)
    assert not find_cavity(thigh, NOTHING, femur).any()
    wide = ellipse(100.0, 150.0)  # two thighs that touch
    assert not find_cavity(wide, NOTHING, femur & (X_MM > 40)).any()
    assert not find_cavity(NOTHING, NOTHING, NOTHING).any()
