"""Sixty-four voxels in one word: comparing, counting and isolating bits.

A *word* is a uint64 whose bit ``i`` says whether voxel ``64 * j + i`` of a row is foreground.
"""

import os
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from llvmlite.binding import get_host_cpu_features
from numba import extending, types

from calciseg.kernels._jit import inlined, kernel

# numba's own types count the typing context among the arguments.
intrinsic: Callable[[Any], Any] = extending.intrinsic
numba_tuple: Callable[[Any], Any] = types.Tuple

HAS_COMPRESS = "NUMBA_CPU_NAME" not in os.environ and bool(get_host_cpu_features().get("avx512vbmi2"))
"""Whether ``write_bits`` is quick, where numba compiles for the processor at hand."""

ONE = np.uint64(1)
ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
TOP = np.uint64(63)
WIDTH = np.uint64(64)


@intrinsic
def compare64(typing: Any, image: Any, first: Any, flip: Any, level: Any) -> Any:  # noqa: ARG001
    """Return the word of ``(image[first + i] ^ flip) >= level``, i = 0 .. 63, for a flat int16 array.

    One vector compare and a bitcast: two instructions per 32 voxels with AVX-512BW, pack and movemask
    with AVX2. LLVM lowers it on every processor.
    """
    signature = types.uint64(image, types.uint64, types.int16, types.int16)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        array = context.make_array(sig.args[0])(context, builder, args[0])
        int16, lanes = ir.IntType(16), ir.VectorType(ir.IntType(16), 64)
        start = builder.bitcast(builder.gep(array.data, [args[1]]), lanes.as_pointer())
        voxels = builder.load(start, align=2)
        flips, levels = splat(builder, args[2], int16), splat(builder, args[3], int16)
        hits = builder.icmp_signed(">=", builder.xor(voxels, flips), levels)
        return builder.bitcast(hits, ir.IntType(64))

    return signature, generate


@intrinsic
def nonzero64(typing: Any, mask: Any, first: Any) -> Any:  # noqa: ARG001
    """Return the word of ``mask[first + i] != 0``, i = 0 .. 63, for a flat array of bytes."""
    signature = types.uint64(mask, types.uint64)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        array = context.make_array(sig.args[0])(context, builder, args[0])
        lanes = ir.VectorType(ir.IntType(8), 64)
        start = builder.bitcast(builder.gep(array.data, [args[1]]), lanes.as_pointer())
        hits = builder.icmp_unsigned("!=", builder.load(start, align=1), ir.Constant(lanes, [0] * 64))
        return builder.bitcast(hits, ir.IntType(64))

    return signature, generate


@intrinsic
def write_bytes(typing: Any, out: Any, first: Any, word: Any) -> Any:  # noqa: ARG001
    """Write bit ``i`` of a word to ``out[first + i]``, i = 0 .. 63, of a flat array of bytes."""
    signature = types.void(out, types.uint64, types.uint64)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        array = context.make_array(sig.args[0])(context, builder, args[0])
        lanes = ir.VectorType(ir.IntType(8), 64)
        bits = builder.bitcast(args[2], ir.VectorType(ir.IntType(1), 64))
        to = builder.bitcast(builder.gep(array.data, [args[1]]), lanes.as_pointer())
        builder.store(builder.zext(bits, lanes), to, align=1)
        return context.get_dummy_value()

    return signature, generate


def _summing(n_lanes: int) -> Any:
    """Return an intrinsic that adds up at most so many voxels."""

    @intrinsic
    def sum_lanes(typing: Any, image: Any, first: Any, n: Any, flip: Any, level: Any) -> Any:  # noqa: ARG001
        returned: Any = numba_tuple((types.int64, types.int64, types.int16, types.int16))
        signature = returned(image, types.uint64, types.int16, types.int16, types.int16)

        def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            array = context.make_array(sig.args[0])(context, builder, args[0])
            int16, lanes = ir.IntType(16), ir.VectorType(ir.IntType(16), n_lanes)
            wide, wider = ir.VectorType(ir.IntType(32), n_lanes), ir.VectorType(ir.IntType(64), n_lanes)
            start = builder.bitcast(builder.gep(array.data, [args[1]]), lanes.as_pointer())
            count, flips, levels = (splat(builder, arg, int16, n_lanes) for arg in args[2:])
            values = builder.xor(builder.load(start, align=2), flips)
            is_near = builder.icmp_signed("<", ir.Constant(lanes, list(range(n_lanes))), count)
            is_in = builder.and_(is_near, builder.icmp_signed(">=", values, levels))
            least = builder.select(is_in, values, ir.Constant(lanes, [32767] * n_lanes))
            most = builder.select(is_in, values, ir.Constant(lanes, [-32768] * n_lanes))
            kept = builder.sext(builder.select(is_in, values, ir.Constant(lanes, [0] * n_lanes)), wide)
            squares = builder.zext(builder.mul(kept, kept), wider)
            reduced = (
                builder.sext(reduce_lanes(builder, "add", kept), ir.IntType(64)),
                reduce_lanes(builder, "add", squares),
                reduce_lanes(builder, "smin", least),
                reduce_lanes(builder, "smax", most),
            )
            return context.make_tuple(builder, sig.return_type, reduced)

        return signature, generate

    return sum_lanes


# Sum, sum of squares, least and largest of what reaches `level` among the first ``n`` of so many voxels from
# `first` on, of a flat int16 array; values are ``image[i] ^ flip``. No loop and no branch: runs have a few
# voxels, and a mispredicted end of a loop costs more than all of this.
sum16, sum32 = _summing(16), _summing(32)


def reduce_lanes(builder: Any, by: str, vector: Any) -> Any:
    """Return all lanes of a vector brought together."""
    element = vector.type.element
    name = f"llvm.vector.reduce.{by}.v{vector.type.count}i{element.width}"
    function = builder.module.globals.get(name) or ir.Function(
        builder.module, ir.FunctionType(element, [vector.type]), name
    )
    return builder.call(function, [vector])


def splat(builder: Any, scalar: Any, element: Any, n: int = 64) -> Any:
    """Return a vector of `n` lanes that all hold ``scalar``."""
    lanes = ir.VectorType(element, n)
    one = builder.insert_element(ir.Constant(lanes, ir.Undefined), scalar, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), n), [0] * n)
    return builder.shuffle_vector(one, ir.Constant(lanes, ir.Undefined), zeros)


@intrinsic
def write_bits(typing: Any, edges: Any, k: Any, word: Any, first: Any) -> Any:  # noqa: ARG001
    """Write ``first + i`` for each set bit ``i`` of a word to `edges` from `k` on, and junk up to ``k + 64``.

    Two instructions with AVX-512 VBMI2 and no branch; on other processors a loop over the bits is quicker.
    """
    signature = types.void(edges, types.uint64, types.uint64, types.uint64)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        array = context.make_array(sig.args[0])(context, builder, args[0])
        element, int32 = context.get_data_type(sig.args[0].dtype), ir.IntType(32)
        lanes, bits = ir.VectorType(element, 32), ir.VectorType(ir.IntType(1), 32)
        name = f"llvm.experimental.vector.compress.v32i{element.width}"
        compress = builder.module.globals.get(name) or ir.Function(
            builder.module, ir.FunctionType(lanes, [lanes, bits, lanes]), name
        )
        columns, at = splat(builder, builder.trunc(args[3], element), element, 32), args[1]
        for low in (0, 32):
            half = builder.trunc(builder.lshr(args[2], ir.Constant(ir.IntType(64), low)), int32)
            indices = builder.add(columns, ir.Constant(lanes, list(range(low, low + 32))))
            packed = builder.call(
                compress, [indices, builder.bitcast(half, bits), ir.Constant(lanes, ir.Undefined)]
            )
            out = builder.bitcast(builder.gep(array.data, [at]), lanes.as_pointer())
            builder.store(packed, out, align=element.width // 8)
            at = builder.add(at, builder.zext(builder.ctpop(half), ir.IntType(64)))
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def count_bits(typing: Any, word: Any) -> Any:  # noqa: ARG001
    """Return how many bits of a uint64 are set, as uint64."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:  # noqa: ARG001
        return builder.ctpop(args[0])

    return types.uint64(types.uint64), generate


@intrinsic
def lowest_bit(typing: Any, word: Any) -> Any:  # noqa: ARG001
    """Return the index of the lowest set bit of a uint64, 64 when there is none, as uint64."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:  # noqa: ARG001
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 0))

    return types.uint64(types.uint64), generate


@inlined
def compare_plain(image: Any, first: Any, n: Any, flip: Any, level: Any) -> Any:
    """Return the word of ``n`` <= 64 voxels from ``first`` on, one voxel at a time."""
    word = np.uint64(0)
    for i in range(n):
        hit = np.int16(image[first + i] ^ flip) >= level
        word |= np.uint64(hit) << i
    return word


@kernel
def pack_rows(
    image: Any, first: Any, n_rows: Any, n_columns: Any, flip: Any, level: Any, words: Any, is_vector: Any
) -> None:
    """Compare rows of an image with a level and write them as words inside a border of zero words.

    Parameters
    ----------
    image : ndarray of int16, flat
        Whole rows, one after the other.
    first, n_rows, n_columns : uint64
        Index of the first voxel, and how many rows of which length to pack.
    flip, level : int16
        A voxel ``v`` is foreground when ``(v ^ flip) >= level`` (`flip` is -32768 for uint16 data).
    words : ndarray of uint64, flat
        Written: ``n_rows + 2`` rows of ``ceil(n_columns / 64) + 2`` words; the border is left alone.
    is_vector : bool
        Whether to compare 64 voxels at a time. Off only where vectors do not pay, and in tests.

    Notes
    -----
    O(voxels). Never makes a mask in memory: run extraction then costs about one read pass.
    """
    stride = (n_columns + TOP) // WIDTH + np.uint64(2)
    n_whole = n_columns // WIDTH
    tail = n_columns % WIDTH
    for row in range(n_rows):
        voxel = first + row * n_columns
        out = (row + ONE) * stride + ONE
        for j in range(n_whole):
            if is_vector:
                words[out + j] = compare64(image, voxel + j * WIDTH, flip, level)
            else:
                words[out + j] = compare_plain(image, voxel + j * WIDTH, WIDTH, flip, level)
        if tail:
            at = voxel + n_whole * WIDTH
            if is_vector and at + WIDTH <= np.uint64(image.size):
                words[out + n_whole] = compare64(image, at, flip, level) & ((ONE << tail) - ONE)
            else:
                words[out + n_whole] = compare_plain(image, at, tail, flip, level)
