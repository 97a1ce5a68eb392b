"""Which evidence makes a candidate, and which candidates are stones in the veins of the pelvis."""

import numpy as np
import pytest

from calciseg import Settings
from calciseg.model import ExclusionReason, ImageHeader
from calciseg.radiograph.bone import BoneShadow
from calciseg.radiograph.candidates import find_candidates
from calciseg.radiograph.explain import explain

_SETTINGS = Settings().radiograph
_NO_BONE = BoneShadow(mask=np.zeros((200, 200), bool), contrast=0.0)


def _film(film_of):
    return film_of(np.full((200, 200), 500.0) + np.random.default_rng(0).normal(0, 4, (200, 200)))


def _evidence(side: int, weak: float, at: tuple[int, int] = (60, 60)) -> np.ndarray:
    """A square of weak evidence with a strong block in its middle."""
    evidence = np.zeros((200, 200), np.float32)
    row, column = at
    evidence[row : row + side, column : column + side] = weak
    evidence[row + side // 2, column + side // 2] = 0.99
    return evidence


@pytest.mark.parametrize(
    ("side", "weak", "is_accepted"),
    [(8, 0.5, True), (20, 0.5, False), (20, 0.75, True), (60, 0.55, False), (60, 0.9, True)],
)
def test_a_large_candidate_needs_evidence_all_over(film_of, side, weak, is_accepted):
    (candidate,) = find_candidates(_film(film_of), _evidence(side, weak), _NO_BONE, _SETTINGS)
    assert candidate.is_accepted == is_accepted
    assert candidate.core.sum() == side**2


def test_without_strong_evidence_nothing_is_accepted(film_of):
    evidence = np.where(_evidence(8, 0.7) > 0, np.float32(0.7), np.float32(0))
    (candidate,) = find_candidates(_film(film_of), evidence, _NO_BONE, _SETTINGS)
    assert not candidate.is_accepted


@pytest.mark.parametrize(("side", "is_accepted"), [(5, False), (16, True)])
def test_a_small_candidate_needs_more_evidence_than_a_large_one(film_of, side, is_accepted):
    evidence = np.where(_evidence(side, 0.93) > 0, np.float32(0.93), np.float32(0))
    (candidate,) = find_candidates(_film(film_of), evidence, _NO_BONE, _SETTINGS)
    assert candidate.is_accepted == is_accepted


@pytest.mark.parametrize(("column", "is_in_body"), [(96, True), (104, False)])
def test_a_candidate_may_reach_beyond_where_the_body_begins(film_of, column, is_in_body):
    is_body = np.zeros((200, 200), bool)
    is_body[:, :100] = True
    film = film_of(np.full((200, 200), 500.0), is_body)
    (found,) = find_candidates(film, _evidence(10, 0.9, (60, column)), _NO_BONE, _SETTINGS)
    assert (found.core.sum(), found.is_accepted, found.is_in_body) == (100, True, is_in_body)


def test_weak_evidence_beside_the_body_is_nothing(film_of):
    is_body = np.zeros((200, 200), bool)
    is_body[:, :100] = True
    weak = np.minimum(_evidence(10, 0.5, (60, 104)), np.float32(0.5))
    assert not list(find_candidates(film_of(np.full((200, 200), 500.0), is_body), weak, _NO_BONE, _SETTINGS))


@pytest.mark.parametrize(("length", "is_accepted"), [(6, True), (40, False)])
def test_a_line_over_bone_needs_more_evidence(film_of, length, is_accepted):
    evidence = np.zeros((200, 200), np.float32)
    evidence[60 : 60 + length, 60:65] = 0.975
    bone = BoneShadow(mask=np.ones((200, 200), bool), contrast=50.0)
    (candidate,) = find_candidates(_film(film_of), evidence, bone, _SETTINGS)
    assert candidate.is_accepted == is_accepted


@pytest.mark.parametrize(
    ("weak", "strongest", "is_accepted"),
    [(0.6, 0.975, True), (0.6, 0.95, False), (0.84, 0.95, True), (0.84, 0.9, False)],
)
def test_over_bone_even_evidence_needs_less_of_a_peak(film_of, weak, strongest, is_accepted):
    evidence = _evidence(9, weak)
    evidence[evidence > 0.98] = strongest
    bone = BoneShadow(mask=np.ones((200, 200), bool), contrast=50.0)
    (candidate,) = find_candidates(_film(film_of), evidence, bone, _SETTINGS)
    assert candidate.is_accepted == is_accepted


@pytest.mark.parametrize(
    ("at", "side", "body_part", "reason"),
    [
        ((100, 100), 10, "PELVIS", ExclusionReason.PHLEBOLITH),
        ((100, 100), 10, "KNEE", None),
        ((100, 100), 20, "PELVIS", None),
        ((100, 10), 10, "PELVIS", None),
    ],
)
def test_small_round_ones_within_the_pelvic_ring_are_stones(film_of, at, side, body_part, reason):
    ring = np.zeros((200, 200), bool)
    ring[40:160, 40:160] = True
    ring[60:160, 60:140] = False  # its lower end is cut off
    bone = BoneShadow(mask=ring, contrast=50.0)
    film = _film(film_of)
    (candidate,) = find_candidates(film, _evidence(side, 0.95, at), bone, _SETTINGS)
    header = ImageHeader(
        series_instance_uid="1.2", sop_instance_uids=("1.2.3",), modality="CR", body_part=body_part
    )
    (why,) = explain([candidate], film, bone, header, _SETTINGS)
    assert (why and why.reason) == reason
    if why is not None:
        assert why.evidence == (
            "round (1.0 times as long as wide), 4.5 mm across, within the ring of the pelvis",
        )


@pytest.mark.parametrize(
    ("down_mm", "right_mm", "are_walls"),
    [(0.0, 7.0, True), (0.0, 12.0, False), (32.0, 0.0, True), (46.0, 0.0, False), (30.0, 7.0, True)],
)
def test_two_lines_are_walls_of_a_vessel_only_where_one_could_have_both(
    film_of, down_mm, right_mm, are_walls
):
    """Lines of 24 x 2 mm, so many millimetres apart from middle to middle: fascial deposits look so, too."""
    evidence = np.zeros((200, 200), np.float32)
    evidence[20:80, 60:65] = 0.95
    down, right = round(down_mm / 0.4), round(right_mm / 0.4)
    evidence[20 + down : 80 + down, 60 + right : 65 + right] = 0.95
    film = _film(film_of)
    header = ImageHeader(series_instance_uid="1.2", sop_instance_uids=("1.2.3",), modality="CR")
    candidates = list(find_candidates(film, evidence, _NO_BONE, _SETTINGS))
    reason = ExclusionReason.VASCULAR if are_walls else None
    explained = explain(candidates, film, _NO_BONE, header, _SETTINGS)
    assert [why and why.reason for why in explained] == [reason] * 2


def test_a_candidate_is_as_long_as_its_blocks_spread(film_of):
    rows, columns = np.mgrid[:200, :200]
    tilted, across = (rows - 60) * 0.8 + (columns - 60) * 0.6, (columns - 60) * 0.8 - (rows - 60) * 0.6
    shapes = (np.hypot(tilted / 20, across / 5) < 1, (rows == 150) & (abs(columns - 150) < 2))
    evidence = np.where(shapes[0] | shapes[1], np.float32(0.9), np.float32(0))
    ellipse, dots = find_candidates(_film(film_of), evidence, _NO_BONE, _SETTINGS)
    spread = np.linalg.eigvalsh(np.cov(np.argwhere(shapes[0]).T) + np.eye(2) / 12)
    assert ellipse.elongation == pytest.approx(np.sqrt(spread[1] / spread[0]), rel=1e-9)
    assert dots.core.sum() == 3
    assert dots.elongation == 1.0
