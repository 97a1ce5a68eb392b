"""Sixteen places or tiles of an image in a register, while code for them is made."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from llvmlite import ir
from numba.core import cgutils as _cgutils

from calciseg.kernels._bits import splat

cgutils: Any = _cgutils  # it has no types

N_TILES = 16
"""Tiles that are worked out together. As many sums as fit in registers everywhere."""
FLOAT, INT = ir.FloatType(), ir.IntType(64)
LANES = ir.VectorType(FLOAT, N_TILES)
HALF = N_TILES // 2
"""Of them, side by side."""
_HALF_LANES = ir.VectorType(FLOAT, HALF)


@dataclass(frozen=True, slots=True)
class Tiles:
    """One number of each tile, while code is made: what is written with them is compiled, not run."""

    builder: Any
    value: Any

    def __add__(self, other: "Tiles") -> "Tiles":
        return Tiles(self.builder, self.builder.fadd(self.value, other.value))

    def __sub__(self, other: "Tiles") -> "Tiles":
        return Tiles(self.builder, self.builder.fsub(self.value, other.value))

    def __mul__(self, factor: float) -> "Tiles":
        return Tiles(self.builder, self.builder.fmul(self.value, ir.Constant(LANES, [factor] * N_TILES)))

    def positive(self) -> "Tiles":
        """Cut what is negative."""
        zeros = ir.Constant(LANES, [0.0] * N_TILES)
        is_more = self.builder.fcmp_ordered(">", self.value, zeros)
        return Tiles(self.builder, self.builder.select(is_more, self.value, zeros))

    def among(self, other: "Tiles", lanes: Sequence[int]) -> "Tiles":
        """Take lanes of both: in each four of the result those of that four; from 4 on of the other."""
        chosen = [
            fours + lane % 4 + N_TILES * (lane // 4) for fours in range(0, N_TILES, 4) for lane in lanes
        ]
        return Tiles(self.builder, _shuffled(self.builder, self.value, other.value, chosen))


def turned(a: Tiles, b: Tiles, c: Tiles, d: Tiles) -> tuple[Tiles, Tiles, Tiles, Tiles]:
    """Exchange rows and columns in each four lanes: places of a row become numbers of tiles, and back."""
    low_ab, high_ab = a.among(b, (0, 4, 1, 5)), a.among(b, (2, 6, 3, 7))
    low_cd, high_cd = c.among(d, (0, 4, 1, 5)), c.among(d, (2, 6, 3, 7))
    first, second = (0, 1, 4, 5), (2, 3, 6, 7)
    return (
        low_ab.among(low_cd, first),
        low_ab.among(low_cd, second),
        high_ab.among(high_cd, first),
        high_ab.among(high_cd, second),
    )


@dataclass(frozen=True, slots=True)
class Memory:
    """A flat float32 array, while code is made."""

    builder: Any
    data: Any

    def further(self, first: Any, n: int, step: Any) -> Any:
        """Return ``first + n * step``."""
        return self.builder.add(first, self.builder.mul(step, ir.Constant(INT, n)))

    def at(self, first: Any, n: int = 0) -> Any:
        """Return where the place ``first + n`` lies."""
        return self.builder.gep(self.data, [self.builder.add(first, ir.Constant(INT, n))])

    def read(self, where: Any) -> Tiles:
        """Return sixteen places."""
        return Tiles(self.builder, self._load(where, LANES))

    def read_pair(self, first: Any, second: Any) -> Tiles:
        """Return eight places here and eight there."""
        halves = self._load(first, _HALF_LANES), self._load(second, _HALF_LANES)
        return Tiles(self.builder, _shuffled(self.builder, *halves, range(N_TILES)))

    def read_pair_ending(self, first: Any, second: Any, n: int) -> Tiles:
        """Return the same from ``n`` places further on; the last ``n`` of each are left open."""
        pair = self.read_pair(first, second).value
        lanes = [start + min(lane + n, HALF - 1) for start in (0, HALF) for lane in range(HALF)]
        return Tiles(self.builder, _shuffled(self.builder, pair, pair, lanes))

    def same(self, where: Any) -> Tiles:
        """Return one place sixteen times."""
        return Tiles(self.builder, splat(self.builder, self.builder.load(where), FLOAT, N_TILES))

    def write(self, where: Any, tiles: Tiles) -> None:
        """Write sixteen places."""
        self._store(tiles.value, where, LANES)

    def write_pair(self, first: Any, second: Any, tiles: Tiles) -> None:
        """Write eight places here and eight there."""
        for where, start in ((first, 0), (second, HALF)):
            part = _shuffled(self.builder, tiles.value, tiles.value, range(start, start + HALF))
            self._store(part, where, _HALF_LANES)

    def fetch(self, where: Any) -> None:
        """Ask for a place that will soon be read; it may lie anywhere."""
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        form = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        fetch = cgutils.get_or_insert_function(self.builder.module, form, "llvm.prefetch.p0")
        reading, soon, data = (ir.Constant(number, n) for n in (0, 3, 1))
        self.builder.call(fetch, [self.builder.bitcast(where, byte), reading, soon, data])

    def _load(self, where: Any, form: Any) -> Any:
        return self.builder.load(self.builder.bitcast(where, form.as_pointer()), align=4)

    def _store(self, value: Any, where: Any, form: Any) -> None:
        self.builder.store(value, self.builder.bitcast(where, form.as_pointer()), align=4)


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums of products that stay in registers from one turn of a loop to the next, while code is made."""

    builder: Any
    slots: Sequence[Any]

    @classmethod
    def of(cls, builder: Any, n: int) -> "Sums":
        """Begin so many at zero."""
        zeros = ir.Constant(LANES, [0.0] * N_TILES)
        return cls(builder, [cgutils.alloca_once_value(builder, zeros) for _ in range(n)])

    def add_product(self, n: int, first: Tiles, second: Tiles) -> None:
        """Add to one of them."""
        form = ir.FunctionType(LANES, [LANES] * 3)
        name = f"llvm.fmuladd.v{N_TILES}f32"
        multiply_add = cgutils.get_or_insert_function(self.builder.module, form, name)
        factors = first.value, second.value, self.builder.load(self.slots[n])
        self.builder.store(self.builder.call(multiply_add, factors), self.slots[n])

    def write(self, target: Memory, first: Any) -> None:
        """Write them one after the other."""
        for n, slot in enumerate(self.slots):
            target.write(target.at(first, n * N_TILES), Tiles(self.builder, self.builder.load(slot)))


def memory_of(context: Any, builder: Any, sig: Any, args: Any, k: int) -> Memory:
    """Return the flat float32 array that an intrinsic takes in one place."""
    return Memory(builder, context.make_array(sig.args[k])(context, builder, args[k]).data)


def _shuffled(builder: Any, first: Any, second: Any, lanes: Sequence[int]) -> Any:
    """Return chosen lanes of two vectors, those of the second counted on from those of the first."""
    chosen = ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), list(lanes))
    return builder.shuffle_vector(first, second, chosen)
