"""Plates that end on thick bone: calcified where they are large and nearly free, or even."""

import numpy as np
import pytest
from made_bodies import CALCIUM, CORTEX, MUSCLE, whole_voxels

from calciseg.ct.plates import find_plates
from calciseg.settings import PlateSettings

SHAPE, SPACING = (30, 50, 50), (1.0, 1.0, 1.0)
BLOCK = (slice(None), slice(0, 16), slice(None))
"""Thick bone; the plates stand on it."""


def plate(height, length, contact_slices):
    """A plate two voxels thick beside the block, which it reaches in some slices only."""
    mask = np.zeros(SHAPE, bool)
    mask[4 : 4 + length, 18 : 18 + height, 24:26] = True
    mask[4 : 4 + contact_slices, 16:18, 24:26] = True
    return mask


def found(mask, *, unevenness=0.0, has_marrow=False):
    bone = mask.copy()
    bone[BLOCK] = True
    rng = np.random.default_rng(3)
    hu = np.where(mask, CALCIUM * (1 + unevenness * rng.normal(size=SHAPE)), np.where(bone, CORTEX, MUSCLE))
    marrow = mask & (np.arange(SHAPE[1]) > 24)[None, :, None] & has_marrow
    plates = find_plates(bone, marrow, hu.astype(np.int16), whole_voxels(SHAPE, SPACING), PlateSettings())
    assert not plates[BLOCK].any()
    return plates[mask].mean()


@pytest.mark.parametrize(
    ("height", "length", "contact_slices", "unevenness", "expected"),
    [
        (16, 20, 2, 0.3, 1.0),  # large and nearly free
        (16, 20, 12, 0.05, 1.0),  # even
        (16, 20, 12, 0.3, 0.0),  # as thin bone
        (10, 17, 4, 0.05, 1.0),  # small and even
        (10, 17, 4, 0.3, 0.0),
        (10, 11, 4, 0.05, 1.0),  # a strand
        (6, 9, 4, 0.05, 0.0),  # a splinter
        (8, 24, 24, 0.05, 0.0),  # a crest of bone
    ],
)
def test_a_plate_is_told_by_its_contact_and_its_evenness(
    height, length, contact_slices, unevenness, expected
):
    share = found(plate(height, length, contact_slices), unevenness=unevenness)
    assert share == pytest.approx(expected, abs=0.1)


def test_a_plate_with_marrow_is_bone():
    assert found(plate(16, 20, 2), has_marrow=True) == 0
