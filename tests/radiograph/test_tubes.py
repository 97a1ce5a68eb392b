"""Pieces of a tube with calcified walls are told from deposits that lie in one line."""

import numpy as np
import pytest

from calciseg import Settings
from calciseg.radiograph.candidates import Candidate
from calciseg.radiograph.tubes import find_tube_pieces

_SETTINGS = Settings().radiograph
_MARGIN = 6


def _candidate(rows: slice, columns: slice) -> Candidate:
    window = (
        slice(rows.start - _MARGIN, rows.stop + _MARGIN),
        slice(columns.start - _MARGIN, columns.stop + _MARGIN),
    )
    core = np.zeros([part.stop - part.start for part in window], bool)
    core[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN] = True
    return Candidate(window=window, core=core, elongation=2.0, bone_fraction=0.0, is_accepted=True)


def _film(film_of, places: list[tuple[slice, slice]], across: np.ndarray, turned: bool):
    image = np.full((160, 160), 500.0) + np.random.default_rng(0).normal(0, 4, (160, 160))
    for rows, columns in places:
        image[rows, columns] += 100 * across[: columns.stop - columns.start]
    if turned:
        image, places = image.T, [(columns, rows) for rows, columns in places]
    return film_of(image), [_candidate(*place) for place in places]


_WALLS = np.array([1, 1, 0.4, 0.3, 0.3, 0.3, 0.3, 0.4, 1, 1])
_SOLID = np.sqrt(1 - np.linspace(-0.95, 0.95, 10) ** 2)
_PLACES = [(slice(30, 50), slice(60, 70)), (slice(62, 80), slice(60, 70))]


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("across", "is_tube"), [(_WALLS, True), (_SOLID, False)])
def test_only_what_is_denser_at_both_sides_is_a_tube(film_of, across, is_tube, turned):
    film, candidates = _film(film_of, _PLACES, across, turned)
    assert find_tube_pieces(candidates, film, _SETTINGS) == [is_tube, is_tube]


def test_what_lies_on_the_line_of_a_tube_belongs_to_it(film_of):
    rest, aside = (slice(90, 94), slice(63, 68)), (slice(30, 40), slice(110, 120))
    film, candidates = _film(film_of, [*_PLACES, rest, aside], _WALLS, turned=False)
    assert find_tube_pieces(candidates, film, _SETTINGS) == [True, True, True, False]


def test_pieces_of_unlike_width_or_far_apart_are_no_tube(film_of):
    narrow = [_PLACES[0], (slice(62, 80), slice(62, 67))]
    far = [_PLACES[0], (slice(100, 118), slice(60, 70))]
    for places in (narrow, far):
        film, candidates = _film(film_of, places, _WALLS, turned=False)
        assert find_tube_pieces(candidates, film, _SETTINGS) == [False, False]


def test_one_piece_is_no_tube(film_of):
    film, candidates = _film(film_of, _PLACES[:1], _WALLS, turned=False)
    assert find_tube_pieces(candidates, film, _SETTINGS) == [False]


def test_pieces_too_wide_or_too_short_for_an_artery_are_no_tube(film_of):
    film, candidates = _film(film_of, _PLACES, _WALLS, turned=False)
    wide = _SETTINGS.model_copy(update={"tube_most_mm": 3.5})
    assert find_tube_pieces(candidates, film, wide) == [False, False]
    short = [(slice(30, 38), slice(60, 70)), (slice(50, 58), slice(60, 70))]
    film, candidates = _film(film_of, short, _WALLS, turned=False)
    assert find_tube_pieces(candidates, film, _SETTINGS) == [False, False]


def test_flat_pieces_are_no_tube(film_of):
    film, candidates = _film(film_of, _PLACES, np.where(_WALLS == 1, 1.05, 1.0), turned=False)
    assert find_tube_pieces(candidates, film, _SETTINGS) == [False, False]
