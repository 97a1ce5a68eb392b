"""Looks, insides and surroundings of bodies are those of their slow twins."""

import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st

from calciseg.errors import UsageError
from calciseg.kernels import WAYS_ZYX, around_body, heart_of, look_out

SPACING = (2.0, 0.8, 1.1)


def made(seed, n_slices, n_rows, share=0.4):
    """Values, and three masks of like shape, the first not empty."""
    rng = np.random.default_rng(seed)
    shape = (n_slices, n_rows, 6)
    masks = [rng.random(shape) < part for part in (share, 0.8, 0.15)]
    masks[0].flat[rng.integers(masks[0].size)] = True
    return rng.integers(100, 400, shape).astype(np.int16), masks


SIZES = st.tuples(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 7))


@settings(max_examples=12, deadline=None)
@given(SIZES, st.sampled_from((0.0, 40.5, 300.0)))
def test_looks_equal_their_twin(size, rise):
    values, (mask, within, ending) = made(*size)
    n_steps = 1 + np.arange(len(WAYS_ZYX)) % 4
    got = look_out(mask, within, ending, values, n_steps, rise)
    twin = reference.look_out(mask, within, ending, values, n_steps, rise)
    assert got[:3] == twin[:3]
    np.testing.assert_array_equal(got.held, twin[3])
    np.testing.assert_array_equal(got.crossed, twin[4])


@settings(max_examples=30, deadline=None)
@given(SIZES, st.integers(1, 30), st.floats(0, 1))
def test_hearts_equal_their_twin(size, least, share):
    values, (mask, _, _) = made(*size, share=0.7)
    got = heart_of(mask, values, SPACING, least=least, share=share, percent=80.0)
    twin = reference.heart_of(mask, values, SPACING, least=least, share=share, percent=80.0)
    np.testing.assert_allclose(got, twin, rtol=1e-6)


@settings(max_examples=30, deadline=None)
@given(SIZES, st.sampled_from((0.9, 1.7)), st.sampled_from((0.9, 1.3, 2.5)))
def test_surroundings_equal_their_twin(size, rim_mm, shell_mm):
    _, (mask, room, other) = made(*size, share=0.1)
    got = around_body(mask, room, (other, ~room), SPACING, rim_mm=rim_mm, shell_mm=shell_mm)
    twin = reference.around_body(mask, room, (other, ~room), SPACING, rim_mm=rim_mm, shell_mm=shell_mm)
    assert got == twin


def test_a_ball_on_a_plate_is_free_on_one_side():
    z, y, x = np.indices((21, 21, 21))
    plate = z >= 13
    ball = ((z - 10) ** 2 + (y - 10) ** 2 + (x - 10) ** 2 <= 16) & ~plate
    seen = look_out(
        ball, ball | plate, np.zeros_like(ball), np.zeros(ball.shape, np.int16), np.full(26, 3), 0.0
    )
    down = WAYS_ZYX[:, 0] > 0
    assert seen.held[down].sum() == seen.held.sum() > 0
    assert seen.n_free + seen.held.sum() == seen.n_looks
    assert not seen.crossed.any()


def test_what_does_not_fit_is_refused():
    mask, values = np.ones((2, 2, 2), bool), np.zeros((2, 2, 2), np.int16)
    with pytest.raises(UsageError, match="n_steps"):
        look_out(mask, mask, mask, values, np.ones(3, np.int64), 1.0)
    with pytest.raises(UsageError, match="shape"):
        look_out(mask, mask[:1], mask, values, np.ones(26, np.int64), 1.0)
    with pytest.raises(UsageError, match="no body"):
        heart_of(~mask, values, SPACING, least=1, share=0.5, percent=80.0)
    with pytest.raises(UsageError, match="shape"):
        around_body(mask, mask[:1], (mask, mask), SPACING, rim_mm=1.0, shell_mm=1.0)
