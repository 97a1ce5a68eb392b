"""The kinds of calcification that are put in, and where the tissue leaves no doubt about their plane."""

import numpy as np

from benchmarks.inserted.lesions import Design, Under
from benchmarks.inserted.shapes import make_in_gap, make_lobes, make_nodule, make_on_bone, make_patch
from benchmarks.inserted.tissue import Mask, Tissue

__all__ = ["CLEAR", "HARD"]


def _deep_in_muscle(t: Tissue, size_mm: float) -> Mask:
    return (t.inner_muscle_mm > size_mm / 2 + 3.5) & (t.hot_mm > size_mm / 2 + 5)


def _deep_in_fat(t: Tissue, size_mm: float) -> Mask:
    room = size_mm / 2 + 3.5
    return t.subcutaneous & (t.fascia_mm < -room) & (t.depth_mm > room + 2) & (t.hot_mm > room + 1)


def _at_fascia(t: Tissue, size_mm: float) -> Mask:  # noqa: ARG001
    near_mm = max(1.0, 0.6 * t.spacing_mm[2])
    return (np.abs(t.fascia_mm) < near_mm) & (t.depth_mm > 5.5) & (t.hot_mm > 8)


def _in_skin(t: Tissue, size_mm: float) -> Mask:
    return (t.depth_mm > 0.3) & (t.depth_mm < 2.0) & (t.fascia_mm < -6) & (t.hot_mm > size_mm / 2 + 4)


def _in_muscle(t: Tissue, size_mm: float) -> Mask:
    return (t.inner_muscle_mm > min(0.22 * size_mm, 8.0)) & (t.hot_mm > size_mm / 2 + 3)


def _in_fat(t: Tissue, size_mm: float) -> Mask:
    return t.subcutaneous & (t.fascia_mm < -0.25 * size_mm) & (t.depth_mm > 0.25 * size_mm + 2)


def _in_fat_layer(t: Tissue, size_mm: float) -> Mask:  # noqa: ARG001
    return t.subcutaneous & (np.abs(t.fascia_mm + 6) < 1) & (t.depth_mm > 7)


def _beside_bone(t: Tissue, size_mm: float) -> Mask:
    level = 0.35 * size_mm
    return (np.abs(t.bone_mm - level) < 0.8) & t.muscle & (t.fascia_mm > 3)


def _between(t: Tissue, size_mm: float) -> Mask:
    return t.between & (t.hot_mm > min(size_mm / 2, 4.0) + 2)


def _under_skin(t: Tissue, size_mm: float) -> Mask:
    level = size_mm / 2 + 3.2
    return t.subcutaneous & (np.abs(t.depth_mm - level) < 0.5) & (t.fascia_mm < -size_mm / 2 - 3)


def _over_fascia(t: Tissue, size_mm: float) -> Mask:
    return t.subcutaneous & (np.abs(t.fascia_mm + size_mm / 2 + 1.2) < 0.4) & (t.depth_mm > size_mm / 2 + 5)


def _is_clear_border(u: Under) -> bool:
    t = u.tissue
    inner = u.mean((t.fascia_mm > 0) & (t.muscle_mm < 2.5))
    return (
        u.mean(t.outer) + inner > 0.85
        and 0.3 < inner < 0.7
        and u.least(t.depth_mm) > 4
        and u.least(t.hot_mm) > 4
    )


CLEAR = (
    Design(
        name="deep in muscle", tissue_plane="intramuscular", morphology="nodule", n=5, sizes_mm=(4, 13),
        centres=_deep_in_muscle, make=make_nodule,
        suits=lambda u: u.mean(u.tissue.muscle) > 0.99 and u.least(u.tissue.fascia_mm) > 3
        and u.least(u.tissue.inner_muscle_mm) > 2.5,
    ),
    Design(
        name="deep in subcutaneous fat", tissue_plane="subcutaneous", morphology="nodule", n=5,
        sizes_mm=(4, 13), centres=_deep_in_fat, make=make_nodule,
        suits=lambda u: u.mean(u.tissue.subcutaneous) > 0.93 and u.most(u.tissue.fascia_mm) < -3
        and u.least(u.tissue.depth_mm) > 4.5,
    ),
    Design(
        name="patch along the border", tissue_plane="fascial", morphology="plaque", n=4, sizes_mm=(10, 24),
        centres=_at_fascia, make=make_patch(lambda t: t.fascia_mm, 0.0, (2.5, 4.5)), suits=_is_clear_border,
    ),
    Design(
        name="within the skin", tissue_plane="cutaneous", morphology="plaque", n=4, sizes_mm=(5, 13),
        centres=_in_skin, make=make_patch(lambda t: t.depth_mm, 1.3, (1.6, 2.2)),
        suits=lambda u: u.most(u.tissue.fascia_mm) < -4,
    ),
)  # fmt: skip

HARD = (
    Design(
        name="mass in muscle", tissue_plane="intramuscular", morphology="mass", n=1, sizes_mm=(18, 52),
        centres=_in_muscle, make=make_lobes,
        suits=lambda u: u.mean(u.tissue.muscle) > 0.85 and u.mean(u.tissue.fascia_mm > 1) > 0.92
        and u.least(u.tissue.bone_mm) > 4,
    ),
    Design(
        name="mass in fat", tissue_plane="subcutaneous", morphology="mass", n=1, sizes_mm=(18, 52),
        centres=_in_fat, make=make_lobes,
        suits=lambda u: u.mean(u.tissue.fascia_mm < -1) > 0.85 and u.mean(u.tissue.subcutaneous) > 0.8
        and u.mean(u.tissue.depth_mm < 3) < 0.08 and u.least(u.tissue.bone_mm) > 3,
    ),
    Design(
        name="sheet along the fascia", tissue_plane="fascial", morphology="sheet", n=1, sizes_mm=(40, 110),
        centres=_at_fascia, make=make_patch(lambda t: t.fascia_mm, 0.0, (2.5, 5.0)),
        suits=lambda u: u.least(u.tissue.depth_mm) > 3.5 and u.mean(u.tissue.bone_mm < 4) < 0.01
        and u.mean(u.tissue.outer) > 0.2 and u.mean(u.tissue.outer | u.tissue.muscle) > 0.6,
    ),
    Design(
        name="sheet in fat", tissue_plane="subcutaneous", morphology="sheet", n=1, sizes_mm=(30, 90),
        centres=_in_fat_layer, make=make_patch(lambda t: t.fascia_mm, -6.0, (2.5, 4.5)),
        suits=lambda u: u.mean(u.tissue.subcutaneous) > 0.8 and u.mean(u.tissue.depth_mm < 3.5) < 0.05,
    ),
    Design(
        name="lies on bone", tissue_plane="intramuscular", morphology="nodule", n=3, sizes_mm=(5, 15),
        centres=_beside_bone, make=make_on_bone,
        suits=lambda u: u.mean(u.tissue.muscle) > 0.6 and u.least(u.tissue.fascia_mm) > 2.5
        and u.mean(u.tissue.between_mm < 2) < 0.1,
    ),
    Design(
        name="between two muscles", tissue_plane="fascial", morphology="plaque", n=3, sizes_mm=(7, 20),
        centres=_between, make=make_in_gap,
        suits=lambda u: u.least(u.tissue.fascia_mm) > 3.5 and u.least(u.tissue.hot_mm) > 2.5,
    ),
    Design(
        name="just under the skin", tissue_plane="subcutaneous", morphology="nodule", n=3, sizes_mm=(4, 9),
        centres=_under_skin, make=make_nodule,
        suits=lambda u: u.least(u.tissue.depth_mm) > 2.4 and u.most(u.tissue.fascia_mm) < -2.5,
    ),
    Design(
        name="a millimetre off the fascia", tissue_plane="subcutaneous", morphology="nodule", n=3,
        sizes_mm=(5, 11), centres=_over_fascia, make=make_nodule,
        suits=lambda u: u.most(u.tissue.fascia_mm) < -0.3 and u.least(u.tissue.depth_mm) > 4
        and u.mean(u.tissue.subcutaneous) > 0.85,
    ),
)  # fmt: skip
"""Large ones first: they find room only in an empty body."""
