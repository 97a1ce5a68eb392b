"""Joints, tendons and nets of small vessels beside or around a lesion."""

import numpy as np
import pytest

from calciseg.ct.joints import to_joint_mm
from calciseg.ct.tags import is_in_tendon, joint_tag
from calciseg.settings import TagSettings

SPACING = (1.0, 1.0, 1.0)
SHAPE = (60, 50, 50)
Z, Y, X = np.mgrid[:60, :50, :50]


def two_bones(gap_mm):
    """Two shafts of 20 mm, end to end."""
    shaft = np.hypot(Y - 25, X - 25) < 10
    return shaft & (np.abs(Z - 29.5) > gap_mm / 2)


def ball(z, y, radius_mm=2.5):
    return (Z - z) ** 2 + (Y - y) ** 2 + (X - 25) ** 2 <= radius_mm**2


def tag_of(bone, lesion):
    return joint_tag(bone, lesion, SPACING, TagSettings())


@pytest.mark.parametrize("gap_mm", [2, 4])
def test_in_the_gap_beside_it_and_far_away(gap_mm):
    bone = two_bones(gap_mm)
    assert tag_of(bone, (np.abs(Z - 29.5) < gap_mm / 2) & (np.hypot(Y - 25, X - 25) < 5)) == "intra_articular"
    assert tag_of(bone, ball(30, 40)) == "periarticular"
    assert tag_of(bone, ball(8, 42)) is None


def test_bones_far_apart_or_one_alone_make_no_joint():
    assert to_joint_mm(two_bones(14), SPACING, TagSettings()) is None
    assert to_joint_mm(two_bones(0), SPACING, TagSettings()) is None
    assert to_joint_mm(np.zeros(SHAPE, bool), SPACING, TagSettings()) is None


def test_the_surface_lies_half_way():
    from_joint_mm = to_joint_mm(two_bones(4), SPACING, TagSettings())
    rows = np.flatnonzero((from_joint_mm == 0)[:, 25, 25])
    assert rows.size
    assert np.abs(rows - 29.5).max() <= 1.0


@pytest.mark.parametrize(("tissue_hu", "expected"), [(50, False), (100, True), (-100, False)])
def test_tendon_is_denser_than_muscle(tissue_hu, expected):
    lesion = ball(30, 25)
    hu = np.where(lesion, 500, tissue_hu).astype(np.int16)
    nothing = np.zeros(SHAPE, bool)
    assert is_in_tendon(hu, lesion, nothing, SPACING, 50.0, TagSettings()) is expected
    assert not is_in_tendon(hu, lesion, ~nothing, SPACING, 50.0, TagSettings())


def test_a_tendon_in_fat_is_no_wide_shell_of_it():
    lesion = ball(30, 25)
    hu = np.where(Y < 25, -100, 100)
    hu[lesion] = 500
    assert not is_in_tendon(hu.astype(np.int16), lesion, np.zeros(SHAPE, bool), SPACING, 50.0, TagSettings())
