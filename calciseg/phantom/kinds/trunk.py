"""An arm that lies beside the trunk: two bodies with a thin gap of air, ribs and a spine."""

import numpy as np

from calciseg.model import Morphology
from calciseg.phantom.anatomy import Body, Scene
from calciseg.phantom.fields import FloatArray, make_wave_field
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
)  # fmt: skip
from calciseg.phantom.muscles import MuscleMap, make_muscle_map
from calciseg.phantom.recipe import LesionDesign
from calciseg.phantom.solids import Bone, Chain, Solid
from calciseg.phantom.vessels import Vessel

__all__ = ["make_arm_beside_trunk"]

_LENGTH_MM = 100.0
_TRUNK_X_MM, _ARM_X_MM = -42.0, 139.0

_ARM: dict[str, tuple[tuple[float, float], ...]] = {
    "biceps brachii": ((-0.12, -0.62),),
    "brachialis": ((0.16, -0.12), (-0.30, -0.10)),
    "deltoid": ((0.80, -0.30),),
    "triceps lateral head": ((0.52, 0.50),),
    "triceps long head": ((-0.26, 0.66),),
    "triceps medial head": ((0.10, 0.36),),
    "coracobrachialis": ((-0.70, -0.10),),
}
_TRUNK_HALF: dict[str, tuple[tuple[float, float], ...]] = {
    "erector spinae": ((0.24, 0.74),),
    "latissimus dorsi": ((0.78, 0.52), (0.55, 0.76)),
    "serratus anterior": ((1.05, 0.10),),
    "external oblique": ((0.98, -0.36),),
    "rectus abdominis": ((0.28, -0.74), (0.6, -0.62)),
}


def make_arm_beside_trunk(rng: np.random.Generator) -> Kind:
    """Build the lower chest with the left upper arm beside it."""
    arm = plan_tube(
        rng, _LENGTH_MM, radius_x_mm=(39, 44), radius_y_mm=(44, 50), centre_mm=(_ARM_X_MM, 18.0), sway_mm=1.5
    )
    trunk = plan_tube(
        rng,
        _LENGTH_MM,
        radius_x_mm=(132, 128),
        radius_y_mm=(96, 102),
        centre_mm=(_TRUNK_X_MM, 0.0),
        sway_mm=1.5,
        ripple=0.01,
    )
    arm_fat = 7.0 + 3.0 * np.sin(arm.angle_rad) + np.zeros_like(arm.outer_mm)
    trunk_fat = 12.0 + 4.0 * np.cos(2 * trunk.angle_rad) + np.zeros_like(trunk.outer_mm)
    trunk_tube = trunk.build(rng, skin_mm=2.2, fat_mm=trunk_fat, cavity_mm=_cavity(trunk))
    arm_x, arm_y = (float(value) for value in arm.axis_xy_mm[len(arm.z_mm) // 2])
    scene = Scene(
        bodies=(
            Body(name="trunk", envelope=trunk_tube, muscles=_trunk_muscles(rng), has_viscera=True),
            Body(
                name="arm",
                envelope=arm.build(rng, skin_mm=1.7, fat_mm=arm_fat),
                muscles=make_muscle_map(rng, _ARM, gap_mm=1.0, warp_mm=2.6, warp_length_mm=40),
            ),
        ),
        bones=(_humerus(rng, arm), *_ribs(rng, trunk), *_spine(rng, trunk)),
        vessels=_vessels(rng, arm),
        joints=(),
        textures=make_textures(rng),
        screw=make_screw((arm_x + 20.0, arm_y + 4.0, 5.0), (arm_x - 8.0, arm_y + 4.0, 6.0), 2.2),
    )
    return Kind(
        scene=scene,
        spacing_mm_zyx=(2.0, 1.0, 1.0),
        field_mm_yx=(380.0, 380.0),
        length_mm=_LENGTH_MM,
        body_part="ARM",
        laterality="left",
        lesions=_lesions(),
    )


def _cavity(plan: TubePlan) -> FloatArray:
    cavity: FloatArray = plan.outer_mm - 34.0 - 10.0 * np.exp(-(((plan.angle_rad - np.pi / 2) / 0.5) ** 2))
    return cavity


def _trunk_muscles(rng: np.random.Generator) -> MuscleMap:
    sites: dict[str, tuple[tuple[float, float], ...]] = {}
    for name, places in _TRUNK_HALF.items():
        sites[f"left {name}"] = places
        sites[f"right {name}"] = tuple((-u, v) for u, v in places)
    return make_muscle_map(rng, sites, gap_mm=1.4, warp_mm=4.0, warp_length_mm=70)


def _humerus(rng: np.random.Generator, plan: TubePlan) -> Bone:
    nodes = tuple(
        (float(x) + 1.0, float(y) + 4.0, float(z), 10.8)
        for (x, y), z in zip(plan.axis_xy_mm[::8], plan.z_mm[::8], strict=True)
    )
    roughness = make_wave_field(rng, 18.0, z_stretch=4)
    solid = Solid(parts=(Chain(nodes),), roughness=roughness, roughness_mm=0.5)
    return Bone(name="humerus", solid=solid, cortex_mm=(4.6,), core=(0.08,))


def _ribs(rng: np.random.Generator, plan: TubePlan) -> list[Bone]:
    """Build ribs that sink from the back to the side, in the wall outside the cavity."""
    bones = []
    middle = len(plan.z_mm) // 2
    centre, outer = plan.axis_xy_mm[middle], plan.outer_mm[middle]
    for side, name in ((1, "left"), (-1, "right")):
        for number in range(4):
            turn = np.linspace(1.15, -0.95, 13)
            height = 62.0 - 32.0 * number - 34.0 * np.linspace(0, 1, 13) ** 0.8
            angle = turn if side > 0 else np.pi - turn
            column = np.round(angle / (2 * np.pi) * len(outer)).astype(int) % len(outer)
            radius = outer[column] - 29.0 - 7.0 * np.clip(turn - 0.6, 0, 1)
            nodes = tuple(
                (float(centre[0] + r * np.cos(a)), float(centre[1] + r * np.sin(a)), float(h), 4.3)
                for r, a, h in zip(radius, angle, height, strict=True)
            )
            roughness = make_wave_field(rng, 14.0)
            solid = Solid(parts=(Chain(nodes),), roughness=roughness, roughness_mm=0.4)
            bones.append(Bone(name=f"{name} rib {8 + number}", solid=solid, cortex_mm=(1.3,), core=(0.55,)))
    return bones


def _spine(rng: np.random.Generator, plan: TubePlan) -> list[Bone]:
    """Build vertebrae with a canal: a body, an arch around it, a spinous process."""
    bones = []
    x, y = (float(value) for value in plan.axis_xy_mm[len(plan.z_mm) // 2])
    y += 44.0
    for number, z in enumerate((50.0, 20.0, -10.0, -40.0)):
        body = Chain(((x, y, z - 3.2, 9.0), (x, y, z + 3.2, 9.0)), (2.15, 1.75))
        arches = [
            Chain(((x + s * 13, y + 14, z, 5.0), (x + s * 14, y + 24, z - 2, 5.0), (x, y + 33, z - 4, 4.0)))
            for s in (-1, 1)
        ]
        spine = Chain(((x, y + 33, z - 4, 4.0), (x, y + 41, z - 9, 3.2)))
        wings = [Chain(((x + s * 14, y + 23, z, 5.0), (x + s * 33, y + 28, z + 3, 4.5))) for s in (-1, 1)]
        solid = Solid(
            parts=(body, *arches, spine, *wings),
            blend_mm=3.0,
            roughness=make_wave_field(rng, 14.0),
            roughness_mm=0.4,
        )
        bones.append(
            Bone(
                name=f"thoracic vertebra {12 - number}",
                solid=solid,
                cortex_mm=(0.6, 1.6, 1.6, 1.4, 1.4, 1.4),
                core=(0.6, 0.5, 0.5, 0.4, 0.5, 0.5),
            )
        )
    return bones


def _vessels(rng: np.random.Generator, plan: TubePlan) -> tuple[Vessel, ...]:
    def vessel(
        name: str, kind: str, low: tuple[float, float], high: tuple[float, float], r: float, **more: bool
    ) -> Vessel:
        return make_vessel(
            rng, name, kind, plan, (low, high), radius_mm=r, wiggle_mm=0.8, sheath_mm=1.4, **more
        )

    return (
        vessel("brachial artery", "artery", (0.55, 195), (0.58, 185), 2.4, is_wall_calcified=True),
        vessel("brachial vein", "vein", (0.58, 180), (0.60, 172), 2.4, is_iodine_full=True),
        vessel("ulnar nerve", "nerve", (0.60, 165), (0.62, 158), 1.9),
        vessel("cephalic vein", "vein", (0.88, -70), (0.88, -60), 1.5),
        vessel("basilic vein", "vein", (0.88, 205), (0.87, 200), 1.8, is_iodine_full=True),
        vessel("posterior cutaneous vein", "vein", (0.90, 60), (0.90, 80), 1.0),
    )


def _lesions() -> tuple[LesionDesign, ...]:
    arm = (_ARM_X_MM, 18.0, 0.0)
    return (
        design(FAS, Morphology.SHEET, 70.0, near_lps_mm=arm, within_mm=46.0),
        design(MUS, Morphology.NODULE, 9.0, near_lps_mm=arm, within_mm=46.0),
        design(SUB, Morphology.PLAQUE, 14.0, near_lps_mm=arm, within_mm=46.0, thickness_mm=2.4),
        design(CUT, Morphology.PLAQUE, 10.0, near_lps_mm=arm, within_mm=46.0),
        design(SUB, Morphology.NODULE, 4.0, near_lps_mm=arm, within_mm=46.0),
        design(MUS, Morphology.LINEAR, 20.0, near_lps_mm=arm, within_mm=46.0),
        design(FAS, Morphology.SHEET, 80.0, thickness_mm=3.2),
        design(SUB, Morphology.RETICULAR, 30.0),
        design(SUB, Morphology.LINEAR, 26.0),
        design(SUB, Morphology.NODULE, 7.0),
        design(FAS, Morphology.PLAQUE, 14.0),
        design(CUT, Morphology.NODULE, 5.0),
        design(SUB, Morphology.PUNCTATE, 2.6),
        design(CUT, Morphology.PUNCTATE, 2.4),
    )
