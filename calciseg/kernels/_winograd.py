"""Three by three weights on tiles of four by four places by 36 products in place of 144, sixteen at once.

S. Winograd, "Arithmetic complexity of computations", SIAM 1980, with the numbers of A. Lavin and S. Gray,
"Fast algorithms for convolutional neural networks", CVPR 2016: six rows and six columns are mixed, what is
mixed is multiplied by its weights, and what comes out is unmixed to four rows and columns. The lanes of a
register are tiles: eight side by side in each of two rows of tiles.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numpy.typing import NDArray

from calciseg.kernels._bits import intrinsic
from calciseg.kernels._tiles import HALF, INT, N_TILES, Memory, Sums, Tiles, cgutils, memory_of, turned

GROUP = 4
"""Channels that are summed together: what is read serves all of them."""
TILE = 4
"""Rows and columns of a tile."""
SIDE = TILE + 2
"""Rows and columns that are mixed for it."""
ROWS, COLUMNS = 2 * TILE, HALF * TILE
"""Places that the tiles of a register fill."""
N_MIXED = SIDE**2

_MIXED_WEIGHTS = np.array(
    [[1 / 4, 0, 0], [-1 / 6, -1 / 6, -1 / 6], [-1 / 6, 1 / 6, -1 / 6],
     [1 / 24, 1 / 12, 1 / 6], [1 / 24, -1 / 12, 1 / 6], [0, 0, 1]]
)  # fmt: skip
"""What three weights in a row become: one for each mixed row or column."""


def mixed_weights(kernels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mix weights of shape (n_out, n_in, 3, 3); the result has the shape (n_out, n_in, N_MIXED)."""
    mixed: NDArray[np.float64] = np.einsum("mr,nc,oirc->oimn", _MIXED_WEIGHTS, _MIXED_WEIGHTS, kernels)
    return mixed.reshape(*kernels.shape[:2], N_MIXED)


def mixed(a: Tiles, b: Tiles, c: Tiles, d: Tiles, e: Tiles, f: Tiles) -> tuple[Tiles, ...]:
    """Mix six rows, or six columns."""
    outer, inner = e - c * 4.0, d - b * 4.0
    wide, near = e - c, (d - b) * 2.0
    return (
        a * 4.0 - c * 5.0 + e,
        outer + inner,
        outer - inner,
        wide + near,
        wide - near,
        b * 4.0 - d * 5.0 + f,
    )


def unmixed(a: Tiles, b: Tiles, c: Tiles, d: Tiles, e: Tiles, f: Tiles) -> tuple[Tiles, ...]:
    """Turn six mixed rows, or columns, into four."""
    both, odd, both_wide, odd_wide = b + c, b - c, d + e, d - e
    return (
        a + both + both_wide,
        odd + odd_wide * 2.0,
        both + both_wide * 4.0,
        odd + odd_wide * 8.0 + f,
    )


@intrinsic
def mix(typing: Any, framed: Any, mixed_places: Any, places: Any) -> Any:  # noqa: ARG001
    """Mix the rows and columns of sixteen tiles.

    Takes flat float32 arrays, and four int64: the first place in `framed` and the length of its rows; the
    first place in `mixed_places`, and from there to the next mixed row or column.
    """
    signature = types.void(framed, mixed_places, places)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        source, target = (memory_of(context, builder, sig, args, k) for k in range(2))
        first, stride, to, step = cgutils.unpack_tuple(builder, args[2], 4)
        _fetch_ahead(source, first, stride)
        by_row = [mixed(*_columns_of_tiles(source, first, stride, row)) for row in range(SIDE)]
        for n, column in enumerate(zip(*by_row, strict=True)):
            for m, tiles in enumerate(mixed(*column)):
                target.write(target.at(target.further(to, m * SIDE + n, step)), tiles)
        return context.get_dummy_value()

    return signature, generate


def _fetch_ahead(source: Memory, first: Any, stride: Any) -> None:
    """Ask for the places that the next tiles along the rows need: steps from channel to channel hide them."""
    for row in range(ROWS + 2):
        start = source.further(first, row, stride)
        for ahead in (COLUMNS, COLUMNS + COLUMNS // 2, 2 * COLUMNS):
            source.fetch(source.at(start, ahead))


def _columns_of_tiles(source: Memory, first: Any, stride: Any, row: int) -> tuple[Tiles, ...]:
    """Read one row of the tiles, and the two columns beside them that the weights reach."""
    upper, lower = (source.further(first, row + below, stride) for below in (0, TILE))

    def pair(x: int) -> tuple[Any, Any]:
        return source.at(upper, x), source.at(lower, x)

    own = turned(*(source.read_pair(*pair(HALF * k)) for k in range(4)))
    # What the last of them lacks lies beyond the frame.
    beside = [source.read_pair(*pair(HALF * k + TILE)) for k in range(3)]
    beside.append(source.read_pair_ending(*pair(COLUMNS + 2 - HALF), 2))
    return (*own, *turned(*beside)[:2])


@intrinsic
def sum_products(typing: Any, mixed_places: Any, weights: Any, sums: Any, places: Any) -> Any:  # noqa: ARG001
    """Sum one mixed place of each tile over all channels, for `GROUP` channels of the result.

    Takes flat float32 arrays, and four int64: the first place in `mixed_places`, where channels lie one after
    the other, and how many there are; the first weight; the first place in `sums`, where channels lie one
    after the other. Weights lie as they are used: by channel of `mixed_places`, channel of the result.
    """
    signature = types.void(mixed_places, weights, sums, places)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        source, weight, target = (memory_of(context, builder, sig, args, k) for k in range(3))
        first, n_in, w, to = cgutils.unpack_tuple(builder, args[3], 4)
        totals = Sums.of(builder, GROUP)
        with cgutils.for_range(builder, n_in) as loop:
            here = builder.add(first, builder.mul(loop.index, ir.Constant(INT, N_TILES)))
            weight_here = builder.add(w, builder.mul(loop.index, ir.Constant(INT, GROUP)))
            seen = source.read(source.at(here))
            for g in range(GROUP):
                totals.add_product(g, seen, weight.same(weight.at(weight_here, g)))
        totals.write(target, to)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def unmix(typing: Any, sums: Any, constants: Any, out: Any, places: Any) -> Any:  # noqa: ARG001
    """Turn the sums of mixed places into tiles, add constants and cut what is negative.

    Takes flat float32 arrays, and four int64: the first constant; the first place in `out`, the length of its
    rows and of its channels.
    """
    signature = types.void(sums, constants, out, places)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        source, constant, target = (memory_of(context, builder, sig, args, k) for k in range(3))
        o, first, stride, channel = cgutils.unpack_tuple(builder, args[3], 4)
        for g in range(GROUP):
            by_column = [
                unmixed(*(_sums_at(source, m * SIDE + n, g) for m in range(SIDE))) for n in range(SIDE)
            ]
            added = constant.same(constant.at(o, g))
            to = target.further(first, g, channel)
            for row, across in enumerate(zip(*by_column, strict=True)):
                tiles = turned(*((one + added).positive() for one in unmixed(*across)))
                upper, lower = (target.further(to, row + below, stride) for below in (0, TILE))
                for k, part in enumerate(tiles):
                    target.write_pair(target.at(upper, HALF * k), target.at(lower, HALF * k), part)
        return context.get_dummy_value()

    return signature, generate


def _sums_at(source: Memory, m: int, g: int) -> Tiles:
    """Read the sums of one mixed place, for one channel of the result."""
    return source.read(source.at(ir.Constant(INT, (m * GROUP + g) * N_TILES)))
