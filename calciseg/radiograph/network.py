"""A small convolutional network that weighs the clues: what is calcification, and what is bone.

It was fitted to projected phantoms and to calcifications put into real chest films: see
``benchmarks/README.md``. Its shape is that of Ronneberger, Fischer and Brox, "U-Net", MICCAI 2015, with two
blocks of the film to one of the network's own, and fewer channels.
"""

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

import numpy as np

from calciseg.kernels import convolve
from calciseg.radiograph.grid import Array

__all__ = ["Layer", "Network", "load_network"]

_STEP = 2
"""Blocks of the film along a side of the network's own."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layer:
    """Weights of a convolution, shape ``(n_out, n_in, 3, 3)``, and its ``n_out`` constants."""

    weights: Array = field(repr=False)
    constants: Array = field(repr=False)

    def __call__(self, image: Array) -> Array:
        """Convolve ``(n_in, rows, columns)``; negative sums become zero."""
        return convolve(image, self.weights, self.constants)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Network:
    """Layers: two a level on the way down, one a level on the way up, and the last, which is pointwise."""

    down: tuple[tuple[Layer, Layer], ...]
    up: tuple[Layer, ...]
    last: Layer

    def weigh(self, clues: Array) -> Array:
        """Weigh the clues, and mirrored once more: what is seen one way alone is more often nothing.

        Parameters
        ----------
        clues : ndarray of float32, shape (n_clues, rows, columns)

        Returns
        -------
        ndarray of float32, shape (2, rows, columns)
            From 0 to 1: how much speaks for a calcification; for bone. The mean log odds of both.
        """
        mirrored = self._score(np.ascontiguousarray(clues[:, :, ::-1]))[:, :, ::-1]
        odds = (self._score(clues) + mirrored) / 2
        return np.asarray(1 / (1 + np.exp(-odds)), np.float32)

    def _score(self, clues: Array) -> Array:
        """Return log odds, shaped like the evidence."""
        rows, columns = clues.shape[1:]
        side = _STEP * 2 ** (len(self.down) - 1)
        padded = np.pad(clues, ((0, 0), (0, -rows % side), (0, -columns % side)), mode="edge")
        found = _gathered(padded)
        kept = []
        for level, (first, second) in enumerate(self.down):
            if level:
                found = _pooled(found)
            found = second(first(found))
            kept.append(found)
        for level in reversed(range(len(self.up))):
            wide = np.repeat(np.repeat(found, 2, axis=1), 2, axis=2)
            found = self.up[level](np.concatenate([kept[level], wide]))
        scores = np.tensordot(self.last.weights, found, 1) + self.last.constants[:, None, None]
        return _spread(scores)[:, :rows, :columns]


@cache
def load_network() -> Network:
    """Read the weights that come with the package."""
    with (
        files("calciseg.radiograph").joinpath("network.npz").open("rb") as stream,
        np.load(stream, allow_pickle=False) as stored,
    ):
        arrays = {name: stored[name].astype(np.float32) for name in stored.files}

    def layer(name: str) -> Layer:
        return Layer(weights=arrays[f"{name}_weights"], constants=arrays[f"{name}_constants"])

    n_levels = sum(name.startswith("down") for name in arrays) // 4
    return Network(
        down=tuple((layer(f"down{level}a"), layer(f"down{level}b")) for level in range(n_levels)),
        up=tuple(layer(f"up{level}") for level in range(n_levels - 1)),
        last=layer("last"),
    )


def _gathered(clues: Array) -> Array:
    """Lay the blocks of a square of the film behind each other, as channels of one place."""
    n, rows, columns = clues.shape
    squares = clues.reshape(n, rows // _STEP, _STEP, columns // _STEP, _STEP)
    return squares.transpose(0, 2, 4, 1, 3).reshape(n * _STEP**2, rows // _STEP, columns // _STEP)


def _spread(scores: Array) -> Array:
    """Undo :func:`_gathered`."""
    n, rows, columns = scores.shape
    squares = scores.reshape(n // _STEP**2, _STEP, _STEP, rows, columns)
    return squares.transpose(0, 3, 1, 4, 2).reshape(n // _STEP**2, rows * _STEP, columns * _STEP)


def _pooled(image: Array) -> Array:
    rows = np.maximum(image[:, ::2], image[:, 1::2])
    pooled: Array = np.maximum(rows[:, :, ::2], rows[:, :, 1::2])
    return pooled
