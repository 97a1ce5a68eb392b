"""Calcified sheets and masses that hang on bone by next to nothing."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from calciseg.ct.grid import AnatomyGrid
from calciseg.ct.solids import Parts
from calciseg.settings import HangerSettings

__all__ = ["find_hangers"]


def find_hangers(
    parts: Parts,
    may_hang: NDArray[np.bool_],
    hu: NDArray[np.int16],
    grid: AnatomyGrid,
    settings: HangerSettings,
) -> NDArray[np.bool_]:
    """Find the parts of large even bodies that meet bone with hardly any of their surface.

    Parameters
    ----------
    parts : Parts
        Of all that is dense or marrow.
    may_hang : ndarray of bool, shape ``(n_parts + 1,)``
        Parts that are no bone by themselves and hold no marrow.
    hu : ndarray of int16
        The volume averaged onto the grid.
    grid : AnatomyGrid
    settings : HangerSettings

    Returns
    -------
    ndarray of bool, shape ``(n_parts + 1,)``

    Notes
    -----
    A sheet falls into several parts where it thickens or folds, so parts that touch are judged together: a
    thin blade or a rib is uneven, or runs into the bone it belongs to with a broad edge.
    """
    bodies = _joined(parts, may_hang)
    n_bodies = int(bodies.max()) + 1
    if n_bodies == 1:
        return np.zeros(len(bodies), np.bool_)
    inside = parts.labels > 0
    labels, values = parts.labels[inside], hu[inside].astype(np.float64)
    sizes = np.bincount(bodies[labels], minlength=n_bodies)
    is_core = parts.inner_mm[inside] >= settings.core_depth * parts.radii_mm[labels]
    owners, core_hu = bodies[labels[is_core]], values[is_core]
    n_core = np.maximum(np.bincount(owners, minlength=n_bodies), 1)
    mean_hu = np.bincount(owners, core_hu, minlength=n_bodies) / n_core
    variance = np.bincount(owners, core_hu**2, minlength=n_bodies) / n_core - mean_hu**2
    hangs = sizes * grid.voxel_volume_mm3 >= settings.min_volume_mm3
    hangs &= np.sqrt(np.maximum(variance, 0)) <= settings.max_unevenness * mean_hu
    hangs[0] = False
    if hangs.any():
        hangs &= _contact(parts.labels, bodies, grid) <= settings.max_contact
    return np.asarray(hangs[bodies], np.bool_)


def _joined(parts: Parts, may_hang: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Give the parts that touch one number, from 1; 0 to a part that may not hang."""
    pairs = np.array([neck.parts for neck in parts.necks if may_hang[list(neck.parts)].all()]).reshape(-1, 2)
    n = len(may_hang)
    graph = sparse.coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), (n, n))
    _, bodies = csgraph.connected_components(graph, directed=False)
    return np.where(may_hang, bodies + 1, 0).astype(np.intp)


def _contact(labels: NDArray[np.int32], bodies: NDArray[np.intp], grid: AnatomyGrid) -> NDArray[np.float64]:
    """Share of the surface of each body that is a face of bone."""
    is_other = bodies == 0
    is_other[0] = False
    surface, meets = np.zeros((2, int(bodies.max()) + 1))
    owners = bodies.astype(np.int32)[labels]
    for axis, step in enumerate(grid.spacing_mm_zyx):
        face_mm2 = grid.voxel_volume_mm3 / step
        first, second = np.moveaxis(labels, axis, 0)[:-1], np.moveaxis(labels, axis, 0)[1:]
        own, beside = np.moveaxis(owners, axis, 0)[:-1], np.moveaxis(owners, axis, 0)[1:]
        is_face = own != beside
        one, other = first[is_face], second[is_face]
        for here, there in ((one, other), (other, one)):
            surface += face_mm2 * np.bincount(bodies[here], minlength=surface.size)
            meets += face_mm2 * np.bincount(bodies[here[is_other[there]]], minlength=surface.size)
    return np.asarray(meets / np.maximum(surface, 1e-6), np.float64)
