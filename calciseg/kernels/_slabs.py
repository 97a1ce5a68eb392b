"""Slabs of slices between the sweep and the one numbering: what each stage hands to the next."""

from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calciseg.kernels._layout import N_NARROW, N_WIDE
from calciseg.kernels._merge import compact_labels, gather_rows, join_seam, rank_places, tally_places
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
    rows_wide, rows_narrow = wide.reshape(-1, N_WIDE), narrow.reshape(-1, N_NARROW)
    n = compact_labels(parent, n_labels, rows_wide, rows_narrow)
    runs = RunSlab(
        first_slice=first_slice,
        n_slices=n_slices,
        edges=edges[: 2 * n_runs].copy(),
        offsets=offsets[: n_slices * n_rows + 1].copy(),
        labels=labels[:n_runs].copy(),
        names=parent[: n_labels + 1].copy(),
    )
    swept = SweptSlab(runs=runs, wide=rows_wide[:n].copy(), narrow=rows_narrow[:n].copy())
    spare.append(workspace)
    return swept


def _take(spare: deque[Workspace], request: LabelRequest, n_slices: int) -> Workspace:
    """Return a spare workspace that is large enough, or a new one."""
    try:
        workspace = spare.popleft()
    except IndexError:
        return Workspace(request, n_slices)
    if workspace.arrays[1].size > n_slices * request.shape_zyx[1]:
        return workspace
    return Workspace(request, n_slices)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Numbered:
    """All slabs under one numbering, with the accumulators of the components."""

    slabs: tuple[RunSlab, ...]
    wide: NDArray[np.int64]
    narrow: NDArray[np.int32]


def number(request: LabelRequest, swept: list[SweptSlab]) -> Numbered:
    """Join slabs given in order, drop what the request filters out, and number what is left."""
    bases = np.cumsum([0, *(len(slab.wide) for slab in swept)])
    places = np.arange(bases[-1] + 1, dtype=np.uint32)
    for i in range(1, len(swept)):
        _join(request, swept[i - 1], int(bases[i - 1]), swept[i], int(bases[i]), places)
    n_final = rank_places(places, _find_kept(request, swept, bases, places))
    wide = np.empty((n_final, N_WIDE), np.int64)
    narrow = np.empty((n_final, N_NARROW), np.int32)
    is_begun = np.zeros(n_final, np.bool_)
    slabs = []
    for i, slab in enumerate(swept):
        finals = places[bases[i] + 1 : bases[i + 1] + 1]
        gather_rows(slab.wide, slab.narrow, finals, is_begun, wide, narrow)
        slabs.append(rename(slab.runs, np.concatenate([np.zeros(1, np.uint32), finals])))
    return Numbered(slabs=tuple(slabs), wide=wide, narrow=narrow)


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


def _find_kept(
    request: LabelRequest, swept: list[SweptSlab], bases: NDArray[np.int64], places: Integers
) -> NDArray[np.bool_]:
    """Return which places pass the filters, or an empty array when there is no filter."""
    if request.min_voxels == 1 and request.seed is None:
        return np.empty(0, np.bool_)
    n_voxels = np.zeros(places.size, np.int64)
    highest = np.full(places.size, np.iinfo(np.int32).min, np.int32)
    for slab, base in zip(swept, bases[:-1], strict=True):
        tally_places(slab.narrow, int(base), places, n_voxels, highest)
    is_kept: NDArray[np.bool_] = n_voxels >= request.min_voxels
    if request.seed is not None:
        is_kept &= highest >= request.seed
    return is_kept
