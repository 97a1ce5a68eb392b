"""How far masks reach, and how large surfaces are."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from calciseg.errors import UsageError
from calciseg.kernels._distance_request import as_flat_mask, check_spacing
from calciseg.kernels._extent import widest
from calciseg.kernels._meshes import measure_triangles


def feret_mm(mask: ArrayLike, spacing_mm: Sequence[float]) -> float:
    """Measure the largest distance between two corners of the voxels of a mask.

    Parameters
    ----------
    mask : ndarray of bool, 2-D or 3-D
        C order is read in place, any other is copied. Never written to.
    spacing_mm : sequence of float
        Distance between voxel centres along each axis.

    Returns
    -------
    float
        Feret diameter; 0 of an empty mask.

    Raises
    ------
    UsageError
        When the arguments do not fit together.

    Notes
    -----
    Exact. O(voxels), and the pairs of the vertices of outlines of slices that may lie as far apart.
    """
    array = np.asarray(mask)
    spacing = check_spacing(array.shape, spacing_mm)
    # Both layers of the corners of a plane lie in it.
    shape, steps = (array.shape, spacing) if array.ndim == 3 else ((1, *array.shape), (0.0, *spacing))
    return float(widest(as_flat_mask(array), shape, steps))


def mesh_area(vertices: NDArray[np.floating], faces: NDArray[np.int32]) -> float:
    """Add up the areas of triangles.

    Parameters
    ----------
    vertices : ndarray of float32 or float64, shape ``(n, 3)``
    faces : ndarray of int32, shape ``(m, 3)``
        Which vertices are the corners of each triangle.

    Returns
    -------
    float
        Equal to ``skimage.measure.mesh_surface_area``, in a fifth of the time.

    Raises
    ------
    UsageError
        When the arguments do not fit together.
    """
    is_mesh = vertices.ndim == faces.ndim == 2 and vertices.shape[1] == faces.shape[1] == 3
    if not is_mesh or (faces.size and not 0 <= faces.min() <= faces.max() < len(vertices)):
        raise UsageError(f"vertices {vertices.shape} and faces {faces.shape} are no mesh of triangles")
    doubled = np.empty(len(faces), vertices.dtype)
    measure_triangles(np.ascontiguousarray(vertices), np.ascontiguousarray(faces), doubled)
    return float(doubled.sum()) / 2
