"""Contacts of a row with its earlier neighbours, as bits: eight words at a time.

The earlier rows of row (z, y) are u = (z-1, y), a = (z, y-1), b = (z-1, y-1) and d = (z-1, y+1). Runs of two
rows meet by overlap, marked where the overlap begins; or by a diagonal only, marked where the one begins just
after the other has ended. Contacts that others imply are dropped, after Grana's block-based decision trees
(IEEE Trans. Image Process. 19(6), 2010), here as masks: a contact is dropped when a foreground voxel of a row
handled before touches both its voxels.
"""

from dataclasses import dataclass
from typing import Any

from llvmlite import ir
from numba import types

from calciseg.kernels._bits import intrinsic, splat

N_LANES = 8
"""Words that are looked at together: 512 columns, a row of CT, and one register of AVX-512."""

_WORD, _VECTOR = ir.IntType(64), ir.VectorType(ir.IntType(64), N_LANES)


@dataclass(frozen=True, slots=True)
class Lanes:
    """Eight words, while code is made: what is written with them is compiled, not run."""

    builder: Any
    value: Any

    def __and__(self, other: "Lanes") -> "Lanes":
        return Lanes(self.builder, self.builder.and_(self.value, other.value))

    def __or__(self, other: "Lanes") -> "Lanes":
        return Lanes(self.builder, self.builder.or_(self.value, other.value))

    def __invert__(self) -> "Lanes":
        return Lanes(self.builder, self.builder.not_(self.value))

    def __lshift__(self, n: int) -> "Lanes":
        return Lanes(self.builder, self.builder.shl(self.value, ir.Constant(_VECTOR, [n] * N_LANES)))

    def __rshift__(self, n: int) -> "Lanes":
        return Lanes(self.builder, self.builder.lshr(self.value, ir.Constant(_VECTOR, [n] * N_LANES)))


@dataclass(frozen=True, slots=True)
class Row:
    """Words of a row, and what lies one column before (`low`) and after (`high`) each of their bits."""

    bits: Lanes
    low: Lanes
    high: Lanes


def _with_faces(c: Row, u: Row, a: Row, b: Row) -> tuple[Lanes, ...]:
    """Return the contacts with u and a for 6 neighbours."""
    in_u = c.bits & u.bits & ~(c.low & u.low) & ~(a.bits & b.bits)
    return in_u, c.bits & a.bits & ~(c.low & a.low)


def _meet(c: Row, n: Row) -> tuple[Lanes, Lanes, Lanes]:
    """Return contacts by overlap, of starts here with ends there, and of ends here with starts there."""
    here, gone = c.bits & ~c.low, c.low & ~c.bits
    return c.bits & n.bits & ~(c.low & n.low), here & n.low & ~n.bits, gone & n.bits & ~n.low


def _with_all(c: Row, u: Row, a: Row, b: Row, d: Row, corner: Lanes) -> tuple[Lanes, ...]:
    """Return the contacts with u, a, b and d. `corner` is all ones for 26 neighbours, and zero for 18."""
    over, end, start = _meet(c, u)
    in_u = over | end | start
    over, end, start = _meet(c, a)
    in_a = over & ~(u.bits | ((u.low | u.high) & corner))
    in_a |= (end & ~(u.low | (u.bits & corner))) | (start & ~(u.bits | (u.low & corner)))
    # Where u covers a run, as inside any blob, neither b nor d is needed.
    far, beside = ~(u.bits | u.low | u.high), corner & ~(u.bits | u.low)
    over, end, start = _meet(c, b)
    in_b = (over & far & ~(a.bits | a.low | a.high)) | ((end | start) & beside & ~(a.bits | a.low))
    over, end, start = _meet(c, d)
    return in_u, in_a, in_b, (over & far) | ((end | start) & beside)


def _data(context: Any, builder: Any, sig: Any, args: Any, i: int) -> Any:
    """Return where the values of an argument that is an array lie."""
    return context.make_array(sig.args[i])(context, builder, args[i]).data


def _row(builder: Any, array: Any, at: Any) -> Row:
    """Load eight words of a row from index `at` on."""

    def load(offset: int) -> Lanes:
        first = builder.gep(array, [builder.add(at, ir.Constant(_WORD, offset))])
        return Lanes(builder, builder.load(builder.bitcast(first, _VECTOR.as_pointer()), align=8))

    bits, before, after = load(0), load(-1), load(1)
    return Row(bits, (bits << 1) | (before >> 63), (bits >> 1) | (after << 63))


def _write(builder: Any, array: Any, masks: tuple[Lanes, ...]) -> Any:
    """Store masks one after the other; return a bit for each word that any of them has bits in."""
    busy = masks[0]
    for i, mask in enumerate(masks):
        first = builder.gep(array, [ir.Constant(_WORD, i * N_LANES)])
        builder.store(mask.value, builder.bitcast(first, _VECTOR.as_pointer()), align=8)
        busy |= mask
    hits = builder.icmp_unsigned("!=", busy.value, ir.Constant(_VECTOR, [0] * N_LANES))
    return builder.zext(builder.bitcast(hits, ir.IntType(N_LANES)), _WORD)


@intrinsic
def find_contacts(typing: Any, above: Any, words: Any, j: Any, stride: Any, corner: Any, found: Any) -> Any:  # noqa: ARG001
    """Write the contacts of words ``j`` to ``j + 7``; return a bit for each of them that has any.

    `above` and `words` are the slice before and this one as written by ``pack_rows``, readable for eight
    words more; `stride` is words from row to row; `corner` is all ones for 26 neighbours and zero for 18.
    `found` is written: eight words of contacts with u, then eight with a, with b and with d.
    """
    signature = types.uint64(above, words, types.uint64, types.uint64, types.uint64, found)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        before, now, out = (_data(context, builder, sig, args, i) for i in (0, 1, 5))
        earlier, later = builder.sub(args[2], args[3]), builder.add(args[2], args[3])
        corners = Lanes(builder, splat(builder, args[4], _WORD, N_LANES))
        at = [(now, args[2]), (before, args[2]), (now, earlier), (before, earlier), (before, later)]
        c, u, a, b, d = (_row(builder, *one) for one in at)
        return _write(builder, out, _with_all(c, u, a, b, d, corners))

    return signature, generate


@intrinsic
def find_faces(typing: Any, above: Any, words: Any, j: Any, stride: Any, found: Any) -> Any:  # noqa: ARG001
    """Write contacts as ``find_contacts`` does, for 6 neighbours: of u and a only."""
    signature = types.uint64(above, words, types.uint64, types.uint64, found)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        before, now, out = (_data(context, builder, sig, args, i) for i in (0, 1, 4))
        earlier = builder.sub(args[2], args[3])
        at = [(now, args[2]), (before, args[2]), (now, earlier), (before, earlier)]
        c, u, a, b = (_row(builder, *one) for one in at)
        return _write(builder, out, _with_faces(c, u, a, b))

    return signature, generate
