"""The layers of soft tissue: subcutaneous fat, deep fascia, muscle with the fat between."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calciseg.ct.body import Body
from calciseg.ct.body_cavity import BodyCavity, find_body_cavity
from calciseg.ct.bone import Skeleton
from calciseg.ct.footprints import closed, dilated, opened
from calciseg.ct.grid import AnatomyGrid
from calciseg.ct.straighten import straightened
from calciseg.ct.wall import walled_in
from calciseg.kernels import (
    connected_components,
    distance_mm,
    fill_holes_in_slices,
    mean_in_window,
    nearest_label,
    side_by_side,
)
from calciseg.settings import BodyCavitySettings, CompartmentSettings

__all__ = ["Compartments", "find_compartments"]

_FAT, _SOFT, _OTHER = 1, 2, 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Compartments:
    """The layers on the anatomy grid.

    Attributes
    ----------
    inside_fascia_mm : ndarray of float32
        Signed distance to the deep fascia: positive inside, negative in the subcutaneous layer. Minus
        infinity everywhere where no muscle was found.
    is_fat : ndarray of bool
        Fat, judged behind lesions and their rims by what surrounds them.
    is_muscle : ndarray of bool
        Muscle, judged in the same way; not the organs, which lie in the cavity.
    cavity : BodyCavity or None
        The cavities of the trunk; None where no muscle was found.
    """

    inside_fascia_mm: NDArray[np.float32]
    is_fat: NDArray[np.bool_]
    is_muscle: NDArray[np.bool_]
    cavity: BodyCavity | None

    @property
    def has_fascia(self) -> bool:
        """Whether muscle, and with it a fascia, was found."""
        return bool(self.is_muscle.any())

    @property
    def has_cavity(self) -> bool:
        """Whether a cavity of the trunk was found."""
        return self.cavity is not None and bool(self.cavity.within_wall.any())


def find_compartments(
    hu: NDArray[np.int16],
    dense: NDArray[np.bool_],
    find_lesions: Callable[[], NDArray[np.bool_]],
    body: Body,
    skeleton: Skeleton,
    grid: AnatomyGrid,
    settings: CompartmentSettings,
    cavity_settings: BodyCavitySettings,
) -> Compartments:
    """Find the layers of soft tissue as if nothing in them were calcified.

    Parameters
    ----------
    hu : ndarray of int16
        The volume averaged onto the anatomy grid.
    dense : ndarray of bool
        All that reaches the calcium threshold, on the same grid.
    find_lesions : callable
        Gives what of that is a lesion: the tissue behind it counts, and not that behind bone and vessels.
        Asked late, so that lesions may be told from other things meanwhile.
    body : Body
    skeleton : Skeleton
    grid : AnatomyGrid
    settings : CompartmentSettings
    cavity_settings : BodyCavitySettings

    Returns
    -------
    Compartments

    Notes
    -----
    Partial volume makes a rim of "muscle" around a calcification in fat, so dense voxels and their rim take
    the tissue of the nearest voxel beyond it. The deep fascia is the border of muscle and bone after closing
    the gaps between muscles: intermuscular fat lies inside, subcutaneous fat outside (as in segmentations of
    intermuscular fat by hand, Hemke PMC6980503).
    """
    spacing = grid.spacing_mm_zyx
    hidden = _with_rim(dense & ~skeleton.mask, grid, settings) & body.mask & ~skeleton.mask
    tissue = _tissue_behind_lesions(hu, hidden, body, skeleton, grid, settings)
    is_muscle = _muscle(tissue == _SOFT, body, grid, settings)
    if not is_muscle.any():
        nowhere = np.full(hu.shape, -np.inf, np.float32)
        return Compartments(inside_fascia_mm=nowhere, is_fat=tissue == _FAT, is_muscle=is_muscle, cavity=None)
    signed_mm = _deep_fascia(is_muscle, hidden, body, skeleton, grid, settings)
    del hidden  # of the stages that take most memory
    is_air = (hu < settings.air_hu) & body.mask
    is_fat, is_soft = tissue == _FAT, tissue == _SOFT
    del tissue
    cavity = find_body_cavity(signed_mm > 0, is_air, is_fat, is_soft, skeleton.mask, grid, cavity_settings)
    del is_soft
    lesions = find_lesions()
    is_rim = _is_rim(hu, skeleton.mask | dense & ~lesions, is_air, grid, settings)
    is_muscle &= ~is_rim | _with_rim(lesions, grid, settings)
    # Trabeculae that no dense cortex encloses are no muscle.
    is_muscle &= ~fill_holes_in_slices(closed(skeleton.mask, settings.marrow_closing_mm, spacing))
    is_muscle &= ~cavity.contents(is_muscle.shape)
    return Compartments(inside_fascia_mm=signed_mm, is_fat=is_fat, is_muscle=is_muscle, cavity=cavity)


def _deep_fascia(
    is_muscle: NDArray[np.bool_],
    hidden: NDArray[np.bool_],
    body: Body,
    skeleton: Skeleton,
    grid: AnatomyGrid,
    settings: CompartmentSettings,
) -> NDArray[np.float32]:
    """Give the signed distance to the border of muscle and bone, gaps closed, drawn on behind lesions."""
    spacing = grid.spacing_mm_zyx
    is_deep = body.depth_mm > _skin_mm(grid, settings)
    wall = closed(is_muscle | skeleton.mask & is_deep, settings.fascia_closing_mm, spacing)
    wall = fill_holes_in_slices(wall) & body.mask
    envelope = wall | walled_in(wall, grid, settings) & body.mask
    signed_mm = straightened(_signed_mm(envelope, spacing), hidden, spacing, settings.reach_mm)
    for _ in range(settings.n_straightenings):
        before, envelope = envelope, signed_mm > 0
        if np.array_equal(before, envelope):
            break
        signed_mm = straightened(_signed_mm(envelope, spacing), hidden, spacing, settings.reach_mm)
    return signed_mm


def _skin_mm(grid: AnatomyGrid, settings: CompartmentSettings) -> float:
    """Depth down to which there may be skin; where voxels are wider than it, it fills one more."""
    return settings.skin_mm + 2 * max(0.0, max(grid.spacing_mm_zyx[1:]) - settings.fine_mm)


def _signed_mm(envelope: NDArray[np.bool_], spacing: tuple[float, float, float]) -> NDArray[np.float32]:
    """Distance to the border of a mask, positive inside; the border lies between two voxel centres."""
    half_voxel_mm = np.float32(min(spacing) / 2)
    signed_mm = distance_mm(~envelope, spacing)
    signed_mm -= distance_mm(envelope, spacing)
    signed_mm += np.where(envelope, -half_voxel_mm, half_voxel_mm)
    return signed_mm


def _tissue_behind_lesions(
    hu: NDArray[np.int16],
    hidden: NDArray[np.bool_],
    body: Body,
    skeleton: Skeleton,
    grid: AnatomyGrid,
    settings: CompartmentSettings,
) -> NDArray[np.uint8]:
    """Tell fat, soft tissue and other (air, bone) apart; 0 outside the body."""
    smooth = _mean_of_known(hu, hidden | skeleton.mask, grid, settings)
    tissue = np.where(smooth < settings.fat_muscle_hu, np.uint8(_FAT), np.uint8(_SOFT))
    tissue[(smooth < settings.air_hu) | skeleton.mask] = _OTHER
    tissue[~body.mask] = 0
    del smooth  # of the stages that take most memory
    if not hidden.any():
        return tissue
    known = np.where(hidden | (tissue == _OTHER), np.uint8(0), tissue)
    _fill_hidden(tissue, known, hidden, grid.spacing_mm_zyx, settings.largest_lesion_mm)
    return tissue


def _fill_hidden(
    tissue: NDArray[np.uint8],
    known: NDArray[np.uint8],
    hidden: NDArray[np.bool_],
    spacing_mm: tuple[float, float, float],
    largest_mm: float,
) -> None:
    """Give what is hidden the tissue of the nearest voxel that is known, each piece in a box of its own."""
    # Most lesions are small, and a short reach is much quicker where lungs would be filled for nothing.
    reaches_mm = largest_mm / 5, largest_mm
    found = connected_components(hidden, 1)
    room = np.ceil(reaches_mm[0] / np.asarray(spacing_mm))
    sizes = np.ptp(found.table["bbox"].reshape(-1, 3, 2), axis=2) + 2 * room
    if sizes.prod(axis=1).sum() > hidden.size:
        found = found.keep(np.ones(found.n_components, np.int64))  # many small pieces: all at once

    def fill(label: int) -> None:
        for reach_mm in reaches_mm:
            margins = [int(np.ceil(reach_mm / step)) for step in spacing_mm]
            box, mask = found.mask(label, margins=margins)
            behind = nearest_label(known[box], spacing_mm, max_distance_mm=reach_mm)[mask]
            if behind.all():
                break
        tissue[box][mask] = behind

    if found.n_components == 1:
        fill(1)
    else:
        side_by_side(fill, range(1, found.n_components + 1), weigh=lambda label: sizes[label - 1].prod())


def _with_rim(
    lesions: NDArray[np.bool_], grid: AnatomyGrid, settings: CompartmentSettings
) -> NDArray[np.bool_]:
    """Add what partial volume and blur falsify: a rim within the slice, and the neighbouring slices."""
    dz, dy, dx = grid.spacing_mm_zyx
    rim_mm = max(settings.rim_mm, dy, dx)
    return dilated(lesions, rim_mm, (min(dz, rim_mm), dy, dx))


def _is_rim(
    hu: NDArray[np.int16],
    other: NDArray[np.bool_],
    is_air: NDArray[np.bool_],
    grid: AnatomyGrid,
    settings: CompartmentSettings,
) -> NDArray[np.bool_]:
    """Tell what is bone, vessel or too dense for muscle, and the voxels that are partly these or lung."""
    spacing, beside_mm = grid.spacing_mm_zyx, max(grid.spacing_mm_zyx[1:])
    is_rim = dilated(other, beside_mm, spacing) & (hu > settings.beside_bone_hu)
    is_rim |= dilated(is_air, beside_mm, spacing)
    return np.asarray(is_rim | other | (hu > settings.max_muscle_hu), np.bool_)


def _mean_of_known(
    hu: NDArray[np.int16], hidden: NDArray[np.bool_], grid: AnatomyGrid, settings: CompartmentSettings
) -> NDArray[np.float32]:
    """Average the HU of a small window, without the voxels that a lesion or bone has falsified."""
    size = grid.window(settings.smoothing_mm)
    if size == (1, 1, 1):
        return hu.astype(np.float32)
    weights = mean_in_window(~hidden, size)
    means = mean_in_window(np.where(hidden, np.int16(0), hu), size)
    is_known = weights > 1e-3
    means /= np.maximum(weights, np.float32(1e-3), out=weights)
    np.copyto(means, hu, where=~is_known)
    return means


def _muscle(
    is_soft: NDArray[np.bool_], body: Body, grid: AnatomyGrid, settings: CompartmentSettings
) -> NDArray[np.bool_]:
    """Keep the soft tissue that is thick and large enough: not skin, septa, veins or the fascia itself.

    Skin that is thick, or pressed together by the table, is an island that reaches nowhere deep.
    """
    skin_mm = _skin_mm(grid, settings)
    thick = opened(is_soft & (body.depth_mm > skin_mm), settings.muscle_opening_mm, grid.spacing_mm_zyx)
    # Depths in tenths of a millimetre in place of HU, so that the table holds the deepest of each island.
    depth = np.where(thick, (10 * np.minimum(body.depth_mm, 1000)).astype(np.int16), np.int16(0))
    found = connected_components(depth, 1, connectivity=6)
    is_large = found.table["n_voxels"] * grid.voxel_volume_mm3 >= settings.min_muscle_mm3
    is_deep = found.table["max"] > 10 * (settings.skin_mm + skin_mm)
    return found.keep(is_large & is_deep).foreground()
