"""Calcifications by design: where they may lie, and what shape they have there."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks.inserted.shapes import Shape
from benchmarks.inserted.tissue import Field, Mask, Tissue

__all__ = ["Design", "Inserted", "Under", "fill", "place"]

_GAP_MM = 8.0
"""Between lesions, so that none of them is the surroundings of another."""
_FINE_MM = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """A kind of calcification.

    ``centres`` marks where its middle may be, ``make`` draws a shape around a middle, ``suits`` tells by
    the tissue under its voxels, weighted by how full they are, whether the plane is beyond doubt.
    """

    name: str
    tissue_plane: str
    morphology: str
    n: int
    centres: Callable[[Tissue, float], Mask]
    make: Callable[[np.random.Generator, Tissue, NDArray[np.float64], float], Shape]
    suits: Callable[["Under"], bool]
    sizes_mm: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inserted:
    """A calcification that was put in: ``share`` is how full the voxels of its box of the volume are."""

    label: int
    design: str
    tissue_plane: str
    morphology: str
    volume_mm3: float
    hu: float
    box: tuple[slice, ...] = field(repr=False)
    share: Field = field(repr=False)


class Under:
    """The tissue under a lesion."""

    def __init__(self, tissue: Tissue, box: tuple[slice, ...], share: Field) -> None:
        self.tissue, self.box, self.share = tissue, box, share
        self.is_full = share > 0.05

    def mean(self, mask: Mask) -> float:
        """How much of the lesion lies in a mask."""
        return float((mask[self.box] * self.share).sum() / self.share.sum())

    def least(self, distance: Field) -> float:
        """The least value under the lesion."""
        return float(distance[self.box][self.is_full].min())

    def most(self, distance: Field) -> float:
        """The largest value under the lesion."""
        return float(distance[self.box][self.is_full].max())


def place(
    rng: np.random.Generator, tissue: Tissue, designs: tuple[Design, ...], hu_range: tuple[float, float]
) -> list[Inserted]:
    """Place lesions one after the other, far from each other."""
    is_taken = np.zeros(tissue.allowed.shape, bool)
    placed: list[Inserted] = []
    for design in designs:
        for _ in range(design.n):
            lesion = _place_one(rng, tissue, design, is_taken, len(placed) + 1, hu_range)
            if lesion is not None:
                _take(is_taken, lesion, tissue.spacing_mm)
                z, y, x = lesion.box
                z = slice(z.start + tissue.first_slice, z.stop + tissue.first_slice)
                placed.append(replace(lesion, box=(z, y, x)))
    return placed


def _place_one(
    rng: np.random.Generator,
    tissue: Tissue,
    design: Design,
    is_taken: Mask,
    label: int,
    hu_range: tuple[float, float],
) -> Inserted | None:
    low, high = np.log(design.sizes_mm)
    size_mm = float(np.exp(rng.uniform(low, high)))
    for _ in range(3):
        where = np.flatnonzero((design.centres(tissue, size_mm) & tissue.allowed & ~is_taken).ravel())
        for place in rng.permutation(where)[:40]:
            centre = np.asarray(np.unravel_index(place, is_taken.shape)) * np.asarray(tissue.spacing_mm)
            centre = centre + (rng.random(3) - 0.5) * tissue.spacing_mm
            shape = design.make(rng, tissue, centre, size_mm)
            box, share = fill(tissue, centre, shape)
            if share.max() < 0.5 or (is_taken[box] & (share > 0)).any():
                continue
            if not design.suits(Under(tissue, box, share)):
                continue
            hu = float(np.exp(rng.uniform(*np.log(hu_range))))
            volume_mm3 = float(share.sum() * np.prod(tissue.spacing_mm))
            return Inserted(
                label=label,
                design=design.name,
                tissue_plane=design.tissue_plane,
                morphology=design.morphology,
                volume_mm3=volume_mm3,
                hu=hu,
                box=box,
                share=share,
            )
        size_mm = max(design.sizes_mm[0], 0.75 * size_mm)
    return None


def _take(is_taken: Mask, lesion: Inserted, spacing: tuple[float, float, float]) -> None:
    pads = [int(np.ceil(_GAP_MM / step)) for step in spacing]
    wide = tuple(
        slice(max(0, part.start - pad), min(n, part.stop + pad))
        for part, pad, n in zip(lesion.box, pads, is_taken.shape, strict=True)
    )
    mask = np.zeros([part.stop - part.start for part in wide], bool)
    inner = tuple(
        slice(part.start - w.start, part.stop - w.start) for part, w in zip(lesion.box, wide, strict=True)
    )
    mask[inner] = lesion.share > 0
    is_taken[wide] |= ndimage.distance_transform_edt(~mask, spacing) <= _GAP_MM


def fill(tissue: Tissue, centre_mm: NDArray[np.float64], shape: Shape) -> tuple[tuple[slice, ...], Field]:
    """Tell how full each voxel is, from samples 0.4 mm apart or closer."""
    spacing, n_voxels = tissue.spacing_mm, tissue.allowed.shape
    box = tuple(
        slice(max(0, int(np.floor((c - h) / s))), min(n, int(np.ceil((c + h) / s)) + 2))
        for c, h, s, n in zip(centre_mm, shape.half_mm, spacing, n_voxels, strict=True)
    )
    n_sub = [max(2, int(np.ceil(step / _FINE_MM))) for step in spacing]
    axes = [
        (np.arange((part.stop - part.start) * n) + 0.5) / n - 0.5 + part.start
        for part, n in zip(box, n_sub, strict=True)
    ]
    open_grid = np.meshgrid(*[a * s for a, s in zip(axes, spacing, strict=True)], indexing="ij", sparse=True)
    grid = np.meshgrid(
        *[a - part.start for a, part in zip(axes, box, strict=True)], indexing="ij", sparse=False
    )

    def sample(values: Field) -> Field:
        return ndimage.map_coordinates(values[box].astype(np.float32), grid, order=1, mode="nearest")

    z, y, x = open_grid
    inside = shape.inside_mm((z - centre_mm[0], y - centre_mm[1], x - centre_mm[2]), sample) > 0
    counts = [part.stop - part.start for part in box]
    blocks = inside.reshape(counts[0], n_sub[0], counts[1], n_sub[1], counts[2], n_sub[2])
    return box, blocks.mean(axis=(1, 3, 5)).astype(np.float32)
