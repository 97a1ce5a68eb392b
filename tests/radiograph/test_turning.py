"""A film is laid one way and back again, whole or in part."""

import itertools

import numpy as np
import pytest

from calciseg.radiograph.turning import Turning

WAYS = list(itertools.product((False, True), repeat=3))


@pytest.mark.parametrize(("rows", "columns", "is_transposed"), WAYS)
def test_a_window_lies_where_its_pixels_do(rows, columns, is_transposed):
    turning = Turning(is_flipped_yx=(rows, columns), is_transposed=is_transposed)
    stored = np.arange(7 * 11).reshape(7, 11)
    laid = turning.lay(stored)
    window = (slice(1, 4), slice(2, 7))
    there = turning.lay_window(window, stored.shape)
    assert np.array_equal(laid[there], turning.lay(stored[window]))
    assert turning.window_back(there, stored.shape) == window
    assert np.array_equal(turning.back(laid), stored)
