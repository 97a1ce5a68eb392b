"""The component table: one row a component, geometry made from the runs when it is first read."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calciseg.kernels._border import count_border
from calciseg.kernels._geometry import add_boxes, add_moments, finish_moments
from calciseg.kernels._slabs import RunSlab
from calciseg.kernels._sums import ComponentSums
from calciseg.kernels._together import work_together
from calciseg.kernels.threads import n_threads_allowed

Column = NDArray[Any]

# Fewer runs are walked before a second thread has started.
_MANY_RUNS = 50_000


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

    __slots__ = ("_columns", "_shape", "_slabs", "_sums")

    def __init__(self, shape: tuple[int, ...], slabs: tuple[RunSlab, ...], sums: ComponentSums) -> None:
        self._shape, self._slabs, self._sums = shape, slabs, sums
        self._columns: dict[str, Column] = {}

    def __getitem__(self, name: str) -> Column:
        if name not in self._columns:
            if name not in tuple(self):
                raise KeyError(name)
            for made, column in self._make(name).items():
                column.flags.writeable = False
                self._columns[made] = column
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        yield from ("n_voxels", "bbox", self._centroid, "second_moments", "sum", "sum_sq", "min", "max")
        yield from ("exposed_faces", "border_voxels", "first_voxel")

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"ComponentTable({self._n} rows: {', '.join(self)})"

    @property
    def _centroid(self) -> str:
        return "centroid_zyx" if len(self._shape) == 3 else "centroid_yx"

    @property
    def _n(self) -> int:
        return self._sums.n_voxels.size

    @property
    def _rows_per_slice(self) -> int:
        return self._shape[1] if len(self._shape) == 3 else 1

    def _make(self, name: str) -> dict[str, Column]:
        """Make a column and those that come with it; leave out the axis that an image lacks."""
        is_volume = len(self._shape) == 3
        if name == "border_voxels":
            sides = self._count_border()
            return {name: sides if is_volume else sides[:, [0, 1, 4, 5]]}
        if name in ("bbox", "first_voxel", self._centroid, "second_moments"):
            bbox, first, centroid, moments = self._make_geometry()
            if not is_volume:
                bbox, centroid, moments = bbox[:, [0, 1, 4, 5]], centroid[:, ::2], moments[:, [0, 2, 4]]
            return {"bbox": bbox, "first_voxel": first, self._centroid: centroid, "second_moments": moments}
        column: Column = getattr(self._sums, name)
        return {name: column[:, ::2] if name == "exposed_faces" and not is_volume else column}

    def _make_geometry(self) -> tuple[Column, Column, Column, Column]:
        """Walk the runs once for the boxes and once for the moments, side by side where there are many."""
        n = self._n
        bbox, first = np.empty(6 * n, np.int32), np.empty(n, np.int64)
        centroid, moments = np.empty(3 * n), np.empty(6 * n)
        # Whole numbers first, in the memory of the columns: what they become takes their place.
        sums, products = centroid.view(np.int64), moments.view(np.int64)
        size = self._rows_per_slice, self._shape[-1]

        def walk_boxes() -> None:
            n_met = 0
            for one in self._slabs:
                runs = one.edges, one.offsets, one.labels, one.names, one.first_slice
                n_met = add_boxes(*runs, *size, n_met, bbox, first, sums)

        def walk_moments() -> None:
            n_met = 0
            for one in self._slabs:
                runs = one.edges, one.offsets, one.labels, one.names, one.first_slice
                n_met = add_moments(*runs, size[0], n_met, products)

        is_many = sum(one.labels.size for one in self._slabs) >= _MANY_RUNS
        threads = n_threads_allowed() if is_many else 1
        work_together(lambda walk: walk(), (walk_moments, walk_boxes), threads)
        finish_moments(self._sums.n_voxels, bbox, sums, products, centroid, moments)
        return bbox.reshape(n, 6), first, centroid.reshape(n, 3), moments.reshape(n, 6)

    def _count_border(self) -> NDArray[np.int32]:
        """Count voxels on the six sides."""
        counts = np.zeros((self._n, 6), np.int32)
        left, right = self["bbox"][:, -2], self["bbox"][:, -1]
        # Rarely so on CT, and then nearly all rows can be passed over.
        is_at_ends = bool((left == 0).any() or (right == self._shape[-1]).any())
        for one in self._slabs:
            count_border(
                one.edges, one.offsets, one.labels, one.names,
                one.first_slice, self._shape[0], self._rows_per_slice, self._shape[-1], is_at_ends, counts,
            )  # fmt: skip
        return counts
