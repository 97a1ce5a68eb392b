"""A large calcified sheet is told from the skeleton that it touches; blades and ribs stay bone."""

import numpy as np
import pytest
from made_bodies import MUSCLE, filled, scanned, whole_voxels

from calciseg.ct.sheets import find_sheets
from calciseg.settings import SheetSettings

SHAPE, SPACING = (30, 60, 60), (3.0, 3.0, 3.0)
Z_MM, Y_MM, X_MM = (
    np.broadcast_to(axis, SHAPE)
    for axis in np.meshgrid(*((np.arange(n) - n / 2) * 3.0 for n in SHAPE), indexing="ij", sparse=True)
)


def sheet_mm(width_mm, start_mm=0.0):
    """Depth in a plate 7 mm thick, beside the bone; it goes on along z beyond the scan."""
    return np.minimum(3.5 - np.abs(Y_MM), (width_mm / 2) - np.abs(X_MM - start_mm - width_mm / 2))


def sheets_of(plate_mm, value=600.0, unevenness_hu=0.0):
    """Put a plate beside a long bone with marrow and ask for sheets."""
    bone_mm = 12 - np.hypot(Y_MM, X_MM + 11)
    marrow = bone_mm > 4
    hu = filled(np.full(SHAPE, MUSCLE), bone_mm, 1000.0, 3.0)
    hu[marrow] = -60
    inside = value + unevenness_hu * np.random.default_rng(2).normal(size=SHAPE)
    noisy = scanned(filled(hu, plate_mm, inside, 3.0), SPACING, noise_hu=10.0)
    grid = whole_voxels(SHAPE, SPACING)
    return find_sheets((noisy >= 130) | marrow, marrow, noisy, grid, SheetSettings()), bone_mm


FAN_MM = np.minimum(sheet_mm(80.0), np.minimum(38.0, 5.0 + 1.5 * X_MM) - np.abs(Z_MM))


def test_a_sheet_that_touches_bone_at_one_place_is_found_beyond_it():
    found, bone_mm = sheets_of(FAN_MM)
    assert found[(FAN_MM > 0) & (bone_mm < -10)].mean() > 0.8
    assert not found[bone_mm > 0].any()


@pytest.mark.parametrize(
    ("plate_mm", "unevenness_hu"),
    [(FAN_MM, 900.0), (np.minimum(FAN_MM, 30.0 - X_MM), 0.0), (sheet_mm(70.0), 0.0)],
    ids=["uneven", "small", "framed by bone"],
)
def test_thin_bone_is_no_sheet(plate_mm, unevenness_hu):
    assert not sheets_of(plate_mm, unevenness_hu=unevenness_hu)[0].any()
