"""The narrow parts of a hand are fingers, their ends are fingertips."""

import numpy as np

from calciseg import Settings
from calciseg.radiograph.hand import find_hand_regions


def test_fingers_and_their_tips_stand_out_from_the_palm(film_of):
    block_mm = 1.0
    is_body = np.zeros((200, 120), np.bool_)
    is_body[100:200, 10:110] = True
    for left in (10, 45, 80):
        is_body[20:100, left : left + 20] = True
    film = film_of(np.where(is_body, 1000.0, 0.0), is_body, block_mm)
    regions = find_hand_regions(film, Settings().hand_index)
    assert regions.region_of(150, 60) == "palm"
    for left in (10, 45, 80):
        assert regions.region_of(30, left + 10) == "fingertip"
        assert regions.region_of(70, left + 10) == "finger"
    assert regions.region_of(30, 38) is None


def test_a_limb_without_a_wide_part_has_no_fingers(film_of):
    is_body = np.zeros((120, 60), np.bool_)
    is_body[:, 20:40] = True
    film = film_of(np.where(is_body, 1000.0, 0.0), is_body, 1.0)
    assert find_hand_regions(film, Settings().hand_index).region_of(60, 30) == "palm"
