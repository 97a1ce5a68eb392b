"""A small convolutional network that weighs the clues: what is calcification, and what is bone.

It was fitted to projected phantoms and to calcifications put into real chest films: see
``benchmarks/README.md``. Its shape is that of Ronneberger, Fischer and Brox, "U-Net", MICCAI 2015, with two
blocks of the film to one of the network's own, and fewer channels.
"""

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

import numpy as np

from calciseg.kernels import Convolution, both, n_threads_allowed
from calciseg.radiograph.grid import Array

__all__ = ["Network", "load_network"]

_STEP = 2
"""Blocks of the film along a side of the network's own."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Network:
    """Layers: two a level on the way down, one a level on the way up, and the last, which is pointwise."""

    down: tuple[tuple[Convolution, Convolution], ...]
    up: tuple[Convolution, ...]
    last_weights: Array = field(repr=False)
    last_constants: Array = field(repr=False)

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
        n_threads = max(1, n_threads_allowed() // 2)
        mirrored, plain = both(
            lambda: self._score(clues[:, :, ::-1], n_threads), lambda: self._score(clues, n_threads)
        )
        plain += mirrored[:, :, ::-1]
        plain /= -2
        np.exp(plain, out=plain)
        plain += 1
        return np.reciprocal(plain, out=plain)

    def _score(self, clues: Array, n_threads: int) -> Array:
        """Return log odds, shaped like the evidence."""
        rows, columns = clues.shape[1:]
        side = _STEP * 2 ** (len(self.down) - 1)
        found = _gathered(clues, rows + -rows % side, columns + -columns % side)
        kept = []
        for level, (first, second) in enumerate(self.down):
            if level:
                found = _pooled(found)
            found = second(first(found, n_threads=n_threads), n_threads=n_threads)
            kept.append(found)
        for level in reversed(range(len(self.up))):
            found = self.up[level](kept[level], found, n_threads=n_threads)
        scores = np.tensordot(self.last_weights, found, 1)[:, 1:-1, 1:-1]
        return _spread(scores + self.last_constants[:, None, None])[:, :rows, :columns]


@cache
def load_network() -> Network:
    """Read the weights that come with the package."""
    with (
        files("calciseg.radiograph").joinpath("network.npz").open("rb") as stream,
        np.load(stream, allow_pickle=False) as stored,
    ):
        arrays = {name: stored[name].astype(np.float32) for name in stored.files}

    def layer(name: str) -> Convolution:
        return Convolution(arrays[f"{name}_weights"], arrays[f"{name}_constants"])

    n_levels = sum(name.startswith("down") for name in arrays) // 4
    return Network(
        down=tuple((layer(f"down{level}a"), layer(f"down{level}b")) for level in range(n_levels)),
        up=tuple(layer(f"up{level}") for level in range(n_levels - 1)),
        last_weights=arrays["last_weights"],
        last_constants=arrays["last_constants"],
    )


def _framed(n: int, rows: int, columns: int) -> Array:
    """Make channels of zeros with a frame of one place around them."""
    return np.zeros((n, rows + 2, columns + 2), np.float32)


def _gathered(clues: Array, rows: int, columns: int) -> Array:
    """Lay the blocks of a square of the film behind each other, as channels of one place.

    The film's last blocks go on until there are so many rows and columns.
    """
    found = _framed(len(clues) * _STEP**2, rows // _STEP, columns // _STEP)
    for at, (row, column) in enumerate(np.ndindex(_STEP, _STEP)):
        part, whole = clues[:, row::_STEP, column::_STEP], found[at :: _STEP**2, 1:-1, 1:-1]
        end, edge = part.shape[1:]
        whole[:, :end, :edge] = part
        whole[:, end:, :edge] = clues[:, -1:, column::_STEP]
        whole[:, :end, edge:] = clues[:, row::_STEP, -1:]
        whole[:, end:, edge:] = clues[:, -1:, -1:]
    return found


def _spread(scores: Array) -> Array:
    """Undo :func:`_gathered`."""
    n, rows, columns = scores.shape
    squares = scores.reshape(n // _STEP**2, _STEP, _STEP, rows, columns)
    return squares.transpose(0, 3, 1, 4, 2).reshape(n // _STEP**2, rows * _STEP, columns * _STEP)


def _pooled(image: Array) -> Array:
    """Take the largest of each square of four places."""
    n, rows, columns = image.shape
    found = _framed(n, (rows - 2) // 2, (columns - 2) // 2)
    pairs = np.maximum(image[:, 1:-1:2, 1:-1], image[:, 2:-1:2, 1:-1])
    np.maximum(pairs[:, :, ::2], pairs[:, :, 1::2], out=found[:, 1:-1, 1:-1])
    return found
