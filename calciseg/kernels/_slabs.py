"""Slabs of slices between the sweep and the one numbering: what each stage hands to the next."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calciseg.kernels._layout import MAX, N_NARROW, N_VOXELS, N_WIDE
from calciseg.kernels._merge import (
    add_rows,
    flatten_places,
    gather_rows,
    join_seam,
    resolve_labels,
    take_roots,
)
from calciseg.kernels._request import LabelRequest
from calciseg.kernels._sweep import sweep_slab

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SumBlock:
    """Accumulators of some components, in the columns of ``_layout``.

    Attributes
    ----------
    wide, narrow : ndarray of int64 and int32, 2-D
        A row per component, in raster order of first voxels.
    finals : ndarray of uint32
        Final label of each row; 0 where the row was dropped or has been added to another.
    """

    wide: NDArray[np.int64]
    narrow: NDArray[np.int32]
    finals: Integers


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SweptSlab:
    """A slab labelled on its own, with the accumulators of its components."""

    runs: RunSlab
    wide: NDArray[np.int64]
    narrow: NDArray[np.int32]


class Workspace:
    """Room for the worst case of a slab, reused from slab to slab by whichever thread takes it.

    Untouched pages cost nothing, and touched ones are not faulted in again for the next slab.
    """

    __slots__ = ("arrays",)

    def __init__(self, request: LabelRequest, n_slices: int) -> None:
        _, n_rows, n_columns = request.shape_zyx
        most = n_slices * n_rows * ((n_columns + 1) // 2) + 1
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
    *,
    is_vector: bool,
) -> SweptSlab:
    """Label the slab whose voxels are `flat`, in a spare workspace when it is large enough."""
    _, n_rows, n_columns = request.shape_zyx
    n_slices = flat.size // (n_rows * n_columns)
    workspace = _take(spare, request, n_slices)
    edges, offsets, labels, parent, wide, narrow = workspace.arrays
    n_runs, n_labels = sweep_slab(
        flat,
        np.uint64(first_slice),
        (np.uint64(n_slices), np.uint64(n_rows), np.uint64(n_columns)),
        np.int16(request.flip),
        np.int16(request.level or 0),
        np.uint64(request.connectivity),
        is_vector,
        *workspace.arrays,
    )
    names = np.empty(n_labels + 1, np.uint32)
    rows = wide.reshape(-1, N_WIDE), narrow.reshape(-1, N_NARROW)
    stop = first_slice + n_slices
    n = resolve_labels(
        parent,
        *rows,
        first_slice if first_slice > 0 else -1,
        stop if stop < request.shape_zyx[0] else stop + 1,
        request.min_voxels,
        -np.inf if request.seed is None else request.seed,
        names,
    )
    kept = np.empty((n, N_WIDE), np.int64), np.empty((n, N_NARROW), np.int32)
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
        return Workspace(request, n_slices)
    if workspace.arrays[1].size > n_slices * request.shape_zyx[1]:
        return workspace
    return Workspace(request, n_slices)


def number(request: LabelRequest, swept: list[SweptSlab]) -> tuple[tuple[RunSlab, ...], tuple[SumBlock, ...]]:
    """Join slabs given in order, drop what the request filters out, and number what is left."""
    bases = np.cumsum([0, *(len(slab.wide) for slab in swept)])
    roots = np.arange(bases[-1] + 1, dtype=np.uint32)
    for i in range(1, len(swept)):
        _join(request, swept[i - 1], int(bases[i - 1]), swept[i], int(bases[i]), roots)
    flatten_places(roots)
    is_root = roots == np.arange(roots.size, dtype=np.uint32)
    for i in range(len(swept)):
        _fold(swept, bases, i, roots, is_root)
    is_kept = is_root.copy()
    is_kept[0] = False
    is_filtered = request.min_voxels > 1 or request.seed is not None
    if is_filtered:
        for slab, base in zip(swept, bases[:-1], strict=True):
            is_kept[base + 1 : base + 1 + len(slab.wide)] &= _passes(request, slab)
    finals = np.where(is_kept, np.cumsum(is_kept, dtype=np.uint32), np.uint32(0))
    slabs, blocks = [], []
    for i, slab in enumerate(swept):
        part = slice(bases[i] + 1, bases[i + 1] + 1)
        slabs.append(rename(slab.runs, np.concatenate([finals[:1], finals[roots[part]]])))
        blocks.append(SumBlock(wide=slab.wide, narrow=slab.narrow, finals=finals[part]))
    return tuple(slabs), (gather(blocks),) if is_filtered else tuple(blocks)


def gather(blocks: Sequence[SumBlock]) -> SumBlock:
    """Add rows up by their final labels and keep one row for each."""
    n_final = max((int(block.finals.max(initial=0)) for block in blocks), default=0)
    wide, narrow = np.empty((n_final, N_WIDE), np.int64), np.empty((n_final, N_NARROW), np.int32)
    is_begun = np.zeros(n_final, np.bool_)
    for block in blocks:
        gather_rows(block.wide, block.narrow, block.finals, is_begun, wide, narrow)
    return SumBlock(wide=wide, narrow=narrow, finals=np.arange(1, n_final + 1, dtype=np.uint32))


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


def _join(
    request: LabelRequest, lower: SweptSlab, lower_base: int, upper: SweptSlab, base: int, places: Integers
) -> None:
    """Unite what touches across the seam between two slabs."""
    n_rows = request.shape_zyx[1]
    join_seam(
        upper.runs.edges,
        upper.runs.offsets[: n_rows + 1],
        upper.runs.labels,
        upper.runs.names,
        base,
        upper.narrow,
        lower.runs.edges,
        lower.runs.offsets[-n_rows - 1 :],
        lower.runs.labels,
        lower.runs.names,
        lower_base,
        request.connectivity,
        places,
    )


def _fold(
    swept: list[SweptSlab], bases: NDArray[np.int64], i: int, roots: Integers, is_root: NDArray[np.bool_]
) -> None:
    """Add the rows of slab `i` that do not begin their component to the row that does."""
    part = slice(bases[i] + 1, bases[i + 1] + 1)
    rows = np.flatnonzero(~is_root[part])
    targets = roots[part][rows].astype(np.int64)
    homes = np.searchsorted(bases, targets) - 1
    for j in np.unique(homes):
        here = homes == j
        add_rows(
            swept[i].wide, swept[i].narrow, rows[here],
            swept[j].wide, swept[j].narrow, targets[here] - bases[j] - 1,
        )  # fmt: skip


def _passes(request: LabelRequest, slab: SweptSlab) -> NDArray[np.bool_]:
    """Say which components pass the filters, once their rows are complete."""
    is_kept: NDArray[np.bool_] = slab.narrow[:, N_VOXELS] >= request.min_voxels
    if request.seed is not None:
        is_kept &= slab.narrow[:, MAX] >= request.seed
    return is_kept
