"""Pieces of the examples: more often where the network was wrong before (needs PyTorch 2)."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor
from torch.nn import functional

from calciseg.radiograph.clues import N_CLUES

SIDE, N_AT_ONCE = 192, 8
"""Blocks along a side of a piece; pieces of a step."""
SCALE_SD, LEAST_SCALE, MOST_SCALE = 0.16, 0.75, 1.35
P_LESION, P_MISTAKEN = 0.6, 0.2
"""Share of pieces around a lesion, and around what was mistaken for one; the rest lie anywhere in a body."""
MISTAKEN, SETTLED = 0.6, 0.35
"""Evidence from which something is mistaken for a lesion, and below which it no longer is."""
N_MISTAKEN = 1500
FINE, COARSE = (1, 4, 5, 8), (2, 6, 7)
"""Clues in units of the noise, and in shares of the range."""
Array = NDArray[np.float32]


@dataclass(kw_only=True, eq=False)
class Lesion:
    """One of the lesions of the examples, and how well it was seen the last times."""

    film: int
    label: int
    weight: float
    """How sure it can be seen."""
    places: NDArray[np.intp] = field(repr=False)
    seen: float = 0.5


@dataclass(frozen=True, kw_only=True, eq=False)
class Cut:
    """Where a piece was cut, and how it was turned."""

    film: int
    lesion: Lesion | None
    mistaken: tuple[int, int, int] | None
    corner: tuple[int, int]
    side: int
    is_turned: tuple[bool, bool, bool]
    """Rows mirrored, columns mirrored, rows and columns exchanged."""

    def place_of(self, row: int, column: int) -> tuple[int, int, int]:
        """Return the film, the row and the column of a place of the piece."""
        mirrored_rows, mirrored_columns, exchanged = self.is_turned
        if exchanged:
            row, column = column, row
        row = SIDE - 1 - row if mirrored_rows else row
        column = SIDE - 1 - column if mirrored_columns else column
        step = self.side / SIDE
        return self.film, int(self.corner[0] + row * step), int(self.corner[1] + column * step)


@dataclass(frozen=True, kw_only=True, eq=False)
class Batch:
    """Pieces of a step."""

    layers: Tensor
    cuts: tuple[Cut, ...]

    @property
    def clues(self) -> Tensor:
        return self.layers[:, :N_CLUES].contiguous(memory_format=torch.channels_last)

    lesion = property(lambda self: self.layers[:, N_CLUES])
    bone = property(lambda self: self.layers[:, N_CLUES + 1])
    weight = property(lambda self: self.layers[:, N_CLUES + 2])
    own = property(lambda self: self.layers[:, N_CLUES + 3])


class Examples:
    """All examples, in memory."""

    def __init__(self, folder: Path, rng: np.random.Generator) -> None:
        self.rng = rng
        self.films: list[tuple[NDArray[np.float16], NDArray[np.uint16], NDArray[np.intp]]] = []
        self.lesions: list[Lesion] = []
        self.mistaken: list[tuple[int, int, int]] = []
        for path in sorted(folder.rglob("*.npz")):
            with np.load(path) as stored:
                self._add({name: stored[name] for name in stored.files})

    def batch(self, n: int) -> Batch:
        layers, cuts = zip(*(self._piece() for _ in range(n)), strict=True)
        return Batch(layers=torch.stack(layers), cuts=cuts)

    def learn(self, batch: Batch, evidence: Array) -> None:
        """Remember which lesions were seen and what was mistaken for one."""
        lesion, own = batch.lesion.numpy(), batch.own.numpy() > 0.5
        for cut, one, is_lesion, mask, weight in zip(
            batch.cuts, evidence, lesion, own, batch.weight.numpy(), strict=True
        ):
            if cut.lesion is not None and mask.any():
                cut.lesion.seen = 0.5 * cut.lesion.seen + 0.5 * float(np.percentile(one[mask], 80))
            wrong = one * (ndimage.maximum_filter(is_lesion, 9) < 0.01) * (weight >= 0.4)
            row, column = np.unravel_index(int(wrong.argmax()), wrong.shape)
            if cut.mistaken in self.mistaken and wrong.max() < SETTLED:
                self.mistaken.remove(cut.mistaken)
            if wrong.max() > MISTAKEN:
                self._remember(cut.place_of(int(row), int(column)))

    def _add(self, stored: dict[str, NDArray[np.generic]]) -> None:
        layers = np.concatenate([stored["clues"], [stored[name] for name in ("lesion", "bone", "weight")]])
        least = int(SIDE * MOST_SCALE) + 1
        short = [(0, max(0, least - n)) for n in layers.shape[1:]]
        labels, cnr = np.pad(stored["labels"], short), stored["contrast_to_noise"]
        number = len(self.films)
        for label in np.unique(labels)[1:]:
            if cnr[label] >= 2.5:
                places = self.rng.permutation(np.argwhere(labels == label))[:12]
                weight = 1.0 if cnr[label] >= 4 else 0.4
                self.lesions.append(Lesion(film=number, label=int(label), weight=weight, places=places))
        self.films.append(
            (
                np.pad(layers, ((0, 0), *short), mode="edge").astype(np.float16),
                labels,
                np.argwhere(stored["is_body"])[::17],
            )
        )

    def _remember(self, place: tuple[int, int, int]) -> None:
        if not any(one[0] == place[0] and np.hypot(one[1] - place[1], one[2] - place[2]) < 10
                   for one in self.mistaken):  # fmt: skip
            self.mistaken.append(place)
        if len(self.mistaken) > N_MISTAKEN:
            self.mistaken.pop(int(self.rng.integers(len(self.mistaken))))

    def _piece(self) -> tuple[Tensor, Cut]:
        """Cut a piece, turn, scale and tone it."""
        rng, lesion, mistaken = self.rng, None, None
        choice = rng.random()
        if choice < P_LESION:
            while lesion is None or rng.random() > lesion.weight * (1.08 - lesion.seen):
                lesion = self.lesions[rng.integers(len(self.lesions))]
            number, where = lesion.film, lesion.places[rng.integers(len(lesion.places))]
        elif choice < P_LESION + P_MISTAKEN and self.mistaken:
            mistaken = self.mistaken[rng.integers(len(self.mistaken))]
            number, where = mistaken[0], np.array(mistaken[1:])
        else:
            number = int(rng.integers(len(self.films)))
            body = self.films[number][2]
            where = body[rng.integers(len(body))]
        layers, labels, _ = self.films[number]
        side = int(SIDE * np.clip(np.exp(rng.normal(0, SCALE_SD)), LEAST_SCALE, MOST_SCALE))
        top, left = (
            int(np.clip(at - rng.integers(side // 5, 4 * side // 5), 0, n - side))
            for at, n in zip(where, labels.shape, strict=True)
        )
        box = (slice(top, top + side), slice(left, left + side))
        own = labels[box] == (lesion.label if lesion else 0)
        cut = np.concatenate([layers[:, *box], own[None]]).astype(np.float32)
        turned = tuple(bool(one) for one in rng.random(3) < 0.5)
        return self._turned(cut, turned), Cut(
            film=number, lesion=lesion, mistaken=mistaken, corner=(top, left), side=side, is_turned=turned
        )

    def _turned(self, cut: Array, is_turned: tuple[bool, ...]) -> Tensor:
        piece = functional.interpolate(torch.from_numpy(cut)[None], (SIDE, SIDE), mode="bilinear")[0]
        for axis in (1, 2):
            piece = piece.flip(axis) if is_turned[axis - 1] else piece
        piece = piece.transpose(1, 2) if is_turned[2] else piece
        piece = piece.clone()
        fine, coarse = np.exp(self.rng.normal(0, 0.22, 2))
        piece[0] = piece[0] * self.rng.uniform(0.85, 1.15) + self.rng.uniform(-0.1, 0.1)
        piece[list(FINE)] *= fine
        piece[list(COARSE)] *= coarse
        return piece
