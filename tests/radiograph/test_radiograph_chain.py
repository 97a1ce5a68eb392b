"""The same film, however it was stored, gives the same lesions; what was not measured is None."""

from dataclasses import replace

import numpy as np
import pytest

from calciseg import Settings
from calciseg.model import ExclusionReason, TissuePlane
from calciseg.radiograph import analyze_radiograph
from calciseg.radiograph.turning import find_turning

TURNS = [
    (lambda a: np.rot90(a, 1)),
    (lambda a: np.rot90(a, 2)),
    (lambda a: np.rot90(a, 3)),
    (lambda a: a[:, ::-1]),
    (lambda a: a[::-1].T),
]


def analysed(film, **changes):
    changes = {name: np.ascontiguousarray(v) if name == "values" else v for name, v in changes.items()}
    return analyze_radiograph(replace(film, **changes), 1, Settings())


@pytest.fixture(scope="module")
def plain(forearm):
    return analysed(forearm.radiograph)


def test_nodules_clear_of_bone_are_found(forearm, plain):
    labels = plain.maps.labels[0]
    clear = [one for one in forearm.lesions if one.bone_fraction < 0.2]
    assert clear
    assert any((labels[one.window][one.shadow] > 0).mean() > 0.5 for one in clear)
    assert ExclusionReason.BONE in {line.reason for line in plain.excluded}
    assert all(line.evidence and all(line.evidence) for line in plain.excluded)


def test_measures_follow_from_the_map(plain):
    for lesion in plain.lesions:
        rows, columns = np.nonzero(plain.maps.labels[0] == lesion.label)
        assert lesion.n_pixels == len(rows)
        assert lesion.area_mm2 == pytest.approx(len(rows) * 0.16)
        assert lesion.centroid_yx == pytest.approx((rows.mean(), columns.mean()))
        assert lesion.bbox_yx == ((rows.min(), rows.max() + 1), (columns.min(), columns.max() + 1))
        assert (plain.maps.planes[0][rows, columns] == lesion.tissue_plane.map_value).all()
        if lesion.tissue_plane == TissuePlane.INDETERMINATE:
            assert len(lesion.possible_planes) > 1
            assert lesion.depth_from_skin_mm is None
    assert plain.totals.n_pixels == sum(one.n_pixels for one in plain.lesions)


@pytest.mark.parametrize("turn", TURNS)
def test_a_turned_film_gives_exactly_the_same_lesions(forearm, plain, turn):
    values = forearm.radiograph.values
    n_rows, n_columns = turn(values).shape
    turned = analysed(forearm.radiograph, values=turn(values), field_yx=((0, n_rows), (0, n_columns)))
    assert len(plain.lesions) == len(turned.lesions) > 0
    np.testing.assert_array_equal(turned.maps.labels[0] > 0, turn(plain.maps.labels[0] > 0))
    np.testing.assert_array_equal(turned.maps.excluded[0] > 0, turn(plain.maps.excluded[0] > 0))
    assert sorted(one.n_pixels for one in plain.lesions) == sorted(one.n_pixels for one in turned.lesions)


def test_turning_is_undone_by_its_way_back():
    values = np.random.default_rng(0).integers(0, 4000, (37, 50)).astype(np.uint16)
    for turn in TURNS:
        turned = np.ascontiguousarray(turn(values))
        turning = find_turning(turned)
        np.testing.assert_array_equal(turning.back(turning.lay(turned)), turned)
        np.testing.assert_array_equal(turning.lay(turned), find_turning(values).lay(values))


def same_areas(plain, other):
    """Ask for each lesion that stands out whether the other film has it in the same size."""
    strong = [one for one in plain.lesions if one.contrast_to_noise >= 5]
    assert strong
    for lesion in strong:
        overlap = other.maps.labels[0][plain.maps.labels[0] == lesion.label]
        same = other.lesions[int(np.bincount(overlap).argmax()) - 1]
        assert same.n_pixels == pytest.approx(lesion.n_pixels, rel=0.03, abs=1)  # whole pixels


@pytest.mark.parametrize("n_bits", [8, 10, 15, 16])
def test_the_number_of_bits_changes_areas_by_less_than_three_percent(forearm, plain, n_bits):
    share = forearm.radiograph.values / (2**forearm.bits_stored - 1)
    values = np.rint(share * (2**n_bits - 1)).astype(np.uint16)
    same_areas(plain, analysed(forearm.radiograph, values=values))


@pytest.mark.parametrize("scale", [1.0, 7.5, 15.9])
def test_a_linear_look_up_changes_areas_by_less_than_three_percent(forearm, plain, scale):
    values = np.rint(forearm.radiograph.values * scale + 11).astype(np.uint16)
    same_areas(plain, analysed(forearm.radiograph, values=values))


def test_without_spacing_nothing_is_in_millimetres(forearm):
    result = analysed(forearm.radiograph, spacing_mm_yx=None)
    assert result.geometry.spacing_mm_zyx == (1.0, 1.0, 1.0)
    assert result.totals.area_mm2 is None
    assert result.totals.integrated_attenuation_mm2 is None
    for one in (*result.lesions, *result.excluded, *result.totals.by_plane.values()):
        assert one.area_mm2 is None
    for lesion in result.lesions:
        assert lesion.max_diameter_mm is lesion.integrated_attenuation_mm2 is None


@pytest.mark.parametrize("values", [np.zeros((90, 80)), np.full((90, 80), 700), np.zeros((3, 2))])
def test_an_empty_film_fails_without_totals(forearm, values):
    shape = values.shape
    result = analysed(
        forearm.radiograph, values=values.astype(np.uint16), field_yx=((0, shape[0]), (0, shape[1]))
    )
    assert (result.status, result.totals, result.maps) == ("failed", None, None)
    assert [issue.code for issue in result.issues] == ["no_body_found"]


def test_a_film_without_lesions_is_measured(forearm):
    rows, columns = np.indices((300, 260))
    values = np.where(np.abs(columns - 130) < 80, 900 + rows % 2, 20)
    result = analysed(forearm.radiograph, values=values.astype(np.uint16), field_yx=((0, 300), (0, 260)))
    assert (result.status, result.totals.n_lesions, result.totals.area_mm2) == ("measured", 0, 0.0)
