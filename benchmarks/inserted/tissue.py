"""What the tissue is, by simple rules that owe nothing to calciseg's own compartments."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks.inserted.studies import RealStudy
from calciseg.model import CtVolume

__all__ = ["Tissue", "find_tissue", "to_mm"]

_CLOSING_MM = 7.5
"""A groove between muscles no wider than twice this lies below the deep fascia, which spans it."""

_N_LOOKS, _LOOK_MM, _LOOK_STEP_MM, _MIN_SEEN = 24, 25.0, 3.0, 0.75
"""Marrow has bone so near on so large a share of its sides; muscle between two bones has less."""

Mask = NDArray[np.bool_]
Field = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tissue:
    """Masks and distances, on the slices of the volume from ``first_slice`` on.

    Attributes
    ----------
    allowed
        In the boxes of the study.
    depth_mm
        To the nearest air outside the body.
    muscle, fat, outer, subcutaneous, between, bone
        Muscle is soft tissue at least 5 mm thick; ``outer`` what lies outside it with nothing but fat and
        skin on the straight way to the nearest air, ``subcutaneous`` the fat of it; ``between`` the fat of
        narrow gaps inside the muscles.
    fascia_mm
        Signed distance to the surface of muscle with its gaps closed, positive inside.
    hot_mm, bone_mm
        To whatever is dense already, and to bone.
    """

    spacing_mm: tuple[float, float, float]
    first_slice: int
    allowed: Mask
    depth_mm: Field
    muscle: Mask
    fat: Mask
    outer: Mask
    subcutaneous: Mask
    between: Mask
    bone: Mask
    muscle_mm: Field
    inner_muscle_mm: Field
    fascia_mm: Field
    between_mm: Field
    hot_mm: Field
    bone_mm: Field
    noise_hu: Field


def to_mm(mask: Mask, spacing_mm: tuple[float, float, float]) -> Field:
    """Measure the distance to a mask."""
    if not mask.any():
        return np.full(mask.shape, 1e3, np.float32)
    return ndimage.distance_transform_edt(~mask, spacing_mm).astype(np.float32)


def find_tissue(volume: CtVolume, study: RealStudy) -> Tissue:
    """Tell the tissues of the slices around the study's boxes."""
    first = max(0, min(box[0].start for box in study.boxes) - 8)
    last = max(box[0].stop for box in study.boxes) + 8
    spacing = volume.geometry.spacing_mm_zyx
    hu = volume.hu[first:last].astype(np.float32)
    allowed = np.zeros(hu.shape, bool)
    for z, y, x in study.boxes:
        allowed[z.start - first : z.stop - first, y, x] = True
    found = _find(hu, allowed, spacing)
    return Tissue(spacing_mm=spacing, first_slice=first, **found)


def _find(hu: Field, allowed: Mask, spacing: tuple[float, float, float]) -> dict[str, NDArray]:
    smooth = ndimage.gaussian_filter(hu, [min(1.2, s) / s for s in spacing])
    body = _opened(smooth > -300, 5.0, spacing)
    parts, n = ndimage.label(body)
    sizes = np.bincount(parts.ravel(), minlength=n + 1)
    sizes[0] = 0
    body = (sizes >= 0.02 * sizes.max())[parts]
    body = ndimage.binary_dilation(body, _ball(2.5, spacing)) & (smooth > -400)
    outside = ~np.stack([ndimage.binary_fill_holes(one) for one in body])
    depth_mm, nearest = ndimage.distance_transform_edt(~outside, spacing, return_indices=True)
    depth_mm = np.maximum(depth_mm - spacing[2] / 2, 0.0)  # the surface lies between two voxels
    hot = (smooth > 170) & ~outside
    parts, n = ndimage.label(hot)
    sizes = np.bincount(parts.ravel(), minlength=n + 1) * np.prod(spacing)
    sizes[0] = 0
    shells = (sizes >= 1500)[parts]
    closed = shells | ndimage.binary_closing(shells, _ball(max(2.5, 1.6 * spacing[2]), spacing))
    bone = np.stack([ndimage.binary_fill_holes(one) for one in closed]) | _enclosed(shells, spacing)
    fat = (smooth > -150) & (smooth < -45) & ~outside & ~bone
    soft = (smooth > 5) & (smooth < 130) & (depth_mm > 4.5)
    muscle = _opened(soft, 2.5, spacing) & ~bone
    parts, n = ndimage.label(muscle)
    sizes = np.bincount(parts.ravel(), minlength=n + 1) * np.prod(spacing)
    sizes[0] = 0
    muscle = (sizes >= 1000)[parts]
    solid = muscle | (bone & (depth_mm > 4.5))
    muscle_mm = to_mm(muscle, spacing)
    closed = (to_mm(to_mm(solid, spacing) > _CLOSING_MM, spacing) > _CLOSING_MM) | solid
    closed = np.stack([ndimage.binary_fill_holes(one) for one in closed])
    half_voxel_mm = np.where(closed, -spacing[2] / 2, spacing[2] / 2).astype(np.float32)
    fascia_mm = to_mm(~closed, spacing) - to_mm(closed, spacing) + half_voxel_mm
    near_mm = to_mm(solid, spacing)
    between = (smooth < -20) & ~bone & closed & (fascia_mm > 5.0) & (near_mm < 3.1) & (hu > -200)
    outer = (fascia_mm < 0) & _only_fat_above(smooth, depth_mm, nearest, allowed)
    noise_hu = hu - ndimage.median_filter(hu, (1, 5, 5))
    return {
        "allowed": allowed,
        "depth_mm": depth_mm.astype(np.float32),
        "muscle": muscle,
        "fat": fat,
        "outer": outer,
        "subcutaneous": outer & fat,
        "between": between,
        "bone": bone,
        "muscle_mm": muscle_mm,
        "inner_muscle_mm": to_mm(~muscle, spacing),
        "fascia_mm": fascia_mm,
        "between_mm": to_mm(between, spacing),
        "hot_mm": to_mm(hot, spacing),
        "bone_mm": to_mm(bone, spacing),
        "noise_hu": np.clip(noise_hu, -60, 60).astype(np.float32),
    }


def _enclosed(shells: Mask, spacing: tuple[float, float, float]) -> Mask:
    """Mark marrow behind cortex too thin to be seen everywhere: bone is near on most sides of the slice."""
    step = max(1, round(_LOOK_STEP_MM / spacing[2]))
    ny, nx = (n // step * step for n in shells.shape[1:])
    coarse = shells[:, :ny, :nx].reshape(-1, ny // step, step, nx // step, step).any(axis=(2, 4))
    n_seen = np.zeros(coarse.shape, np.uint8)
    for angle in np.arange(_N_LOOKS) * (2 * np.pi / _N_LOOKS):
        sees = coarse.copy()
        for n in range(1, int(_LOOK_MM / (step * spacing[2])) + 1):
            sees |= np.roll(coarse, np.rint(n * np.array([np.sin(angle), np.cos(angle)])).astype(int), (1, 2))
        n_seen += sees
    near = (n_seen >= _MIN_SEEN * _N_LOOKS).repeat(step, axis=1).repeat(step, axis=2)
    return np.pad(
        near, ((0, 0), *((0, n - m) for n, m in zip(shells.shape[1:], near.shape[1:], strict=True)))
    )


def _only_fat_above(smooth: Field, depth_mm: Field, nearest: NDArray[np.intp], allowed: Mask) -> Mask:
    """Tell whether the straight way to the nearest air crosses fat and skin only; its end is skin."""
    points = np.argwhere(allowed)
    ends = nearest[:, allowed].T
    crosses = np.zeros(len(points), bool)
    for share in np.linspace(0.0, 1.0, 21):
        z, y, x = np.rint(points + share * (ends - points)).astype(np.intp).T
        crosses |= (smooth[z, y, x] > 0) & (depth_mm[z, y, x] > 3.5)
    result = np.zeros(allowed.shape, bool)
    result[allowed] = ~crosses
    return result


def _opened(mask: Mask, radius_mm: float, spacing: tuple[float, float, float]) -> Mask:
    """Keep what a ball fits into; beyond the first and the last slice it goes on as it is."""
    ball = _ball(radius_mm, spacing)
    return ndimage.binary_dilation(ndimage.binary_erosion(mask, ball, border_value=1), ball)


def _ball(radius_mm: float, spacing: tuple[float, float, float]) -> Mask:
    reach = [int(radius_mm / step) for step in spacing]
    grids = np.ogrid[tuple(slice(-n, n + 1) for n in reach)]
    return sum((grid * step) ** 2 for grid, step in zip(grids, spacing, strict=True)) <= radius_mm**2
