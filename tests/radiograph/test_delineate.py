"""Borders of shadows: a strand may come in pieces; a ball is drawn out to its thin border."""

import numpy as np
import pytest

from calciseg import Settings
from calciseg.model import Morphology
from calciseg.radiograph.candidates import Candidate
from calciseg.radiograph.delineate import outline
from calciseg.radiograph.shape import measure_shape

_SETTINGS = Settings().radiograph


def _candidate(core, elongation=1.0, bone_fraction=0.0):
    return Candidate(
        window=(slice(0, core.shape[0]), slice(0, core.shape[1])),
        core=core,
        elongation=elongation,
        bone_fraction=bone_fraction,
        is_accepted=True,
    )


def _outline(film_of, image, evidence, elongation, block_mm=0.4):
    film = film_of(500 + image, block_mm=block_mm)
    no_bone = np.zeros(film.image.shape, np.bool_)
    candidate = _candidate(evidence > 0, elongation)
    return film.turning.lay(outline(candidate, evidence.astype(np.float32), film, no_bone, _SETTINGS).mask)


@pytest.mark.parametrize(("elongation", "n_ends"), [(6.0, 2), (1.0, 1)])
def test_only_a_strand_may_come_in_pieces(film_of, elongation, n_ends):
    core = np.zeros((40, 30), np.bool_)
    core[10:30, 14:17] = True
    image = np.where(core, 100.0, 0.0)
    image[18:21, 14:17] = 0
    drawn = _outline(film_of, image, core, elongation)
    assert bool(drawn[12, 15]) + bool(drawn[27, 15]) == n_ends
    assert not drawn[19, 15]


@pytest.mark.parametrize("radius_mm", [2.6, 3.2])
def test_the_area_of_a_ball_is_that_of_its_shadow(film_of, radius_mm):
    block_mm = 0.2
    rows, columns = (np.indices((80, 80)) - 40) * block_mm
    chord_mm = 2 * np.sqrt(np.clip(radius_mm**2 - rows**2 - columns**2, 0, None))
    drawn = _outline(film_of, 100 * chord_mm, chord_mm > 0, 1.0, block_mm)
    area_mm2 = drawn.sum() * block_mm**2
    assert area_mm2 == pytest.approx(np.pi * radius_mm**2, rel=0.06)


def test_weak_evidence_beside_a_shadow_belongs_to_it_clear_of_bone_alone(film_of):
    evidence = np.zeros((60, 60), np.float32)
    evidence[20:40, 10:30] = 0.9
    evidence[20:40, 30:50] = (_SETTINGS.border_evidence + _SETTINGS.over_bone_border_evidence) / 2
    candidate = _candidate(evidence > 0, elongation=2.0, bone_fraction=0.5)
    film = film_of(500 + 100 * evidence)
    bone = np.zeros(evidence.shape, np.bool_)
    for bone[:, 30:], columns in ((False, 40), (True, 20)):
        drawn = outline(candidate, evidence, film, bone, _SETTINGS).mask
        assert drawn.sum() == pytest.approx(20 * columns, rel=0.1)


@pytest.mark.parametrize("edge", [2, 4])
def test_denser_bone_beside_a_dot_is_not_taken_for_it(film_of, edge):
    """Weak evidence goes on along the edge of bone, which is denser than the dot and may be larger."""
    evidence = np.zeros((60, 60), np.float32)
    evidence[28:33, 20:25] = 0.99
    evidence[33:35, 22:26] = 0.5
    evidence[35 : 35 + edge, 22:26] = 0.6
    image = np.zeros((60, 60))
    image[28:33, 20:25] = 60
    image[35:55, 22:40] = 400
    drawn = _outline(film_of, image, evidence, elongation=1.5)
    assert drawn[30, 22]
    assert not drawn[35:].any()


def test_a_closed_net_keeps_its_meshes_and_is_reticular(film_of):
    block_mm, mesh, strand = 0.2, 25, 4
    net = np.zeros((200, 200), np.bool_)
    at = np.arange(200)
    net[(at - 20) % mesh < strand] = True
    net[:, (at - 20) % mesh < strand] = True
    net[:20] = net[174:] = net[:, :20] = net[:, 174:] = False
    drawn = _outline(film_of, 100.0 * net, net, 1.0, block_mm)
    assert drawn.sum() == pytest.approx(net.sum(), rel=0.1)
    shape = measure_shape(drawn, (block_mm, block_mm), Settings().shape)
    assert shape.morphology == Morphology.RETICULAR


@pytest.mark.parametrize(("inside", "is_filled"), [(0.0, False), (80.0, True)])
def test_what_a_rim_encloses_is_part_of_it_only_where_it_is_dense(film_of, inside, is_filled):
    block_mm = 0.2
    rows, columns = (np.indices((80, 80)) - 40) * block_mm
    from_middle_mm = np.hypot(rows, columns)
    rim = (from_middle_mm < 5.0) & (from_middle_mm >= 3.5)
    image = np.where(rim, 100.0, np.where(from_middle_mm < 3.5, inside, 0.0))
    assert _outline(film_of, image, rim, 1.0, block_mm)[40, 40] == is_filled


def test_a_pinhole_is_filled(film_of):
    disk = np.hypot(*(np.indices((80, 80)) - 40)) < 20
    evidence = disk.copy()
    evidence[39:42, 39:42] = False
    assert _outline(film_of, 100.0 * evidence, evidence, 1.0, 0.2)[40, 40]
