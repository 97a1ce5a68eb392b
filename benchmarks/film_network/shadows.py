"""Shadows of calcifications of any shape, drawn in the plane of the film."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Chord = NDArray[np.float32]
"""Millimetres of mineral along the ray of every pixel of a square."""
Axes = tuple[NDArray[np.float64], NDArray[np.float64]]

KINDS = {"nodule": 0.35, "dots": 0.15, "mass": 0.12, "sheet": 0.15, "line": 0.15, "net": 0.08}
SIZES_MM = {
    "nodule": (1.5, 14.0),
    "dots": (6, 20),
    "mass": (12, 45),
    "sheet": (8, 45),
    "line": (6, 48),
    "net": (10, 48),
}


def draw(rng: np.random.Generator, pixel_mm: float, most_mm: float = np.inf) -> Chord:
    """Draw one shadow, no larger than so much, in the middle of a square half as wide again."""
    kinds = {kind: share for kind, share in KINDS.items() if SIZES_MM[kind][0] < most_mm}
    kind = str(rng.choice(list(kinds), p=np.array(list(kinds.values())) / sum(kinds.values())))
    low, high = SIZES_MM[kind]
    size_mm = float(np.exp(rng.uniform(np.log(low), np.log(min(high, most_mm)))))
    n = int(np.ceil(size_mm * 1.5 / pixel_mm)) + 4
    y, x = (np.mgrid[:n, :n] - (n - 1) / 2) * pixel_mm
    turn = rng.uniform(0, np.pi)
    along, across = y * np.cos(turn) + x * np.sin(turn), x * np.cos(turn) - y * np.sin(turn)
    waves = ndimage.gaussian_filter(rng.standard_normal((n, n)), max(1, 0.2 * size_mm / pixel_mm))
    drawn = _DRAW[kind](rng, (along, across), size_mm, waves / (waves.std() + 1e-9))
    return np.asarray(np.clip(drawn, 0, None), np.float32)


def _ball(along: NDArray[np.float64], across: NDArray[np.float64], radius_mm: float) -> NDArray[np.float64]:
    return 2 * radius_mm * np.sqrt(np.clip(1 - (along**2 + across**2) / radius_mm**2, 0, None))


def _nodule(
    rng: np.random.Generator, axes: Axes, size_mm: float, waves: NDArray[np.float64]
) -> NDArray[np.float64]:
    flat, radius_mm = rng.uniform(0.45, 1), size_mm / 2
    rest = 1 - (axes[0] / radius_mm) ** 2 - (axes[1] / (radius_mm * flat)) ** 2
    return size_mm * flat * np.sqrt(np.clip(rest - rng.uniform(0, 0.25) * waves, 0, None))


def _dots(
    rng: np.random.Generator, axes: Axes, size_mm: float, _waves: NDArray[np.float64]
) -> NDArray[np.float64]:
    chord = np.zeros_like(axes[0])
    for _ in range(rng.integers(3, 12)):
        down, right = rng.uniform(-size_mm / 2, size_mm / 2, 2)
        chord = np.maximum(chord, _ball(axes[0] - down, axes[1] - right, rng.uniform(0.5, 1.8)))
    return chord


def _mass(
    rng: np.random.Generator, axes: Axes, size_mm: float, _waves: NDArray[np.float64]
) -> NDArray[np.float64]:
    chord = np.zeros_like(axes[0])
    for _ in range(rng.integers(3, 14)):
        down, right = rng.normal(0, size_mm / 5, 2)
        chord += rng.uniform(0.4, 1) * _ball(
            axes[0] - down, axes[1] - right, size_mm * rng.uniform(0.1, 0.25)
        )
    return np.minimum(chord, 0.7 * size_mm)


def _sheet(
    rng: np.random.Generator, axes: Axes, size_mm: float, waves: NDArray[np.float64]
) -> NDArray[np.float64]:
    half_mm, flat = size_mm / 2, rng.uniform(0.25, 0.9)
    rest = 1 - (axes[0] / half_mm) ** 2 - (axes[1] / (half_mm * flat)) ** 2 - 0.3 * waves
    chord = rng.uniform(0.6, 3.5) * np.clip(6 * rest, 0, 1) * (1 + 0.3 * np.clip(waves, -2, 2))
    return chord * (waves > -0.3) if rng.random() < 0.4 else chord


def _line(
    rng: np.random.Generator, axes: Axes, size_mm: float, _waves: NDArray[np.float64]
) -> NDArray[np.float64]:
    bend = 0.15 * size_mm * np.sin(axes[0] / size_mm * rng.uniform(1, 5) + rng.uniform(0, 6))
    chord = _ball(np.zeros_like(axes[0]), axes[1] - bend, rng.uniform(0.4, 1.5))
    return np.where(np.abs(axes[0]) < size_mm / 2, chord, 0)


def _net(
    rng: np.random.Generator, axes: Axes, size_mm: float, waves: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Let lines run across each other, fading here and there."""
    chord = np.zeros_like(axes[0])
    for _ in range(rng.integers(4, 11)):
        turn, (down, right) = rng.uniform(0, np.pi), rng.uniform(-size_mm / 4, size_mm / 4, 2)
        along = (axes[0] - down) * np.cos(turn) + (axes[1] - right) * np.sin(turn)
        across = (axes[1] - right) * np.cos(turn) - (axes[0] - down) * np.sin(turn)
        chord = np.maximum(chord, _line(rng, (along, across), size_mm * rng.uniform(0.4, 1), waves))
    return chord * np.clip(1 + 0.35 * waves, 0, 2)


_DRAW: dict[str, Callable[[np.random.Generator, Axes, float, NDArray[np.float64]], NDArray[np.float64]]] = {
    "nodule": _nodule,
    "dots": _dots,
    "mass": _mass,
    "sheet": _sheet,
    "line": _line,
    "net": _net,
}
