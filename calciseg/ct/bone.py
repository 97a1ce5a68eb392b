"""Bone, by what bone is: a shell around marrow, of a certain size, in one piece with its neighbours."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calciseg.ct.bumps import find_bumps
from calciseg.ct.footprints import closed, counting
from calciseg.ct.grid import AnatomyGrid
from calciseg.ct.hangers import find_hangers
from calciseg.ct.lumps import find_lumps
from calciseg.ct.nodules import find_nodules
from calciseg.ct.plates import find_plates
from calciseg.ct.sheets import find_sheets
from calciseg.ct.solids import Parts, split_at_necks
from calciseg.kernels import connected_components, fill_holes_in_slices, mean_in_window
from calciseg.settings import BoneSettings, Settings

__all__ = ["Skeleton", "find_bone"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Skeleton:
    """Where bone is, on the anatomy grid.

    Attributes
    ----------
    mask : ndarray of bool
        Bone with its marrow.
    was_cut_free : ndarray of bool
        Dense parts that touched bone and were cut off it.
    ossified : ndarray of bool or None
        Mature bone with its marrow that is no part of the skeleton; None where there is none.
    """

    mask: NDArray[np.bool_]
    was_cut_free: NDArray[np.bool_]
    ossified: NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _PartFeatures:
    """One row a part, row 0 for what is outside all parts."""

    volume_mm3: NDArray[np.float64]
    marrow_fraction: NDArray[np.float64]
    rim_hu: NDArray[np.float64]
    core_hu: NDArray[np.float64]
    core_unevenness: NDArray[np.float64]
    """SD over mean."""
    radii_mm: NDArray[np.float64]


def find_bone(
    dense: NDArray[np.bool_],
    hu: NDArray[np.int16],
    grid: AnatomyGrid,
    calcium_factor: float,
    settings: Settings,
) -> Skeleton:
    """Tell bone from calcification.

    Parameters
    ----------
    dense : ndarray of bool
        What reaches the calcium threshold, on the anatomy grid, without what is already explained.
    hu : ndarray of int16
        The volume averaged onto the anatomy grid.
    grid : AnatomyGrid
    calcium_factor : float
        Factor on calcium thresholds at this tube voltage.
    settings : Settings
        Its groups ``bone``, ``hangers``, ``lumps``, ``nodules``, ``plates``, ``sheets`` and ``bumps``.

    Returns
    -------
    Skeleton

    Notes
    -----
    Dense voxels are closed, rings are filled, and the solid is cut at its necks
    (:func:`calciseg.ct.solids.split_at_necks`). A part is bone if its inside is marrow, or if its rim is
    denser than its core: calcifications are homogeneous, and partial volume makes their rim the less dense.
    Large even bodies that hang on bone by next to nothing are none
    (:func:`calciseg.ct.hangers.find_hangers`).
    What lies on bone without a neck, or is as large as a bone, is taken out by
    :func:`calciseg.ct.lumps.find_lumps`, :func:`calciseg.ct.nodules.find_nodules`,
    :func:`calciseg.ct.plates.find_plates`, :func:`calciseg.ct.sheets.find_sheets` and
    :func:`calciseg.ct.bumps.find_bumps`. Cues after the
    differential of Banks, Semin Roentgenol 2005;40:391, and Freire 2018, doi:10.1007/s13244-018-0619-0.
    """
    box = _box_around(dense, settings.bone.closing_mm, grid)
    bone, cut_free = _find_in_box(dense[box], hu[box], grid, calcium_factor, settings)
    mask, was_cut_free = np.zeros(dense.shape, np.bool_), np.zeros(dense.shape, np.bool_)
    mask[box], was_cut_free[box] = bone, cut_free
    return Skeleton(mask=mask, was_cut_free=was_cut_free)


def _box_around(dense: NDArray[np.bool_], closing_mm: float, grid: AnatomyGrid) -> tuple[slice, ...]:
    """Box what is dense, with room for closing; splitting takes much memory a voxel."""
    along = [np.flatnonzero(dense.any(axis=others)) for others in ((1, 2), (0, 2), (0, 1))]
    if not along[0].size:
        return (slice(0, 1),) * 3
    pads = [int(np.ceil(2 * closing_mm / step)) for step in grid.spacing_mm_zyx]
    return tuple(
        slice(max(0, int(part[0]) - pad), int(part[-1]) + 1 + pad)
        for part, pad in zip(along, pads, strict=True)
    )


def _find_in_box(
    dense: NDArray[np.bool_],
    hu: NDArray[np.int16],
    grid: AnatomyGrid,
    calcium_factor: float,
    settings: Settings,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Find bone, and what was cut off it."""
    marrow = _marrow(_holes(dense, grid, settings.bone), hu, calcium_factor, settings.bone)
    parts = split_at_necks(dense | marrow, grid.spacing_mm_zyx, neck_ratio=settings.bone.neck_ratio)
    features = _measure(parts, hu, marrow, grid)
    is_bone = _looks_like_bone(features, settings.bone)
    is_bone &= ~_is_bent_sheet(is_bone, features, parts, hu, marrow, calcium_factor, settings.bone)
    may_hang = ~is_bone & (features.marrow_fraction < settings.bone.min_marrow_fraction)
    may_hang[0] = False
    hangs = find_hangers(parts, may_hang, hu, grid, settings.hangers)
    is_bone |= _continues_bone(parts, features, is_bone, grid, settings.bone) & ~hangs
    bone = is_bone[parts.labels]
    cut_free = _cut_from_bone(parts, is_bone)[parts.labels]
    del parts  # eight bytes a voxel, in the stage that takes most memory
    lies_on = find_lumps(bone, marrow, hu, grid, calcium_factor, settings.lumps)
    lies_on |= find_nodules(bone & ~lies_on, marrow, hu, grid, calcium_factor, settings.nodules)
    lies_on |= find_plates(bone & ~lies_on, marrow, hu, grid, settings.plates)
    lies_on |= find_sheets(bone & ~lies_on, marrow, hu, grid, settings.sheets)
    lies_on |= find_bumps(bone & ~lies_on, marrow, hu, grid, settings.bumps)
    return bone & ~lies_on, cut_free | lies_on


def _holes(dense: NDArray[np.bool_], grid: AnatomyGrid, settings: BoneSettings) -> NDArray[np.bool_]:
    """Find what dense rings enclose within a slice, also rings with small gaps.

    Closing a gapped ring also fills the notch between a bone and what touches it from outside; such a notch
    holds no voxel that was a hole after closing, so it is left out.
    """
    solid = closed(dense, settings.closing_mm, grid.spacing_mm_zyx)
    holes = fill_holes_in_slices(dense) & ~dense
    enclosed = fill_holes_in_slices(solid) & ~dense
    # The seed that it needs is a hole after closing.
    found = connected_components(counting(enclosed, ~solid), 1, connectivity=6, seed_threshold=2)
    return holes | found.foreground()


def _marrow(
    holes: NDArray[np.bool_], hu: NDArray[np.int16], calcium_factor: float, settings: BoneSettings
) -> NDArray[np.bool_]:
    """Keep the holes filled with fat or trabeculae; what a calcified sheet wraps around is mostly muscle.

    Fat with trabeculae may average to the HU of muscle, but it is never as even.
    """
    smooth_hu = mean_in_window(hu, (3, 3, 3), is_whole=True)
    is_muscle = (smooth_hu > settings.muscle_low_hu) & (smooth_hu < settings.muscle_high_hu * calcium_factor)
    found = connected_components(counting(holes, is_muscle), 1, connectivity=6)
    sizes = found.table["n_voxels"]
    kept = found.table["sum"] - sizes < settings.max_muscle_fraction * sizes
    for row in np.flatnonzero(~kept):
        box, hole = found.mask(int(row) + 1)
        kept[row] = _spread_hu(hole, hu[box]) > settings.max_muscle_spread_hu * calcium_factor
    return found.keep(kept).foreground()


def _spread_hu(hole: NDArray[np.bool_], hu: NDArray[np.int16]) -> float:
    """How far the upper HU of a hole lie above its middle, dense specks in it included, its rim not.

    The rim is half shell.
    """
    across = np.ones((1, 3, 3), np.bool_)
    inner = ndimage.binary_erosion(fill_holes_in_slices(hole), across, iterations=2)
    if not inner.any():
        return 0.0
    middle, upper = np.percentile(hu[inner], (50, 90))
    return float(upper - middle)


def _measure(
    parts: Parts, hu: NDArray[np.int16], marrow: NDArray[np.bool_], grid: AnatomyGrid
) -> _PartFeatures:
    inside = parts.labels > 0
    labels, inner_mm = parts.labels[inside], parts.inner_mm[inside]
    values = hu[inside].astype(np.float64)
    n = len(parts.radii_mm)
    relative_depth = inner_mm / np.maximum(parts.radii_mm, 1e-3)[labels]
    is_surface = inner_mm <= 1.01 * max(grid.spacing_mm_zyx[1:])  # half air, half bone
    sizes = np.bincount(labels, minlength=n)

    def mean_of(numbers: NDArray[np.float64], chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
        counts = np.bincount(labels[chosen], minlength=n)
        sums = np.bincount(labels[chosen], weights=numbers[chosen], minlength=n)
        return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)

    is_core = relative_depth >= 0.75
    core_hu = mean_of(values, is_core)
    variance = mean_of(values**2, is_core) - core_hu**2
    with np.errstate(divide="ignore", invalid="ignore"):  # a core of 0 HU is not even
        core_unevenness = np.sqrt(np.maximum(variance, 0)) / np.abs(core_hu)
    return _PartFeatures(
        volume_mm3=np.asarray(sizes * grid.voxel_volume_mm3, np.float64),
        marrow_fraction=np.bincount(labels[marrow[inside]], minlength=n) / np.maximum(sizes, 1),
        rim_hu=mean_of(values, (relative_depth <= 0.4) & ~is_surface),
        core_hu=core_hu,
        core_unevenness=core_unevenness,
        radii_mm=parts.radii_mm,
    )


def _looks_like_bone(features: _PartFeatures, settings: BoneSettings) -> NDArray[np.bool_]:
    has_size = (features.volume_mm3 >= settings.min_volume_mm3) & (
        features.radii_mm >= settings.min_radius_mm
    )
    has_marrow = features.marrow_fraction >= settings.min_marrow_fraction
    has_shell = features.rim_hu >= features.core_hu  # NaN, where too thin to tell, is never greater
    is_bone = has_size & (has_marrow | has_shell)
    is_bone[0] = False
    return np.asarray(is_bone, np.bool_)


def _is_bent_sheet(
    may_be: NDArray[np.bool_],
    features: _PartFeatures,
    parts: Parts,
    hu: NDArray[np.int16],
    marrow: NDArray[np.bool_],
    calcium_factor: float,
    settings: BoneSettings,
) -> NDArray[np.bool_]:
    """Find calcified sheets that bend around some fat: equally dense all over, which few cortices are.

    What is hollow, no denser than muscle where it is deepest, is bone however even its shell.
    """
    has_little = (features.marrow_fraction > 0) & (features.marrow_fraction < settings.sure_marrow_fraction)
    is_hollow = ~(features.core_hu > settings.muscle_high_hu * calcium_factor)
    is_sheet = may_be & has_little & ~is_hollow
    if is_sheet.any():
        shell = is_sheet[parts.labels] & ~marrow  # of all of them: one pass however many there are
        labels, values = parts.labels[shell], hu[shell]
        for label in np.flatnonzero(is_sheet):
            median, densest = np.percentile(values[labels == label], (50, 95))
            is_sheet[label] = densest < settings.min_shell_spread * median
    return np.asarray(is_sheet, np.bool_)


def _continues_bone(
    parts: Parts,
    features: _PartFeatures,
    is_bone: NDArray[np.bool_],
    grid: AnatomyGrid,
    settings: BoneSettings,
) -> NDArray[np.bool_]:
    """Find the parts that touch bone and are not clearly something that lies on it.

    A process, a thin plate or a splinter of bone has a wide neck, or is much longer than thick, or holds
    marrow, or is too small to tell. What lies on bone is compact, homogeneous, and meets it at a narrow neck.
    """
    balls = features.volume_mm3 / np.maximum(4.19 * parts.radii_mm**3, 1e-6)
    could_lie_on = (
        (balls <= settings.max_balls)
        & (features.marrow_fraction < settings.min_marrow_fraction)
        & (parts.radii_mm >= 2 * max(grid.spacing_mm_zyx[1:]))
    )
    is_solid = _is_solid(features, settings)
    could_lie_on |= is_solid
    contact_ratio = np.where(is_solid, settings.solid_contact_ratio, settings.contact_ratio)
    continued = is_bone.copy()
    n_before = -1
    while n_before != int(continued.sum()):  # a chain of parts is reached link by link
        n_before = int(continued.sum())
        widest_mm = np.zeros(len(is_bone))
        for neck in parts.necks:
            for one, other in (neck.parts, neck.parts[::-1]):
                if continued[other]:
                    widest_mm[one] = max(widest_mm[one], neck.radius_mm)
        lies_on = could_lie_on & (widest_mm <= contact_ratio * parts.radii_mm)
        continued |= (widest_mm > 0) & ~lies_on
    return np.asarray(continued & ~is_bone, np.bool_)


def _is_solid(features: _PartFeatures, settings: BoneSettings) -> NDArray[np.bool_]:
    """Find thick parts that are even and densest inside, whatever their shape: thick bone is trabecular."""
    return np.asarray(
        (features.radii_mm >= settings.solid_radius_mm)
        & (features.marrow_fraction < settings.min_marrow_fraction)
        & (features.core_hu > features.rim_hu)
        & (features.core_unevenness <= settings.solid_unevenness),
        np.bool_,
    )


def _cut_from_bone(parts: Parts, is_bone: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Find the parts that are not bone but touch it."""
    touches = np.zeros(len(is_bone), np.bool_)
    for neck in parts.necks:
        first, second = neck.parts
        touches[first] |= is_bone[second]
        touches[second] |= is_bone[first]
    return np.asarray(touches & ~is_bone, np.bool_)
