"""Slabs of slices between the sweep and the one numbering: what each stage hands to the next."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calciseg.kernels._layout import N_NARROW, N_WIDE
from calciseg.kernels._memory import empty_apart
from calciseg.kernels._merge import gather_rows, meet_seam, name_labels, rank_places, unite_places
from calciseg.kernels._request import LabelRequest
from calciseg.kernels._resolve import resolve_labels, take_roots
from calciseg.kernels._sums import ComponentSums
from calciseg.kernels._sweep import NO_ROOM, sweep_slab

Integers = NDArray[np.uint32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RunSlab:
    """The runs of consecutive slices.

    Attributes
    ----------
    first_slice, n_slices : int
        Where the slab lies.
    edges : ndarray of uint16 or uint32, flat
        Start and stop (half-open) column of each run, interleaved, in raster order.
    offsets : ndarray of uint32
        Number of the first run of each row, and after the last row the number of runs.
    labels : ndarray of uint32
        Provisional label of each run, from 1.
    names : ndarray of uint32
        What each provisional label stands for; `names[0]` is 0. Renaming components rewrites this only.
    """

    first_slice: int
    n_slices: int
    edges: NDArray[Any]
    offsets: Integers
    labels: Integers
    names: Integers

    @property
    def end(self) -> int:
        """The slice after the last."""
        return self.first_slice + self.n_slices


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SweptSlab:
    """A slab labelled on its own, with the accumulators of its components in the columns of ``_layout``.

    `meets` holds what ``meet`` found between the slab and the one before it.
    """

    runs: RunSlab
    wide: NDArray[np.int64]
    narrow: NDArray[np.int32]
    meets: list[Integers] = field(default_factory=list)


class Processor(NamedTuple):
    """What the sweep may count on; see ``_bits``."""

    is_vector: bool
    has_compress: bool


# Runs of CT are a fiftieth of the worst case. Room for all of it comes as huge pages, which the kernel clears
# at every call: that took a tenth of the time.
_USUAL_SHARE = 16


class Workspace:
    """Room for the runs of a slab, reused from slab to slab by whichever thread takes it.

    Parameters
    ----------
    request : LabelRequest
    n_slices : int
        Of the largest slab that it is meant for.
    is_whole : bool
        Whether there is room for the worst case, and not only for what is usual.
    """

    __slots__ = ("arrays",)

    def __init__(self, request: LabelRequest, n_slices: int, *, is_whole: bool) -> None:
        _, n_rows, n_columns = request.shape_zyx
        a_row = (n_columns + 1) // 2
        most = n_slices * n_rows * a_row if is_whole else a_row * (n_slices * n_rows // _USUAL_SHARE)
        most += a_row + 33  # label 0 stands for no run; edges of a word are written with junk behind them
        self.arrays = (
            np.empty(2 * most, request.edge_dtype),
            np.empty(n_slices * n_rows + 1, np.uint32),
            np.empty(most, np.uint32),
            np.empty(most, np.uint32),
            np.empty(most * N_WIDE, np.int64),
            np.empty(most * N_NARROW, np.int32),
        )


def sweep(
    request: LabelRequest,
    flat: NDArray[np.int16],
    first_slice: int,
    spare: deque[Workspace],
    processor: Processor,
) -> SweptSlab:
    """Label the slab whose voxels are `flat`, in a spare workspace when it is large enough."""
    _, n_rows, n_columns = request.shape_zyx
    n_slices = flat.size // (n_rows * n_columns)
    what = (
        flat,
        (np.uint64(n_slices), np.uint64(n_rows), np.uint64(n_columns)),
        np.int16(request.flip),
        np.int16(request.level or 0),
        np.uint64(request.connectivity),
        processor.is_vector,
        processor.has_compress and request.edge_dtype is np.uint16,
    )
    workspace = _take(spare, request, n_slices)
    n_runs, n_labels = sweep_slab(*what, *workspace.arrays)
    if n_runs == NO_ROOM:
        workspace = Workspace(request, n_slices, is_whole=True)
        n_runs, n_labels = sweep_slab(*what, *workspace.arrays)
    edges, offsets, labels, parent, wide, narrow = workspace.arrays
    names = np.empty(n_labels + 1, np.uint32)
    rows = wide.reshape(-1, N_WIDE), narrow.reshape(-1, N_NARROW)
    goes_on = first_slice + n_slices < request.shape_zyx[0]
    n = resolve_labels(
        parent,
        *rows,
        int(labels[: offsets[n_rows]].max(initial=0)) if first_slice > 0 else 0,
        labels[offsets[(n_slices - 1) * n_rows] : n_runs if goes_on else 0],
        request.min_voxels,
        -np.inf if request.seed is None else request.seed,
        names,
    )
    kept = empty_apart((n, N_WIDE), np.int64), empty_apart((n, N_NARROW), np.int32)
    take_roots(parent, names, *rows, *kept)
    runs = RunSlab(
        first_slice=first_slice,
        n_slices=n_slices,
        edges=edges[: 2 * n_runs].copy(),
        offsets=offsets[: n_slices * n_rows + 1].copy(),
        labels=labels[:n_runs].copy(),
        names=names,
    )
    spare.append(workspace)
    return SweptSlab(runs=runs, wide=kept[0], narrow=kept[1])


def _take(spare: deque[Workspace], request: LabelRequest, n_slices: int) -> Workspace:
    """Return a spare workspace that is large enough, or a new one."""
    try:
        workspace = spare.popleft()
    except IndexError:
        return Workspace(request, n_slices, is_whole=False)
    if workspace.arrays[1].size > n_slices * request.shape_zyx[1]:
        return workspace
    return Workspace(request, n_slices, is_whole=False)


def number(swept: deque[SweptSlab]) -> tuple[tuple[RunSlab, ...], ComponentSums]:
    """Join slabs given in order and number their components.

    `swept` is emptied on the way: rows of accumulators are let go as soon as they are in the columns.
    """
    bases = np.cumsum([0, *(len(slab.wide) for slab in swept)])
    places = np.arange(bases[-1] + 1, dtype=np.uint32)
    for i, slab in enumerate(swept):
        for pairs in slab.meets:
            unite_places(pairs, bases[i], bases[i - 1], places)
    sums = ComponentSums.empty(int(rank_places(places)))
    slabs, n_met = [], 0
    for base in bases[:-1]:
        slab = swept.popleft()
        finals = places[base + 1 : base + 1 + len(slab.wide)]
        n_met = gather_rows(slab.wide, slab.narrow, finals, n_met, *sums.columns)
        name_labels(slab.runs.names, int(base), places)
        slabs.append(slab.runs)
    return tuple(slabs), sums


def rename(slab: RunSlab, names: Integers) -> RunSlab:
    """Return the slab with its names looked up in `names`; the runs themselves are shared."""
    return RunSlab(
        first_slice=slab.first_slice,
        n_slices=slab.n_slices,
        edges=slab.edges,
        offsets=slab.offsets,
        labels=slab.labels,
        names=names[slab.names],
    )


def meet(request: LabelRequest, lower: SweptSlab, upper: SweptSlab) -> Integers:
    """Return the pairs of components that touch across the seam between two slabs, upper and lower by turns.

    Faces across the seam are added to the accumulators of the upper slab.
    """
    n_rows = request.shape_zyx[1]
    below, above = lower.runs.offsets[-n_rows - 1 :], upper.runs.offsets[: n_rows + 1]
    # Two pointers along a pair of rows meet at most as often as either moves on.
    n_runs = int(below[-1]) - int(below[0]) + int(above[-1])
    pairs = np.empty(2 * (1 if request.connectivity == 6 else 3) * n_runs, np.uint32)
    n = meet_seam(
        upper.runs.edges,
        above,
        upper.runs.labels,
        upper.runs.names,
        upper.narrow,
        lower.runs.edges,
        below,
        lower.runs.labels,
        lower.runs.names,
        request.connectivity,
        pairs,
    )
    return pairs[: 2 * n].copy()
