"""Blocks spread over pixels, against a mean filter over repeated blocks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from calciseg import Settings
from calciseg.radiograph.grid import block_means, choose_grid, enlarged


def spread_slowly(coarse: np.ndarray, n: int) -> np.ndarray:
    """Repeat each block and average as many pixels as its side about each pixel."""
    return ndimage.uniform_filter(np.repeat(np.repeat(coarse, n, axis=0), n, axis=1), n)


@given(
    n=st.integers(2, 7),
    n_rows=st.integers(1, 6),
    n_columns=st.integers(1, 6),
    seed=st.integers(0, 99),
    data=st.data(),
)
def test_blocks_are_spread_as_a_mean_filter_spreads_them(n, n_rows, n_columns, seed, data):
    coarse = np.random.default_rng(seed).normal(size=(n_rows, n_columns)).astype(np.float32)
    rest = data.draw(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)))
    found = enlarged(coarse, n, (n_rows * n + rest[0], n_columns * n + rest[1]))
    slow = np.pad(spread_slowly(coarse, n), [(0, rest[0]), (0, rest[1])], mode="edge")
    np.testing.assert_allclose(found, slow, atol=2e-6)


@pytest.mark.parametrize("shape", [(40, 30), (43, 31)])
def test_a_level_is_kept_by_blocks_and_their_spreading(shape):
    image = np.full(shape, 7.0, np.float32)
    assert (enlarged(block_means(image, 4), 4, shape) == image).all()


@given(
    st.integers(50, 6000),
    st.integers(50, 6000),
    st.sampled_from([0.05, 0.1, 0.125, 0.139, 0.143, 0.15, 0.172, 0.2, 0.25, 0.42]),
)
def test_blocks_are_the_finest_that_are_allowed_and_not_too_many(rows, columns, pixel_mm):
    settings = Settings().radiograph
    grid = choose_grid((rows, columns), (pixel_mm, pixel_mm), settings)

    def is_allowed(n_block):
        is_coarse_enough = n_block * pixel_mm >= settings.pixel_mm - 1e-5
        return is_coarse_enough and rows * columns <= settings.max_pixels * (n_block + 1e-5) ** 2

    assert is_allowed(grid.n_block)
    assert grid.n_block == 1 or not is_allowed(grid.n_block - 1)
    assert grid == choose_grid((columns, rows), (pixel_mm, pixel_mm), settings)


def test_the_area_of_a_block_is_that_of_its_pixels():
    grid = choose_grid((3000, 2000), (0.1, 0.2), Settings().radiograph)
    assert grid.block_mm_yx == pytest.approx((grid.n_block * 0.1, grid.n_block * 0.2))
    assert grid.block_mm2 == pytest.approx(grid.n_block**2 * 0.02)
