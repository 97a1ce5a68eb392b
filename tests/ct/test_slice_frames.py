"""What no slice shows where slices were moved: no air outside the body, no skin."""

import numpy as np
import pytest
from made_bodies import ct_volume, limb, scanned, with_ball

from calciseg.ct import analyze_volume
from calciseg.ct.grid import AnatomyGrid
from calciseg.ct.slice_frames import FrameEdge, SliceFrames
from calciseg.model import CtVolume, FlagCode
from calciseg.settings import Settings

SPACING, NOTHING = (3.0, 1.0, 1.0), -1024
SHAPE = (12, 96, 96)


def frames_of(n_rows, step=1, columns=(0, 96)):
    """So many rows of each slice, a step further in the next, as under gantry tilt."""
    first = np.arange(SHAPE[0]) * step
    return np.stack([[(y, y + n_rows), columns] for y in first])


def seen(hu, frames):
    """Blank what the frames do not show."""
    is_beyond = SliceFrames(yx=frames).is_beyond(tuple(slice(0, n) for n in hu.shape))
    return np.where(is_beyond, NOTHING, hu).astype(np.int16)


def analyzed(hu, frames=None):
    plain = ct_volume(hu, SPACING)
    volume = CtVolume(header=plain.header, geometry=plain.geometry, hu=plain.hu, frames_yx=frames)
    return analyze_volume(volume, 1, Settings())


def part_of_a_trunk(*balls):
    """A muscle that is larger than every slice: neither skin nor fascia is seen."""
    hu = limb(SHAPE, SPACING, radius=90.0, muscle=80.0)
    for z, y, x, radius in balls:
        hu = with_ball(hu, SPACING, (z, y, x), radius)
    return scanned(hu, SPACING, noise_hu=8.0)


def test_a_wedge_that_no_slice_shows_is_no_air_outside():
    frames = frames_of(85)
    # At the first row of the middle slices, near the last row of lower ones, and in the middle.
    hu = seen(part_of_a_trunk((0, -39.5, 0, 2.5), (-12.0, 34.0, 20.0, 3.0), (0, 4.0, 0, 3.0)), frames)
    without, lesions = analyzed(hu).lesions, analyzed(hu, frames).lesions
    assert [str(one.tissue_plane) for one in lesions] == ["intramuscular"] * 3
    assert without[1].tissue_plane == "cutaneous"
    assert all(one.depth_from_skin_mm is not None for one in without)
    assert all(one.depth_from_skin_mm is one.distance_to_fascia_mm is None for one in lesions)
    assert [FlagCode.CUT_BY_EDGE in one.flags for one in lesions] == [False, True, False]


def test_frames_that_cut_a_limb_change_nothing_far_from_the_cut():
    hu = limb(SHAPE, SPACING, radius=32.0, muscle=24.0, centre_yx=(10.0, 0.0))
    for y in (-6.0, 25.0):
        hu = with_ball(hu, SPACING, (0, y, 0), 3.0)
    whole = scanned(hu, SPACING, noise_hu=8.0)
    frames = frames_of(76)  # 5 to 17 mm of the back are not shown
    one, two = (analyzed(*image).lesions for image in ((whole,), (seen(whole, frames), frames)))
    assert [str(x.tissue_plane) for x in one] == [str(x.tissue_plane) for x in two] == ["intramuscular"] * 2
    assert one[0].depth_from_skin_mm == two[0].depth_from_skin_mm
    assert two[1].depth_from_skin_mm is None
    assert one[0].distance_to_fascia_mm == pytest.approx(two[0].distance_to_fascia_mm, abs=1.0)


def test_frames_that_cut_no_body_change_nothing():
    hu = limb(SHAPE, SPACING, radius=30.0, muscle=22.0)
    hu = scanned(with_ball(hu, SPACING, (0, 10.0, 0), 3.0), SPACING, noise_hu=8.0)
    frames = frames_of(92, step=0, columns=(3, 93))
    one, two = (analyzed(seen(hu, frames), given) for given in (None, frames))
    assert one.lesions == two.lesions
    assert one.issues == two.issues


def test_blocks_that_are_partly_shown_take_the_nearest_that_is_shown():
    grid = AnatomyGrid(
        volume_shape_zyx=(4, 11, 8),
        volume_spacing_mm_zyx=(1.0, 1.0, 1.0),
        factors_zyx=(2, 2, 2),
        region=(slice(0, 4), slice(1, 11), slice(0, 8)),
    )
    rows = [(0, 8), (1, 9), (2, 10), (3, 11)]
    edge = FrameEdge.on(grid, SliceFrames(yx=np.array([(pair, (0, 8)) for pair in rows])))
    # Rows 1 to 7 are shown by both slices of the first layer, 3 to 9 by those of the second.
    np.testing.assert_array_equal(edge.rows, [[0, 1, 2, 2, 2], [1, 1, 2, 3, 3]])
    np.testing.assert_array_equal(edge.columns, [[0, 1, 2, 3]] * 2)
    blocks = np.arange(2 * 5 * 4).reshape(2, 5, 4)
    np.testing.assert_array_equal(edge.continued(blocks)[0, :, 1], blocks[0, [0, 1, 2, 2, 2], 1])
    assert edge.is_beyond[:, :, 0].tolist() == [[False] * 3 + [True] * 2, [True] + [False] * 3 + [True]]


def test_frames_that_show_all_or_nothing_of_a_grid_are_no_edge():
    grid = AnatomyGrid(
        volume_shape_zyx=(2, 10, 10),
        volume_spacing_mm_zyx=(1.0, 1.0, 1.0),
        factors_zyx=(1, 1, 1),
        region=(slice(0, 2), slice(2, 8), slice(2, 8)),
    )
    for rows in ([(0, 9), (1, 10)], [(0, 8), (8, 10)]):
        assert FrameEdge.on(grid, SliceFrames(yx=np.array([(pair, (0, 10)) for pair in rows]))) is None
