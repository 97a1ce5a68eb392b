"""The circle of the field of view: told from skin, and what it cuts is no surface."""

import numpy as np
import pytest
from made_bodies import ct_volume, limb, radius_mm, scanned, with_ball

from calciseg.ct import analyze_volume
from calciseg.ct.body import find_body_and_grid
from calciseg.ct.field_edge import find_circle
from calciseg.model import FlagCode
from calciseg.settings import Settings

SHAPE, SPACING, NOTHING = (12, 96, 96), (3.0, 1.0, 1.0), -1024


def leg(centre_yx=(0.0, 0.0), *balls):
    hu = limb(SHAPE, SPACING, radius=32.0, muscle=24.0, centre_yx=centre_yx)
    for y, x, radius in balls:
        hu = with_ball(hu, SPACING, (0, y, x), radius)
    return scanned(hu, SPACING, noise_hu=8.0)


def masked(hu, radius, shift=0.0):
    """Show a circle only, about the middle or half a pixel beside it."""
    return np.where(radius_mm(SHAPE, SPACING, (shift, shift)) <= radius, hu, NOTHING).astype(np.int16)


def blanked(hu):
    """Show what is no air only, as anonymisers do."""
    return np.where(hu > -400, hu, NOTHING).astype(np.int16)


def analyzed(hu):
    return analyze_volume(ct_volume(hu, SPACING), 1, Settings())


def codes(image):
    return [issue.code.value for issue in image.issues]


@pytest.mark.parametrize("shift", [-0.5, 0.0, 0.5])
@pytest.mark.parametrize("radius", [25.0, 40.3, 48.0, 60.0])
def test_the_circle_is_found(radius, shift):
    circle = find_circle(masked(leg((0, 20)), radius, shift))
    assert circle.radius == pytest.approx(radius, abs=1.0)
    assert circle.centre_yx == pytest.approx((47.5 + shift, 47.5 + shift), abs=0.51)
    shown = masked(np.ones(SHAPE), radius, shift)[0] == 1
    assert not (circle.is_beyond((slice(0, 12), slice(0, 96), slice(0, 96))) & shown).any()


def test_the_circle_is_found_by_the_body_that_it_cuts_where_all_air_is_blank():
    circle = find_circle(blanked(masked(leg((0, 20)), 40.0)))
    assert circle.radius == pytest.approx(40.0, abs=1.0)


@pytest.mark.parametrize("centre_yx", [(0, 0), (0, 1), (0, 10), (5, -14), (0, 20)])
def test_no_circle_where_the_background_is_blank_up_to_the_skin(centre_yx):
    rows = np.arange(SHAPE[1])[:, None]
    legs = leg(centre_yx)
    oval = np.take_along_axis(legs, np.clip((rows - 48) * 10 // 9 + 48, 0, 95)[None].repeat(12, 0), 1)
    assert find_circle(blanked(oval)) is None
    if centre_yx != (0, 0):  # a round one about the middle is its own circle
        assert find_circle(blanked(legs)) is None


@pytest.mark.parametrize("hu", [leg(), np.full(SHAPE, NOTHING, np.int16)], ids=["to the corners", "nothing"])
def test_no_circle_where_none_is(hu):
    assert find_circle(hu) is None


def test_a_circle_that_cuts_no_body_changes_nothing():
    hu, settings = leg((0, 10)), Settings()
    geometry = ct_volume(hu, SPACING).geometry
    whole, shown = (
        find_body_and_grid(one, geometry, settings.grid, settings.body) for one in (hu, masked(hu, 46.0))
    )
    assert shown[2].edge is None
    assert not shown[2].is_cut
    assert shown[1] == whole[1]
    np.testing.assert_array_equal(shown[2].mask, whole[2].mask)
    np.testing.assert_array_equal(shown[2].depth_mm, whole[2].depth_mm)


@pytest.mark.parametrize("show", [lambda hu: hu, blanked], ids=["air", "blank air"])
def test_a_cut_is_told_and_is_no_skin(show):
    """Three deposits in the muscle of a leg that a circle cuts: at the cut, beside it, and far from it."""
    balls = (0, 39, 3.0), (12, 34, 2.5), (0, 8, 3.0)
    whole = analyzed(leg((0, 20), *balls))
    cut = analyzed(show(masked(leg((0, 20), *balls), 40.0)))
    assert [str(lesion.tissue_plane) for lesion in whole.lesions] == ["intramuscular"] * 3
    assert codes(cut) == ["cut_by_field_of_view"]
    assert [str(lesion.tissue_plane) for lesion in cut.lesions] == ["intramuscular"] * 3
    by_x = sorted(cut.lesions, key=lambda lesion: lesion.centroid_lps_mm[0])
    assert [FlagCode.CUT_BY_EDGE in lesion.flags for lesion in by_x] == [False, False, True]
    assert [lesion.depth_from_skin_mm is None for lesion in by_x] == [False, True, True]
    far, same = by_x[0], min(whole.lesions, key=lambda lesion: lesion.centroid_lps_mm[0])
    assert far.depth_from_skin_mm == same.depth_from_skin_mm
    assert far.distance_to_fascia_mm == pytest.approx(same.distance_to_fascia_mm, abs=1.0)


def test_a_distance_to_what_is_nowhere_is_none():
    """A field that lies wholly in muscle shows neither skin nor fascia."""
    hu = limb((12, 60, 60), SPACING, radius=80.0, muscle=70.0)
    hu = scanned(with_ball(hu, SPACING, (0, 10, 0), 4.0), SPACING, noise_hu=8.0)
    for shown in (hu, np.where(radius_mm(hu.shape, SPACING) <= 30, hu, NOTHING).astype(np.int16)):
        (lesion,) = analyzed(shown).lesions
        assert lesion.tissue_plane == "intramuscular"
        assert lesion.depth_from_skin_mm is lesion.distance_to_fascia_mm is None
