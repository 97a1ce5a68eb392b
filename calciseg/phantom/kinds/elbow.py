"""The elbow: humerus, ulna and radius meet in a joint with cartilage and fluid."""

import numpy as np

from calciseg.model import Morphology
from calciseg.phantom.anatomy import Body, Joint, Scene
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
from calciseg.phantom.solids import Bone, Chain, Ellipsoid, Part, Solid
from calciseg.phantom.vessels import Vessel

__all__ = ["make_elbow"]

_LENGTH_MM = 120.0
_BACK_MM = 9.0

_MUSCLES: dict[str, tuple[tuple[float, float], ...]] = {
    "biceps brachii": ((-0.08, -0.76),),
    "brachialis": ((-0.22, -0.36), (0.16, -0.34)),
    "brachioradialis": ((0.60, -0.46),),
    "extensor carpi radialis": ((0.84, 0.00),),
    "common extensors": ((0.66, 0.46),),
    "triceps and anconeus": ((0.18, 0.72), (-0.24, 0.74)),
    "pronator teres": ((-0.60, -0.44),),
    "common flexors": ((-0.82, 0.00),),
    "flexor carpi ulnaris": ((-0.66, 0.42),),
}


def make_elbow(rng: np.random.Generator) -> Kind:
    """Build a straight left elbow, forearm below, its joint at the middle of the stack."""
    plan = plan_tube(rng, _LENGTH_MM, radius_x_mm=(45, 46), radius_y_mm=(40, 45), sway_mm=1.0)
    behind = np.exp(-(((plan.angle_rad - np.pi / 2) / 0.6) ** 2))
    fat_mm = 5.5 + 2.5 * np.cos(plan.angle_rad + 1.0) - 1.0 * behind + np.zeros_like(plan.outer_mm)
    envelope = plan.build(rng, skin_mm=1.6, fat_mm=fat_mm)
    scene = Scene(
        bodies=(
            Body(
                name="elbow",
                envelope=envelope,
                muscles=make_muscle_map(rng, _MUSCLES, gap_mm=0.9, warp_mm=2.6, warp_length_mm=36),
            ),
        ),
        bones=_bones(rng),
        vessels=_vessels(rng, plan),
        joints=(Joint(centre_lps_mm=(2.0, 2.0 + _BACK_MM, -1.0), radius_mm=29.0),),
        textures=make_textures(rng),
        screw=make_screw((-6.0, 34.0, 12.0), (-8.0, 20.0, -28.0), 1.9),
    )
    return Kind(
        scene=scene,
        spacing_mm_zyx=(1.5, 0.6, 0.6),
        field_mm_yx=(156.0, 156.0),
        length_mm=_LENGTH_MM,
        body_part="ELBOW",
        laterality="left",
        lesions=_LESIONS,
    )


def _bone(
    rng: np.random.Generator,
    name: str,
    parts: tuple[Chain | Ellipsoid, ...],
    cortex: tuple[float, ...],
    core: tuple[float, ...],
) -> Bone:
    solid = Solid(
        parts=tuple(_moved(part) for part in parts),
        blend_mm=5.0,
        roughness=make_wave_field(rng, 13.0, z_stretch=2),
        roughness_mm=0.25,
    )
    return Bone(name=name, solid=solid, cortex_mm=cortex, core=core)


def _moved(part: Chain | Ellipsoid) -> Part:
    """Move a part backwards: the olecranon lies close below the skin."""
    if isinstance(part, Chain):
        return Chain(tuple((x, y + _BACK_MM, z, r) for x, y, z, r in part.nodes))
    x, y, z = part.centre_lps_mm
    return Ellipsoid((x, y + _BACK_MM, z), part.radii_mm)


def _bones(rng: np.random.Generator) -> tuple[Bone, ...]:
    humerus = _bone(
        rng,
        "humerus",
        (
            Chain(((0, 4, 100, 11), (0, 3, 48, 10.5), (0, 2, 28, 10))),
            Chain(((-13, 3, 16, 8.0), (0, 2, 30, 8.0), (14, 2, 16, 8.0))),
            Ellipsoid((-25, 4, 15), (9, 6.5, 10)),
            Ellipsoid((25, 3, 15), (7.5, 6.5, 9)),
            Chain(((-15, 0, 5, 10.5), (-6, 0, 6.5, 8.8), (4, 0, 6, 9.4))),
            Ellipsoid((17, -2, 6), (9.0, 9.5, 9.5)),
        ),
        (4.2, 1.6, 1.2, 1.2, 1.2, 1.2),
        (0.08, 0.5, 0.75, 0.75, 0.8, 0.8),
    )
    ulna = _bone(
        rng,
        "ulna",
        (
            Chain(((-6, 16.5, 14, 5.5), (-6, 18.5, 2, 5.5), (-6, 13, -13, 6.5))),
            Chain(((-6, 8, -15.5, 8.5), (-7, 8, -30, 8), (-9, 10, -100, 6.2))),
            Ellipsoid((-6, -7, -13), (8, 5, 5)),
        ),
        (1.8, 3.2, 1.3),
        (0.65, 0.25, 0.7),
    )
    radius = _bone(
        rng,
        "radius",
        (
            Ellipsoid((17, -2, -13), (10.2, 10.2, 6.8)),
            Chain(((16, -1, -18, 7.0), (14.5, 0, -30, 6.2), (13, -2, -100, 7.2))),
            Ellipsoid((9.5, -1, -38), (5, 5, 7)),
        ),
        (1.4, 2.9, 2.0),
        (0.7, 0.15, 0.4),
    )
    return humerus, ulna, radius


def _vessels(rng: np.random.Generator, plan: TubePlan) -> tuple[Vessel, ...]:
    def vessel(
        name: str, kind: str, low: tuple[float, float], high: tuple[float, float], r: float, **more: bool
    ) -> Vessel:
        return make_vessel(
            rng, name, kind, plan, (low, high), radius_mm=r, wiggle_mm=0.6, sheath_mm=1.1, **more
        )

    return (
        vessel("brachial artery", "artery", (0.50, -96), (0.56, -148), 2.2, is_wall_calcified=True),
        vessel("brachial vein", "vein", (0.53, -106), (0.60, -158), 1.7),
        vessel("median nerve", "nerve", (0.48, -112), (0.52, -134), 2.0),
        vessel("ulnar nerve", "nerve", (0.66, 138), (0.62, 150), 1.9),
        vessel("cephalic vein", "vein", (0.90, -52), (0.90, -36), 1.6, is_iodine_full=True),
        vessel("basilic vein", "vein", (0.90, 205), (0.89, 214), 1.7),
        vessel("median cubital vein", "vein", (0.91, -70), (0.90, -118), 1.3),
    )


_LESIONS = (
    design(FAS, Morphology.SHEET, 55.0),
    design(FAS, Morphology.PLAQUE, 12.0, is_on_seam=True),
    design(MUS, Morphology.NODULE, 8.0),
    design(SUB, Morphology.PLAQUE, 14.0, thickness_mm=2.2),
    design(SUB, Morphology.LINEAR, 18.0, thickness_mm=1.8),
    design(CUT, Morphology.PLAQUE, 9.0),
    design(MUS, Morphology.NODULE, 6.0, is_touching_bone=True),
    design(SUB, Morphology.NODULE, 3.4),
    design(CUT, Morphology.NODULE, 4.0),
    design(MUS, Morphology.PUNCTATE, 2.4),
    design(SUB, Morphology.PUNCTATE, 2.0),
)
