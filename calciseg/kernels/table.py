"""The component table: one row a component, columns made when they are first read."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calciseg.kernels import _layout as col

Column = NDArray[Any]


class ComponentTable(Mapping[str, Column]):
    """Columns of numbers, row ``i`` for label ``i + 1``. Read-only.

    All sums behind it are integers, so no column depends on thread count, slabs or order. Axes are (z, y, x)
    for a volume and (y, x) for an image of two dimensions, which is what ``a`` counts below.

    ================  ==============  ====================================================================
    column            type, shape     what
    ================  ==============  ====================================================================
    n_voxels          int64, (n,)     voxels
    bbox              int32, (n, 2a)  half-open bounds z0, z1, y0, y1, x0, x1
    centroid_zyx      float64, (n,a)  mean index (`centroid_yx` for an image)
    second_moments    float64         central, per voxel: zz, yy, xx, zy, zx, yx (image: yy, xx, yx), voxels²
    sum, sum_sq       int64, (n,)     of the image's values
    min, max          int32, (n,)     of the image's values
    exposed_faces     int64, (n, a)   voxel faces without a foreground neighbour, by the axis they look along;
                                      the end of the image counts as exposed
    border_voxels     int32, (n, 2a)  voxels on each side of the image: first and last of z, y, x
    first_voxel       int64, (n,)     raster index of the first voxel
    ================  ==============  ====================================================================
    """

    __slots__ = ("_columns", "_count_border", "_narrow", "_shape", "_wide")

    def __init__(
        self,
        shape: tuple[int, ...],
        wide: NDArray[np.int64],
        narrow: NDArray[np.int32],
        count_border: Callable[[], NDArray[np.int32]],
    ) -> None:
        self._shape, self._wide, self._narrow = shape, wide, narrow
        self._count_border = count_border
        self._columns: dict[str, Column] = {}

    def __getitem__(self, name: str) -> Column:
        if name not in self._columns:
            if name not in tuple(self):
                raise KeyError(name)
            made = self._make(name)
            made.flags.writeable = False
            self._columns[name] = made
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        centroid = "centroid_zyx" if len(self._shape) == 3 else "centroid_yx"
        yield from ("n_voxels", "bbox", centroid, "second_moments", "sum", "sum_sq", "min", "max")
        yield from ("exposed_faces", "border_voxels", "first_voxel")

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"ComponentTable({len(self._wide)} rows: {', '.join(self)})"

    def _make(self, name: str) -> Column:
        """Compute a column from the accumulators."""
        if name.startswith("centroid"):
            return self._centroid()
        makers: dict[str, Callable[[], Column]] = {
            "n_voxels": lambda: self._narrow[:, col.N_VOXELS].astype(np.int64),
            "bbox": lambda: self._pick(range(col.Z0, col.X1 + 1), per_axis=2),
            "second_moments": self._second_moments,
            "sum": lambda: self._wide[:, col.SUM].copy(),
            "sum_sq": lambda: self._wide[:, col.SUM_SQ].copy(),
            "min": lambda: self._narrow[:, col.MIN].copy(),
            "max": lambda: self._narrow[:, col.MAX].copy(),
            "exposed_faces": self._exposed_faces,
            "border_voxels": self._count_border,
            "first_voxel": self._first_voxel,
        }
        return makers[name]()

    def _pick(self, columns: range, *, per_axis: int) -> NDArray[np.int32]:
        """Copy consecutive columns, leaving out those of the axis that an image of two dimensions lacks."""
        is_volume = len(self._shape) == 3
        chosen = [c for i, c in enumerate(columns) if is_volume or i // per_axis != 1]
        return self._narrow[:, chosen]

    def _axes(self) -> tuple[int, ...]:
        return (0, 1, 2) if len(self._shape) == 3 else (0, 2)

    def _centroid(self) -> NDArray[np.float64]:
        """Divide once, from exact sums."""
        n = self._narrow[:, col.N_VOXELS]
        return np.stack([self._wide[:, col.SUM_Z + axis] / n for axis in self._axes()], axis=1)

    def _second_moments(self) -> NDArray[np.float64]:
        """Move exact sums to the corner of the bounding box before dividing: nothing cancels far from 0."""
        n = self._narrow[:, col.N_VOXELS].astype(np.int64)
        corner = [self._narrow[:, col.Z0 + 2 * axis].astype(np.int64) for axis in range(3)]
        total = [self._wide[:, col.SUM_Z + axis] - n * corner[axis] for axis in range(3)]
        pairs = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))
        made = []
        for k, (i, j) in enumerate(pairs):
            if i in self._axes() and j in self._axes():
                moved = self._wide[:, col.SUM_ZZ + k] - corner[i] * total[j] - corner[j] * total[i]
                moved -= n * corner[i] * corner[j]
                made.append(moved / n - (total[i] / n) * (total[j] / n))
        return np.stack(made, axis=1)

    def _exposed_faces(self) -> NDArray[np.int64]:
        """Count the faces that no pair of foreground voxels shares; along x a run has two."""
        n = self._narrow[:, col.N_VOXELS].astype(np.int64)
        runs = self._narrow[:, col.N_RUNS].astype(np.int64)
        faces = [2 * (n - self._narrow[:, col.MEETS_Z]), 2 * (n - self._narrow[:, col.MEETS_Y]), 2 * runs]
        return np.stack([faces[axis] for axis in self._axes()], axis=1)

    def _first_voxel(self) -> NDArray[np.int64]:
        n_rows = self._shape[1] if len(self._shape) == 3 else 1
        row = self._narrow[:, col.Z0].astype(np.int64) * n_rows + self._narrow[:, col.FIRST_Y]
        return row * self._shape[-1] + self._narrow[:, col.FIRST_X]
