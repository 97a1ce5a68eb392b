"""An even, compact body is told from the bone it lies on, and solid bone stays bone."""

import numpy as np
import pytest
from made_bodies import CALCIUM, CORTEX, MUSCLE, distance_to_mm, filled, scanned, whole_voxels

from calciseg.ct.lumps import find_lumps
from calciseg.settings import LumpSettings

SHAPE, SPACING = (28, 64, 64), (1.0, 1.0, 1.0)
BLADE_MM = 0.8 - np.abs(np.arange(SHAPE[1]) - 40.0)[None, :, None] + np.zeros(SHAPE)
ELSEWHERE_MM = np.full(SHAPE, -9.0)


def lumps_of(lump_mm, value, blade_mm=BLADE_MM, unevenness_hu=0.0):
    """Put something on a blade of bone, thin as that of a scapula, and ask for lumps."""
    inside = value + unevenness_hu * np.random.default_rng(5).normal(size=SHAPE)
    hu = filled(filled(np.full(SHAPE, MUSCLE), lump_mm, inside), blade_mm, CORTEX)
    noisy = scanned(hu, SPACING, noise_hu=8.0)
    bone, marrow = noisy >= 130, np.zeros(SHAPE, bool)
    return find_lumps(bone, marrow, noisy, whole_voxels(SHAPE, SPACING), 1.0, LumpSettings())


@pytest.mark.parametrize("value", [350.0, CALCIUM, CORTEX])
def test_nodule_on_a_blade(value):
    """Also where it is as dense as the bone it lies on."""
    nodule_mm = 6 - distance_to_mm(SHAPE, SPACING, (0, 3.0, 0))
    lumps = lumps_of(nodule_mm, value)
    assert lumps[(nodule_mm > 1) & (BLADE_MM < -1)].mean() > 0.8
    assert not lumps[nodule_mm < -4].any()


def test_mass_by_itself():
    """Of the size of a bone, but even throughout."""
    mass_mm = 12 - distance_to_mm(SHAPE, SPACING, (0, 0, 0))
    assert lumps_of(mass_mm, CALCIUM, ELSEWHERE_MM)[mass_mm > 1].mean() > 0.9


def test_trabecular_bone_is_no_lump():
    """Uneven as it is."""
    ball_mm = 6 - distance_to_mm(SHAPE, SPACING, (0, 3.0, 0))
    assert not lumps_of(ball_mm, 450.0, unevenness_hu=700.0).any()


def test_blade_alone_is_no_lump():
    """Thin bone holds nothing that a ball fits into."""
    assert not lumps_of(ELSEWHERE_MM, CALCIUM).any()
