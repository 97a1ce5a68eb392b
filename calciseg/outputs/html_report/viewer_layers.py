"""What the viewer of the report shows: an image of 8 bits and its label maps, on one grid."""

import base64
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calciseg.kernels import sum_in_blocks
from calciseg.model import (
    Exclusion,
    ExclusionReason,
    ImageResult,
    Lesion,
    RadiographResult,
    Shadow,
    ShadowExclusion,
    VolumeGeometry,
)
from calciseg.outputs.html_report.blocks import BlockGrid, most_of_each_block
from calciseg.outputs.html_report.film_view import film_window
from calciseg.outputs.html_report.picture import windowed
from calciseg.outputs.nifti_header import nifti_header

__all__ = ["LOWEST_HU", "STEP_HU", "ViewerLayers", "film_layers", "volume_layers"]

LOWEST_HU, STEP_HU = -300, 5
"""What 0 means, and one step, in the viewer: fat to calcium in 256 steps."""

_VOXELS_AT_MOST = 16_000_000
_PIXELS_AT_MOST = 2_500_000
_BYTES_AT_MOST = 6_500_000
"""Of the images of a report together, before they are written as text."""
_COARSE = (8, 8, 8)
_LEVEL, _MEMORY = 1, 9


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewerLayers:
    """What the page holds for one viewer: NIfTI files, deflated, as Base64."""

    image: str
    lesions: str
    planes: str
    excluded: str
    grid: BlockGrid
    geometry: VolumeGeometry
    is_cropped: bool

    @property
    def is_reduced(self) -> bool:
        """Whether its voxels are larger than those of the image."""
        return self.grid.factors_zyx != (1, 1, 1)


def volume_layers(image: ImageResult, n_images: int = 1) -> ViewerLayers:
    """Make the layers of a CT volume: cropped to the body, and coarser where it is large.

    Parameters
    ----------
    image : ImageResult
        One that was measured.
    n_images : int
        How many share the report.
    """
    assert image.hu is not None
    hu, spacing = image.hu, image.geometry.spacing_mm_zyx
    box = _with_lesions(_body_box(hu), image.lesions)
    grid = BlockGrid.within(box, spacing, _VOXELS_AT_MOST // n_images)
    while True:
        geometry = grid.geometry(image.geometry)
        grey = _grey(hu, grid)
        packed = _packed(grey, geometry, slope=STEP_HU, intercept=LOWEST_HU)
        if len(packed) <= _BYTES_AT_MOST // n_images:
            break
        grid = grid.coarser(spacing)
    return _layers(image, grid, geometry, packed, is_cropped=grid.shape_zyx != image.geometry.shape_zyx)


def film_layers(film: RadiographResult, n_images: int = 1) -> ViewerLayers:
    """Make the layers of a radiograph, coarser where it is large.

    Parameters
    ----------
    film : RadiographResult
        One that was measured.
    n_images : int
        How many share the report.
    """
    assert film.values is not None
    values = film.values
    low, high = film_window(values)
    rows, columns = values.shape
    grid = BlockGrid.within(((0, 1), (0, rows), (0, columns)), (1.0, 1.0, 1.0), _PIXELS_AT_MOST // n_images)
    while True:
        geometry = grid.geometry(film.geometry)
        starts = [
            np.arange(0, n, factor) for n, factor in zip(values.shape, grid.factors_zyx[1:], strict=True)
        ]
        sums = np.add.reduceat(values, starts[0], axis=0, dtype=np.float32)
        sums = np.add.reduceat(sums, starts[1], axis=1)
        grey = windowed(sums[np.newaxis] / grid.voxels_of_layer(0), low, high)
        packed = _packed(grey, geometry, slope=(high - low) / 255, intercept=low)
        if len(packed) <= _BYTES_AT_MOST // n_images:
            return _layers(film, grid, geometry, packed, is_cropped=False)
        grid = grid.coarser((1.0, 1.0, 1.0))


def _body_box(hu: NDArray[np.int16]) -> tuple[tuple[int, int], ...]:
    """Return the box of what is denser than lung, by blocks, with a margin."""
    whole = tuple((0, n) for n in hu.shape)
    coarse = BlockGrid(box_zyx=(whole[0], whole[1], whole[2]), factors_zyx=_COARSE)
    sums = sum_in_blocks(hu, [end for pair in whole for end in pair], _COARSE)
    dense = np.stack([layer > LOWEST_HU * coarse.voxels_of_layer(i) for i, layer in enumerate(sums)])
    box = []
    for axis, n in enumerate(hu.shape):
        along = np.flatnonzero(dense.any(axis=tuple(i for i in range(3) if i != axis)))
        if not along.size:
            return whole
        box.append((max(0, int(along[0]) - 1) * _COARSE[axis], min(n, (int(along[-1]) + 2) * _COARSE[axis])))
    return tuple(box)


def _with_lesions(box: tuple[tuple[int, int], ...], lesions: Sequence[Lesion]) -> tuple[tuple[int, int], ...]:
    """Widen a box so that every lesion lies in it, also one outside the body."""
    boxes = [box, *(lesion.bbox_zyx for lesion in lesions)]
    return tuple(
        (min(start for start, _ in ends), max(end for _, end in ends)) for ends in zip(*boxes, strict=True)
    )


def _grey(hu: NDArray[np.int16], grid: BlockGrid) -> NDArray[np.uint8]:
    ends = [end for pair in grid.box_zyx for end in pair]
    sums = sum_in_blocks(hu, ends, grid.factors_zyx)
    grey = np.empty(sums.shape, np.uint8)
    for i, layer in enumerate(sums):
        # Half a step more: what is cast to an integer is cut off.
        steps = layer / (STEP_HU * grid.voxels_of_layer(i)).astype(np.float32)
        grey[i] = np.clip(steps - np.float32(LOWEST_HU / STEP_HU - 0.5), 0, 255)
    return grey


def _layers(
    image: ImageResult | RadiographResult,
    grid: BlockGrid,
    geometry: VolumeGeometry,
    packed: bytes,
    *,
    is_cropped: bool,
) -> ViewerLayers:
    labels, planes = _lesion_maps(image, grid)
    return ViewerLayers(
        image=_text(packed),
        lesions=_text(_packed(labels, geometry)),
        planes=_text(_packed(planes, geometry)),
        excluded=_text(_packed(_reasons(image, grid), geometry)),
        grid=grid,
        geometry=geometry,
        is_cropped=is_cropped,
    )


def _lesion_maps(
    image: ImageResult | RadiographResult, grid: BlockGrid
) -> tuple[NDArray[np.uint16] | NDArray[np.uint32], NDArray[np.uint8]]:
    """Bring labels and planes to the blocks.

    A block that lesions fill at least by half shows the lesion and the plane of most of their voxels; so does
    the fullest block of every lesion, so that none is lost.
    """
    assert image.maps is not None
    labels = np.zeros(grid.n_blocks, image.maps.labels.dtype)
    planes = np.zeros(grid.n_blocks, np.uint8)
    block, label, plane = _lesion_voxels(image, grid)
    blocks, most, n_voxels = most_of_each_block(block, label)
    is_shown = 2 * n_voxels >= grid.voxels_of(blocks)
    is_shown |= _is_fullest(most, n_voxels)
    labels[blocks[is_shown]] = most[is_shown]
    blocks, most, _ = most_of_each_block(block, plane)
    planes[blocks[is_shown]] = most[is_shown]
    return labels.reshape(grid.shape_zyx), planes.reshape(grid.shape_zyx)


def _lesion_voxels(
    image: ImageResult | RadiographResult, grid: BlockGrid
) -> tuple[NDArray[np.intp], NDArray[np.int64], NDArray[np.int64]]:
    assert image.maps is not None
    blocks, labels, planes = [np.zeros(0, np.intp)], [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for lesion in image.lesions:
        ranges = _box(lesion)
        box = tuple(slice(*ends) for ends in ranges)
        found = np.nonzero(image.maps.labels[box] == lesion.label)
        planes.append(image.maps.planes[box][found].astype(np.int64))
        labels.append(np.full(planes[-1].size, lesion.label, np.int64))
        inside = tuple(index + start for index, (start, _) in zip(found, ranges, strict=True))
        blocks.append(grid.block_of(inside))
    return np.concatenate(blocks), np.concatenate(labels), np.concatenate(planes)


def _box(lesion: Lesion | Shadow) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
    return ((0, 1), *lesion.bbox_yx) if isinstance(lesion, Shadow) else lesion.bbox_zyx


def _is_fullest(label: NDArray[np.int64], n_voxels: NDArray[np.int64]) -> NDArray[np.bool_]:
    order = np.lexsort((n_voxels, label))
    is_last = np.append(np.diff(label[order]) > 0, np.ones(min(1, label.size), np.bool_))
    fullest = np.zeros(label.size, np.bool_)
    fullest[order[is_last]] = True
    return fullest


def _reasons(image: ImageResult | RadiographResult, grid: BlockGrid) -> NDArray[np.uint8]:
    """Bring the map of exclusions to the blocks; values are the places of the reasons in their vocabulary."""
    assert image.maps is not None
    excluded: Sequence[Exclusion | ShadowExclusion] = image.excluded
    reasons = list(ExclusionReason)
    code = np.zeros(max((one.label or 0 for one in excluded), default=0) + 1, np.uint8)
    for one in excluded:
        if one.label is not None:
            code[one.label] = reasons.index(one.reason) + 1
    sampled = grid.sampled(image.maps.excluded)
    reasons_of: NDArray[np.uint8] = code[np.minimum(sampled, code.size - 1)]
    return reasons_of


def _packed(
    voxels: NDArray[np.unsignedinteger],
    geometry: VolumeGeometry,
    *,
    slope: float = 1.0,
    intercept: float = 0.0,
) -> bytes:
    # Runs of equal bytes and nothing else are looked for: twice as fast, and no larger with noise.
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, zlib.MAX_WBITS, _MEMORY, zlib.Z_RLE)
    header = nifti_header(geometry, voxels.dtype, slope=slope, intercept=intercept)
    little_endian = np.ascontiguousarray(voxels, dtype=voxels.dtype.newbyteorder("<"))
    return packer.compress(header) + packer.compress(little_endian.data) + packer.flush()


def _text(packed: bytes) -> str:
    return base64.b64encode(packed).decode("ascii")
