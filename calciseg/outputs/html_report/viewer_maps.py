"""The label maps of the viewer: lesions, their planes and what was excluded, on blocks of voxels."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from calciseg.model import (
    Exclusion,
    ExclusionReason,
    ImageResult,
    Lesion,
    RadiographResult,
    Shadow,
    ShadowExclusion,
)
from calciseg.outputs.html_report.blocks import BlockGrid, most_of_each_block

__all__ = ["lesion_maps", "reason_map"]


def lesion_maps(
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


def reason_map(image: ImageResult | RadiographResult, grid: BlockGrid) -> NDArray[np.uint8]:
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
