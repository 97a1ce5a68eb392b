"""Connected components as runs, a table, and, when asked for, dense labels."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from calciseg.errors import UsageError
from calciseg.kernels._dense import check_box, check_factors, check_out, make_dense
from calciseg.kernels._painting import paint_all, paint_part, touch_blocks
from calciseg.kernels._request import choose_threads
from calciseg.kernels._slabs import RunSlab, rename
from calciseg.kernels._sums import ComponentSums
from calciseg.kernels.runs import Runs, runs_of
from calciseg.kernels.table import ComponentTable

Names = NDArray[np.uint32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Components:
    """Connected components of an image; made by ``connected_components``.

    Attributes
    ----------
    shape : tuple of int
        Shape of the image.
    connectivity : int
        6, 18 or 26; of an image of two dimensions 4 or 8.
    n_components : int
        How many there are; labels are 1 .. n in raster order of their first voxels.
    table : ComponentTable
        One row a component; see there for the columns.
    """

    shape: tuple[int, ...]
    connectivity: int
    n_components: int = field(init=False)
    table: ComponentTable = field(init=False, repr=False)
    _slabs: tuple[RunSlab, ...] = field(repr=False)
    _sums: ComponentSums = field(repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "n_components", self._sums.n_voxels.size)
        object.__setattr__(self, "table", ComponentTable(self.shape, self._slabs, self._sums))

    @property
    def runs(self) -> Runs:
        """All runs, as one set of arrays made anew at each call: O(runs)."""
        parts = [runs_of(slab, self._rows_per_slice) for slab in self._slabs]
        if not parts:
            empty = np.empty(0, np.int64)
            return Runs(empty, empty, empty, np.empty(0, np.uint32))
        return Runs(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    @property
    def _rows_per_slice(self) -> int:
        return self.shape[1] if len(self.shape) == 3 else 1

    def labels(
        self, dtype: DTypeLike | None = None, out: NDArray[Any] | None = None, *, n_threads: int | None = None
    ) -> NDArray[Any]:
        """Paint dense labels: 0 is background.

        Parameters
        ----------
        dtype : dtype, optional
            An integer type that holds the labels. By default uint16 up to 65 535 components, else uint32.
        out : ndarray, optional
            C-ordered array of the image's shape to write to, whatever it holds. Fresh arrays of hundreds
            of megabytes may stall on page faults; give `out` when labelling many images of a size.
        n_threads : int, optional
            By default as ``connected_components``.

        Returns
        -------
        ndarray
            `out`, or a new array. Equal to ``scipy.ndimage.label(image >= threshold)`` when no filter was
            asked for.
        """
        if out is not None:
            check_out(self.shape, self.n_components, dtype, out)
        dense = make_dense(self.shape, self.n_components, dtype) if out is None else out
        self._paint(dense, lambda names: names, is_blank=out is None, n_threads=n_threads)
        if out is not None and not self._slabs:
            out[...] = 0
        return dense

    def foreground(self, *, n_threads: int | None = None) -> NDArray[np.bool_]:
        """Paint a mask of all components: a byte a voxel, no labels in between.

        Parameters
        ----------
        n_threads : int, optional
            By default as ``connected_components``.

        Returns
        -------
        ndarray of bool
            Equal to ``labels() > 0``.
        """
        mask = np.zeros(self.shape, np.bool_)
        self._paint(mask, lambda names: (names != 0).astype(np.uint32), is_blank=True, n_threads=n_threads)
        return mask

    def paint_over(self, out: NDArray[Any], first: int = 0, *, n_threads: int | None = None) -> None:
        """Write ``first`` + label into an array where components are, and nothing elsewhere.

        Parameters
        ----------
        out : ndarray of integers
            C-ordered array of the image's shape.
        first : int
            Added to every label.
        n_threads : int, optional
            By default as ``connected_components``.

        Raises
        ------
        UsageError
            When `out` does not fit the image, or its type the numbers.
        """
        if first < 0 or out.dtype.kind not in "iu" or np.iinfo(out.dtype).max < first + self.n_components:
            raise UsageError(f"numbers from {first} to {first + self.n_components} do not fit {out.dtype}")
        check_out(self.shape, self.n_components, None, out)
        moved = np.uint32(first)
        self._paint(
            out,
            lambda names: np.where(names != 0, names + moved, np.uint32(0)),
            is_blank=True,
            n_threads=n_threads,
        )

    def _paint(
        self, dense: NDArray[Any], named: Callable[[Names], Names], *, is_blank: bool, n_threads: int | None
    ) -> None:
        """Paint the runs under other names."""
        threads = choose_threads(n_threads, dense.size)
        paint_all(self._slabs, self._rows_per_slice, self.shape[-1], dense, named, is_blank, threads)

    def labels_in(self, box: Sequence[int] | NDArray[np.integer[Any]]) -> NDArray[np.uint32]:
        """Paint the labels of a box: O(runs in its rows).

        Parameters
        ----------
        box : sequence of int
            Half-open bounds as in ``table["bbox"]``: z0, z1, y0, y1, x0, x1, or y0, y1, x0, x1.

        Returns
        -------
        ndarray of uint32
            Labels of the box.
        """
        bounds = check_box(self.shape, box)
        (z0, z1), (y0, y1), (x0, x1) = bounds if len(bounds) == 3 else (bounds[0], (0, 1), bounds[1])
        dense = paint_part(self._slabs, self._rows_per_slice, (z0, z1), (y0, y1), (x0, x1))
        return dense if len(self.shape) == 3 else dense[:, 0, :]

    def blocks_in(
        self, box: Sequence[int] | NDArray[np.integer[Any]], factors: tuple[int, int, int]
    ) -> NDArray[np.bool_]:
        """Tell which blocks of a box hold a voxel of any component: O(runs), no mask of voxels is made.

        Parameters
        ----------
        box : sequence of int
            Half-open bounds of a volume, as in ``table["bbox"]``.
        factors : tuple of int
            Voxels in a block along each axis, from the start of the box; the last block may be smaller.

        Returns
        -------
        ndarray of bool, 3-D

        Raises
        ------
        UsageError
            When the box does not lie in the image, or the image has no three dimensions.
        """
        bounds = check_box(self.shape, box)
        n_blocks = check_factors(bounds, factors)
        return touch_blocks(self._slabs, self._rows_per_slice, bounds, factors, n_blocks)

    def mask(
        self, label: int, *, margins: Sequence[int] | None = None
    ) -> tuple[tuple[slice, ...], NDArray[np.bool_]]:
        """Return where a component lies and its mask there.

        Parameters
        ----------
        label : int
            1 .. n_components.
        margins : sequence of int, optional
            Voxels by which the box is wider on both sides of each axis, as far as the image goes.

        Returns
        -------
        box : tuple of slice
            Bounding box with its margins, to index the image with.
        mask : ndarray of bool
            True where the component is, in the shape of the box.
        """
        if not 1 <= label <= self.n_components:
            raise UsageError(f"there is no label {label}: labels are 1 to {self.n_components}")
        margins = (0,) * len(self.shape) if margins is None else margins
        box = tuple(
            slice(max(0, int(a) - more), min(n, int(b) + more))
            for (a, b), more, n in zip(
                self.table["bbox"][label - 1].reshape(-1, 2), margins, self.shape, strict=True
            )
        )
        return box, self.labels_in([end for part in box for end in (part.start, part.stop)]) == label

    def keep(self, selection: NDArray[Any] | Sequence[Any]) -> "Components":
        """Drop or merge components and number what is left consecutively, in raster order of first voxels.

        Parameters
        ----------
        selection : array of bool or of int, one entry per component
            Whether to keep it; or the group it shall belong to: 0 drops it, components of one group become
            one component. Group numbers are only names, they are not kept.

        Returns
        -------
        Components
            Shares the runs: O(components), no voxel is looked at.
        """
        groups = np.asarray(selection)
        if groups.shape != (self.n_components,) or groups.dtype.kind not in "biu":
            raise UsageError(f"a selection needs one bool or int for each of {self.n_components} components")
        if groups.dtype == np.bool_:
            groups = np.where(groups, np.arange(1, self.n_components + 1), 0)
        finals = _number_groups(groups)
        names = np.concatenate([np.zeros(1, np.uint32), finals])
        slabs = tuple(rename(slab, names) for slab in self._slabs)
        sums = self._sums.merged(finals)
        return Components(shape=self.shape, connectivity=self.connectivity, _slabs=slabs, _sums=sums)


def _number_groups(groups: NDArray[Any]) -> NDArray[np.uint32]:
    """Return the rank of each group by its first member, from 1; 0 stays 0."""
    names, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
    order = np.argsort(np.where(names == 0, -1, first), kind="stable")
    rank = np.empty(names.size, np.uint32)
    rank[order] = np.arange(names.size) + (0 if (names == 0).any() else 1)
    return rank[inverse]
