"""Where contrast medium was given, a dot in a strand that goes on in the fat lies in a vein."""

import numpy as np
import pytest
from test_ledger_of_mimics import CALCIUM, MUSCLE, SHAPE, judged, made, with_block

FAT = -100
NO_BONE = np.zeros(SHAPE, bool)


def dot_in_strand(first=0, stop=24, *, drift=0, surroundings=FAT, row=60):
    """Put a dot of 32 mm3 into a strand of 4 by 6 mm that runs from slice to slice."""
    hu = np.full(SHAPE, surroundings, np.int16)
    for z in range(first, stop):
        column = 60 + drift * (z - 12)
        hu[z, row : row + 2, column : column + 3] = MUSCLE
    return with_block(hu, (12, row + 1, 61), (1, 2, 2))


@pytest.mark.parametrize(
    "hu", [dot_in_strand(), dot_in_strand(12), dot_in_strand(stop=13), dot_in_strand(drift=1)]
)
def test_a_dot_in_a_vein_is_contrast(hu):
    assert judged(made(hu, NO_BONE, contrast="IOPAMIDOL")) == (["contrast"], 0)


@pytest.mark.parametrize(
    ("hu", "contrast"),
    [
        (dot_in_strand(), None),
        (dot_in_strand(12, 13), "IOPAMIDOL"),
        (dot_in_strand(10, 15), "IOPAMIDOL"),
        (dot_in_strand(drift=3), "IOPAMIDOL"),
        (dot_in_strand(surroundings=MUSCLE), "IOPAMIDOL"),
        (dot_in_strand(row=2), "IOPAMIDOL"),
    ],
    ids=["no contrast", "no strand", "short strand", "turns away", "in muscle", "at the surface"],
)
def test_other_dots_are_lesions(hu, contrast):
    assert judged(made(hu, NO_BONE, contrast=contrast)) == ([], 1)


def test_a_large_piece_in_a_strand_is_a_lesion():
    hu = with_block(dot_in_strand(), (12, 61, 61), (3, 2, 3), CALCIUM)
    assert judged(made(hu, NO_BONE, contrast="IOPAMIDOL")) == ([], 1)
