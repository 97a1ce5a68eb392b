"""Large even bodies hang on bone by next to nothing; thin bone is uneven or meets bone with all its edge."""

import numpy as np
import pytest
from made_bodies import MUSCLE, filled, scanned, whole_voxels

from calciseg.ct.hangers import find_hangers
from calciseg.ct.solids import split_at_necks
from calciseg.settings import HangerSettings

SHAPE, SPACING = (50, 60, 110), (1.0, 1.0, 1.0)
Z_MM, Y_MM, X_MM = np.meshgrid(*(np.arange(n) - n / 2 for n in SHAPE), indexing="ij", sparse=True)
BONE_MM = 11 - np.hypot(Y_MM, X_MM + 35) + 0 * Z_MM
NECK_MM = 1.6 - np.hypot(Z_MM, Y_MM) + np.where((X_MM > -26) & (X_MM < -15), 0.0, -99.0)


def sheet_mm(first_mm=-20.0):
    """Depth in a sheet of 36 by 50 mm, 8 mm thick but for a thinner line, where it falls into two parts."""
    thickness_mm = 4.0 - 2.0 * np.exp(-(((X_MM - 5) / 2) ** 2))
    across_mm = np.minimum(thickness_mm - np.abs(Y_MM), 18.0 - np.abs(Z_MM))
    return np.minimum(across_mm, np.minimum(X_MM - first_mm, 30.0 - X_MM))


def hangers_of(body_mm, unevenness_hu=0.0):
    """Scan solid bone with what lies at it; return the shares of it and of bone that hang, and parts."""
    inside = 800.0 + unevenness_hu * np.random.default_rng(2).normal(size=SHAPE)
    solid = filled(np.full(SHAPE, MUSCLE), BONE_MM, 1200.0, 1.0)
    hu = filled(solid, np.maximum(body_mm, NECK_MM), inside, 1.0)
    noisy = scanned(hu, SPACING, noise_hu=10.0)
    parts = split_at_necks(noisy >= 150, SPACING, neck_ratio=0.7)
    is_of_bone = np.bincount(parts.labels[BONE_MM > 0], minlength=len(parts.radii_mm)) > 0
    may_hang = ~is_of_bone
    may_hang[0] = False
    hangs = find_hangers(parts, may_hang, noisy, whole_voxels(SHAPE, SPACING), HangerSettings())[parts.labels]
    is_sheet = (body_mm > 0) & (X_MM > -14)
    return hangs[is_sheet].mean(), hangs[BONE_MM > 0].mean(), len(np.unique(parts.labels[is_sheet & hangs]))


def test_a_sheet_on_a_thin_neck_hangs_with_all_its_parts():
    share, of_bone, n_parts = hangers_of(sheet_mm())
    assert share > 0.95
    assert of_bone == 0
    assert n_parts > 1


SMALL_MM = np.minimum(sheet_mm(), np.minimum(-10 - X_MM, 4 - np.abs(Z_MM)))


@pytest.mark.parametrize(
    ("body_mm", "unevenness_hu"),
    [(sheet_mm(), 500.0), (sheet_mm(first_mm=-30.0), 0.0), (SMALL_MM, 0.0)],
    ids=["uneven", "runs into the bone with all its edge", "small"],
)
def test_what_may_be_thin_bone_does_not_hang(body_mm, unevenness_hu):
    assert hangers_of(body_mm, unevenness_hu)[0] == 0
