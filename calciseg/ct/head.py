"""The head, told by its skull: what is calcified within it, and the thin bones around nose and sinuses."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calciseg.ct.cavity import looks_around
from calciseg.ct.footprints import closed
from calciseg.ct.grid import AnatomyGrid
from calciseg.kernels import Components, distance_mm, fill_holes_in_slices
from calciseg.settings import HeadSettings

__all__ = ["Head", "find_head", "is_face_bone", "is_intracranial"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Head:
    """A head on the anatomy grid.

    Attributes
    ----------
    intracranial : ndarray of bool
        What the skull encloses within slices.
    is_face : ndarray of bool, shape ``(n_slices,)``
        The slices of the skull and of the face below it.
    is_jaw : ndarray of bool, shape ``(n_slices,)``
        The slices below the skull that may hold the jaws.
    """

    intracranial: NDArray[np.bool_]
    is_face: NDArray[np.bool_]
    is_jaw: NDArray[np.bool_]

    def face_rows(self) -> NDArray[np.intp]:
        """Count the rows of each slice, from the front, that are face: to the middle of the skull."""
        rows = np.flatnonzero(self.intracranial.any(axis=(0, 2)))
        return np.where(self.is_face, int(rows.mean()), 0)


def find_head(
    bone: NDArray[np.bool_], hu: NDArray[np.int16], grid: AnatomyGrid, settings: HeadSettings
) -> Head | None:
    """Find the skull: closed rings of bone, slice after slice, full of soft tissue.

    Parameters
    ----------
    bone : ndarray of bool
        On the anatomy grid.
    hu : ndarray of int16
        The volume on the same grid.
    grid : AnatomyGrid
    settings : HeadSettings

    Returns
    -------
    Head or None
        None where there is no skull.

    Notes
    -----
    No other bones of the body close a ring of that size within a slice: ribs run obliquely, the pelvis
    is open or wider than it is full.
    """
    dz, dy, dx = grid.spacing_mm_zyx
    inside = fill_holes_in_slices(bone) & ~bone
    area_mm2 = np.count_nonzero(inside, axis=(1, 2)) * (dy * dx)
    is_ring = area_mm2 >= settings.min_brain_mm2
    if not is_ring.any():
        return None
    is_brain = inside & (hu >= settings.brain_low_hu) & (hu <= settings.brain_high_hu)
    is_ring &= np.count_nonzero(is_brain, axis=(1, 2)) * (dy * dx) >= settings.min_brain_share * area_mm2
    rings = np.flatnonzero(is_ring)
    if len(rings) * dz < settings.min_skull_mm:
        return None
    is_face = np.zeros(len(bone), np.bool_)
    # Slices rise to the head.
    is_face[max(0, rings[0] - round(settings.face_mm / dz)) : rings[-1] + 1] = True
    is_jaw = np.zeros(len(bone), np.bool_)
    is_jaw[max(0, rings[0] - round(settings.jaw_mm / dz)) : rings[0]] = True
    gaps_closed = closed(bone, settings.skull_gap_mm, (1e3, dy, dx))
    intracranial = fill_holes_in_slices(gaps_closed) & ~bone
    intracranial[: rings[0]] = False
    return Head(intracranial=intracranial, is_face=is_face, is_jaw=is_jaw)


def is_intracranial(found: Components, head: Head, grid: AnatomyGrid) -> NDArray[np.bool_]:
    """Tell which components lie mostly within the skull."""
    return np.asarray(grid.share_within(found, head.intracranial) >= 0.5, np.bool_)


def is_face_bone(
    found: Components,
    head: Head,
    bone: NDArray[np.bool_],
    is_air: NDArray[np.bool_],
    grid: AnatomyGrid,
    settings: HeadSettings,
) -> NDArray[np.bool_]:
    """Tell which components are thin bones around the air of nose and sinuses.

    Parameters
    ----------
    found : Components
        What is dense, without bone.
    head : Head
    bone : ndarray of bool
    is_air : ndarray of bool
        Air, also outside the body: the nose is open.
    grid : AnatomyGrid
    settings : HeadSettings

    Returns
    -------
    ndarray of bool, shape ``(n_components,)``

    Notes
    -----
    They lie at air, and other bones of the face stand on most sides of them: before the skin of the face
    there are none.
    """
    blocks, _ = grid.blocks_of_runs(found)
    to_air_mm = distance_mm(is_air, grid.spacing_mm_zyx, max_distance_mm=settings.max_air_mm)
    nearest_mm = np.full(found.n_components + 1, np.inf)
    np.minimum.at(nearest_mm, found.runs.label, to_air_mm[blocks])
    middles = np.rint(found.table["centroid_zyx"]).astype(np.intp)
    everywhere = np.ones_like(bone)
    looks_mm = looks_around(middles, bone, everywhere, grid, settings)
    enclosed = np.isfinite(looks_mm).mean(axis=1)
    return np.asarray(
        head.is_face[grid.block_of(middles)[0]]
        & (nearest_mm[1:] <= settings.max_air_mm)
        & (enclosed >= settings.min_enclosed),
        np.bool_,
    )
