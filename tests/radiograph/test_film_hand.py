"""The narrow parts of a hand are fingers, their ends are fingertips."""

from types import SimpleNamespace

import numpy as np
import pytest

from calciseg import Settings
from calciseg.model import ImageHeader, LesionMaps, PlaneReason
from calciseg.radiograph.bone import BoneShadow
from calciseg.radiograph.hand import HandRegions, find_hand_regions, hand_index
from calciseg.radiograph.measure import measure_lesions
from calciseg.radiograph.profile import find_skin_line


def _at(regions: HandRegions, row: int, column: int) -> str | None:
    return regions.region_of((np.array([row]), np.array([column])))


def test_fingers_and_their_tips_stand_out_from_the_palm(film_of):
    block_mm = 1.0
    is_body = np.zeros((200, 120), np.bool_)
    is_body[100:200, 10:110] = True
    for left in (10, 45, 80):
        is_body[20:100, left : left + 20] = True
    film = film_of(np.where(is_body, 1000.0, 0.0), is_body, block_mm)
    regions = find_hand_regions(film, Settings().hand_index)
    assert _at(regions, 150, 60) == "palm"
    for left in (10, 45, 80):
        assert _at(regions, 30, left + 10) == "fingertip"
        assert _at(regions, 70, left + 10) == "finger"
    assert _at(regions, 30, 38) is None
    over_two_fingers = np.full(60, 70), np.arange(12, 72)
    assert regions.labels[70, 42] == 0
    assert regions.region_of(over_two_fingers) == "finger"


@pytest.mark.parametrize("spacing_mm", [(1.0, 1.0), (1.0, 0.5)])
def test_the_palm_is_as_large_with_much_forearm_as_with_little(film_of, spacing_mm):
    """A palm of 80 x 90 mm, four fingers of 80 mm and a thumb, on a forearm 50 mm wide."""
    areas = []
    for forearm in (30, 110):
        is_body = np.zeros((200 + forearm, 140), np.bool_)
        is_body[100:190, 40:120] = True
        is_body[190:, 55:105] = True
        is_body[150:168, 2:40] = True
        for left in (40, 61, 82, 103):
            is_body[20:100, left : left + 17] = True
        is_body = np.repeat(is_body, round(1 / spacing_mm[1]), axis=1)
        film = film_of(np.where(is_body, 1000.0, 0.0), is_body, block_mm_yx=spacing_mm)
        regions = find_hand_regions(film, Settings().hand_index)
        areas.append(float((regions.labels == 3).sum() * film.grid.block_mm2))
        middle = is_body.shape[1] * 4 // 7
        assert _at(regions, 185, middle) == "palm"
        assert _at(regions, 225, middle) is None
    assert areas[0] == pytest.approx(areas[1], rel=0.01)


def _narrow(film_of):
    is_body = np.zeros((120, 60), np.bool_)
    is_body[:, 20:40] = True
    return film_of(np.where(is_body, 1000.0, 0.0), is_body, 1.0)


def test_a_limb_without_a_wide_part_has_no_fingers(film_of):
    assert _at(find_hand_regions(_narrow(film_of), Settings().hand_index), 60, 30) == "palm"


def test_a_film_of_a_finger_is_finger_and_has_no_index_of_a_hand(film_of):
    settings = Settings().hand_index
    regions = find_hand_regions(_narrow(film_of), settings, is_finger=True)
    assert _at(regions, 60, 30) == _at(regions, 5, 30) == "finger"
    assert regions.site_of((np.array([60]), np.array([30]))) == "finger"
    assert hand_index((), regions, (), 1.0, settings) is None


def test_what_is_no_denser_than_its_surroundings_does_not_raise_the_index(film_of):
    settings = Settings().hand_index
    regions = find_hand_regions(_narrow(film_of), settings)
    lesions = [SimpleNamespace(area_mm2=24.0, density_grade=grade) for grade in (0.0, 0.1)]
    none, little = (hand_index((one,), regions, ("palm",), 1.0, settings) for one in lesions)
    assert (none.value, little.value) == (0.0, 1.0)


def _measured_in_a_finger(film_of, view: str | None, strength: float):
    """Measure a spot beside the bone of a finger."""
    film = _narrow(film_of)
    labels = np.zeros((1, 120, 60), np.uint16)
    labels[0, 60:63, 26:28] = 1
    maps = LesionMaps(labels=labels, planes=np.zeros(labels.shape, np.uint8), excluded=np.zeros_like(labels))
    bone = np.zeros((120, 60), np.bool_)
    bone[:, 29:31] = True
    header = ImageHeader(series_instance_uid="1", sop_instance_uids=("1",), modality="DX", view=view)
    (lesion,) = measure_lesions(
        maps,
        np.full((120, 60), strength, np.float32),
        film,
        BoneShadow(mask=bone, contrast=100.0),
        find_skin_line(film),
        find_hand_regions(film, Settings().hand_index, is_finger=True),
        header,
        (1.0, 1.0),
        Settings(),
    ).lesions
    return lesion


@pytest.mark.parametrize(
    ("view", "is_from_front"),
    [("PA", True), ("AP", True), ("DP", True), ("pa", True), ("LATERAL", False), ("Lat", False),
     ("ML", False), ("XTL", False), ("LLO", False), ("", False), (None, False)],
)  # fmt: skip
def test_beside_the_bones_of_a_finger_is_fat_only_from_front_or_back(film_of, view, is_from_front):
    lesion = _measured_in_a_finger(film_of, view, 50.0)
    assert lesion.site == "finger"
    assert (lesion.plane_reason == PlaneReason.IN_PROFILE) == is_from_front


@pytest.mark.parametrize(("strength", "grade"), [(50.0, 0.5), (-50.0, 0.0)])
def test_what_is_drawn_where_nothing_is_dense_has_no_negative_density(film_of, strength, grade):
    lesion = _measured_in_a_finger(film_of, "PA", strength)
    assert (lesion.density_grade, lesion.integrated_attenuation_mm2) == (grade, grade * 6)
