"""Weighted sums of rows, or along a row, of an image in vector registers."""

from typing import Any

import numpy as np
from numba import types

from calciseg.kernels._bits import intrinsic
from calciseg.kernels._jit import kernel
from calciseg.kernels._tiles import N_TILES, Sums, cgutils, memory_of

_N_SUMS = 4
RUN = _N_SUMS * N_TILES
"""Places of a row that are summed together."""


@intrinsic
def sum_weighted(typing: Any, source: Any, weights: Any, out: Any, places: Any) -> Any:  # noqa: ARG001
    """Sum a run of `RUN` places, the one a step further on, and so on, each with its weight.

    Takes flat float32 arrays, and four int64: the first place in `source`, the step, the number of weights,
    the first place in `out`.
    """
    signature = types.void(source, weights, out, places)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        seen, weight, target = (memory_of(context, builder, sig, args, k) for k in range(3))
        first, step, n_weights, to = cgutils.unpack_tuple(builder, args[3], 4)
        sums = Sums.of(builder, _N_SUMS)
        with cgutils.for_range(builder, n_weights) as loop:
            here = builder.add(first, builder.mul(loop.index, step))
            factor = weight.same(weight.at(loop.index))
            for n in range(_N_SUMS):
                sums.add_product(n, seen.read(seen.at(here, n * N_TILES)), factor)
        sums.write(target, to)
        return context.get_dummy_value()

    return signature, generate


@kernel
def smooth_rows_and_columns(wide: Any, weights: Any, shape: Any, out: Any) -> None:
    """Sum along columns and then along rows.

    Parameters
    ----------
    wide : ndarray of float32, flat, of shape (rows + n_weights - 1, columns + n_weights - 1)
    weights : ndarray of float32, shape (n_weights,)
    shape : tuple of int
        Rows and columns, at least `RUN` of these.
    out : ndarray of float32, flat, of that shape

    Notes
    -----
    Where columns are no multiple of `RUN` the last places of a row are summed twice. Columns are copied
    before they are summed: places one below the other often share their place in a processor's cache.
    """
    n_rows, n_columns = shape
    n = len(weights)
    margin = n - 1
    stride = n_columns + margin
    between = np.empty(n_rows * stride, np.float32)
    strip = np.empty((n_rows + margin) * RUN, np.float32)
    for start in range(0, stride, RUN):
        x = min(start, stride - RUN)
        for row in range(n_rows + margin):
            for place in range(RUN):
                strip[row * RUN + place] = wide[row * stride + x + place]
        for row in range(n_rows):
            sum_weighted(strip, weights, between, (row * RUN, RUN, n, row * stride + x))
    for row in range(n_rows):
        for start in range(0, n_columns, RUN):
            x = min(start, n_columns - RUN)
            sum_weighted(between, weights, out, (row * stride + x, 1, n, row * n_columns + x))
