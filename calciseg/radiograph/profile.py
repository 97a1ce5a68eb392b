"""Skin line and muscle shadow: whether a lesion is seen in profile, and how deep below the skin."""

from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage

from calciseg.model import PlaneFractions, PlaneReason, TissuePlane
from calciseg.radiograph.bone import BoneShadow
from calciseg.radiograph.film import Film
from calciseg.radiograph.grid import Array, Mask
from calciseg.settings import RadiographSettings

__all__ = ["ShownPlane", "SkinLine", "find_skin_line", "shown_plane"]

_AROUND_MM = 18.0
_LEAST_DEPTHS = 8
_SOFT_PLANES = (
    TissuePlane.CUTANEOUS, TissuePlane.SUBCUTANEOUS, TissuePlane.FASCIAL, TissuePlane.INTRAMUSCULAR,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SkinLine:
    """Distance from the outline of the body, where it borders on air.

    Attributes
    ----------
    depth_mm : ndarray of float32
        On the working grid; on a projection it is a depth only beside the edge.
    """

    depth_mm: Array = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPlane:
    """What the projection says of the plane of a lesion."""

    tissue_plane: TissuePlane
    fractions: PlaneFractions
    confidence: float | None
    reason: PlaneReason
    possible_planes: tuple[TissuePlane, ...]
    depth_from_skin_mm: float | None


def find_skin_line(film: Film) -> SkinLine:
    """Measure distances from the air that the field shows; the edge of the field is no skin."""
    air = film.is_open & ~film.is_body
    if not air.any():
        return SkinLine(depth_mm=np.full(film.image.shape, np.inf, np.float32))
    depth = ndimage.distance_transform_edt(~air) - 0.5
    return SkinLine(depth_mm=(depth * film.grid.block_mm).astype(np.float32))


def shown_plane(
    lesion: Mask, film: Film, bone: BoneShadow, skin: SkinLine, settings: RadiographSettings
) -> ShownPlane:
    """Tell the plane of a lesion if the projection shows it.

    Parameters
    ----------
    lesion : ndarray of bool
        On the working grid.
    film : Film
    bone : BoneShadow
    skin : SkinLine
    settings : RadiographSettings

    Returns
    -------
    ShownPlane
        Cutaneous or subcutaneous only for a lesion between the skin line and the place where the profile of
        the limb steepens anew, which is where muscle begins.
    """
    if bone.mask[lesion].mean() >= settings.bone_overlap:
        return _undecided(PlaneReason.OVER_BONE)
    depths = skin.depth_mm[lesion]
    deepest, shallowest = float(depths.max()), float(depths.min())
    if deepest > settings.profile_mm:
        return _undecided(PlaneReason.OVER_MUSCLE)
    muscle_mm = _muscle_depth_mm(lesion, film, bone, skin, settings)
    if muscle_mm is None:
        return _undecided(PlaneReason.NO_MUSCLE_SHADOW)
    if deepest > muscle_mm:
        return _undecided(PlaneReason.OVER_MUSCLE)
    is_skin = deepest <= settings.skin_mm
    plane = TissuePlane.CUTANEOUS if is_skin else TissuePlane.SUBCUTANEOUS
    border_mm = (
        settings.skin_mm - deepest if is_skin else min(muscle_mm - deepest, deepest - settings.skin_mm)
    )
    return ShownPlane(
        tissue_plane=plane,
        fractions=_all_in(plane),
        confidence=min(1.0, 0.5 + border_mm / 6.0),
        reason=PlaneReason.IN_PROFILE,
        possible_planes=(plane,),
        depth_from_skin_mm=max(0.0, shallowest),
    )


def _muscle_depth_mm(
    lesion: Mask, film: Film, bone: BoneShadow, skin: SkinLine, settings: RadiographSettings
) -> float | None:
    """Find the depth below the skin line at which the profile beside the lesion steepens again."""
    reach = max(2, round(film.grid.blocks(_AROUND_MM)))
    rows, columns = np.nonzero(lesion)
    box = (
        slice(max(0, rows.min() - reach), rows.max() + reach + 1),
        slice(max(0, columns.min() - reach), columns.max() + reach + 1),
    )
    beside = film.is_body[box] & ~bone.mask[box] & ~ndimage.binary_dilation(lesion[box], iterations=3)
    depth_mm, image = skin.depth_mm[box], film.image[box]
    step_mm = max(0.8, 1.5 * film.grid.block_mm)
    bins = np.floor(depth_mm / step_mm).astype(np.intp)
    n_bins = int(settings.profile_mm / step_mm)
    profile = []
    for number in range(n_bins):
        there = beside & (bins == number)
        if there.sum() < 10:
            break
        profile.append(float(np.median(image[there])))
    if len(profile) < _LEAST_DEPTHS:
        return None
    steep = np.diff(ndimage.gaussian_filter1d(np.array(profile), 1.0))
    # Along a round limb of one tissue the profile flattens inwards, always.
    flattest = np.minimum.accumulate(np.maximum(steep, 0))
    rises = steep - flattest
    noise = 2.0 * float(np.median(film.noise[box])) / np.sqrt(10)
    knees = np.flatnonzero((rises[2:] > settings.knee * steep[:3].max() * 0.5) & (rises[2:] > noise))
    return float((knees[0] + 2) * step_mm) if len(knees) else None


def _undecided(reason: PlaneReason) -> ShownPlane:
    return ShownPlane(
        tissue_plane=TissuePlane.INDETERMINATE,
        fractions=_all_in(TissuePlane.INDETERMINATE),
        confidence=None,
        reason=reason,
        possible_planes=_SOFT_PLANES,
        depth_from_skin_mm=None,
    )


def _all_in(plane: TissuePlane) -> PlaneFractions:
    return PlaneFractions(**{str(one): float(one == plane) for one in TissuePlane})
