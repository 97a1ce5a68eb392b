"""Muscle that lines a drawn cavity, and an organ and a vessel that touch its wall."""

import numpy as np

from calciseg.ct.wall_muscles import find_wall_muscles
from calciseg.settings import BodyCavitySettings

SPACING_MM = (3.0, 3.0, 3.0)
Y_MM, X_MM = np.mgrid[:60, :80] * 3.0 - np.array([90.0, 120.0])[:, None, None]


def slices(one):
    """Repeat a drawn slice."""
    return np.broadcast_to(one, (3, *one.shape)).copy()


def box(y_mm, x_mm):
    """Draw a rectangle between two heights and two columns."""
    y, x, half_y, half_x = np.mean(y_mm), np.mean(x_mm), np.ptp(y_mm) / 2, np.ptp(x_mm) / 2
    return (np.abs(Y_MM - y) <= half_y) & (np.abs(X_MM - x) <= half_x)


def test_what_ends_at_fat_is_muscle_of_the_wall_and_what_leads_on_is_an_organ():
    inside = box((-81, 81), (-111, 111))
    cavity = box((-72, 60), (-102, 102))
    spine = box((30, 81), (-18, 18))
    cavity &= ~spine
    psoas, liver = box((36, 60), (30, 54)), box((-30, 60), (-102, -60))
    aorta, bowel = box((12, 30), (-12, 12)), box((-72, -54), (60, 84))
    crus = box((36, 60), (-42, -39))  # thinner than a muscle of the wall
    soft = inside & ~cavity & ~spine | psoas | liver | aorta | bowel | crus
    lining, found = find_wall_muscles(
        slices(cavity), slices(inside), slices(soft), slices(spine), SPACING_MM, BodyCavitySettings()
    )
    assert found[1][psoas].mean() > 0.9
    assert found[1][liver].mean() < 0.1
    for none in (aorta, bowel, crus & (Y_MM < 54), ~soft, ~cavity):
        assert not found[1][none].any()
    assert lining[1][crus].all()  # too thin to be muscle for sure
    assert not (found & ~lining).any()


def test_without_a_cavity_there_is_none():
    nothing, some = np.zeros((3, 20, 20), bool), np.ones((3, 20, 20), bool)
    for none in find_wall_muscles(nothing, some, some, nothing, SPACING_MM, BodyCavitySettings()):
        assert not none.any()
