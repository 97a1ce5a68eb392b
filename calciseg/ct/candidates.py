"""What is dense enough to be a calcification: thresholds for this image, and connected components."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calciseg.ct.body import Body
from calciseg.ct.grid import AnatomyGrid
from calciseg.settings import CandidateSettings

__all__ = ["DensityThresholds", "SoftTissueNoise", "choose_thresholds", "measure_noise"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftTissueNoise:
    """Mean and noise of the muscle of an image, voxel by voxel."""

    mean_hu: float
    sd_hu: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DensityThresholds:
    """The thresholds used in one image, in its own HU.

    Attributes
    ----------
    calcium_factor : float
        By what the settings' HU values were multiplied for the tube voltage.
    grow_hu, seed_hu : float
        A lesion's voxels reach `grow_hu` and at least one of them `seed_hu`.
    noise : SoftTissueNoise or None
        What raised them, if anything did; None where no muscle was found.
    """

    calcium_factor: float
    grow_hu: float
    seed_hu: float
    noise: SoftTissueNoise | None


def measure_noise(
    hu: NDArray[np.int16], coarse_hu: NDArray[np.int16], grid: AnatomyGrid, body: Body, settings: CandidateSettings
) -> SoftTissueNoise | None:
    """Measure the noise in the image's own muscle.

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
    Muscle is where the mean of about 6 mm lies in the window of lean muscle. The noise is the median absolute
    deviation from that local mean: neither organs of different HU nor a few vessels or fat streaks move it.
    """
    size = tuple(max(1, int(2 * round(settings.noise_window_mm / step / 2) + 1)) for step in grid.spacing_mm_zyx)
    smooth = ndimage.uniform_filter(coarse_hu, size=size, output=np.float32)
    is_muscle = (smooth > settings.muscle_low_hu) & (smooth < settings.muscle_high_hu) & body.mask
    is_muscle &= body.depth_mm > settings.noise_window_mm
    where = np.flatnonzero(is_muscle)
    if where.size < settings.min_muscle_voxels:
        return None
    where = where[:: max(1, where.size // 200_000)]  # enough for a median; every voxel would be slow
    blocks = np.stack(np.unravel_index(where, is_muscle.shape), axis=1)
    z, y, x = (blocks * np.asarray(grid.factors_zyx)).T  # the first voxel of each block: never averaged
    means = smooth.reshape(-1)[where]
    spread = np.median(np.abs(hu[z, y, x] - means))
    return SoftTissueNoise(mean_hu=round(float(np.median(means)), 1), sd_hu=round(1.4826 * float(spread), 1))


def choose_thresholds(
    calcium_factor: float, noise: SoftTissueNoise | None, settings: CandidateSettings
) -> DensityThresholds:
    """Scale the thresholds by the tube voltage and keep them clear of the noise of muscle.

    Parameters
    ----------
    calcium_factor : float
    noise : SoftTissueNoise or None
    settings : CandidateSettings

    Returns
    -------
    DensityThresholds
    """
    grow_hu, seed_hu = settings.grow_hu * calcium_factor, settings.seed_hu * calcium_factor
    if noise is not None:
        grow_hu = max(grow_hu, noise.mean_hu + settings.grow_noise_sds * noise.sd_hu)
        seed_hu = max(seed_hu, noise.mean_hu + settings.seed_noise_sds * noise.sd_hu)
    return DensityThresholds(
        calcium_factor=calcium_factor, grow_hu=round(grow_hu, 1), seed_hu=round(max(seed_hu, grow_hu), 1), noise=noise
    )
