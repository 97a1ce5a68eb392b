"""What is dense enough to be a calcification: thresholds for this image, and connected components."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from calciseg.ct.body import Body
from calciseg.ct.grid import AnatomyGrid
from calciseg.kernels import Components, mean_in_window, side_by_side
from calciseg.settings import CandidateSettings

__all__ = [
    "DensityThresholds",
    "SoftTissueNoise",
    "choose_thresholds",
    "is_noise",
    "is_streak",
    "local_noise_sd_hu",
    "measure_noise",
]

_MEDIAN_OF_NORMAL = 0.6745  # of the absolute value, in SD


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SoftTissueNoise:
    """Mean and noise of the soft tissue of an image, voxel by voxel.

    Attributes
    ----------
    mean_hu, sd_hu : float
        Of the whole image.
    local_sd_hu : ndarray of float32
        On every ``lattice_steps``-th block of the anatomy grid: noise grows several times between the
        shoulders and beside metal. The larger of the noise along rows and along columns.
    local_streak : ndarray of float32
        How many times the larger of the two is the smaller one: streaks run in one direction.
    lattice_steps : tuple of int
    """

    mean_hu: float
    sd_hu: float
    local_sd_hu: NDArray[np.float32]
    local_streak: NDArray[np.float32]
    lattice_steps: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DensityThresholds:
    """The thresholds used in one image, in its own HU.

    Attributes
    ----------
    calcium_factor : float
        By what the settings' HU values were multiplied for the tube voltage.
    calcium_hu : float
        The calcium threshold before contrast or noise raised it.
    grow_hu, seed_hu : float
        A lesion's voxels reach `grow_hu` and at least one of them `seed_hu`.
    noise : SoftTissueNoise or None
        What raised them, if anything did; None where no muscle was found.
    """

    calcium_factor: float
    calcium_hu: float
    grow_hu: float
    seed_hu: float
    noise: SoftTissueNoise | None

    @property
    def are_raised(self) -> bool:
        """Whether contrast or noise raised them."""
        return self.grow_hu > self.calcium_hu


def measure_noise(
    hu: NDArray[np.int16],
    coarse_hu: NDArray[np.int16],
    grid: AnatomyGrid,
    body: Body,
    settings: CandidateSettings,
) -> SoftTissueNoise | None:
    """Measure the noise in the image's own muscle, and around each voxel in its muscle and fat.

    Parameters
    ----------
    hu : ndarray of int16
        The volume.
    coarse_hu : ndarray of int16
        The same on the anatomy grid.
    grid : AnatomyGrid
    body : Body
    settings : CandidateSettings

    Returns
    -------
    SoftTissueNoise or None
        None where there is too little muscle to measure.

    Notes
    -----
    Muscle is where the mean of about 6 mm lies in the window of lean muscle. The noise is told by the median
    difference of voxels a few millimetres apart: neither organs of different HU nor the borders of muscles
    move it. Differences are taken along rows and along columns, because a streak changes little along itself.
    """
    steps = tuple(max(1, int(settings.noise_lattice_mm / step + 0.5)) for step in grid.spacing_mm_zyx)
    lattice = tuple(slice(None, None, step) for step in steps)
    smooth = mean_in_window(coarse_hu, grid.window(settings.noise_window_mm), steps=steps)
    is_deep = body.mask[lattice] & (body.depth_mm[lattice] > settings.noise_window_mm)
    if body.edge is not None:
        is_deep &= ~body.edge.is_beyond[lattice]  # no noise beyond the field of view
    is_muscle = (smooth > settings.muscle_low_hu) & (smooth < settings.muscle_high_hu) & is_deep
    if np.count_nonzero(is_muscle) < settings.min_muscle_voxels:
        return None
    is_fat = (smooth > settings.fat_low_hu) & (smooth < settings.fat_high_hu) & is_deep
    # The first voxel of each block: never averaged.
    voxel_steps = tuple(f * step for f, step in zip(grid.factors_zyx, steps, strict=True))
    grains = side_by_side(
        lambda axis: _grain(hu[grid.region], axis, grid.volume_spacing_mm_zyx[axis], voxel_steps, settings),
        (2, 1),
    )
    # The image's own noise is that of the quieter direction: streaks are judged where they are.
    sd_hu = min(side_by_side(lambda grain: _sd_of(grain[is_muscle]), grains))
    spacing_mm = [a * b for a, b in zip(grid.spacing_mm_zyx, steps, strict=True)]
    region = tuple(2 * int(settings.noise_region_mm / step / 2 + 0.5) + 1 for step in spacing_mm)
    # Means of so wide a region hardly change from one place to the next, so most are left out.
    thin = tuple(max(1, width // 4) for width in region)
    is_even = is_muscle | is_fat
    share = mean_in_window(is_even, region, steps=thin)
    along = side_by_side(
        lambda grain: _local_sd(grain, is_even, share, sd_hu, (region, thin), settings), grains
    )
    largest = np.maximum(*along)
    return SoftTissueNoise(
        mean_hu=round(float(np.median(smooth[is_muscle])), 1),
        sd_hu=round(sd_hu, 1),
        local_sd_hu=largest,
        local_streak=np.asarray(largest / np.maximum(np.minimum(*along), np.float32(1e-6)), np.float32),
        lattice_steps=tuple(step * more for step, more in zip(steps, thin, strict=True)),
    )


def _sd_of(grain: NDArray[np.int32]) -> float:
    """SD of the noise whose absolute differences these are."""
    return float(np.median(grain)) / (_MEDIAN_OF_NORMAL * float(np.sqrt(2.0)))


def _grain(
    hu: NDArray[np.int16], axis: int, step_mm: float, steps: tuple[int, ...], settings: CandidateSettings
) -> NDArray[np.int32]:
    """Absolute difference of voxels along an axis that are too far apart for their noise to be alike.

    Of every so many voxels along each axis; 0 where there is none that far on.
    """
    lag = max(1, int(settings.noise_lag_mm / step_mm + 0.5))
    here = hu[tuple(slice(None, None, step) for step in steps)]
    there = hu[tuple(slice(lag if k == axis else 0, None, step) for k, step in enumerate(steps))]
    has_one = tuple(slice(0, n) for n in there.shape)
    grain = np.zeros(here.shape, np.int16)
    np.subtract(there, here[has_one], out=grain[has_one])
    return np.abs(grain, dtype=np.int32)


def _local_sd(
    grain: NDArray[np.int32],
    is_even: NDArray[np.bool_],
    share: NDArray[np.float32],
    sd_hu: float,
    window: tuple[tuple[int, ...], tuple[int, ...]],
    settings: CandidateSettings,
) -> NDArray[np.float32]:
    """Tell the noise around each voxel by how often the grain exceeds what is rare in the whole image.

    How often, not how far: the borders of muscles and calcifications are few but steep. `window` is the
    region and the lattice of the result; `share` is that of what is even in the region.
    """
    rare_sds = 2.5
    exceeds = is_even & (grain > rare_sds * np.sqrt(2.0) * sd_hu)
    is_told = share >= settings.min_even_share
    region, thin = window
    frequency = mean_in_window(exceeds, region, steps=thin)[is_told]
    frequency /= np.maximum(share[is_told], np.float32(1e-6))
    local_sd_hu = np.full(share.shape, sd_hu, np.float32)
    # 0.0124: of a normal distribution. That is what most are, and the quantile is slow to work out.
    below = 1 - np.clip(frequency, 0.0124, 0.5) / 2
    most = below.max(initial=0.0)
    quantiles = special.ndtri(below, out=np.full_like(below, special.ndtri(most)), where=below < most)
    local_sd_hu[is_told] = sd_hu * (rare_sds / quantiles)
    return local_sd_hu


def is_noise(
    found: Components, thresholds: DensityThresholds, grid: AnatomyGrid, settings: CandidateSettings
) -> NDArray[np.bool_]:
    """Tell which components never stand out from the noise of their surroundings.

    Parameters
    ----------
    found : Components
    thresholds : DensityThresholds
    grid : AnatomyGrid
    settings : CandidateSettings

    Returns
    -------
    ndarray of bool, shape ``(n_components,)``
    """
    peaks = found.table["max"]
    misses_seed = peaks < thresholds.seed_hu
    if thresholds.noise is None:
        return np.asarray(misses_seed, np.bool_)
    local_sd_hu = local_noise_sd_hu(found, thresholds.noise, grid)
    floor_hu = thresholds.noise.mean_hu + settings.local_noise_sds * local_sd_hu
    is_small = found.table["n_voxels"] * float(np.prod(grid.volume_spacing_mm_zyx)) <= settings.max_noise_mm3
    return np.asarray(misses_seed | is_small & (peaks < floor_hu), np.bool_)


def is_streak(
    found: Components, thresholds: DensityThresholds, grid: AnatomyGrid, settings: CandidateSettings
) -> NDArray[np.bool_]:
    """Tell which components, none of which stands out from the noise, reach the seed by a streak.

    Parameters
    ----------
    found : Components
        Noise by :func:`is_noise`.
    thresholds : DensityThresholds
    grid : AnatomyGrid
    settings : CandidateSettings

    Returns
    -------
    ndarray of bool, shape ``(n_components,)``
    """
    if thresholds.noise is None:
        return np.zeros(found.n_components, np.bool_)
    streak = _where_it_lies(thresholds.noise.local_streak, found, thresholds.noise, grid)
    return np.asarray(
        (found.table["max"] >= thresholds.seed_hu) & (streak >= settings.streak_ratio), np.bool_
    )


def local_noise_sd_hu(found: Components, noise: SoftTissueNoise, grid: AnatomyGrid) -> NDArray[np.float32]:
    """Look up the noise of the surroundings of each component, in HU, shape ``(n_components,)``."""
    return _where_it_lies(noise.local_sd_hu, found, noise, grid)


def _where_it_lies(
    values: NDArray[np.float32], found: Components, noise: SoftTissueNoise, grid: AnatomyGrid
) -> NDArray[np.float32]:
    """Look up a map of the noise at the middle of each component."""
    blocks = zip(grid.blocks_of_middles(found), noise.lattice_steps, strict=True)
    return values[tuple(block // step for block, step in blocks)]


def choose_thresholds(
    calcium_factor: float, has_contrast: bool, noise: SoftTissueNoise | None, settings: CandidateSettings
) -> DensityThresholds:
    """Scale the thresholds by the tube voltage and keep them clear of contrast and of the noise of muscle.

    Parameters
    ----------
    calcium_factor : float
    has_contrast : bool
        Whether the header states intravenous contrast.
    noise : SoftTissueNoise or None
    settings : CandidateSettings

    Returns
    -------
    DensityThresholds
    """
    grow_hu, seed_hu = settings.grow_hu, settings.seed_hu
    if has_contrast:
        grow_hu, seed_hu = settings.contrast_grow_hu, settings.contrast_seed_hu
    grow_hu, seed_hu = grow_hu * calcium_factor, seed_hu * calcium_factor
    if noise is not None:
        grow_hu = max(grow_hu, noise.mean_hu + settings.grow_noise_sds * noise.sd_hu)
        seed_hu = max(seed_hu, noise.mean_hu + settings.seed_noise_sds * noise.sd_hu)
    return DensityThresholds(
        calcium_factor=calcium_factor,
        calcium_hu=round(settings.grow_hu * calcium_factor, 1),
        grow_hu=round(grow_hu, 1),
        seed_hu=round(max(seed_hu, grow_hu), 1),
        noise=noise,
    )
