"""Examples for the network: what is drawn is labelled, and nothing else."""

import numpy as np
import pytest

from benchmarks.film_network.examples import UNKNOWN, on_blocks, put_into_chest
from benchmarks.film_network.shadows import KINDS, SIZES_MM, draw
from calciseg.radiograph.clues import N_CLUES


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def test_shadows_are_no_larger_than_their_square_and_not_empty(rng):
    largest_mm = max(high for _, high in SIZES_MM.values())
    drawn = [draw(rng, 0.4) for _ in range(10 * len(KINDS))]
    assert all(0 < chord.max() <= largest_mm for chord in drawn)
    assert all(chord.min() == 0 for chord in drawn)


def test_only_what_was_put_in_is_labelled(rng):
    rows, columns = np.mgrid[:400, :400]
    body = 1500 * np.exp(-(((rows - 200) / 150) ** 2) - ((columns - 200) / 150) ** 2)
    plain = (400 + body + rng.normal(0, 4, body.shape)).astype(np.uint16)
    drawn = put_into_chest(plain, rng, 12)
    assert drawn.labels.any()
    changed = drawn.values != plain
    assert changed[drawn.labels > 0].mean() > 0.9
    blocks = on_blocks(drawn, 0.4)
    assert blocks is not None
    shape = blocks["labels"].shape
    assert blocks["clues"].shape == (N_CLUES, *shape)
    assert (blocks["bone"] == UNKNOWN).all()
    assert blocks["lesion"].sum() == pytest.approx((drawn.labels > 0).sum() / (400 / shape[0]) ** 2, rel=0.1)
