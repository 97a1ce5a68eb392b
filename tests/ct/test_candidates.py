"""Thresholds and noise: known noise, known factors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_bodies import MUSCLE, ct_volume, limb

from calciseg.ct.body import find_body
from calciseg.ct.candidates import (
    DensityThresholds,
    SoftTissueNoise,
    choose_thresholds,
    is_noise,
    is_streak,
    measure_noise,
)
from calciseg.ct.grid import choose_grid
from calciseg.kernels import connected_components
from calciseg.settings import BodySettings, CandidateSettings, GridSettings

SETTINGS = CandidateSettings()


def noisy_limb(shape, spacing, sd_hu, **layers):
    hu = limb(shape, spacing, radius=30.0, **{"muscle": 28.0, **layers})
    return np.rint(hu + np.random.default_rng(2).normal(0, 1, shape) * sd_hu).astype(np.int16)


def measured(hu, spacing):
    grid = choose_grid(ct_volume(hu, spacing).geometry, GridSettings())
    grid, body = find_body(grid.mean(hu), grid, BodySettings())
    return grid, measure_noise(hu, grid.mean(hu), grid, body, SETTINGS)


def local_sd_at(noise, grid, voxel_zyx):
    """Noise where a voxel lies."""
    blocks = grid.block_of(np.array([voxel_zyx]))
    index = tuple(int(b[0]) // step for b, step in zip(blocks, noise.lattice_steps, strict=True))
    return noise.local_sd_hu[index]


@pytest.mark.parametrize(
    ("shape", "spacing"),
    [((16, 70, 70), (3.0, 1.0, 1.0)), ((20, 70, 70), (1.0, 1.0, 1.0)), ((20, 140, 140), (0.5, 0.5, 0.5))],
)
@pytest.mark.parametrize("sd_hu", [6.0, 15.0, 30.0])
def test_noise_is_that_of_the_voxels(shape, spacing, sd_hu):
    _, noise = measured(noisy_limb(shape, spacing, sd_hu), spacing)
    assert noise.sd_hu == pytest.approx(sd_hu, rel=0.08)
    assert noise.mean_hu == pytest.approx(MUSCLE, abs=2)


def test_noise_is_told_where_it_is():
    shape, spacing = (10, 70, 160), (3.0, 1.0, 1.0)
    x = np.arange(shape[2])[None, None, :]
    hu = noisy_limb(shape, spacing, np.where(x < 80, 8.0, 24.0), centre_yx=(0, 40))
    other = noisy_limb(shape, spacing, np.where(x < 80, 8.0, 24.0), centre_yx=(0, -40))
    grid, noise = measured(np.maximum(hu, other), spacing)
    assert local_sd_at(noise, grid, (5, 35, 120)) == pytest.approx(24, rel=0.12)
    assert local_sd_at(noise, grid, (5, 35, 40)) < 19
    assert noise.local_sd_hu.min() >= noise.sd_hu - 0.06  # nowhere below the noise of the image


def test_calcification_and_bone_do_not_move_the_noise():
    shape, spacing = (16, 70, 70), (3.0, 1.0, 1.0)
    hu = noisy_limb(shape, spacing, 10.0, bone=8.0)
    hu[4:6, 20:25, 20:25] = 900
    assert measured(hu, spacing)[1].sd_hu == pytest.approx(10, rel=0.25)


def test_without_muscle_there_is_no_noise_to_measure():
    hu = limb((16, 70, 70), (3.0, 1.0, 1.0), radius=30.0, muscle=0.0)
    assert measured(np.rint(hu).astype(np.int16), (3.0, 1.0, 1.0))[1] is None


def noise_of(mean_hu, sd_hu, shape=(1, 1, 1)):
    local = np.full(shape, sd_hu, np.float32)
    return SoftTissueNoise(
        mean_hu=mean_hu,
        sd_hu=sd_hu,
        local_sd_hu=local,
        local_streak=np.ones_like(local),
        lattice_steps=(1, 1, 1),
    )


def test_thresholds_of_a_quiet_image_are_the_settings():
    thresholds = choose_thresholds(1.0, False, noise_of(55.0, 8.0), SETTINGS)
    assert (thresholds.grow_hu, thresholds.seed_hu) == (SETTINGS.grow_hu, SETTINGS.seed_hu)


@given(st.floats(0.9, 1.6))
def test_thresholds_scale_with_the_tube_voltage(factor):
    thresholds = choose_thresholds(factor, False, None, SETTINGS)
    assert thresholds.grow_hu == thresholds.calcium_hu  # so it is labelled once
    assert thresholds.grow_hu == pytest.approx(SETTINGS.grow_hu * factor, abs=0.06)
    assert thresholds.seed_hu == pytest.approx(SETTINGS.seed_hu * factor, abs=0.06)


def test_contrast_raises_the_thresholds():
    plain, enhanced = (choose_thresholds(1.36, stated, None, SETTINGS) for stated in (False, True))
    assert enhanced.grow_hu == pytest.approx(SETTINGS.contrast_grow_hu * 1.36, abs=0.06)
    assert enhanced.seed_hu == pytest.approx(SETTINGS.contrast_seed_hu * 1.36, abs=0.06)
    assert enhanced.grow_hu > plain.grow_hu
    assert enhanced.seed_hu > plain.seed_hu


@given(st.floats(0.9, 1.6), st.floats(20, 90), st.floats(0, 100))
def test_thresholds_stay_clear_of_noise(factor, mean_hu, sd_hu):
    thresholds = choose_thresholds(factor, False, noise_of(mean_hu, sd_hu), SETTINGS)
    assert thresholds.grow_hu >= SETTINGS.grow_hu * factor - 0.06
    assert thresholds.grow_hu >= mean_hu + SETTINGS.grow_noise_sds * sd_hu - 0.06
    assert thresholds.seed_hu >= mean_hu + SETTINGS.seed_noise_sds * sd_hu - 0.06
    assert thresholds.seed_hu >= thresholds.grow_hu
    louder = choose_thresholds(factor, False, noise_of(mean_hu, sd_hu + 5), SETTINGS)
    assert louder.grow_hu >= thresholds.grow_hu
    assert louder.seed_hu >= thresholds.seed_hu


def components_of(*peaks_and_sizes):
    """One row of voxels a component."""
    hu = np.zeros((1, 2 * len(peaks_and_sizes), 100), np.int16)
    for row, (peak, size) in enumerate(peaks_and_sizes):
        hu[0, 2 * row, :size] = 150
        hu[0, 2 * row, 0] = peak
    return hu, connected_components(hu, 130)


def test_faint_components_are_noise():
    hu, found = components_of((190, 90), (199, 1), (200, 1), (900, 2))
    grid = choose_grid(ct_volume(hu, (1.0, 1.0, 1.0)).geometry, GridSettings())
    quiet = DensityThresholds(calcium_factor=1.0, calcium_hu=130.0, grow_hu=130.0, seed_hu=200.0, noise=None)
    assert is_noise(found, quiet, grid, SETTINGS).tolist() == [True, True, False, False]


def test_small_components_are_noise_where_their_surroundings_are_loud():
    hu, found = components_of((300, 5), (300, 90), (300, 5), (500, 5))
    grid = choose_grid(ct_volume(hu, (1.0, 1.0, 1.0)).geometry, GridSettings())
    local = np.full(hu.shape, 50.0, np.float32)  # 55 + 6 * 50 is 355
    local[:, 4] = 10.0
    noise = SoftTissueNoise(
        mean_hu=55.0, sd_hu=10.0, local_sd_hu=local, local_streak=np.ones_like(local), lattice_steps=(1, 1, 1)
    )
    loud = DensityThresholds(calcium_factor=1.0, calcium_hu=130.0, grow_hu=130.0, seed_hu=200.0, noise=noise)
    assert is_noise(found, loud, grid, SETTINGS).tolist() == [True, False, False, False]


def test_streaks_run_in_one_direction_and_grain_does_not():
    shape, spacing = (12, 90, 90), (2.0, 1.0, 1.0)
    rng = np.random.default_rng(4)
    grain = rng.normal(0, 10, shape)
    along_x = np.zeros(shape)
    along_x[:, ::4] = rng.normal(0, 60, (shape[0], len(range(0, 90, 4)), 1))
    is_beside = np.arange(90)[None, None, :] > 45
    hu = limb(shape, spacing, radius=40.0, muscle=38.0) + grain + np.where(is_beside, along_x, 0)
    grid, noise = measured(np.rint(hu).astype(np.int16), spacing)
    index = [
        tuple(
            int(b[0]) // step
            for b, step in zip(grid.block_of(np.array([at])), noise.lattice_steps, strict=True)
        )
        for at in ((6, 45, 70), (6, 45, 20))
    ]
    beside, away = index
    assert noise.local_streak[beside] > SETTINGS.streak_ratio
    assert noise.local_streak[away] < 1.2
    assert noise.local_sd_hu[beside] > 2 * noise.local_sd_hu[away]
    # What a streak lifts above the seed is a streak; what stays below it is noise wherever it lies.
    volume = np.zeros(shape, np.int16)
    volume[6, 45, 70], volume[6, 45, 74], volume[6, 45, 20] = 170, 140, 140
    found = connected_components(volume, 130)
    thresholds = DensityThresholds(
        calcium_factor=1.0, calcium_hu=130.0, grow_hu=130.0, seed_hu=160.0, noise=noise
    )
    assert is_streak(found, thresholds, grid, SETTINGS).tolist() == [False, True, False]
