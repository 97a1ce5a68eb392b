"""Lines side by side in vector registers."""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils as _cgutils

from calciseg.kernels._bits import intrinsic, numba_tuple, reduce_lanes, splat

cgutils: Any = _cgutils  # it has no types

LANES = 32
"""Columns of a block. LLVM lowers so many on every processor."""


@intrinsic
def least_of_rows(
    typing: Any, block: Any, first: Any, last: Any, i: Any, square: Any, best: Any  # noqa: ARG001
) -> Any:  # fmt: skip
    """Write the least of ``block[j] + (i - j)**2 * square``, j = first .. last, of each column to `best`.

    Takes the rows of a flat float32 array and returns the range of the places j at which columns have it; the
    range is empty, its end before its start, where all are infinite.
    """
    returned: Any = numba_tuple((types.int64, types.int64))
    signature = returned(block, types.int64, types.int64, types.int64, types.float32, best)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        rows = context.make_array(sig.args[0])(context, builder, args[0])
        out = context.make_array(sig.args[5])(context, builder, args[5])
        first, last, i, square = args[1:5]
        float32, int32, int64 = ir.FloatType(), ir.IntType(32), ir.IntType(64)
        floats, places = ir.VectorType(float32, LANES), ir.VectorType(int32, LANES)
        none = ir.Constant(places, [-1] * LANES)
        least = cgutils.alloca_once_value(builder, ir.Constant(floats, [float("inf")] * LANES))
        at = cgutils.alloca_once_value(builder, none)
        stop = builder.add(last, ir.Constant(int64, 1))
        with cgutils.for_range_slice(builder, first, stop, ir.Constant(int64, 1)) as (j, _):
            gap = builder.sitofp(builder.sub(i, j), float32)
            rise = splat(builder, builder.fmul(builder.fmul(gap, gap), square), float32, LANES)
            start = builder.gep(rows.data, [builder.mul(j, ir.Constant(int64, LANES))])
            values = builder.load(builder.bitcast(start, floats.as_pointer()), align=4)
            values, before = builder.fadd(values, rise), builder.load(least)
            is_less = builder.fcmp_ordered("<", values, before)
            builder.store(builder.select(is_less, values, before), least)
            here = splat(builder, builder.trunc(j, int32), int32, LANES)
            builder.store(builder.select(is_less, here, builder.load(at)), at)
        builder.store(builder.load(least), builder.bitcast(out.data, floats.as_pointer()), align=4)
        found = builder.load(at)
        most = ir.Constant(places, [np.iinfo(np.int32).max] * LANES)
        low = builder.select(builder.icmp_signed("==", found, none), most, found)
        ends = reduce_lanes(builder, "smin", low), reduce_lanes(builder, "smax", found)
        return context.make_tuple(builder, sig.return_type, [builder.sext(end, int64) for end in ends])

    return signature, generate
