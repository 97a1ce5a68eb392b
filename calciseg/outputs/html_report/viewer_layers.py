"""What the viewer of the report shows: an image of 8 bits and its label maps, on one grid."""

import base64
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calciseg.kernels import sum_in_blocks
from calciseg.model import ImageResult, Lesion, RadiographResult, VolumeGeometry
from calciseg.outputs.html_report.blocks import BlockGrid
from calciseg.outputs.html_report.film_view import film_window
from calciseg.outputs.html_report.picture import windowed
from calciseg.outputs.html_report.viewer_maps import lesion_maps, reason_map
from calciseg.outputs.nifti_header import nifti_header

__all__ = ["LOWEST_HU", "STEP_HU", "ViewerLayers", "film_layers", "volume_layers"]

LOWEST_HU, STEP_HU = -300, 5
"""What 0 means, and one step, in the viewer: fat to calcium in 256 steps."""

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


def volume_layers(image: ImageResult, *, n_voxels_at_most: int, n_characters_at_most: int) -> ViewerLayers:
    """Make the layers of a CT volume: cropped to the body, and coarser where it is large.

    Parameters
    ----------
    image : ImageResult
        One that was measured, with its voxels.
    n_voxels_at_most, n_characters_at_most : int
        Of the image as it is shown, and as it stands in the page.
    """
    assert image.hu is not None
    hu, spacing = image.hu, image.geometry.spacing_mm_zyx
    box = _with_lesions(_body_box(hu), image.lesions)
    grid = BlockGrid.within(box, spacing, n_voxels_at_most)
    while True:
        geometry = grid.geometry(image.geometry)
        grey = _grey(hu, grid)
        shown = _packed(grey, geometry, slope=STEP_HU, intercept=LOWEST_HU)
        if len(shown) <= n_characters_at_most:
            break
        grid = grid.coarser(spacing)
    is_cropped = any(end - start < n for (start, end), n in zip(box, hu.shape, strict=True))
    return _layers(image, grid, geometry, shown, is_cropped=is_cropped)


def film_layers(film: RadiographResult, *, n_pixels_at_most: int, n_characters_at_most: int) -> ViewerLayers:
    """Make the layers of a radiograph, coarser where it is large.

    Parameters
    ----------
    film : RadiographResult
        One that was measured, with its pixels.
    n_pixels_at_most, n_characters_at_most : int
        Of the film as it is shown, and as it stands in the page.
    """
    assert film.values is not None
    values = film.values
    low, high = film_window(values)
    rows, columns = values.shape
    grid = BlockGrid.within(((0, 1), (0, rows), (0, columns)), (1.0, 1.0, 1.0), n_pixels_at_most)
    while True:
        geometry = grid.geometry(film.geometry)
        starts = [
            np.arange(0, n, factor) for n, factor in zip(values.shape, grid.factors_zyx[1:], strict=True)
        ]
        sums = np.add.reduceat(values, starts[0], axis=0, dtype=np.float32)
        sums = np.add.reduceat(sums, starts[1], axis=1)
        grey = windowed(sums[np.newaxis] / grid.voxels_of_layer(0), low, high)
        shown = _packed(grey, geometry, slope=(high - low) / 255, intercept=low)
        if len(shown) <= n_characters_at_most:
            return _layers(film, grid, geometry, shown, is_cropped=False)
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
    shown: str,
    *,
    is_cropped: bool,
) -> ViewerLayers:
    labels, planes = lesion_maps(image, grid)
    return ViewerLayers(
        image=shown,
        lesions=_packed(labels, geometry),
        planes=_packed(planes, geometry),
        excluded=_packed(reason_map(image, grid), geometry),
        grid=grid,
        geometry=geometry,
        is_cropped=is_cropped,
    )


def _packed(
    voxels: NDArray[np.unsignedinteger],
    geometry: VolumeGeometry,
    *,
    slope: float = 1.0,
    intercept: float = 0.0,
) -> str:
    # Runs of equal bytes and nothing else are looked for: twice as fast, and no larger with noise.
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, zlib.MAX_WBITS, _MEMORY, zlib.Z_RLE)
    header = nifti_header(geometry, voxels.dtype, slope=slope, intercept=intercept)
    little_endian = np.ascontiguousarray(voxels, dtype=voxels.dtype.newbyteorder("<"))
    packed = packer.compress(header) + packer.compress(little_endian.data) + packer.flush()
    return base64.b64encode(packed).decode("ascii")
