"""The measures of the lesions of one radiograph."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calciseg.kernels import connected_components
from calciseg.model import FlagCode, ImageHeader, Shadow, region_of
from calciseg.radiograph.bone import BoneShadow
from calciseg.radiograph.film import Film
from calciseg.radiograph.grid import Array, Mask
from calciseg.radiograph.hand import HandRegions
from calciseg.radiograph.profile import SkinLine, shown_plane
from calciseg.radiograph.shape import measure_shape
from calciseg.settings import Settings

__all__ = ["Counted", "Measured", "measure_lesions"]

_SMALL_PIXELS = 12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Counted:
    """What is counted, on the film as it was laid.

    Attributes
    ----------
    mask : ndarray of bool
    excess : ndarray of float32
        Above the surroundings; 0 elsewhere.
    """

    mask: Mask = field(repr=False)
    excess: Array = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measured:
    """Lesions with their map, on the film as it was stored."""

    lesions: tuple[Shadow, ...]
    regions: tuple[str | None, ...]
    """Of the hand, where there is one."""
    labels: NDArray[np.uint16] = field(repr=False)


def measure_lesions(
    counted: Counted,
    film: Film,
    bone: BoneShadow,
    skin: SkinLine,
    hand: HandRegions | None,
    header: ImageHeader,
    spacing_mm_yx: tuple[float, float] | None,
    settings: Settings,
) -> Measured:
    """Measure each connected shadow.

    Parameters
    ----------
    counted : Counted
    film : Film
    bone : BoneShadow
    skin : SkinLine
    hand : HandRegions or None
    header : ImageHeader
    spacing_mm_yx : tuple of float or None
        Of the film as it was stored.
    settings : Settings

    Returns
    -------
    Measured
    """
    stored = film.turning.back(counted.mask)
    excess = film.turning.back(counted.excess)
    is_over = film.turning.back(film.on_pixels(bone.mask))
    found = connected_components(stored.astype(np.uint16), 1)
    labels = found.labels(np.uint16)
    laid = film.turning.lay(labels)
    lesions, regions = [], []
    for label in range(1, found.n_components + 1):
        box, mask = found.mask(label)
        rows, columns = np.nonzero(mask)
        centroid = (float(rows.mean()) + box[0].start, float(columns.mean()) + box[1].start)
        blocks = _in_blocks(laid, label, film)
        middle = np.argwhere(blocks).mean(axis=0)
        region = None if hand is None else hand.region_of(*middle)
        site = region_of(header.body_part) if hand is None else hand.site_of(*middle)
        plane = shown_plane(blocks, film, bone, skin, settings.radiograph)
        shape = measure_shape(mask, spacing_mm_yx or (film.grid.pixel_mm,) * 2, settings.shape)
        strength = excess[box][mask].astype(np.float64)
        pixel_mm2 = None if spacing_mm_yx is None else float(np.prod(spacing_mm_yx))
        grade = float(strength.mean()) / bone.contrast if bone.is_seen else None
        integrated = None
        if grade is not None and pixel_mm2 is not None:
            integrated = grade * len(rows) * pixel_mm2
        flags = {
            FlagCode.CUT_BY_EDGE: _reaches_edge(blocks, film),
            FlagCode.OVER_BONE: bool(is_over[box][mask].mean() >= settings.radiograph.bone_overlap),
            FlagCode.SMALL: len(rows) < _SMALL_PIXELS,
        }
        lesions.append(
            Shadow(
                label=label,
                tissue_plane=plane.tissue_plane,
                plane_fractions=plane.fractions,
                plane_confidence=plane.confidence,
                plane_reason=plane.reason,
                possible_planes=plane.possible_planes,
                tags=(),
                morphology=shape.morphology,
                site=site,
                laterality=header.laterality,
                centroid_yx=centroid,
                bbox_yx=((box[0].start, box[0].stop), (box[1].start, box[1].stop)),
                n_pixels=len(rows),
                area_mm2=None if pixel_mm2 is None else len(rows) * pixel_mm2,
                max_diameter_mm=None if spacing_mm_yx is None else shape.max_diameter_mm,
                contrast_to_noise=float(strength.mean()) / float(np.median(film.noise[blocks])),
                density_grade=grade,
                integrated_attenuation_mm2=integrated,
                depth_from_skin_mm=None if spacing_mm_yx is None else plane.depth_from_skin_mm,
                flags=tuple(code for code, is_raised in flags.items() if is_raised),
            )
        )
        regions.append(region)
    return Measured(lesions=tuple(lesions), regions=tuple(regions), labels=labels)


def _in_blocks(laid: NDArray[np.uint16], label: int, film: Film) -> Mask:
    """Mark the blocks that hold a lesion."""
    n = film.grid.n_block
    rows, columns = np.nonzero(laid == label)
    blocks = np.zeros(film.image.shape, np.bool_)
    blocks[
        np.minimum(rows // n, film.image.shape[0] - 1), np.minimum(columns // n, film.image.shape[1] - 1)
    ] = True
    return blocks


def _reaches_edge(blocks: Mask, film: Film) -> bool:
    sure = ndimage.binary_erosion(film.is_open, iterations=5, border_value=0)
    return bool((blocks & ~sure).any())
