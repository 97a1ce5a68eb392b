"""What closes a field, and what is direct exposure cut off at one value."""

import numpy as np

from calciseg import Settings
from calciseg.radiograph.field import find_field

_SETTINGS = Settings().radiograph


def _limb(width: int) -> np.ndarray:
    """A round limb across a film of 200 x 200, with nothing but zero on either side of it."""
    aside = (np.arange(200) - 100) / (width / 2)
    return np.tile(1000 * np.sqrt(np.clip(1 - aside**2, 0, None)), (200, 1)).astype(np.float32)


def test_direct_exposure_cut_off_at_zero_is_no_shutter():
    is_open = find_field(_limb(120), np.ones((200, 200), np.bool_), _SETTINGS)
    assert is_open.all()


def test_a_black_shutter_across_a_limb_closes_the_field():
    film = 50 + _limb(120)
    film[:, :60] = film[:, 140:] = 0
    is_open = find_field(film, np.ones((200, 200), np.bool_), _SETTINGS)
    assert not is_open[:, :60].any()
    assert not is_open[:, 140:].any()
    assert is_open[20:180, 65:135].all()


def test_a_round_white_shutter_with_air_before_the_body_closes_the_field():
    from_middle = np.hypot(*(np.indices((200, 200)) - 100))
    film = np.where(from_middle < 80, 1000.0, 50.0).astype(np.float32)
    film[from_middle > 84] = 2000
    is_open = find_field(film, np.ones((200, 200), np.bool_), _SETTINGS)
    assert not is_open[from_middle > 84].any()
    assert is_open[from_middle < 80].all()
