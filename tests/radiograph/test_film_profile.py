"""Where muscle begins below the skin line, and which plane a projection shows."""

import numpy as np
import pytest

from calciseg import Settings
from calciseg.model import PlaneReason, TissuePlane
from calciseg.radiograph.bone import BoneShadow
from calciseg.radiograph.film import Film
from calciseg.radiograph.muscle_shadow import find_muscle_depth_mm
from calciseg.radiograph.profile import find_skin_line, shown_plane

_BLOCK_MM, _ROWS, _RADIUS_MM = 0.4, 160, 45.0
_SETTINGS = Settings().radiograph


def _limb(film_of, fat_mm: float | None, seed: int = 0) -> Film:
    """Project a cylinder of fat, with one of muscle in it unless it has none; columns run across it."""
    x_mm = (np.arange(320) - 160) * _BLOCK_MM
    path_mm = 2 * np.sqrt(np.clip(_RADIUS_MM**2 - x_mm**2, 0, None)) * 0.9
    if fat_mm is not None:
        path_mm += 2 * np.sqrt(np.clip((_RADIUS_MM - fat_mm) ** 2 - x_mm**2, 0, None)) * 0.15
    rng = np.random.default_rng(seed)
    image = (path_mm[None, :] * 20 + rng.normal(0, 4, (_ROWS, 320))).astype(np.float32)
    return film_of(image, np.broadcast_to(np.abs(x_mm) < _RADIUS_MM, image.shape).copy(), _BLOCK_MM)


def _spot(depth_mm: float, size_mm: float = 1.6) -> tuple[np.ndarray, ...]:
    lesion = np.zeros((_ROWS, 320), bool)
    column = round(160 - (_RADIUS_MM - depth_mm) / _BLOCK_MM)
    half = round(size_mm / 2 / _BLOCK_MM)
    lesion[80 - half : 80 + half + 1, column - half : column + half + 1] = True
    return np.nonzero(lesion)


def _shown(film_of, fat_mm: float | None, depth_mm: float, *, over_bone: bool = False, **options: bool):
    film = _limb(film_of, fat_mm)
    bone = np.full(film.image.shape, over_bone)
    shadow = BoneShadow(mask=bone, contrast=0.0)
    return shown_plane(_spot(depth_mm), film, shadow, find_skin_line(film), _SETTINGS, **options)


@pytest.mark.parametrize("fat_mm", [6.0, 10.0, 15.0, 20.0])
def test_muscle_begins_where_the_fat_ends(film_of, fat_mm):
    film = _limb(film_of, fat_mm)
    none = np.zeros(film.image.shape, bool)
    found = find_muscle_depth_mm(_spot(5.0), film, none, find_skin_line(film).depth_mm, _SETTINGS)
    assert found == pytest.approx(fat_mm, abs=1.0)


@pytest.mark.parametrize("seed", range(5))
def test_in_a_limb_of_one_tissue_no_muscle_is_seen(film_of, seed):
    film = _limb(film_of, None, seed)
    none = np.zeros(film.image.shape, bool)
    assert find_muscle_depth_mm(_spot(5.0), film, none, find_skin_line(film).depth_mm, _SETTINGS) is None


@pytest.mark.parametrize(
    ("fat_mm", "depth_mm", "reason", "plane"),
    [
        (12.0, 1.0, PlaneReason.IN_PROFILE, TissuePlane.CUTANEOUS),
        (None, 1.0, PlaneReason.IN_PROFILE, TissuePlane.CUTANEOUS),
        (12.0, 3.0, PlaneReason.AT_SKIN, TissuePlane.INDETERMINATE),
        (12.0, 7.0, PlaneReason.IN_PROFILE, TissuePlane.SUBCUTANEOUS),
        (12.0, 18.0, PlaneReason.OVER_MUSCLE, TissuePlane.INDETERMINATE),
        (12.0, 40.0, PlaneReason.OVER_MUSCLE, TissuePlane.INDETERMINATE),
        (None, 7.0, PlaneReason.NO_MUSCLE_SHADOW, TissuePlane.INDETERMINATE),
    ],
)
def test_the_projection_shows_a_plane_only_outside_the_muscle(film_of, fat_mm, depth_mm, reason, plane):
    shown = _shown(film_of, fat_mm, depth_mm)
    assert (shown.reason, shown.tissue_plane) == (reason, plane)
    is_decided = plane is not TissuePlane.INDETERMINATE
    assert (shown.depth_from_skin_mm is not None) == is_decided == (shown.confidence is not None)
    if is_decided:
        assert shown.depth_from_skin_mm == pytest.approx(depth_mm - 0.8, abs=0.5)
        assert shown.possible_planes[0] is plane


def test_beside_the_bones_of_a_finger_there_is_no_muscle(film_of):
    assert _shown(film_of, None, 7.0, is_finger_in_profile=True).tissue_plane is TissuePlane.SUBCUTANEOUS


@pytest.mark.parametrize("depth_mm", [1.0, 7.0])
def test_without_spacing_no_depth_and_no_plane_is_known(film_of, depth_mm):
    shown = _shown(film_of, 12.0, depth_mm, is_to_scale=False)
    assert (shown.reason, shown.tissue_plane) == (PlaneReason.NO_SPACING, TissuePlane.INDETERMINATE)
    assert shown.depth_from_skin_mm is shown.confidence is None


def test_over_bone_nothing_is_seen_in_profile(film_of):
    assert _shown(film_of, 12.0, 7.0, over_bone=True).reason is PlaneReason.OVER_BONE


@pytest.mark.parametrize(("is_open", "depth_mm"), [(True, -4.0), (False, 1.0)])
def test_beside_the_body_or_below_the_blades_nothing_has_a_plane(film_of, is_open, depth_mm):
    film = _limb(film_of, 12.0)
    film.is_open[:, :160] = is_open
    shadow = BoneShadow(mask=np.zeros(film.image.shape, bool), contrast=0.0)
    shown = shown_plane(_spot(depth_mm), film, shadow, find_skin_line(film), _SETTINGS)
    assert (shown.reason, shown.tissue_plane) == (PlaneReason.OUTSIDE_BODY, TissuePlane.INDETERMINATE)
    assert shown.depth_from_skin_mm is shown.confidence is None


def test_depths_go_by_the_sides_of_a_pixel(film_of):
    """Pixels twice as wide as high: the same depth is that many rows, or half as many columns."""
    is_body = np.zeros((100, 100), np.bool_)
    is_body[40:, 40:] = True
    film = film_of(np.where(is_body, 1000.0, 0.0), is_body, block_mm_yx=(0.2, 0.4))
    depth_mm = find_skin_line(film).depth_mm
    assert depth_mm[60, 95] == pytest.approx(20 * 0.2, abs=0.3)
    assert depth_mm[95, 60] == pytest.approx(20 * 0.4, abs=0.3)
