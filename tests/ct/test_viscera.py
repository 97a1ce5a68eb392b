"""Deposits among the contents of a drawn cavity, in the muscle that lines it, at and in its wall."""

import numpy as np
import pytest

from calciseg.ct.body_cavity import BodyCavity
from calciseg.ct.grid import AnatomyGrid
from calciseg.ct.viscera import find_viscera
from calciseg.kernels import connected_components
from calciseg.settings import BodyCavitySettings

SHAPE, SPACING_MM = (30, 60, 60), (3.0, 3.0, 3.0)
GRID = AnatomyGrid(
    volume_shape_zyx=SHAPE,
    volume_spacing_mm_zyx=SPACING_MM,
    factors_zyx=(1, 1, 1),
    region=(slice(0, SHAPE[0]), slice(0, SHAPE[1]), slice(0, SHAPE[2])),
)
WITHIN, MUSCLE, OPEN = (np.zeros(SHAPE, bool) for _ in range(3))
WITHIN[:, 5:55, 5:55] = True
MUSCLE[:, 5:20, 5:20] = True
OPEN[:, 25:50, 12:30] = True  # the right half holds no fat: an organ, or muscle that was not told from it
CAVITY = BodyCavity(
    within_wall=WITHIN,
    lining=MUSCLE,
    wall_muscle=MUSCLE,
    is_open=OPEN,
    steps_zyx=(1, 1, 1),
    spacing_mm=SPACING_MM,
)


@pytest.mark.parametrize(
    ("y", "x", "expected"),
    [
        (30, 20, True),  # in fat
        (30, 10, True),  # beside fat, off the wall
        (30, 6, False),  # beside fat, at the wall
        (30, 4, False),  # across the border
        (15, 15, False),  # in muscle that lines the wall
        (30, 48, False),  # in soft tissue, where muscle of the wall may lie
        (30, 40, True),  # in soft tissue, deeper than any muscle of the wall
        (30, 1, False),  # in the wall
    ],
)
def test_only_what_lies_among_contents_is_visceral(y, x, expected):
    hu = np.zeros(SHAPE, np.int16)
    hu[14:16, y : y + 2, x : x + 2] = 500
    found = connected_components(hu, 200)
    (evidence,) = find_viscera(found, CAVITY, GRID, BodyCavitySettings())
    assert bool(evidence) == expected
    assert all(" mm within its wall" in sentence for sentence in evidence)


def test_of_nothing_nothing_is_visceral():
    found = connected_components(np.zeros(SHAPE, np.int16), 200)
    assert find_viscera(found, CAVITY, GRID, BodyCavitySettings()) == []
