"""The body: without table, mattress, clothing and other objects outside it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calciseg.ct.field_edge import FieldEdge, find_circle
from calciseg.ct.footprints import counting, dilated, eroded
from calciseg.ct.grid import AnatomyGrid, choose_grid
from calciseg.ct.slice_frames import FrameEdge, SliceFrames
from calciseg.kernels import Components, connected_components, distance_mm
from calciseg.model import VolumeGeometry
from calciseg.settings import BodySettings, GridSettings

__all__ = ["Body", "find_body", "find_body_and_grid"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Body:
    """Where the body is, on the anatomy grid.

    Attributes
    ----------
    mask : ndarray of bool
        The body with the air inside it.
    depth_mm : ndarray of float32
        Distance of every body voxel to the nearest voxel of outside air. Where the body is cut by the field
        of view there is no outside, so the depth is that to the skin elsewhere.
    is_cut : bool
        The body reaches the edge of the field of view within a slice.
    edge : FieldEdge, FrameEdge or None
        The circle, or the frames of slices, that cut the body, if they do: mask and depth go on beyond them
        as if they did not.
    """

    mask: NDArray[np.bool_]
    depth_mm: NDArray[np.float32]
    is_cut: bool
    edge: FieldEdge | FrameEdge | None = None

    def continued(self, blocks: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Let what is marked in the body go on beyond the field of view, as the body does."""
        return blocks if self.edge is None else self.edge.continued(blocks) & self.mask

    def is_unseen(self, box: tuple[slice, ...]) -> NDArray[np.bool_]:
        """Tell which blocks of a box of the grid lie beyond the field of view, at least in part."""
        is_beyond = np.False_ if self.edge is None else self.edge.is_beyond
        return np.broadcast_to(is_beyond, self.mask.shape)[box]

    def is_hidden(self, box: tuple[slice, ...]) -> NDArray[np.bool_]:
        """Tell what of a box the field of view does not show; of its shape, or of that of its slices."""
        if self.edge is None:
            return np.zeros([part.stop - part.start for part in box[1:]], np.bool_)
        return self.edge.shown.is_beyond(box)


def find_body_and_grid(
    hu: NDArray[np.int16],
    geometry: VolumeGeometry,
    on_grid: GridSettings,
    settings: BodySettings,
    frames_yx: NDArray[np.intp] | None = None,
) -> tuple[NDArray[np.int16], AnatomyGrid, Body] | None:
    """Find the body, and the grid on which the rest of the anatomy is found.

    Parameters
    ----------
    hu : ndarray of int16
        The volume.
    geometry : VolumeGeometry
    on_grid : GridSettings
    settings : BodySettings
    frames_yx : ndarray of int, optional
        Of the volume: what its slices show, where that is not all.

    Returns
    -------
    coarse_hu : ndarray of int16
        The volume averaged onto the grid.
    grid : AnatomyGrid
        Cropped to the body, whose blocks are fine where they were coarse only for the air around it.
    body : Body
        None instead of all if nothing in the volume looks like a body.
    """
    found = _found_on(choose_grid(geometry, on_grid), hu, settings)
    if found is None:
        return None
    _, grid, _ = found
    finer = choose_grid(geometry, on_grid, grid)
    if finer.voxel_volume_mm3 < grid.voxel_volume_mm3:
        found = _found_on(finer, hu, settings) or found
    return _beyond_the_edge(*found, hu, frames_yx, settings)


def _found_on(
    grid: AnatomyGrid, hu: NDArray[np.int16], settings: BodySettings
) -> tuple[NDArray[np.int16], AnatomyGrid, Body] | None:
    """Find the body on one grid."""
    coarse_hu = grid.mean(hu)
    found = find_body(coarse_hu, grid, settings)
    if found is None:
        return None
    cropped, body = found
    return coarse_hu[cropped.part_of(grid)].copy(), cropped, body


def _beyond_the_edge(
    coarse_hu: NDArray[np.int16],
    grid: AnatomyGrid,
    body: Body,
    hu: NDArray[np.int16],
    frames_yx: NDArray[np.intp] | None,
    settings: BodySettings,
) -> tuple[NDArray[np.int16], AnatomyGrid, Body]:
    """Let a body that the edge of the field of view cuts go on beyond it: what is cut there is no skin.

    At the border of the array nothing needs to be done: no distance sees what lies beyond that.
    """
    edge = _edge_on(grid, hu, frames_yx)
    if edge is None or not edge.cuts(body.mask, hu, grid, settings.surface_hu):
        return coarse_hu, grid, body
    mask = edge.continued(body.mask)
    depth_mm = distance_mm(~mask, grid.spacing_mm_zyx)
    return edge.continued(coarse_hu), grid, Body(mask=mask, depth_mm=depth_mm, is_cut=True, edge=edge)


def _edge_on(
    grid: AnatomyGrid, hu: NDArray[np.int16], frames_yx: NDArray[np.intp] | None
) -> FieldEdge | FrameEdge | None:
    if frames_yx is not None:
        return FrameEdge.on(grid, SliceFrames(yx=frames_yx))
    circle = find_circle(hu)
    return None if circle is None else FieldEdge.on(grid, circle)


def find_body(
    hu: NDArray[np.int16], grid: AnatomyGrid, settings: BodySettings
) -> tuple[AnatomyGrid, Body] | None:
    """Find the body by its tissue, thickness and size.

    Parameters
    ----------
    hu : ndarray of int16
        The volume averaged onto the anatomy grid.
    grid : AnatomyGrid
    settings : BodySettings

    Returns
    -------
    grid : AnatomyGrid
        The grid, cropped to the body.
    body : Body
        None instead of both if nothing in the volume looks like a body.

    Notes
    -----
    A table top is thin or made of foam; a ball of `core_radius_mm` fits into every limb but not into a
    table's shell. Objects are kept if most of them lies in the HU window of soft tissue. Air that no path
    through air joins to the slice's border is inside the body (lungs, bowel).
    """
    spacing = grid.spacing_mm_zyx
    dense = hu > settings.surface_hu
    core = eroded(dense, settings.core_radius_mm, spacing)
    objects = _soft_tissue_objects(hu, core, grid, settings)
    if not objects.n_components:
        return None
    solid = dense & dilated(objects.foreground(), settings.core_radius_mm + max(spacing[1:]), spacing)
    is_cut = bool(solid[:, [0, -1], :].any() or solid[:, :, [0, -1]].any())
    mask = ~_outside_air(solid)
    region, box = grid.cropped(mask)
    mask = mask[box].copy()
    depth_mm = distance_mm(~mask, spacing)
    return region, Body(mask=mask, depth_mm=depth_mm, is_cut=is_cut)


def _soft_tissue_objects(
    hu: NDArray[np.int16], core: NDArray[np.bool_], grid: AnatomyGrid, settings: BodySettings
) -> Components:
    """Keep the objects that are large enough and made of fat and muscle."""
    in_window = (hu >= settings.tissue_low_hu) & (hu <= settings.tissue_high_hu)
    found = connected_components(counting(core, in_window), 1, connectivity=6)
    sizes = found.table["n_voxels"]
    tissue = found.table["sum"] - sizes
    is_large = sizes * grid.voxel_volume_mm3 >= settings.min_volume_mm3
    is_kept = np.asarray(is_large & (tissue >= settings.tissue_fraction * sizes), np.bool_)
    return found.keep(is_kept)


def _outside_air(solid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Find what is not body and is joined, through three dimensions, to the border of a slice."""
    found = connected_components(~solid, 1, connectivity=6)
    return found.keep(found.table["border_voxels"][:, 2:].max(axis=1) > 0).foreground()
