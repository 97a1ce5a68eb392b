"""A segment of the pelvis: hip bones, femoral heads, sacrum, gluteal muscles under thick fat."""

from dataclasses import dataclass

import numpy as np

from calciseg.model import Morphology
from calciseg.phantom.anatomy import Body, Extra, Joint, Scene
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
from calciseg.phantom.solids import Bone, Chain, Ellipsoid, Part, Shell, Solid
from calciseg.phantom.vessels import Vessel

__all__ = ["make_pelvis"]

_LENGTH_MM = 120.0

_HALF: dict[str, tuple[tuple[float, float], ...]] = {
    "gluteus maximus": ((0.55, 0.68), (0.90, 0.46)),
    "gluteus medius": ((1.02, 0.14), (0.92, -0.06)),
    "tensor fasciae latae": ((1.00, -0.36),),
    "iliopsoas": ((0.56, -0.34),),
    "sartorius and rectus femoris": ((0.74, -0.58),),
    "adductors": ((0.30, -0.52),),
    "obturator internus": ((0.48, 0.08),),
    "piriformis": ((0.40, 0.42),),
}
_MIDLINE: dict[str, tuple[tuple[float, float], ...]] = {
    "rectus abdominis": ((0.0, -0.72),),
    "multifidus": ((0.0, 0.66),),
}


def make_pelvis(rng: np.random.Generator) -> Kind:
    """Build the pelvis from the crest's lower part to the ischium."""
    plan = plan_tube(rng, _LENGTH_MM, radius_x_mm=(176, 168), radius_y_mm=(104, 112), ripple=0.012)
    angle = plan.angle_rad
    buttocks = np.exp(-(((angle - 0.9) / 0.5) ** 2)) + np.exp(-(((angle - np.pi + 0.9) / 0.5) ** 2))
    cleft = np.exp(-(((angle - np.pi / 2) / 0.16) ** 2))
    lower = np.clip(0.6 - plan.z_mm / 120, 0, 1)[:, None]
    plan.outer_mm[:] *= 1 + 0.06 * buttocks - 0.10 * cleft * lower
    fat_mm = 22.0 + 17.0 * buttocks + 8.0 * np.abs(np.cos(angle)) - 8.0 * cleft + np.zeros_like(plan.outer_mm)
    cavity_mm = _cavity(plan)
    envelope = plan.build(rng, skin_mm=2.1, fat_mm=fat_mm, cavity_mm=cavity_mm)
    x, y = plan.axis_xy_mm.mean(axis=0)
    scene = Scene(
        bodies=(Body(name="pelvis", envelope=envelope, muscles=_muscles(rng), has_viscera=True),),
        bones=_bones(rng, float(x), float(y)),
        vessels=_vessels(rng, plan),
        joints=tuple(
            Joint(centre_lps_mm=(float(x) + s * 88.0, float(y), -8.0), radius_mm=31.0) for s in (-1, 1)
        ),
        textures=make_textures(rng),
        extras=_phleboliths(rng, float(x), float(y)),
        screw=make_screw((float(x) + 158.0, float(y) + 12.0, -44.0), (float(x) + 92.0, float(y), -10.0), 3.6),
    )
    return Kind(
        scene=scene,
        spacing_mm_zyx=(2.0, 1.0, 1.0),
        field_mm_yx=(400.0, 400.0),
        length_mm=_LENGTH_MM,
        body_part="PELVIS",
        laterality=None,
        lesions=_LESIONS,
    )


def _cavity(plan: TubePlan) -> FloatArray:
    """Radius of the pelvic cavity: wide above, a funnel below."""
    share = np.clip(plan.z_mm / _LENGTH_MM + 0.5, 0, 1)[:, None]
    a, b = 34 + 30 * share, 38 + 22 * share
    angle = plan.angle_rad
    cavity: FloatArray = 1 / np.sqrt((np.cos(angle) / a) ** 2 + (np.sin(angle) / b) ** 2)
    return cavity


def _muscles(rng: np.random.Generator) -> MuscleMap:
    sites = dict(_MIDLINE)
    for name, places in _HALF.items():
        sites[f"left {name}"] = places
        sites[f"right {name}"] = tuple((-u, v) for u, v in places)
    return make_muscle_map(rng, sites, gap_mm=2.0, warp_mm=6.0, warp_length_mm=75)


def _bones(rng: np.random.Generator, x0: float, y0: float) -> tuple[Bone, ...]:
    def solid(*parts: Part, hollow: Part | None = None) -> Solid:
        roughness = make_wave_field(rng, 20.0)
        return Solid(parts=parts, blend_mm=7.0, roughness=roughness, roughness_mm=0.5, hollow=hollow)

    bones = []
    for sign, name in ((1, "left"), (-1, "right")):
        side = _Side(sign, x0, y0)
        hip = solid(
            side.cup((88, 0, -8), 26.8, 34.0),
            side.blade((92, 16, 58), (8.5, 38, 48)),
            side.chain((74, 6, 14, 15), (84, 14, 40, 10)),
            side.chain((72, 26, -20, 13), (62, 34, -52, 14), (54, 26, -66, 12)),
            side.chain((66, -14, 2, 10), (34, -40, -20, 8), (14.5, -44, -30, 10)),
            side.chain((14.5, -42, -38, 7), (34, -18, -56, 6), (52, 20, -68, 8)),
            hollow=side.ball((88, 0, -8), 26.8),
        )
        cortex_mm, core = (2.2, 1.7, 1.9, 1.8, 1.8, 1.7), (0.8, 0.6, 0.7, 0.65, 0.6, 0.6)
        bones.append(Bone(name=f"{name} hip bone", solid=hip, cortex_mm=cortex_mm, core=core))
        femur = solid(
            side.ball((88, 0, -8), 23.2),
            side.chain((92, 1, -10, 16), (122, 9, -30, 15)),
            side.chain((136, 14, -28, 17), (140, 18, -10, 11)),
            side.chain((130, 12, -44, 17), (124, 8, -110, 15)),
        )
        shaft_mm, marrow = (1.5, 2.4, 1.9, 5.5), (0.9, 0.65, 0.5, 0.12)
        bones.append(Bone(name=f"{name} femur", solid=femur, cortex_mm=shaft_mm, core=marrow))
    sacrum = solid(
        Chain(((x0, y0 + 62, 70, 20), (x0, y0 + 70, 30, 15), (x0, y0 + 64, 4, 8)), (1.9, 1.0)),
        Chain(((x0, y0 + 62, 0, 6), (x0, y0 + 50, -22, 4.5))),
    )
    bones.append(Bone(name="sacrum", solid=sacrum, cortex_mm=(1.5, 1.4), core=(0.55, 0.5)))
    return tuple(bones)


@dataclass(frozen=True, slots=True)
class _Side:
    """Makes the parts of one side: the right is the mirror image of the left."""

    sign: int
    x_mm: float
    y_mm: float

    def place(self, point: tuple[float, float, float]) -> tuple[float, float, float]:
        return (self.x_mm + self.sign * point[0], self.y_mm + point[1], point[2])

    def chain(self, *nodes: tuple[float, float, float, float]) -> Chain:
        return Chain(tuple((*self.place((x, y, z)), r) for x, y, z, r in nodes))

    def ball(self, centre: tuple[float, float, float], radius_mm: float) -> Ellipsoid:
        return Ellipsoid(self.place(centre), (radius_mm, radius_mm, radius_mm))

    def cup(self, centre: tuple[float, float, float], inner_mm: float, outer_mm: float) -> Shell:
        return Shell(self.place(centre), inner_mm, outer_mm, (-0.75 * self.sign, 0.15, 0.6), rim_mm=-2.0)

    def blade(self, centre: tuple[float, float, float], radii_mm: tuple[float, float, float]) -> Ellipsoid:
        turn = np.deg2rad(38.0)
        axes = np.asarray(
            [
                [self.sign * np.cos(turn), np.sin(turn), -0.25],
                [-self.sign * np.sin(turn), np.cos(turn), 0.0],
                [self.sign * 0.25 * np.cos(turn), 0.25 * np.sin(turn), 1.0],
            ]
        )
        unit = axes / np.linalg.norm(axes, axis=1, keepdims=True)
        return Ellipsoid(self.place(centre), radii_mm, unit.astype(np.float32))


def _vessels(rng: np.random.Generator, plan: TubePlan) -> tuple[Vessel, ...]:
    def vessel(
        name: str, kind: str, low: tuple[float, float], high: tuple[float, float], r: float, **more: bool
    ) -> Vessel:
        return make_vessel(
            rng, name, kind, plan, (low, high), radius_mm=r, wiggle_mm=1.5, sheath_mm=3.0, **more
        )

    return (
        vessel("left femoral artery", "artery", (0.62, -46), (0.46, -50), 4.4, is_wall_calcified=True),
        vessel("left femoral vein", "vein", (0.58, -52), (0.42, -56), 5.2),
        vessel("right femoral artery", "artery", (0.62, -134), (0.46, -130), 4.4, is_wall_calcified=True),
        vessel("right femoral vein", "vein", (0.58, -128), (0.42, -124), 5.2, is_iodine_full=True),
        vessel("left sciatic nerve", "nerve", (0.52, 38), (0.50, 44), 5.0),
        vessel("right sciatic nerve", "nerve", (0.52, 142), (0.50, 136), 5.0),
        vessel("left gluteal cutaneous vein", "vein", (0.90, 30), (0.91, 48), 1.6),
        vessel("right gluteal cutaneous vein", "vein", (0.91, 140), (0.90, 120), 1.5),
        vessel("left superficial epigastric vein", "vein", (0.92, -70), (0.92, -58), 1.4),
        vessel("right superficial epigastric vein", "vein", (0.92, -112), (0.92, -124), 1.4),
    )


def _phleboliths(rng: np.random.Generator, x0: float, y0: float) -> tuple[Extra, ...]:
    places = ((30.0, 12.0, -30.0), (-28.0, 16.0, -22.0), (-32.0, 4.0, -36.0))
    return tuple(
        Extra(
            kind="phlebolith",
            name="pelvic vein",
            solid=Solid(parts=(Ellipsoid((x0 + x, y0 + y, z), _radii(rng)),)),
            hu=float(rng.uniform(350, 620)),
        )
        for x, y, z in places
    )


def _radii(rng: np.random.Generator) -> tuple[float, float, float]:
    a, b, c = rng.uniform(1.5, 2.4, 3)
    return float(a), float(b), float(c)


_LESIONS = (
    design(FAS, Morphology.SHEET, 130.0, thickness_mm=3.4),
    design(MUS, Morphology.MASS, 30.0),
    design(SUB, Morphology.MASS, 34.0),
    design(FAS, Morphology.SHEET, 36.0, is_on_seam=True, thickness_mm=3.0),
    design(SUB, Morphology.RETICULAR, 42.0),
    design(SUB, Morphology.PLAQUE, 26.0),
    design(FAS, Morphology.PLAQUE, 18.0),
    design(CUT, Morphology.PLAQUE, 14.0),
    design(MUS, Morphology.LINEAR, 26.0),
    design(SUB, Morphology.LINEAR, 30.0),
    design(SUB, Morphology.NODULE, 9.0),
    design(SUB, Morphology.NODULE, 11.0),
    design(MUS, Morphology.NODULE, 9.0, is_touching_bone=True),
    design(SUB, Morphology.NODULE, 10.0, is_spanning=True),
    design(MUS, Morphology.NODULE, 7.0),
    design(CUT, Morphology.NODULE, 6.0),
    design(SUB, Morphology.PUNCTATE, 2.6),
    design(MUS, Morphology.PUNCTATE, 2.8),
    design(CUT, Morphology.PUNCTATE, 2.4),
)
