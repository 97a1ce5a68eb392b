"""From exposure to stored values: scatter, blur, photons, look-up table, collimator, letters."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calciseg.phantom.fields import FloatArray
from calciseg.phantom.films.projection import FilmGrid

__all__ = [
    "Exposure", "Response", "expose", "field_mask", "grey_levels", "marker_mm", "respond", "stored_contrast",
]  # fmt: skip

_LETTERS = {
    "L": ("X....", "X....", "X....", "X....", "X....", "X....", "XXXXX"),
    "R": ("XXXX.", "X...X", "X...X", "XXXX.", "X.X..", "X..X.", "X...X"),
}
_LETTER_MM = 1.8
"""Side of one cell of a letter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """How a film is exposed.

    Attributes
    ----------
    photons_per_mm2 : float
        Detected where nothing lies in the beam.
    scatter_to_primary : float
        Behind the middle of the body.
    blur_mm : float
        Of the screen and the focal spot, as the SD of a Gaussian.
    """

    photons_per_mm2: float
    scatter_to_primary: float
    blur_mm: float


def expose(
    transmission: FloatArray,
    is_open: NDArray[np.bool_],
    exposure: Exposure,
    pixel_mm: float,
    rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray]:
    """Return the natural logarithm of the exposure, and the SD of its noise in every pixel."""
    primary = transmission * _edge(is_open, pixel_mm)
    wide = ndimage.zoom(primary, 1 / 8, order=1, mode="nearest", grid_mode=True)
    wide = ndimage.gaussian_filter(wide, 20.0 / (8 * pixel_mm))
    rows, columns = (np.linspace(0, m - 1, n) for m, n in zip(wide.shape, primary.shape, strict=True))
    spread = ndimage.map_coordinates(wide, np.meshgrid(rows, columns, indexing="ij"), order=1)
    total = primary + np.float32(exposure.scatter_to_primary) * spread.astype(np.float32)
    sharp = ndimage.gaussian_filter(total, exposure.blur_mm / pixel_mm) + np.float32(3e-4)
    noise_blur = 0.5 * exposure.blur_mm / pixel_mm
    white = ndimage.gaussian_filter(rng.standard_normal(sharp.shape, dtype=np.float32), noise_blur)
    sd = 1 / np.sqrt(exposure.photons_per_mm2 * pixel_mm**2 * sharp)
    sd = np.asarray(sd * np.float32(white.std()), np.float32)
    # The plate itself is not quite even.
    grain = np.float32(0.0015)
    sd = np.sqrt(sd**2 + grain**2).astype(np.float32)
    log_exposure = np.log(sharp) + sd * white / white.std()
    return log_exposure.astype(np.float32), sd


def _edge(is_open: NDArray[np.bool_], pixel_mm: float) -> FloatArray:
    """Leave the penumbra of the collimator, and the little that comes through it."""
    soft = ndimage.gaussian_filter(is_open.astype(np.float32), 0.6 / pixel_mm)
    return np.maximum(soft, np.float32(0.002))


def field_mask(
    grid: FilmGrid, half_mm_yx: tuple[float, float], shift_mm_yx: tuple[float, float], turn_deg: float
) -> NDArray[np.bool_]:
    """Return the collimated field: a rectangle that may be turned."""
    n_rows, n_columns = grid.shape_yx
    y = (np.arange(n_rows) - (n_rows - 1) / 2)[:, None] * grid.pixel_mm - shift_mm_yx[0]
    x = (np.arange(n_columns) - (n_columns - 1) / 2)[None, :] * grid.pixel_mm - shift_mm_yx[1]
    turn = np.deg2rad(turn_deg)
    along, across = y * np.cos(turn) + x * np.sin(turn), x * np.cos(turn) - y * np.sin(turn)
    return np.asarray((np.abs(along) <= half_mm_yx[0]) & (np.abs(across) <= half_mm_yx[1]), np.bool_)


def marker_mm(grid: FilmGrid, letter: str, row: int, column: int) -> FloatArray:
    """Return a lead letter with its upper left corner at a pixel, as millimetres of 1000 HU."""
    cell = max(1, round(_LETTER_MM / grid.pixel_mm))
    shape = np.array([[mark == "X" for mark in line] for line in _LETTERS[letter]])
    solid = np.kron(shape, np.ones((cell, cell), bool))
    thickness = np.zeros(grid.shape_yx, np.float32)
    part = thickness[row : row + solid.shape[0], column : column + solid.shape[1]]
    part[...] = 60.0 * solid[: part.shape[0], : part.shape[1]]
    return thickness


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """The look-up table of the reader.

    Attributes
    ----------
    darkest, densest : float
        Logarithm of the exposures that become the ends of the scale; beyond them values are clipped.
    is_s_curve : bool
        Flat towards both ends, as the processed films of computed radiography.
    """

    darkest: float
    densest: float
    is_s_curve: bool
    bits_stored: int
    is_monochrome1: bool


def grey_levels(log_exposure: FloatArray, response: Response) -> FloatArray:
    """Return what would be stored, dense is bright, were it not rounded to whole numbers."""
    density = (response.darkest - log_exposure) / np.float32(response.darkest - response.densest)
    density = np.clip(density, 0, 1)
    if response.is_s_curve:
        steep = np.float32(4.0)
        ends = 1 / (1 + np.exp(steep / 2))
        density = (1 / (1 + np.exp(-steep * (density - np.float32(0.5)))) - ends) / (1 - 2 * ends)
    return np.asarray(density * (2**response.bits_stored - 1), np.float32)


def respond(log_exposure: FloatArray, response: Response) -> NDArray[np.uint16]:
    """Return stored values."""
    top = 2**response.bits_stored - 1
    stored = np.rint(grey_levels(log_exposure, response))
    stored = top - stored if response.is_monochrome1 else stored
    return np.asarray(np.clip(stored, 0, top), np.uint16)


def stored_contrast(
    contrast: FloatArray,
    primary: FloatArray,
    log_exposure: FloatArray,
    sd: FloatArray,
    response: Response,
) -> FloatArray:
    """Return the contrast of a lesion to the noise of the film as it is stored.

    Parameters
    ----------
    contrast : ndarray of float32
        Of the primary beam: logarithm of what passes without the lesion over what passes with it.
    primary, log_exposure, sd : ndarray of float32
        The primary beam behind the lesion, the logarithm of the exposure and the SD of its noise.
    response : Response

    Returns
    -------
    ndarray of float32
        Scatter lowers it; so does the look-up table where it is flat, for whole numbers have a noise too.
    """
    exposure = np.exp(log_exposure)
    without = np.log(exposure + primary * np.expm1(contrast))
    step = grey_levels(log_exposure, response) - grey_levels(without, response)
    slope = (grey_levels(log_exposure - sd, response) - grey_levels(log_exposure + sd, response)) / 2
    return np.asarray(step / np.sqrt(slope**2 + 1 / 12), np.float32)
