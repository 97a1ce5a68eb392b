"""The cavities of chest, abdomen and pelvis: what the wall of the trunk surrounds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calciseg.ct.footprints import any_in_blocks, opened
from calciseg.ct.grid import AnatomyGrid
from calciseg.ct.wall_muscles import find_wall_muscles
from calciseg.settings import BodyCavitySettings

__all__ = ["BodyCavity", "find_body_cavity"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BodyCavity:
    """The cavities of the trunk, on every so many-th block of the anatomy grid.

    Attributes
    ----------
    within_wall : ndarray of bool
        What the wall surrounds as far as bones and the fascia tell it.
    lining : ndarray of bool
        What lines the wall, within it: muscle, and thin layers that may be.
    wall_muscle : ndarray of bool
        The thick part of it.
    is_open : ndarray of bool
        Fat and gas of the cavity in more than seams.
    steps_zyx : tuple of int
        Blocks of the anatomy grid from one place to the next.
    spacing_mm : tuple of float
        The same in millimetres.
    """

    within_wall: NDArray[np.bool_]
    lining: NDArray[np.bool_]
    wall_muscle: NDArray[np.bool_]
    is_open: NDArray[np.bool_]
    steps_zyx: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]

    def at(self, blocks: tuple[NDArray[np.intp], ...]) -> tuple[NDArray[np.intp], ...]:
        """Index the places that stand for blocks of the anatomy grid."""
        return tuple(block // step for block, step in zip(blocks, self.steps_zyx, strict=True))

    def contents(self, shape_zyx: tuple[int, ...]) -> NDArray[np.bool_]:
        """Give what the cavity holds, without the muscles of its wall, on the anatomy grid."""
        held = self.within_wall & ~self.wall_muscle
        for axis, step in enumerate(self.steps_zyx):
            held = held.repeat(step, axis=axis)
        nz, ny, nx = shape_zyx
        return held[:nz, :ny, :nx]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Slice:
    """A slice of the trunk on the lattice.

    Attributes
    ----------
    is_inside : ndarray of bool
        Inside the deep fascia.
    bone : ndarray of bool
        Of this slice and its neighbours.
    spacing_mm : tuple of float
    """

    is_inside: NDArray[np.bool_]
    bone: NDArray[np.bool_]
    spacing_mm: tuple[float, float]


def find_body_cavity(
    is_inside: NDArray[np.bool_],
    is_air: NDArray[np.bool_],
    is_fat: NDArray[np.bool_],
    is_soft: NDArray[np.bool_],
    bone: NDArray[np.bool_],
    grid: AnatomyGrid,
    settings: BodyCavitySettings,
) -> BodyCavity:
    """Find the cavities of the trunk; there is none in limbs.

    Parameters
    ----------
    is_inside : ndarray of bool
        What lies inside the deep fascia, on the anatomy grid.
    is_air : ndarray of bool
        Air inside the body.
    is_fat, is_soft : ndarray of bool
        Fat, and soft tissue that is neither fat nor bone.
    bone : ndarray of bool
        Bone with its marrow.
    grid : AnatomyGrid
    settings : BodyCavitySettings

    Returns
    -------
    BodyCavity

    Notes
    -----
    Seen from within, the cavity ends at the ribs, the spine and the pelvis. Between bones that lie near to
    one another the wall is as thick as at them; where there is none for long it has a thickness of its own:
    the muscles of the belly. The trunk is told from limbs by bones on most sides, or by the gas of lungs and
    bowel. Looks from three places that see behind the spine from either side. Organs that touch the wall are
    so parted from it without being seen apart.
    """
    sz, sy, sx = (max(1, round(settings.lattice_mm / step)) for step in grid.spacing_mm_zyx)
    steps, lattice = (sz, sy, sx), np.s_[::sz, ::sy, ::sx]
    dz, dy, dx = (a * b for a, b in zip(grid.spacing_mm_zyx, steps, strict=True))
    inside = is_inside[lattice]
    air = is_air[lattice] & inside
    own_bones = any_in_blocks(bone, steps)
    n_slab = 2 * int(settings.slab_mm / dz) + 1
    bones = ndimage.maximum_filter1d(own_bones.view(np.uint8), n_slab, axis=0).view(np.bool_)
    air_mm2 = np.count_nonzero(air, axis=(1, 2)) * (dy * dx)
    has_air = (
        ndimage.maximum_filter1d(air_mm2, 2 * int(settings.air_reach_mm / dz) + 1) >= settings.min_air_mm2
    )
    cavity = np.zeros(inside.shape, np.bool_)
    for z in range(len(cavity)):
        part = _largest(inside[z])
        columns = np.flatnonzero(part.any(axis=0))
        if columns.size and (columns[-1] - columns[0]) * dx >= settings.min_width_mm:
            one = _Slice(is_inside=part, bone=bones[z], spacing_mm=(dy, dx))
            cavity[z] = _in_slice(one, settings, has_air=bool(has_air[z]))
    cavity &= inside
    soft, spacing_mm = is_soft[lattice], (dz, dy, dx)
    has_any = bool(cavity.any())  # limbs need no more
    lining, wall_muscle = cavity, cavity
    if has_any:
        lining, wall_muscle = find_wall_muscles(cavity, inside, soft, own_bones, spacing_mm, settings)
    return BodyCavity(
        within_wall=cavity,
        lining=lining,
        wall_muscle=wall_muscle,
        is_open=opened((is_fat[lattice] | air) & cavity, settings.seam_mm, spacing_mm) if has_any else cavity,
        steps_zyx=steps,
        spacing_mm=spacing_mm,
    )


def _largest(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Keep the largest part of a slice: the trunk rather than an arm beside it."""
    labels, n = ndimage.label(mask)
    return np.asarray(labels == 1 + np.bincount(labels.reshape(-1))[1:].argmax(), np.bool_) if n else mask


def _in_slice(part: _Slice, settings: BodyCavitySettings, *, has_air: bool) -> NDArray[np.bool_]:
    """Join what is seen of the cavity of a slice from its middle and from either side of it."""
    cavity = np.zeros(part.bone.shape, np.bool_)
    rows, columns = np.nonzero(part.is_inside)
    y, x, width = float(rows.mean()), float(columns.mean()), float(np.ptp(columns))
    seen = float(np.isfinite(_look(part, (y, x), settings)[1]).mean())
    if seen < (settings.min_seen if has_air else settings.min_enclosed):
        return cavity
    for aside in (-settings.aside_share, 0.0, settings.aside_share):
        centre = y, x + aside * width
        at = int(centre[0]), int(centre[1])
        if not part.is_inside[at] or part.bone[at]:
            continue
        to_fascia_mm, to_bone_mm = _look(part, centre, settings)
        reach_mm = to_fascia_mm - _wall_mm(to_fascia_mm - to_bone_mm, settings)
        away_mm = (np.stack([rows, columns]) - np.array(centre)[:, None]) * np.array(part.spacing_mm)[:, None]
        turns = np.arctan2(*away_mm) / (2 * np.pi) % 1.0
        ends = np.interp(turns, np.arange(len(reach_mm) + 1) / len(reach_mm), [*reach_mm, reach_mm[0]])
        cavity[rows, columns] |= np.hypot(*away_mm) < ends
    return cavity


def _look(
    part: _Slice, centre: tuple[float, float], settings: BodyCavitySettings
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Measure in all directions how far the fascia is, and the bone before it, infinite if none."""
    dy, dx = part.spacing_mm
    n_y, n_x = part.bone.shape
    angles = np.arange(settings.n_looks)[:, None] * (2 * np.pi / settings.n_looks)
    steps_mm = np.arange(1, int(np.hypot(n_y * dy, n_x * dx) / dx) + 1) * dx
    y = np.rint(centre[0] + np.sin(angles) * steps_mm / dy).astype(np.intp)
    x = np.rint(centre[1] + np.cos(angles) * steps_mm / dx).astype(np.intp)
    is_in_image = (y >= 0) & (y < n_y) & (x >= 0) & (x < n_x)
    y, x = y.clip(0, n_y - 1), x.clip(0, n_x - 1)
    has_left = np.logical_or.accumulate(~is_in_image | ~part.is_inside[y, x], axis=1)
    meets = part.bone[y, x] & ~has_left
    to_bone_mm = np.where(meets.any(axis=1), steps_mm[meets.argmax(axis=1)], np.inf)
    return steps_mm[has_left.argmax(axis=1)], to_bone_mm


def _wall_mm(at_bones_mm: NDArray[np.float64], settings: BodyCavitySettings) -> NDArray[np.float64]:
    """Draw the thickness of the wall on between the directions in which bone tells it."""
    n = len(at_bones_mm)
    told = np.flatnonzero(np.isfinite(at_bones_mm))
    if not told.size:
        return np.full(n, settings.wall_mm)
    around = np.concatenate([told - n, told, told + n])
    each = np.arange(n)
    before = around[np.searchsorted(around, each, side="right") - 1]
    after = around[np.searchsorted(around, each)]
    first_mm, last_mm = at_bones_mm[before % n], at_bones_mm[after % n]
    degrees = 360.0 / n
    from_first, to_last, gap = (each - before) * degrees, (after - each) * degrees, (after - before) * degrees
    between_mm = first_mm + (last_mm - first_mm) * from_first / np.maximum(gap, degrees)
    fades = [np.maximum(0.0, 1.0 - far / settings.fade_degrees) for far in (from_first, to_last)]
    own_mm = settings.wall_mm
    free_mm = own_mm + fades[0] * (first_mm - own_mm) + fades[1] * (last_mm - own_mm)
    wall_mm = np.where(gap <= settings.max_gap_degrees, between_mm, free_mm)
    return np.asarray(np.maximum(wall_mm, own_mm / 2), np.float64)
