"""Three weights on four rows by six products a place in place of twelve, sixteen places in a register.

S. Winograd, "Arithmetic complexity of computations", SIAM 1980, with the numbers of A. Lavin and S. Gray,
"Fast algorithms for convolutional neural networks", CVPR 2016: six rows are mixed, each mixed row is
multiplied by its weights, and what comes out is unmixed to four rows. Columns are not: they are the lanes.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils as _cgutils

from calciseg.kernels._bits import intrinsic, splat

cgutils: Any = _cgutils  # it has no types

GROUP = 4
"""Channels that are summed together: what is read serves all of them."""
WIDTH = 16
"""Places of a row that are worked out together. As many sums as fit in registers everywhere."""
ROWS = 4
"""Rows that are worked out together."""
N_MIXED = ROWS + 2

MIXED_WEIGHTS = np.array(
    [[1 / 4, 0, 0], [-1 / 6, -1 / 6, -1 / 6], [-1 / 6, 1 / 6, -1 / 6],
     [1 / 24, 1 / 12, 1 / 6], [1 / 24, -1 / 12, 1 / 6], [0, 0, 1]]
)  # fmt: skip
"""What the three weights of a column become: one for each mixed row."""

_FLOAT, _INT = ir.FloatType(), ir.IntType(64)
_LANES = ir.VectorType(_FLOAT, WIDTH)


@dataclass(frozen=True, slots=True)
class Places:
    """Sixteen places, while code is made: what is written with them is compiled, not run."""

    builder: Any
    value: Any

    def __add__(self, other: "Places") -> "Places":
        return Places(self.builder, self.builder.fadd(self.value, other.value))

    def __sub__(self, other: "Places") -> "Places":
        return Places(self.builder, self.builder.fsub(self.value, other.value))

    def __mul__(self, factor: float) -> "Places":
        return Places(self.builder, self.builder.fmul(self.value, ir.Constant(_LANES, [factor] * WIDTH)))

    def positive(self) -> "Places":
        """Cut what is negative."""
        zeros = ir.Constant(_LANES, [0.0] * WIDTH)
        is_more = self.builder.fcmp_ordered(">", self.value, zeros)
        return Places(self.builder, self.builder.select(is_more, self.value, zeros))


@dataclass(frozen=True, slots=True)
class Memory:
    """A flat float32 array, while code is made."""

    builder: Any
    data: Any

    def at(self, first: Any, n: int = 0, step: Any = None) -> Any:
        """Return where ``first + n * step`` lies; a step is one place unless given."""
        further = ir.Constant(_INT, n) if step is None else self.builder.mul(step, ir.Constant(_INT, n))
        return self.builder.gep(self.data, [self.builder.add(first, further)])

    def read(self, where: Any) -> Places:
        """Return sixteen places."""
        vector = self.builder.bitcast(where, _LANES.as_pointer())
        return Places(self.builder, self.builder.load(vector, align=4))

    def same(self, where: Any) -> Places:
        """Return one place sixteen times."""
        return Places(self.builder, splat(self.builder, self.builder.load(where), _FLOAT, WIDTH))

    def write(self, where: Any, places: Places) -> None:
        """Write sixteen places."""
        self.builder.store(places.value, self.builder.bitcast(where, _LANES.as_pointer()), align=4)


@intrinsic
def mix(typing: Any, framed: Any, mixed: Any, places: Any) -> Any:  # noqa: ARG001
    """Mix six rows into six others.

    Takes flat float32 arrays, and four int64: the first place in `framed` and the length of its rows; the
    first place in `mixed`, and from there to the next mixed row.
    """
    signature = types.void(framed, mixed, places)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        source, target = (_memory(context, builder, sig, args, k) for k in range(2))
        first, stride, to, step = cgutils.unpack_tuple(builder, args[2], 4)
        a, b, c, d, e, f = (source.read(source.at(first, row, stride)) for row in range(N_MIXED))
        outer, inner = e - c * 4.0, d - b * 4.0
        wide, near = e - c, (d - b) * 2.0
        rows = (
            a * 4.0 - c * 5.0 + e,
            outer + inner,
            outer - inner,
            wide + near,
            wide - near,
            b * 4.0 - d * 5.0 + f,
        )
        for row, value in enumerate(rows):
            target.write(target.at(to, row, step), value)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def sum_products(typing: Any, mixed: Any, weights: Any, sums: Any, places: Any) -> Any:  # noqa: ARG001
    """Sum a mixed row over all its channels and three columns, for `GROUP` channels of the result.

    Takes flat float32 arrays, and five int64: the first place in `mixed`, the length of its channels and how
    many there are; the first weight; the first place in `sums`, where channels lie one after the other.
    Weights lie as they are used: by channel of `mixed`, column, channel of the result.
    """
    signature = types.void(mixed, weights, sums, places)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        source, weight, target = (_memory(context, builder, sig, args, k) for k in range(3))
        first, channel, n_in, w, to = cgutils.unpack_tuple(builder, args[3], 5)
        multiply_add = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(_LANES, [_LANES] * 3), f"llvm.fmuladd.v{WIDTH}f32"
        )
        zeros = ir.Constant(_LANES, [0.0] * WIDTH)
        slots = [cgutils.alloca_once_value(builder, zeros) for _ in range(GROUP)]
        with cgutils.for_range(builder, n_in) as loop:
            here = builder.add(first, builder.mul(loop.index, channel))
            weight_here = builder.add(w, builder.mul(loop.index, ir.Constant(_INT, 3 * GROUP)))
            values = [builder.load(slot) for slot in slots]
            for column in range(3):
                seen = source.read(source.at(here, column))
                for g in range(GROUP):
                    factor = weight.same(weight.at(weight_here, GROUP * column + g))
                    values[g] = builder.call(multiply_add, [seen.value, factor.value, values[g]])
            for slot, value in zip(slots, values, strict=True):
                builder.store(value, slot)
        for g, slot in enumerate(slots):
            target.write(target.at(to, g * WIDTH), Places(builder, builder.load(slot)))
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def unmix(typing: Any, sums: Any, constants: Any, out: Any, places: Any) -> Any:  # noqa: ARG001
    """Turn the sums of six mixed rows into four rows, add constants and cut what is negative.

    Takes flat float32 arrays, and four int64: the first constant; the first place in `out`, the length of its
    rows and of its channels.
    """
    signature = types.void(sums, constants, out, places)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        source, constant, target = (_memory(context, builder, sig, args, k) for k in range(3))
        o, first, stride, channel = cgutils.unpack_tuple(builder, args[3], 4)
        start = ir.Constant(_INT, 0)
        for g in range(GROUP):
            a, b, c, d, e, f = (
                source.read(source.at(start, (m * GROUP + g) * WIDTH)) for m in range(N_MIXED)
            )
            both, odd, both_wide, odd_wide = b + c, b - c, d + e, d - e
            rows = (
                a + both + both_wide,
                odd + odd_wide * 2.0,
                both + both_wide * 4.0,
                odd + odd_wide * 8.0 + f,
            )
            added, to = (
                constant.same(constant.at(o, g)),
                builder.add(first, builder.mul(channel, ir.Constant(_INT, g))),
            )
            for row, value in enumerate(rows):
                target.write(target.at(to, row, stride), (value + added).positive())
        return context.get_dummy_value()

    return signature, generate


def _memory(context: Any, builder: Any, sig: Any, args: Any, k: int) -> Memory:
    return Memory(builder, context.make_array(sig.args[k])(context, builder, args[k]).data)
