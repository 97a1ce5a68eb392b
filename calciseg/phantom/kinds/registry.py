"""From the name of a kind to its builder."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from calciseg.phantom.kinds.build import Kind
from calciseg.phantom.kinds.elbow import make_elbow
from calciseg.phantom.kinds.forearm import make_forearm
from calciseg.phantom.kinds.hand import make_hand
from calciseg.phantom.kinds.pelvis import make_pelvis
from calciseg.phantom.kinds.thigh import make_sheet_thigh, make_thigh
from calciseg.phantom.kinds.trunk import make_arm_beside_trunk

__all__ = ["make_kind"]


def _make_normal_thigh(rng: np.random.Generator) -> Kind:
    return replace(make_thigh(rng), lesions=())


_BUILDERS: dict[str, Callable[[np.random.Generator], Kind]] = {
    "thigh": make_thigh,
    "forearm": make_forearm,
    "elbow": make_elbow,
    "hand": make_hand,
    "pelvis": make_pelvis,
    "arm-beside-trunk": make_arm_beside_trunk,
    "normal-thigh": _make_normal_thigh,
    "sheet-thigh": make_sheet_thigh,
}


def make_kind(name: str, rng: np.random.Generator) -> Kind:
    """Build the anatomy of a kind."""
    return _BUILDERS[name](rng)
