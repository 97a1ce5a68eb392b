"""The scanner: slice profile, point spread, noise, the ceiling of 12 bits."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from calciseg.phantom.fields import FloatArray
from calciseg.phantom.grid import ScanGrid

__all__ = ["CEILING_HU", "FLOOR_HU", "digitize", "scan_noise_hu", "stack_slices"]

FLOOR_HU, CEILING_HU = -1024, 3071
_SIGMA_MM, _SIGMA_VOXELS = 0.48, 0.42


def slice_weight(offset_mm: float, thickness_mm: float) -> float:
    """Bell of a spiral slice: a raised cosine whose full width at half maximum is the thickness."""
    share = offset_mm / thickness_mm
    return 0.5 * (1 + float(np.cos(np.pi * share))) if abs(share) < 1 else 0.0


def stack_slices(
    grid: ScanGrid, thickness_mm: float, render_plane: Callable[[int], FloatArray]
) -> FloatArray:
    """Blend fine planes into slices and blur each in its plane.

    ``render_plane`` is asked for every fine plane once, from below upwards, also a few beyond both ends.
    """
    n_slices = grid.shape_zyx[0]
    slices = np.zeros(grid.shape_zyx, dtype=np.float32)
    sums = np.zeros(n_slices)
    reach = int(np.ceil(thickness_mm / grid.fine_mm))
    centres = (np.arange(n_slices) + 0.5) * grid.n_fine - 0.5
    for plane in range(-reach, n_slices * grid.n_fine + reach):
        weights = [slice_weight((plane - centre) * grid.fine_mm, thickness_mm) for centre in centres]
        touched = np.flatnonzero(weights)
        if not len(touched):
            continue
        image = render_plane(plane)
        for touch in touched:
            slices[touch] += np.float32(weights[touch]) * image
            sums[touch] += weights[touch]
    sigma = max(_SIGMA_MM / grid.spacing_mm_zyx[1], _SIGMA_VOXELS)
    for n in range(n_slices):
        slices[n] = ndimage.gaussian_filter(slices[n] / np.float32(sums[n]), sigma, mode="nearest")
    return slices


def scan_noise_hu(
    rng: np.random.Generator, grid: ScanGrid, thickness_mm: float, noise_hu: float
) -> FloatArray:
    """Draw noise with the colour of filtered back projection and the standard deviation ``noise_hu``.

    The power rises with the frequency, as the ramp filter lets it, and falls with the kernel. Slices that
    overlap share noise.
    """
    n_slices, n_rows, n_columns = grid.shape_zyx
    dz, dy, dx = grid.spacing_mm_zyx
    rows, columns = fft.fftfreq(n_rows, dy), fft.fftfreq(n_columns, dx)
    unit = np.sqrt((_noise_amplitude(np.hypot(rows[:, None], columns[None])) ** 2).mean())
    half = np.hypot(rows[:, None], fft.rfftfreq(n_columns, dx)[None])
    amplitude = (_noise_amplitude(half) * (noise_hu / unit)).astype(np.float32)
    reach = int(np.ceil(thickness_mm / dz))
    taps = np.array([slice_weight(n * dz, thickness_mm) for n in range(-reach, reach + 1)])
    taps /= np.sqrt((taps**2).sum())
    white = [_white(rng, (n_rows, n_columns)) for _ in range(2 * reach)]
    noise = np.empty(grid.shape_zyx, dtype=np.float32)
    for n in range(n_slices):
        white.append(_white(rng, (n_rows, n_columns)))
        mixed = sum(tap * image for tap, image in zip(taps, white, strict=True) if tap)
        noise[n] = fft.irfft2(fft.rfft2(mixed) * amplitude, s=(n_rows, n_columns))
        white.pop(0)
    return noise


def _noise_amplitude(frequency_per_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    amplitude: NDArray[np.float64] = np.sqrt(frequency_per_mm + 0.01) * np.exp(
        -((frequency_per_mm / 0.5) ** 2)
    )
    return amplitude


def _white(rng: np.random.Generator, shape_yx: tuple[int, int]) -> FloatArray:
    return rng.standard_normal(shape_yx, dtype=np.float32)


def digitize(hu: FloatArray) -> NDArray[np.int16]:
    """Round to whole HU within the scanner's 12 bits."""
    whole: NDArray[np.int16] = np.clip(np.rint(hu), FLOOR_HU, CEILING_HU).astype(np.int16)
    return whole
