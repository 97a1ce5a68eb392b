"""The forearm: radius and ulna between flexors and extensors, thin fat, superficial veins."""

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
)  # fmt: skip
from calciseg.phantom.muscles import make_muscle_map
from calciseg.phantom.solids import Bone, Chain, Solid
from calciseg.phantom.vessels import Vessel

__all__ = ["make_forearm"]

_LENGTH_MM = 120.0

_MUSCLES: dict[str, tuple[tuple[float, float], ...]] = {
    "flexor carpi radialis": ((0.12, -0.74),),
    "palmaris longus": ((-0.22, -0.80),),
    "flexor digitorum superficialis": ((-0.30, -0.46), (0.05, -0.40)),
    "flexor carpi ulnaris": ((-0.78, -0.30),),
    "flexor digitorum profundus": ((-0.50, 0.02), (-0.20, -0.10)),
    "flexor pollicis longus": ((0.28, -0.14),),
    "brachioradialis": ((0.62, -0.56),),
    "extensor carpi radialis": ((0.84, -0.04),),
    "extensor digitorum": ((0.50, 0.62),),
    "extensor digiti minimi": ((0.16, 0.80),),
    "extensor carpi ulnaris": ((-0.24, 0.78),),
    "abductor pollicis longus": ((0.22, 0.36),),
}


def make_forearm(rng: np.random.Generator) -> Kind:
    """Build a left forearm, wrist below, palm to the front."""
    plan = plan_tube(rng, _LENGTH_MM, radius_x_mm=(33, 46), radius_y_mm=(26, 39), sway_mm=2)
    fat_mm = 4.6 + 1.6 * np.cos(plan.angle_rad + 0.6) + np.zeros_like(plan.outer_mm)
    envelope = plan.build(rng, skin_mm=1.5, fat_mm=fat_mm)
    muscles = make_muscle_map(rng, _MUSCLES, gap_mm=0.8, warp_mm=2.4, warp_length_mm=34)
    bones = _bones(rng, plan)
    x, y = plan.axis_xy_mm[len(plan.z_mm) // 2]
    scene = Scene(
        bodies=(Body(name="forearm", envelope=envelope, muscles=muscles, fascia_width_mm=0.7),),
        bones=bones,
        vessels=_vessels(rng, plan),
        joints=(),
        textures=make_textures(rng),
        screw=make_screw((x + 16.0, y + 16.0, -12.0), (x + 16.0, y - 4.0, -12.0), 1.6),
    )
    return Kind(
        scene=scene,
        spacing_mm_zyx=(1.5, 0.6, 0.6),
        field_mm_yx=(144.0, 144.0),
        length_mm=_LENGTH_MM,
        body_part="FOREARM",
        laterality="left",
        lesions=_LESIONS,
    )


def _bones(rng: np.random.Generator, plan: TubePlan) -> tuple[Bone, ...]:
    def shaft(name: str, u: tuple[float, float], v: tuple[float, float], radii: tuple[float, float]) -> Bone:
        share = np.clip(plan.z_mm[::6] / _LENGTH_MM + 0.5, -0.3, 1.3)
        nodes = tuple(
            (
                float(x + u[0] + s * (u[1] - u[0])),
                float(y + v[0] + s * (v[1] - v[0]) - 2.5 * np.sin(np.pi * s)),
                float(z),
                float(radii[0] + s * (radii[1] - radii[0])),
            )
            for (x, y), z, s in zip(plan.axis_xy_mm[::6], plan.z_mm[::6], share, strict=True)
        )
        # The sharp border that the interosseous membrane springs from.
        border = tuple((x + (4.5 if u[0] < 0 else -4.5), y - 0.5, z, 0.45 * r) for x, y, z, r in nodes)
        solid = Solid(
            parts=(Chain(nodes), Chain(border)),
            blend_mm=4.0,
            roughness=make_wave_field(rng, 14.0, z_stretch=4),
            roughness_mm=0.25,
        )
        return Bone(name=name, solid=solid, cortex_mm=(2.9, 4.0), core=(0.12, 0.12))

    return (
        shaft("radius", (13.0, 17.0), (2.0, 4.0), (7.4, 6.4)),
        shaft("ulna", (-14.0, -13.0), (9.0, 13.0), (5.6, 7.6)),
    )


def _vessels(rng: np.random.Generator, plan: TubePlan) -> tuple[Vessel, ...]:
    def vessel(
        name: str, kind: str, low: tuple[float, float], high: tuple[float, float], r: float, **more: bool
    ) -> Vessel:
        return make_vessel(
            rng, name, kind, plan, (low, high), radius_mm=r, wiggle_mm=0.7, sheath_mm=0.9, **more
        )

    return (
        vessel("radial artery", "artery", (0.62, -48), (0.50, -58), 1.7, is_wall_calcified=True),
        vessel("radial vein", "vein", (0.64, -58), (0.52, -68), 1.2),
        vessel("ulnar artery", "artery", (0.56, -142), (0.48, -128), 1.7, is_wall_calcified=True),
        vessel("ulnar vein", "vein", (0.55, -130), (0.50, -114), 1.2),
        vessel("median nerve", "nerve", (0.34, -96), (0.36, -92), 1.9),
        vessel("cephalic vein", "vein", (0.89, -10), (0.90, -32), 1.6, is_iodine_full=True),
        vessel("basilic vein", "vein", (0.90, 160), (0.90, 195), 1.4),
        vessel("median cubital vein", "vein", (0.91, -100), (0.90, -76), 1.1),
        vessel("dorsal vein", "vein", (0.91, 75), (0.91, 105), 0.9),
    )


_LESIONS = (
    design(FAS, Morphology.SHEET, 60.0),
    design(FAS, Morphology.PLAQUE, 14.0, is_on_seam=True),
    design(MUS, Morphology.NODULE, 9.0),
    design(SUB, Morphology.LINEAR, 22.0, thickness_mm=1.8),
    design(SUB, Morphology.PLAQUE, 12.0, thickness_mm=2.0),
    design(CUT, Morphology.PLAQUE, 9.0),
    design(FAS, Morphology.PLAQUE, 11.0),
    design(MUS, Morphology.LINEAR, 18.0),
    design(MUS, Morphology.NODULE, 6.0, is_touching_bone=True),
    design(SUB, Morphology.NODULE, 3.2),
    design(CUT, Morphology.NODULE, 4.0),
    design(MUS, Morphology.PUNCTATE, 2.2),
    design(SUB, Morphology.PUNCTATE, 2.0),
    design(CUT, Morphology.PUNCTATE, 2.0),
)
