"""The measures of the lesions of one radiograph."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from calciseg.kernels import side_by_side
from calciseg.model import FlagCode, ImageHeader, LesionMaps, Shadow, region_of
from calciseg.radiograph.bone import BoneShadow
from calciseg.radiograph.film import Film
from calciseg.radiograph.grid import Array, Mask, Places
from calciseg.radiograph.hand import HandRegions
from calciseg.radiograph.profile import SkinLine, shown_plane
from calciseg.radiograph.shape import measure_shape
from calciseg.radiograph.turning import Window
from calciseg.settings import RadiographSettings, Settings

__all__ = ["EDGE_BLOCKS", "Measured", "is_near_edge", "measure_lesions"]

_SMALL_PIXELS = 12
EDGE_BLOCKS = 5
"""What comes so near the edge of the field may go on beyond it."""
_FINGER = ("finger", "fingertip")
_FROM_FRONT_OR_BACK = ("AP", "PA", "DP", "PD", "AP/PA")
"""From elsewhere tendons lie beside the bones of a finger."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measured:
    """Lesions."""

    lesions: tuple[Shadow, ...]
    regions: tuple[str | None, ...]
    """Of the hand, where there is one."""


def measure_lesions(
    maps: LesionMaps,
    excess: Array,
    film: Film,
    bone: BoneShadow,
    skin: SkinLine,
    hand: HandRegions | None,
    header: ImageHeader,
    spacing_mm_yx: tuple[float, float] | None,
    settings: Settings,
) -> Measured:
    """Measure each labelled shadow.

    Parameters
    ----------
    maps : LesionMaps
        Of the film as it was stored, with one slice.
    excess : ndarray of float32, shape (rows, columns)
        Of the film as it was stored, above the surroundings.
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
    framed_field = np.pad(film.is_open, EDGE_BLOCKS)

    def measure(one: tuple[int, tuple[slice, ...], Mask]) -> tuple[Shadow, str | None]:
        label, (_slice, *ranges), mask_zyx = one
        box, mask = (ranges[0], ranges[1]), mask_zyx[0]
        rows, columns = np.nonzero(mask)
        centroid = (float(rows.mean()) + box[0].start, float(columns.mean()) + box[1].start)
        in_block = _blocks_of(mask, box, maps.labels.shape[1:], film)
        blocks = _each_once(in_block, film)
        region = None if hand is None else hand.region_of(blocks)
        site = region_of(header.body_part) if hand is None else hand.site_of(blocks)
        plane = shown_plane(
            blocks,
            film,
            bone,
            skin,
            settings.radiograph,
            is_finger_in_profile=region in _FINGER and (header.view or "").upper() in _FROM_FRONT_OR_BACK,
            is_to_scale=spacing_mm_yx is not None,
        )
        shape = measure_shape(mask, spacing_mm_yx or (film.grid.pixel_mm,) * 2, settings.shape)
        strength = excess[box][mask].astype(np.float64)
        pixel_mm2 = None if spacing_mm_yx is None else float(np.prod(spacing_mm_yx))
        # What is drawn by hand may be less dense than its surroundings: no calcium, not less than none.
        grade = max(0.0, float(strength.mean())) / bone.contrast if bone.is_seen else None
        integrated = None
        if grade is not None and pixel_mm2 is not None:
            integrated = grade * len(rows) * pixel_mm2
        shadow = Shadow(
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
            flags=_flags(len(rows), blocks, framed_field, bone.mask[in_block], settings.radiograph),
        )
        return shadow, region

    measured = side_by_side(measure, list(maps.lesion_masks()))
    return Measured(lesions=tuple(one for one, _ in measured), regions=tuple(one for _, one in measured))


def _flags(
    n_pixels: int, blocks: Places, framed_field: Mask, over_bone: Mask, settings: RadiographSettings
) -> tuple[FlagCode, ...]:
    """List what makes the figures of a shadow doubtful; ``over_bone`` tells it of each of its pixels."""
    raised = {
        FlagCode.CUT_BY_EDGE: is_near_edge(blocks, framed_field),
        FlagCode.OVER_BONE: bool(over_bone.mean() >= settings.bone_overlap),
        FlagCode.SMALL: n_pixels < _SMALL_PIXELS,
    }
    return tuple(code for code, is_raised in raised.items() if is_raised)


def is_near_edge(blocks: Places, framed_field: Mask) -> bool:
    """Tell whether `EDGE_BLOCKS` steps to the side, up or down lead out of the field.

    Parameters
    ----------
    blocks : tuple of ndarray of int
        Of a lesion, on the working grid.
    framed_field : ndarray of bool
        The exposed field in a frame of so many blocks.
    """
    first = [int(places.min()) for places in blocks]
    window = tuple(
        slice(start, int(places.max()) + 2 * EDGE_BLOCKS + 1)
        for start, places in zip(first, blocks, strict=True)
    )
    inside = ndimage.binary_erosion(framed_field[window], iterations=EDGE_BLOCKS)
    rows, columns = (places - start + EDGE_BLOCKS for places, start in zip(blocks, first, strict=True))
    return not inside[rows, columns].all()


def _each_once(blocks: Places, film: Film) -> Places:
    """Return each block once, row by row."""
    rows, columns = np.divmod(np.unique(blocks[0] * film.image.shape[1] + blocks[1]), film.image.shape[1])
    return rows, columns


def _blocks_of(mask: Mask, box: Window, shape_yx: tuple[int, ...], film: Film) -> Places:
    """Return row and column of the block that each pixel of a lesion lies in; a rest belongs to the last."""
    laid = film.turning.lay_window(box, shape_yx)
    places = (np.argwhere(film.turning.lay(mask)) + [part.start for part in laid]) // film.grid.n_block
    rows, columns = np.minimum(places, np.array(film.image.shape) - 1).T
    return rows, columns
