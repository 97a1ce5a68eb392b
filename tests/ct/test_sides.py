import numpy as np
import pytest

from calciseg.ct.body import Body
from calciseg.ct.grid import choose_grid
from calciseg.ct.sides import Sides
from calciseg.kernels import connected_components
from calciseg.model import VolumeGeometry, holds_face, region_of
from calciseg.settings import Settings

SHAPE = (3, 40, 120)


def sides(*boxes, stated=None, body_part=None, face_rows=None):
    """Give site and side of a column of a body of boxes of columns, which rise to the left."""
    mask = np.zeros(SHAPE, np.bool_)
    for first, stop in boxes:
        mask[:, 10:30, first:stop] = True
    geometry = VolumeGeometry(
        shape_zyx=SHAPE,
        spacing_mm_zyx=(2.0, 2.0, 2.0),
        origin_lps_mm=(0, 0, 0),
        direction=(1, 0, 0, 0, 1, 0, 0, 0, 1),
    )
    grid = choose_grid(geometry, Settings().grid)
    body = Body(
        mask=grid.touched_by(connected_components(mask.astype(np.int16), 1)),
        depth_mm=np.zeros(grid.shape_zyx, np.float32),
        is_cut=False,
    )
    found = Sides(body=body, stated=stated, body_part=body_part, face_rows=face_rows)
    return lambda column: found.place_of(grid.block_of(np.array([[1, 20, column], [1, 21, column]])))


TWO_LEGS = ((5, 50), (70, 115))
TRUNK_AND_ARM = ((5, 85), (95, 110))
ONE_LEG = ((30, 90),)


@pytest.mark.parametrize(
    ("boxes", "body_part", "column", "side", "site"),
    [
        (TWO_LEGS, "THIGH", 20, "right", "thigh"),
        (TWO_LEGS, "Thigh", 100, "left", "thigh"),
        (TWO_LEGS, None, 100, "left", None),
        (ONE_LEG, "LEG", 40, None, "lower_leg"),
        (ONE_LEG, None, 40, None, None),
        (ONE_LEG, "PELVIS", 35, "right", "pelvis"),
        (ONE_LEG, "PELVIS", 60, "midline", "pelvis"),
        (ONE_LEG, "PELVIS", 85, "left", "pelvis"),
        (TRUNK_AND_ARM, "CHEST", 44, "midline", None),
        (TRUNK_AND_ARM, "PELVIS", 100, "left", None),
        (TRUNK_AND_ARM, "ARM", 100, None, None),
    ],
)
def test_side_and_site(boxes, body_part, column, side, site):
    assert sides(*boxes, body_part=body_part)(column) == (site, side)


def test_the_header_wins():
    assert sides(*TWO_LEGS, stated="left", body_part="THIGH")(20) == ("thigh", "left")


@pytest.mark.parametrize(
    ("written", "region"),
    [("UPPER ARM", "upper_arm"), ("upper_arm", "upper_arm"), ("CHEST", None), (None, None)],
)
def test_regions(written, region):
    assert region_of(written) == region


@pytest.mark.parametrize(
    ("n_rows", "body_part", "site"),
    [(25, "HEAD", "face"), (15, "HEAD", None), (0, "HEAD", None), (25, "NECK", "neck")],
)
def test_the_front_of_a_head_is_face(n_rows, body_part, site):
    place_of = sides((20, 100), body_part=body_part, face_rows=np.full(SHAPE[0], n_rows))
    assert place_of(60) == (site, "midline")


def test_the_image_tells_the_face_where_the_header_names_more_than_that():
    assert all(holds_face(part) for part in ("HEAD", "Skull", "HEAD NECK"))
    assert not any(holds_face(part) for part in ("FACE", "NECK", "CHEST", None))
