"""Areas of triangles."""

from typing import Any

import numpy as np

from calciseg.kernels._jit import kernel


@kernel
def measure_triangles(vertices: Any, faces: Any, out: Any) -> None:
    """Write twice the area of each triangle.

    Parameters
    ----------
    vertices : ndarray of float32 or float64, (n, 3)
    faces : ndarray of int32, (m, 3)
        Which vertices its corners are.
    out : ndarray of the type of the vertices, (m,)
    """
    for i in range(faces.shape[0]):
        a, b, c = vertices[faces[i, 0]], vertices[faces[i, 1]], vertices[faces[i, 2]]
        z0, y0, x0 = a[0] - b[0], a[1] - b[1], a[2] - b[2]
        z1, y1, x1 = a[0] - c[0], a[1] - c[1], a[2] - c[2]
        z, y, x = y0 * x1 - x0 * y1, x0 * z1 - z0 * x1, z0 * y1 - y0 * z1
        out[i] = np.sqrt(z * z + y * y + x * x)
