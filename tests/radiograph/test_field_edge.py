"""What comes near to the edge of the exposed field may go on beyond it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from calciseg.radiograph.measure import EDGE_BLOCKS, is_near_edge


@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 8), st.integers(0, 2**32 - 1))
def test_near_the_edge_is_what_steps_lead_out_of(n_rows, n_columns, n_closed, seed):
    rng = np.random.default_rng(seed)
    is_open = np.ones((n_rows, n_columns), np.bool_)
    is_open[rng.integers(0, n_rows, n_closed), rng.integers(0, n_columns, n_closed)] = False
    height, width = rng.integers(1, n_rows + 1), rng.integers(1, n_columns + 1)
    top, left = rng.integers(0, n_rows - height + 1), rng.integers(0, n_columns - width + 1)
    lesion = np.zeros_like(is_open)
    lesion[top : top + height, left : left + width] = rng.random((height, width)) < 0.7
    lesion[top, left] = True
    inside = ndimage.binary_erosion(is_open, iterations=EDGE_BLOCKS, border_value=0)
    found = is_near_edge(np.nonzero(lesion), np.pad(is_open, EDGE_BLOCKS))
    assert found == bool((~inside)[lesion].any())
