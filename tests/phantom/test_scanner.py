"""Grid, slice profile and noise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calciseg.phantom.grid import make_grid
from calciseg.phantom.scanner import digitize, scan_noise_hu, slice_weight, stack_slices


def _grid(dz=2.0, dx=0.8, thickness=2.0, n_slices=12, field=100.0):
    return make_grid((field, field), 24.0, (dz, dx, dx), thickness, n_slices)


@given(st.floats(0.4, 6), st.floats(0.3, 2), st.floats(-30, 30))
def test_indices_and_points_are_inverse(dz, dx, tilt_deg):
    from dataclasses import replace

    grid = replace(_grid(dz, dx), tilt_deg=tilt_deg)
    indices = np.array([[0.0, 5.5, 11.0], [0.0, 7.25, 20.0], [3.0, 0.5, 9.0]])
    points = grid.points(*indices)
    assert np.allclose(grid.indices(points.astype(float)), indices, atol=2e-3)


@given(st.floats(0.5, 10), st.floats(-20, 20))
def test_the_slice_profile_adds_to_one_where_slices_abut(thickness, offset):
    total = sum(slice_weight(offset + n * thickness, thickness) for n in range(-60, 61))
    assert total == pytest.approx(1.0)


def test_half_the_weight_at_half_the_thickness():
    assert slice_weight(1.5, 3.0) == pytest.approx(0.5)


def test_stacking_keeps_the_mean_of_a_thin_plane():
    grid = _grid()

    def render(plane):
        return np.full(grid.shape_zyx[1:], 100.0 if plane == 11 else 0.0, dtype=np.float32)

    slices = np.stack(list(stack_slices(grid, 2.0, 0.48, render)))
    assert slices.shape == grid.shape_zyx
    assert slices.sum(axis=0).mean() == pytest.approx(100.0 / grid.n_fine, rel=1e-5)


@pytest.mark.parametrize(("dz", "thickness"), [(2.0, 2.0), (1.0, 3.0)])
def test_noise_has_the_stated_deviation(dz, thickness):
    grid = _grid(dz, 0.7, thickness, n_slices=24)
    noise = np.stack(list(scan_noise_hu(np.random.default_rng(1), grid, thickness, 0.48, 15.0)))
    assert noise.std() == pytest.approx(15.0, rel=0.02)
    assert abs(noise.mean()) < 0.5


def test_noise_is_coloured_like_filtered_back_projection():
    noise = np.stack(list(scan_noise_hu(np.random.default_rng(2), _grid(), 2.0, 0.48, 10.0)))
    power = (np.abs(np.fft.fft2(noise)) ** 2).mean(axis=0)
    frequency = np.hypot(
        np.fft.fftfreq(power.shape[0], 0.8)[:, None], np.fft.fftfreq(power.shape[1], 0.8)[None]
    )
    low, middle, high = (
        power[(frequency > a) & (frequency < b)].mean() for a, b in ((0, 0.06), (0.2, 0.3), (0.55, 0.7))
    )
    assert middle > 2 * low
    assert middle > 4 * high


def test_overlapping_slices_share_noise():
    noise = np.stack(list(scan_noise_hu(np.random.default_rng(3), _grid(1.0, 0.8, 3.0), 3.0, 0.48, 10.0)))
    assert np.corrcoef(noise[4].ravel(), noise[5].ravel())[0, 1] > 0.5


def test_digitizing_keeps_to_twelve_bits():
    assert digitize(np.array([-5000.0, 0.4, 9000.0])).tolist() == [-1024, 0, 3071]


def _mean_frequency(blur_mm):
    noise = np.stack(list(scan_noise_hu(np.random.default_rng(2), _grid(), 2.0, blur_mm, 10.0)))
    assert noise.std() == pytest.approx(10.0, rel=0.03)
    power = (np.abs(np.fft.fft2(noise)) ** 2).mean(axis=0)
    frequency = np.abs(np.fft.fftfreq(power.shape[1], 0.8))[None]
    return (power * frequency).sum() / power.sum()


def test_a_sharper_kernel_lets_finer_noise_through():
    soft, standard, sharp = (_mean_frequency(blur_mm) for blur_mm in (0.7, 0.48, 0.35))
    assert sharp > 1.1 * standard > 1.2 * soft
