"""Fat around a lesion among muscles."""

import numpy as np
import pytest

from calciseg.ct.gaps import fat_around, gap_around
from calciseg.settings import PlaneSettings

SPACING = (2.0, 1.0, 1.0)


def around(gap_voxels, *, noise_hu=0.0, is_other=None):
    """A nodule of 6 mm in muscle, with a gap of fat so wide on either side of its middle plane."""
    z, y, x = np.mgrid[:15, :30, :30]
    hu = np.full(z.shape, 55.0)
    hu[:, 15 - gap_voxels : 15 + gap_voxels] = -100.0
    lesion = ((z - 7) * 2) ** 2 + (y - 15) ** 2 + (x - 15) ** 2 <= 9
    hu[lesion] = 600
    hu += np.random.default_rng(0).normal(0, noise_hu, hu.shape)
    other = np.zeros(hu.shape, bool) if is_other is None else is_other
    return fat_around(hu.astype(np.int16), lesion, other, SPACING, PlaneSettings())


@pytest.mark.parametrize("noise_hu", [0.0, 15.0, 30.0])
def test_in_muscle_there_is_none(noise_hu):
    assert abs(around(0, noise_hu=noise_hu)) < 0.04


@pytest.mark.parametrize("noise_hu", [0.0, 15.0])
def test_a_gap_shows_and_a_wider_one_more(noise_hu):
    narrow, wide = around(1, noise_hu=noise_hu), around(3, noise_hu=noise_hu)
    assert 0.13 < narrow < 0.35
    assert wide > narrow + 0.2


def test_in_fat_all_is_fat():
    assert around(15) == pytest.approx(1.0)


def test_where_nothing_is_left_to_look_at_it_says_none():
    assert around(3, is_other=np.ones((15, 30, 30), bool)) == 0.0


def seen_around(is_fat, *, noise_hu=0.0, sd_hu=10.0):
    """A nodule of 6 mm in muscle, with fat where a rule of places in mm around it says."""
    z, y, x = np.mgrid[:15, :30, :30]
    places = ((z - 7) * 2.0, y - 15.0, x - 15.0)
    lesion = sum(part**2 for part in places) <= 9
    hu = np.where(is_fat(*places), -100.0, 55.0)
    hu[lesion] = 600
    hu += np.random.default_rng(0).normal(0, noise_hu, hu.shape)
    nothing = np.zeros(hu.shape, bool)
    return gap_around(hu.astype(np.int16), lesion, nothing, SPACING, sd_hu, PlaneSettings())


def test_a_gap_is_seen_on_more_sides_than_fat_beside_a_nodule_is():
    gap, beside = seen_around(lambda z, y, x: abs(y) < 1.5), seen_around(lambda z, y, x: y > 5)
    assert gap > PlaneSettings().gap_fat_share > beside > 0


@pytest.mark.parametrize("noise_hu", [0.0, 15.0, 35.0, 60.0])
def test_noise_is_not_taken_for_a_gap(noise_hu):
    assert seen_around(lambda z, y, x: np.zeros(z.shape, bool), noise_hu=noise_hu, sd_hu=noise_hu) < 0.12


def test_where_nothing_is_left_no_gap_is_seen():
    hu, lesion = np.full((15, 30, 30), 55, np.int16), np.zeros((15, 30, 30), bool)
    lesion[7, 15, 15] = True
    assert gap_around(hu, lesion, ~lesion, SPACING, 10.0, PlaneSettings()) == 0.0
