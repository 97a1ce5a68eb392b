"""Teeth and dental work in a drawn head: what is as dense as metal in its jaws, and outside them."""

import numpy as np
import pytest
from made_bodies import MARROW, ct_volume, scanned

from calciseg.ct.chain import analyze_volume
from calciseg.settings import Settings

SPACING = (3.0, 1.0, 1.0)
N_SLICES, SIZE = 46, 180
FIRST_RING = 30
TEETH_Z, CHEEK = 12, (12, 34, 52)
"""Slice in which the jaw ends and crowns begin, and a place in the soft tissue of the cheek."""
BRAIN, BONE, DIPLOE, DENTINE, ENAMEL, SOFT = 35.0, 900.0, 250.0, 1500.0, 2300.0, 50.0


def drawn_head():
    """A skull full of brain above a face with an arch of teeth in its jaw."""
    z, y, x = np.ogrid[:N_SLICES, :SIZE, :SIZE]
    r = np.hypot(y - SIZE / 2, x - SIZE / 2) + 0 * z
    hu = np.where(r <= 82, SOFT, -1000.0)
    hu[(r <= 74) & (z >= FIRST_RING)] = BONE
    hu[(r <= 71) & (z >= FIRST_RING)] = DIPLOE
    hu[(r <= 67) & (z >= FIRST_RING)] = BONE
    hu[(r <= 64) & (z >= FIRST_RING)] = BRAIN
    spine = np.hypot(y - 130, x - SIZE / 2) + 0 * z
    hu[(spine <= 14) & (z < FIRST_RING)] = BONE
    hu[(spine <= 11) & (z < FIRST_RING)] = DIPLOE
    to_arch_mm = np.abs(np.hypot(y - 75, x - SIZE / 2) - 28) + 0 * z
    is_jaw = (y < 75) & (z >= 4) & (z <= TEETH_Z)
    hu[(to_arch_mm <= 7) & is_jaw] = BONE
    hu[(to_arch_mm <= 4) & is_jaw & (z > 4) & (y < 71)] = MARROW
    hu[(to_arch_mm <= 3) & (y < 75) & (z > TEETH_Z - 3) & (z <= TEETH_Z + 2) & (x % 8 < 6)] = DENTINE
    hu[(to_arch_mm <= 3) & (y < 75) & (z == TEETH_Z + 2) & (x % 8 < 6)] = ENAMEL
    return hu


def with_piece(hu, middle, value, half=2):
    z, y, x = middle
    hu[z : z + 2, y - half : y + half + 1, x - half : x + half + 1] = value
    return hu


IN_ARCH = (TEETH_Z, 47, 90)


def analyzed(hu):
    volume = ct_volume(scanned(hu, SPACING, noise_hu=8.0, psf_mm=0.4), SPACING, body_part="HEAD")
    return analyze_volume(volume, 1, Settings())


def listed(image):
    return {line.reason.value for line in image.excluded if line.label and line.hu_max >= 2400}


@pytest.mark.parametrize(("value", "is_metal"), [(2950.0, False), (6000.0, True)], ids=["enamel", "filling"])
def test_in_the_jaw_it_is_dental_and_only_fillings_are_metal(value, is_metal):
    hu = with_piece(drawn_head(), IN_ARCH, value)
    hu[TEETH_Z : TEETH_Z + 2, 32:36, 88:92] = 600.0  # a lesion before the teeth
    image = analyzed(hu)
    assert listed(image) == {"dental"}
    (lesion,) = image.lesions
    assert ("metal_nearby" in lesion.flags) == is_metal


def test_teeth_are_no_lesions():
    image = analyzed(drawn_head())
    assert image.lesions == ()
    assert {line.reason.value for line in image.excluded if line.label} == {"bone"}


@pytest.mark.parametrize(
    ("middle", "value", "reason"),
    [
        ((TEETH_Z - 4, 37, 90), ENAMEL, "dental"),
        ((TEETH_Z - 4, 37, 90), 1200.0, None),  # no calcium is as dense as enamel
        ((TEETH_Z - 4, 30, 90), ENAMEL, None),  # in the lip
    ],
)
def test_a_crown_that_is_no_part_of_the_jaw_is_dental(middle, value, reason):
    image = analyzed(with_piece(drawn_head(), middle, value, half=1))
    assert {line.reason.value for line in image.excluded if line.label} - {"bone"} == ({reason} - {None})
    assert len(image.lesions) == (reason is None)


def test_away_from_the_bone_of_the_jaws_it_is_metal():
    assert listed(analyzed(with_piece(drawn_head(), CHEEK, 6000.0))) == {"metal"}


def test_above_the_jaws_it_is_metal():
    assert listed(analyzed(with_piece(drawn_head(), (FIRST_RING + 8, 20, 90), 6000.0))) == {"metal"}


def test_without_a_skull_it_is_metal():
    hu = with_piece(drawn_head(), IN_ARCH, 6000.0)[:FIRST_RING]
    assert listed(analyzed(hu)) == {"metal"}
