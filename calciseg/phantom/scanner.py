"""The scanner: slice profile, point spread, noise, the ceiling of 12 bits."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from calciseg.phantom.fields import FloatArray
from calciseg.phantom.grid import ScanGrid

__all__ = ["CEILING_HU", "FLOOR_HU", "digitize", "scan_noise_hu", "stack_slices"]

FLOOR_HU, CEILING_HU = -1024, 3071
_SIGMA_VOXELS = 0.42
_CUT_OFF_PER_MM = 0.24
"""Frequency at which noise fades, times the point spread: 0.5 per mm for a standard kernel."""


def slice_weight(offset_mm: float, thickness_mm: float) -> float:
    """Bell of a spiral slice: a raised cosine whose full width at half maximum is the thickness."""
    share = offset_mm / thickness_mm
    return 0.5 * (1 + float(np.cos(np.pi * share))) if abs(share) < 1 else 0.0


def stack_slices(
    grid: ScanGrid, thickness_mm: float, blur_mm: float, render_plane: Callable[[int], FloatArray]
) -> Iterator[FloatArray]:
    """Blend fine planes into slices, blur each in its plane, and yield them from below upwards.

    ``render_plane`` is asked for every fine plane once, from below upwards, also a few beyond both ends. Only
    the slices that overlap are held at a time.
    """
    n_slices = grid.shape_zyx[0]
    reach = int(np.ceil(thickness_mm / grid.fine_mm))
    sigma = [max(blur_mm / step, _SIGMA_VOXELS) for step in grid.spacing_mm_zyx[1:]]
    open_slices: dict[int, FloatArray] = {}
    sums = np.zeros(n_slices)
    centres = (np.arange(n_slices) + 0.5) * grid.n_fine - 0.5
    for plane in range(-reach, n_slices * grid.n_fine + reach + 1):
        weights = [slice_weight((plane - centre) * grid.fine_mm, thickness_mm) for centre in centres]
        touched = [n for n, weight in enumerate(weights) if weight]
        if touched:
            image = render_plane(plane)
        for n in touched:
            blend = open_slices.setdefault(n, np.zeros(grid.shape_zyx[1:], dtype=np.float32))
            blend += np.float32(weights[n]) * image
            sums[n] += weights[n]
        for n in [n for n in open_slices if n not in touched]:
            whole = open_slices.pop(n) / np.float32(sums[n])
            yield ndimage.gaussian_filter(whole, sigma, mode="nearest")


def scan_noise_hu(
    rng: np.random.Generator, grid: ScanGrid, thickness_mm: float, blur_mm: float, noise_hu: float
) -> Iterator[FloatArray]:
    """Draw the noise of each slice, with the colour of filtered back projection.

    ``noise_hu`` is its standard deviation. The power rises with the frequency, as the ramp filter lets it,
    and falls with the kernel. Slices that overlap share noise.
    """
    n_slices, n_rows, n_columns = grid.shape_zyx
    dz, dy, dx = grid.spacing_mm_zyx
    rows, columns = fft.fftfreq(n_rows, dy), fft.fftfreq(n_columns, dx)
    cut_off = _CUT_OFF_PER_MM / blur_mm
    unit = np.sqrt((_noise_amplitude(rows[:, None], columns[None], cut_off) ** 2).mean())
    half = _noise_amplitude(rows[:, None], fft.rfftfreq(n_columns, dx)[None], cut_off)
    amplitude = (half * (noise_hu / unit)).astype(np.float32)
    reach = int(np.ceil(thickness_mm / dz))
    taps = np.array([slice_weight(n * dz, thickness_mm) for n in range(-reach, reach + 1)])
    taps /= np.sqrt((taps**2).sum())
    white = [_white(rng, (n_rows, n_columns)) for _ in range(2 * reach)]
    for _ in range(n_slices):
        white.append(_white(rng, (n_rows, n_columns)))
        mixed = sum(tap * image for tap, image in zip(taps, white, strict=True) if tap)
        yield fft.irfft2(fft.rfft2(mixed) * amplitude, s=(n_rows, n_columns))
        white.pop(0)


def _noise_amplitude(
    rows: NDArray[np.float64], columns: NDArray[np.float64], cut_off: float
) -> NDArray[np.float64]:
    """Amplitude of the noise by frequency per mm along the rows and the columns of the grid."""
    frequency = np.hypot(rows, columns)
    # Bodies are wider than deep: fewer photons come from the side, and the grain lies flat.
    flat = 1 + 0.45 * (rows**2 - columns**2) / np.maximum(frequency**2, 1e-9)
    amplitude: NDArray[np.float64] = np.sqrt(frequency + 0.01) * np.exp(-((frequency / cut_off) ** 2)) * flat
    return amplitude


def _white(rng: np.random.Generator, shape_yx: tuple[int, int]) -> FloatArray:
    return rng.standard_normal(shape_yx, dtype=np.float32)


def digitize(hu: FloatArray) -> NDArray[np.int16]:
    """Round to whole HU within the scanner's 12 bits."""
    whole: NDArray[np.int16] = np.clip(np.rint(hu), FLOOR_HU, CEILING_HU).astype(np.int16)
    return whole
