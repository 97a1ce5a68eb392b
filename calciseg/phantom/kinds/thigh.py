"""The thigh: twelve muscles around the femur, thick fat, femoral and saphenous vessels."""

from dataclasses import replace

import numpy as np

from calciseg.model import Morphology
from calciseg.phantom.anatomy import Body, Scene
from calciseg.phantom.fields import make_wave_field
from calciseg.phantom.kinds.build import (
    CUT,
    FAS,
    MUS,
    SUB,
    Kind,
    TubePlan,
    design,
    make_screw,
    make_textures,
    make_vessel,
    plan_tube,
)
from calciseg.phantom.muscles import make_muscle_map
from calciseg.phantom.solids import Bone, Chain, Solid
from calciseg.phantom.vessels import Vessel

__all__ = ["make_sheet_thigh", "make_thigh"]

_LENGTH_MM = 120.0

_MUSCLES: dict[str, tuple[tuple[float, float], ...]] = {
    "rectus femoris": ((0.12, -0.78),),
    "vastus lateralis": ((0.62, -0.50), (0.80, -0.10)),
    "vastus intermedius": ((0.12, -0.36), (0.36, -0.12)),
    "vastus medialis": ((-0.36, -0.58),),
    "sartorius": ((-0.72, -0.36),),
    "gracilis": ((-0.86, 0.14),),
    "adductor longus": ((-0.52, -0.10),),
    "adductor magnus": ((-0.48, 0.28), (-0.16, 0.22)),
    "semimembranosus": ((-0.48, 0.66),),
    "semitendinosus": ((-0.10, 0.76),),
    "biceps femoris long head": ((0.30, 0.68),),
    "biceps femoris short head": ((0.36, 0.26),),
}


def make_thigh(rng: np.random.Generator) -> Kind:
    """Build a left thigh, feet below."""
    plan = plan_tube(rng, _LENGTH_MM, radius_x_mm=(70, 82), radius_y_mm=(74, 86))
    back = 0.5 + 0.5 * np.sin(plan.angle_rad)
    inner = 0.5 - 0.5 * np.cos(plan.angle_rad)
    fat_mm = 8.0 + 5.0 * back + 5.0 * inner + np.zeros_like(plan.outer_mm)
    envelope = plan.build(rng, skin_mm=1.9, fat_mm=fat_mm)
    muscles = make_muscle_map(rng, _MUSCLES, weights={"sartorius": -0.05, "gracilis": -0.04})
    x, y = plan.axis_xy_mm[len(plan.z_mm) // 2]
    scene = Scene(
        bodies=(Body(name="thigh", envelope=envelope, muscles=muscles),),
        bones=(_femur(rng, plan),),
        vessels=_vessels(rng, plan),
        joints=(),
        textures=make_textures(rng),
        screw=make_screw((x + 23.5, y - 4.0, -20.0), (x - 10.0, y - 6.0, -17.0), 2.5),
    )
    return Kind(
        scene=scene,
        spacing_mm_zyx=(2.0, 0.8, 0.8),
        field_mm_yx=(256.0, 256.0),
        length_mm=_LENGTH_MM,
        body_part="THIGH",
        laterality="left",
        lesions=_LESIONS,
    )


def make_sheet_thigh(rng: np.random.Generator) -> Kind:
    """Build a left thigh with sheets in its fat and around its hamstrings, and next to nothing in muscle.

    As in a patient with dermatomyositis, doi:10.1594/EURORAD/CASE.8744.
    """
    return replace(make_thigh(rng), lesions=_SHEETS)


def _femur(rng: np.random.Generator, plan: TubePlan) -> Bone:
    axis = plan.axis_xy_mm
    nodes = [
        (float(x) + 7.0, float(y) - 5.0 - (z / 60) ** 2, float(z), 14.3 - 0.008 * float(z))
        for (x, y), z in zip(axis[::5], plan.z_mm[::5], strict=True)
    ]
    ridge = [(x - 2.0, y + 13.0, z, 4.0) for x, y, z, _ in nodes]
    solid = Solid(
        parts=(Chain(tuple(nodes)), Chain(tuple(ridge))),
        blend_mm=6.0,
        roughness=make_wave_field(rng, 22.0, z_stretch=4),
        roughness_mm=0.35,
    )
    return Bone(name="femur", solid=solid, cortex_mm=(6.3, 7.5), core=(0.06, 0.06))


def _vessels(rng: np.random.Generator, plan: TubePlan) -> tuple[Vessel, ...]:
    def vessel(
        name: str, kind: str, low: tuple[float, float], high: tuple[float, float], r: float, **more: bool
    ) -> Vessel:
        return make_vessel(rng, name, kind, plan, (low, high), radius_mm=r, **more)

    return (
        vessel("femoral artery", "artery", (0.40, 170), (0.52, 215), 3.9, is_wall_calcified=True),
        vessel("femoral vein", "vein", (0.42, 155), (0.44, 202), 4.6),
        vessel("deep femoral artery", "artery", (0.18, 140), (0.26, 175), 2.3, is_wall_calcified=True),
        vessel("deep femoral vein", "vein", (0.24, 128), (0.34, 168), 2.6),
        vessel("great saphenous vein", "vein", (0.88, 160), (0.89, 205), 2.2, is_iodine_full=True),
        vessel("lateral cutaneous vein", "vein", (0.91, -40), (0.91, -75), 1.1),
        vessel("posterior cutaneous vein", "vein", (0.90, 75), (0.89, 100), 1.2),
        vessel("medial cutaneous vein", "vein", (0.90, 125), (0.89, 150), 1.0),
        vessel("sciatic nerve", "nerve", (0.36, 72), (0.38, 80), 4.2),
    )


_LESIONS = (
    design(FAS, Morphology.SHEET, 150.0),
    design(FAS, Morphology.SHEET, 45.0, is_on_seam=True),
    design(MUS, Morphology.MASS, 31.0),
    design(SUB, Morphology.RETICULAR, 32.0),
    design(SUB, Morphology.PLAQUE, 22.0),
    design(CUT, Morphology.PLAQUE, 12.0),
    design(FAS, Morphology.PLAQUE, 16.0),
    design(SUB, Morphology.LINEAR, 26.0),
    design(MUS, Morphology.LINEAR, 24.0),
    design(MUS, Morphology.NODULE, 9.0, is_touching_bone=True),
    design(SUB, Morphology.NODULE, 8.0, is_spanning=True),
    design(MUS, Morphology.NODULE, 8.0),
    design(SUB, Morphology.NODULE, 6.0),
    design(CUT, Morphology.NODULE, 5.0),
    design(MUS, Morphology.PUNCTATE, 2.6),
    design(SUB, Morphology.PUNCTATE, 2.2),
    design(SUB, Morphology.PUNCTATE, 2.0),
    design(CUT, Morphology.PUNCTATE, 2.2),
)

_HAMSTRINGS_LPS_MM = (5.0, 60.0, 0.0)
_SHEETS = (
    design(FAS, Morphology.SHEET, 130.0, near_lps_mm=_HAMSTRINGS_LPS_MM, within_mm=45.0),
    design(FAS, Morphology.SHEET, 60.0, is_on_seam=True, near_lps_mm=(5.0, 40.0, 0.0), within_mm=45.0),
    design(SUB, Morphology.SHEET, 90.0),
    design(SUB, Morphology.SHEET, 60.0),
    design(SUB, Morphology.PLAQUE, 24.0),
    design(SUB, Morphology.RETICULAR, 36.0),
    design(SUB, Morphology.LINEAR, 30.0),
    design(FAS, Morphology.PLAQUE, 18.0),
    design(CUT, Morphology.PLAQUE, 12.0),
    design(SUB, Morphology.NODULE, 7.0),
    design(SUB, Morphology.PUNCTATE, 2.4),
    design(MUS, Morphology.PUNCTATE, 2.6),
)
