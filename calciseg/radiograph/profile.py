"""Skin line and muscle shadow: whether a lesion is seen in profile, and how deep below the skin."""

from dataclasses import dataclass, field

import numpy as np

from calciseg.kernels import distance_mm
from calciseg.model import PlaneFractions, PlaneReason, TissuePlane
from calciseg.radiograph.bone import BoneShadow
from calciseg.radiograph.film import Film
from calciseg.radiograph.grid import Array, Places
from calciseg.radiograph.muscle_shadow import find_muscle_depth_mm
from calciseg.settings import RadiographSettings

__all__ = ["ShownPlane", "SkinLine", "find_skin_line", "lies_outside", "shown_plane"]

_SURE_MM = 6.0
"""Twice the distance from the nearest border at which a plane is sure."""
_MOST = 0.7
"""Of what is called subcutaneous on projected phantoms about two thirds is; most of the rest lies in skin."""
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
    # The line runs between the middles of blocks.
    return SkinLine(depth_mm=distance_mm(air, film.grid.block_mm_yx) - np.float32(film.grid.block_mm / 2))


def shown_plane(
    lesion: Places,
    film: Film,
    bone: BoneShadow,
    skin: SkinLine,
    settings: RadiographSettings,
    *,
    is_finger_in_profile: bool = False,
    is_to_scale: bool = True,
) -> ShownPlane:
    """Tell the plane of a lesion if the projection shows it.

    Parameters
    ----------
    lesion : tuple of ndarray of int
        Its blocks, each once.
    film : Film
    bone : BoneShadow
    skin : SkinLine
    settings : RadiographSettings
    is_finger_in_profile : bool
        It lies in a finger seen from the front or the back: beside its bones there is no muscle, nor tendon.
    is_to_scale : bool
        The film states its spacing; without it no depth below the skin line is known.

    Returns
    -------
    ShownPlane
        Cutaneous for a lesion that lies no deeper than skin below the skin line (the projected depth of a
        place is never less than its own); subcutaneous for one between there and where muscle begins.
    """
    if lies_outside(lesion, film, settings):
        return _undecided(PlaneReason.OUTSIDE_BODY, ())
    if bone.mask[lesion].mean() >= settings.bone_overlap:
        return _undecided(PlaneReason.OVER_BONE)
    if not is_to_scale:
        return _undecided(PlaneReason.NO_SPACING)
    depths_mm = skin.depth_mm[lesion]
    deepest_mm, shallowest_mm = float(depths_mm.max()), max(0.0, float(depths_mm.min()))
    if deepest_mm <= settings.skin_mm:
        return _in_profile((TissuePlane.CUTANEOUS,), settings.skin_mm - deepest_mm, shallowest_mm)
    if deepest_mm > settings.profile_mm:
        return _undecided(PlaneReason.OVER_MUSCLE)
    muscle_mm = (
        np.inf
        if is_finger_in_profile
        else find_muscle_depth_mm(lesion, film, bone.mask, skin.depth_mm, settings)
    )
    if muscle_mm is None:
        return _undecided(PlaneReason.NO_MUSCLE_SHADOW)
    if deepest_mm > muscle_mm:
        return _undecided(PlaneReason.OVER_MUSCLE)
    if shallowest_mm < settings.skin_mm:
        return _undecided(PlaneReason.AT_SKIN, (TissuePlane.CUTANEOUS, TissuePlane.SUBCUTANEOUS))
    border_mm = min(muscle_mm - deepest_mm, shallowest_mm - settings.skin_mm)
    # The ray passes through skin as well, in front and behind; through far less of it than of fat.
    possible = (TissuePlane.SUBCUTANEOUS, TissuePlane.CUTANEOUS)
    return _in_profile(possible, border_mm, shallowest_mm)


def lies_outside(lesion: Places, film: Film, settings: RadiographSettings) -> bool:
    """Tell whether a lesion lies beside the body or beyond the exposed field, by the rule for candidates."""
    return float((film.is_body & film.is_open)[lesion].mean()) < settings.body_overlap


def _in_profile(possible: tuple[TissuePlane, ...], border_mm: float, shallowest_mm: float) -> ShownPlane:
    """Give the first of the planes that are possible; with another one left it is never sure."""
    return ShownPlane(
        tissue_plane=possible[0],
        fractions=_all_in(possible[0]),
        confidence=min(1.0 if len(possible) == 1 else _MOST, 0.5 + border_mm / _SURE_MM),
        reason=PlaneReason.IN_PROFILE,
        possible_planes=possible,
        depth_from_skin_mm=shallowest_mm,
    )


def _undecided(reason: PlaneReason, possible: tuple[TissuePlane, ...] = _SOFT_PLANES) -> ShownPlane:
    return ShownPlane(
        tissue_plane=TissuePlane.INDETERMINATE,
        fractions=_all_in(TissuePlane.INDETERMINATE),
        confidence=None,
        reason=reason,
        possible_planes=possible,
        depth_from_skin_mm=None,
    )


def _all_in(plane: TissuePlane) -> PlaneFractions:
    return PlaneFractions(**{str(one): float(one == plane) for one in TissuePlane})
