"""Union-find whose roots are the smallest members, so that ranks of roots are ranks of first voxels."""

from typing import Any

from calciseg.kernels._jit import inlined


@inlined
def find(parent: Any, label: Any) -> Any:
    """Return the root of a label, halving the path to it."""
    while parent[label] != label:
        parent[label] = parent[parent[label]]
        label = parent[label]
    return label


@inlined
def unite(parent: Any, one: Any, other: Any) -> Any:
    """Unite two labels and return their root, the smaller one."""
    one, other = find(parent, one), find(parent, other)
    if one < other:
        parent[other] = one
        return one
    parent[one] = other
    return other
