"""The component table: one row a component, columns made when they are first read."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calciseg.kernels._columns import write_counts, write_moments
from calciseg.kernels._request import choose_threads
from calciseg.kernels._slabs import SumBlock

Column = NDArray[Any]

# Fewer rows are written before a pool of threads has started.
_MANY = 100_000


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

    __slots__ = ("_blocks", "_columns", "_count_border", "_n", "_shape")

    def __init__(
        self,
        shape: tuple[int, ...],
        blocks: Sequence[SumBlock],
        n: int,
        count_border: Callable[[], NDArray[np.int32]],
    ) -> None:
        self._shape, self._blocks, self._n = shape, blocks, n
        self._count_border = count_border
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

    def _make(self, name: str) -> dict[str, Column]:
        """Make a column and those that come with it."""
        if name == "border_voxels":
            return {name: self._count_border()}
        if name in (self._centroid, "second_moments"):
            return self._make_moments()
        return self._make_counts()

    def _make_counts(self) -> dict[str, Column]:
        n, n_rows = self._n, self._shape[1] if len(self._shape) == 3 else 1
        made: dict[str, Column] = {
            "n_voxels": np.empty(n, np.int64),
            "bbox": np.empty((n, 6), np.int32),
            "sum": np.empty(n, np.int64),
            "sum_sq": np.empty(n, np.int64),
            "min": np.empty(n, np.int32),
            "max": np.empty(n, np.int32),
            "exposed_faces": np.empty((n, 3), np.int64),
            "first_voxel": np.empty(n, np.int64),
        }
        columns = tuple(made.values())
        self._fill(lambda w, n, f: write_counts(w, n, f, n_rows, self._shape[-1], *columns))
        if len(self._shape) == 2:
            made["bbox"], made["exposed_faces"] = made["bbox"][:, [0, 1, 4, 5]], made["exposed_faces"][:, ::2]
        return made

    def _make_moments(self) -> dict[str, Column]:
        centroid, moments = np.empty((self._n, 3)), np.empty((self._n, 6))
        self._fill(lambda w, n, f: write_moments(w, n, f, centroid, moments))
        if len(self._shape) == 2:
            centroid, moments = centroid[:, ::2], moments[:, [0, 2, 4]]
        return {self._centroid: centroid, "second_moments": moments}

    def _fill(self, write: Callable[..., None]) -> None:
        """Call `write` for all blocks; in threads when there are many components."""
        parts = [(block.wide, block.narrow, block.finals) for block in self._blocks]
        if self._n < _MANY:
            for part in parts:
                write(*part)
            return
        with ThreadPoolExecutor(choose_threads(None, _MANY)) as pool:
            list(pool.map(lambda part: write(*part), parts))
