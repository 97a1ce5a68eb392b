"""The network's weights are there, and what it says of a place depends on what lies around it alone."""

import numpy as np
import pytest

from calciseg import Settings
from calciseg.radiograph.clues import N_CLUES, make_clues
from calciseg.radiograph.evidence import weigh_body
from calciseg.radiograph.film import make_film
from calciseg.radiograph.network import load_network


@pytest.fixture(scope="module")
def clues(forearm):
    film = make_film(forearm.radiograph, Settings().radiograph)
    assert film is not None
    return make_clues(film)


def test_there_is_evidence_for_every_block(clues):
    evidence = load_network().weigh(clues)
    assert clues.shape[0] == N_CLUES
    assert evidence.shape == (2, *clues.shape[1:])
    assert evidence.min() >= 0
    assert evidence.max() <= 1


def test_shifted_clues_give_shifted_evidence(clues):
    network, shift = load_network(), 32
    wide = np.pad(clues, ((0, 0), (320, 320), (320, 320)), mode="edge")
    plain, shifted = network.weigh(wide), network.weigh(wide[:, shift:, shift:])
    np.testing.assert_allclose(shifted[:, 288:-320, 288:-320], plain[:, 320:-320, 320:-320], atol=1e-5)


def test_mirrored_clues_give_mirrored_evidence(clues):
    whole = clues[:, : clues.shape[1] // 32 * 32, : clues.shape[2] // 32 * 32]
    network = load_network()
    mirrored = network.weigh(whole[:, :, ::-1])[:, :, ::-1]
    np.testing.assert_allclose(mirrored, network.weigh(whole), atol=1e-5)


def test_away_from_the_body_there_is_no_evidence(film_of):
    is_body = np.zeros((320, 320), np.bool_)
    is_body[160:200, 160:224] = True
    image = np.where(is_body, 1000.0, 0.0)
    image[175:181, 175:181] += 300
    film = film_of(image, is_body)
    found = weigh_body(film)
    assert found.shape == (2, 320, 320)
    assert not found[:, :100].any()
    assert not found[:, :, :100].any()
    whole = load_network().weigh(make_clues(film))
    assert np.mean((found > 0.5) == (whole > 0.5), where=is_body) > 0.99


def test_bone_is_where_bone_is(forearm, clues):
    film = make_film(forearm.radiograph, Settings().radiograph)
    for_bone = load_network().weigh(clues)[1] > 0.5
    truth = film.turning.lay(forearm.bone)[:: film.grid.n_block, :: film.grid.n_block]
    truth = truth[: for_bone.shape[0], : for_bone.shape[1]] & film.is_open
    assert 2 * (for_bone & truth).sum() > 0.8 * (for_bone.sum() + truth.sum())
