"""The hand: rays of bones in a palm with muscles, fingers without, tendons, sesamoids of the thumb."""

from dataclasses import dataclass

import numpy as np

from calciseg.model import Morphology
from calciseg.phantom.anatomy import Body, Joint, Scene
from calciseg.phantom.envelopes import SolidEnvelope
from calciseg.phantom.fields import FloatArray, make_wave_field
from calciseg.phantom.kinds.build import (
    CUT,
    FAS,
    MUS,
    SUB,
    Kind,
    design,
    make_screw,
    make_textures,
)  # fmt: skip
from calciseg.phantom.muscles import make_muscle_map
from calciseg.phantom.recipe import LesionDesign
from calciseg.phantom.solids import Bone, Chain, Ellipsoid, Solid
from calciseg.phantom.vessels import Vessel

__all__ = ["make_hand"]

_Point = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ray:
    """A digit: the joints from the root of its metacarpal to its tip, and how thick it is."""

    name: str
    joints_lps_mm: tuple[_Point, ...]
    bone_names: tuple[str, ...]
    girth_mm: float


def _finger(name: str, x: float, root: _Point, knuckle_z: float, lengths: _Point, girth_mm: float) -> _Ray:
    z, y, sideways = knuckle_z, -0.5, 0.17 * (x + 7)
    joints: list[_Point] = [root, (x, y, z)]
    for length, bend in zip(lengths, (0.04, 0.10, 0.16), strict=True):
        z, y, x = z + length, y - bend * length, x + sideways * length / 40
        joints.append((x, y, z))
    bones = ("metacarpal", "proximal phalanx", "middle phalanx", "distal phalanx")
    return _Ray(
        name=name,
        joints_lps_mm=tuple(joints),
        bone_names=tuple(f"{bone} of the {name}" for bone in bones),
        girth_mm=girth_mm,
    )


_RAYS = (
    _finger("index finger", 18.0, (7.0, 0.0, -78.0), -17.0, (40, 24, 18), 8.6),
    _finger("middle finger", 1.0, (-2.5, 1.0, -80.0), -15.0, (43, 28, 19), 8.8),
    _finger("ring finger", -16.0, (-13.0, 0.5, -77.0), -18.0, (40, 26, 18), 8.4),
    _finger("little finger", -32.0, (-23.0, -1.0, -74.0), -26.0, (32, 19, 16), 7.6),
    _Ray(
        name="thumb",
        joints_lps_mm=((20, -9, -70), (41, -15, -36), (54, -17, -7), (63, -18, 18)),
        bone_names=(
            "metacarpal of the thumb",
            "proximal phalanx of the thumb",
            "distal phalanx of the thumb",
        ),
        girth_mm=10.2,
    ),
)

_MUSCLES: dict[str, tuple[tuple[float, float], ...]] = {
    "thenar": ((0.95, -0.45), (0.75, -0.25)),
    "adductor pollicis": ((0.45, -0.30),),
    "first dorsal interosseous": ((0.62, 0.05),),
    "second dorsal interosseous": ((0.30, 0.02),),
    "third dorsal interosseous": ((0.0, 0.02),),
    "fourth dorsal interosseous": ((-0.30, 0.0),),
    "palmar space": ((0.05, -0.25),),
    "hypothenar": ((-0.62, -0.12),),
}


def make_hand(rng: np.random.Generator) -> Kind:
    """Build a left hand, fingers up, palm to the front."""
    envelope = SolidEnvelope(
        outer=_flesh(rng, 0.0, is_palm_only=False),
        fascia=_flesh(rng, 4.6, is_palm_only=True),
        skin_mm=1.5,
        skin_variation=make_wave_field(rng, 30.0),
        centre_xy_mm=(-3.0, 0.0),
        radius_mm=45.0,
    )
    muscles = make_muscle_map(rng, _MUSCLES, gap_mm=0.7, warp_mm=1.6, warp_length_mm=26, jitter=0.015)
    scene = Scene(
        bodies=(Body(name="hand", envelope=envelope, muscles=muscles, fascia_width_mm=0.6),),
        bones=tuple(bone for ray in _RAYS for bone in _ray_bones(rng, ray)) + _small_bones(rng),
        vessels=_strands(),
        joints=tuple(
            Joint(centre_lps_mm=joint, radius_mm=0.8 * ray.girth_mm, reach_mm=1.3)
            for ray in _RAYS
            for joint in ray.joints_lps_mm[1:-1]
        ),
        textures=make_textures(rng),
        screw=make_screw((3.0, 7.0, -30.0), (-2.5, 0.5, -70.0), 1.3),
    )
    return Kind(
        scene=scene,
        spacing_mm_zyx=(1.0, 0.5, 0.5),
        field_mm_yx=(96.0, 152.0),
        length_mm=160.0,
        body_part="HAND",
        laterality="left",
        lesions=_lesions(),
    )


def _flesh(rng: np.random.Generator, under_mm: float, *, is_palm_only: bool) -> Solid:
    """Melt the rays together; ``under_mm`` below their surface, and without fingers, it is the fascia."""
    parts: list[Chain] = []
    for ray in _RAYS:
        girth = ray.girth_mm - under_mm
        (x0, y0, z0), (x1, y1, z1) = ray.joints_lps_mm[:2]
        parts.append(
            Chain(
                (
                    (x0, y0 - 1, z0 - 25, girth + 5),
                    (x0, y0 - 2, z0, girth + 4.5),
                    (x1, y1 - 1, z1 - 3, girth + 1.6),
                )
            )
        )
        if not is_palm_only:
            tips = ray.joints_lps_mm[1:]
            girths = np.linspace(ray.girth_mm, 0.78 * ray.girth_mm, len(tips))
            parts.append(
                Chain(tuple((x, y - 0.8, z, float(g)) for (x, y, z), g in zip(tips, girths, strict=True)))
            )
    bulge = 15.0 - under_mm
    parts.append(Chain(((23, -12, -62, bulge), (35, -15, -40, bulge - 3))))
    parts.append(Chain(((-24, -8, -74, bulge - 2), (-29, -6, -44, bulge - 5))))
    roughness = make_wave_field(rng, 24.0, z_stretch=1.5)
    return Solid(parts=tuple(parts), blend_mm=3.0, roughness=roughness, roughness_mm=0.3)


def _ray_bones(rng: np.random.Generator, ray: _Ray) -> list[Bone]:
    bones = []
    for n, name in enumerate(ray.bone_names):
        start, stop = (np.asarray(joint) for joint in ray.joints_lps_mm[n : n + 2])
        is_last = n == len(ray.bone_names) - 1
        girth = ray.girth_mm * (0.58, 0.50, 0.44, 0.37)[n + (len(ray.bone_names) == 3 and n > 0)]
        bones.append(_long_bone(rng, name, start, stop, girth, is_last=is_last))
    return bones


def _long_bone(
    rng: np.random.Generator, name: str, start: FloatArray, stop: FloatArray, girth: float, *, is_last: bool
) -> Bone:
    """Build a base, a waist and a head between two joints, with half a joint's gap at each end."""
    run = (stop - start) / np.linalg.norm(stop - start)
    # Bones lie nearer to the back of the hand; the pulp is in front.
    back = np.array([0.0, 0.6, 0.0])
    head = 0.55 * girth if is_last else 0.86 * girth
    low, high = start + run * (girth + 0.9) + back, stop - run * (head + (3.5 if is_last else 0.9)) + back

    def node(share: float, radius: float) -> tuple[float, float, float, float]:
        x, y, z = low + share * (high - low)
        return float(x), float(y), float(z), radius

    waist = 0.6 * girth
    shaft = Chain(
        (node(0.0, 0.85 * girth), node(0.3, waist), node(0.75, waist * 0.95), node(1.0, 0.8 * head))
    )
    base = Chain((node(0.0, girth), node(0.12, 0.7 * girth)))
    tip = Chain((node(0.9, 0.8 * head), node(1.0, head)))
    solid = Solid(
        parts=(shaft, base, tip), blend_mm=2.5, roughness=make_wave_field(rng, 8.0), roughness_mm=0.12
    )
    return Bone(name=name, solid=solid, cortex_mm=(1.5, 0.8, 0.8), core=(0.3, 0.75, 0.75))


def _small_bones(rng: np.random.Generator) -> tuple[Bone, ...]:
    """Build the sesamoids of the thumb."""
    bones = []
    for name, centre in (("radial", (44.5, -22.0, -34.5)), ("ulnar", (37.5, -22.3, -35.5))):
        solid = Solid(
            parts=(Ellipsoid(centre, (2.4, 1.7, 2.7)),),
            roughness=make_wave_field(rng, 5.0),
            roughness_mm=0.15,
        )
        bones.append(
            Bone(name=f"{name} sesamoid", solid=solid, cortex_mm=(0.7,), core=(0.8,), is_sesamoid=True)
        )
    return tuple(bones)


def _strands() -> tuple[Vessel, ...]:
    """Lay flexor tendons in front of the bones, and a digital artery and vein beside each finger."""
    strands = []
    for ray in _RAYS:
        course = np.asarray(ray.joints_lps_mm, dtype=np.float32)
        front, side = ray.girth_mm * 0.60, ray.girth_mm * 0.62
        end = course[-1] - (course[-1] - course[-2]) * 0.5
        tendon = np.concatenate([course[:1] - [[0, 0, 30]], course[:-1], end[None]])
        strands.append(_strand(f"flexor tendon of the {ray.name}", "tendon", tendon, (0.0, -front), 2.0))
        beside = np.concatenate([course[:1] - [[0, 0, 30]], course[:-1], course[-1:] - [[0, 0, 6]]])
        strands.append(_strand(f"artery of the {ray.name}", "artery", beside, (side, -2.6), 0.7))
        strands.append(_strand(f"vein of the {ray.name}", "vein", beside, (-side, 2.4), 0.8))
    return tuple(strands)


def _strand(
    name: str, kind: str, course: FloatArray, shift_xy: tuple[float, float], radius_mm: float
) -> Vessel:
    moved = course + np.asarray([*shift_xy, 0.0], dtype=np.float32)
    return Vessel(
        name=name,
        kind=kind,
        course_lps_mm=moved.astype(np.float32),
        radius_mm=radius_mm,
        sheath_mm=0.0,
        is_iodine_full=name == "vein of the little finger",
    )


def _pulp(ray: _Ray) -> _Point:
    x, y, z = ray.joints_lps_mm[-1]
    return (x, y - 3.0, z - 4.0)


def _lesions() -> tuple[LesionDesign, ...]:
    thumb, index, middle = _pulp(_RAYS[4]), _pulp(_RAYS[0]), _pulp(_RAYS[1])
    return (
        design(FAS, Morphology.PLAQUE, 11.0, thickness_mm=1.8),
        design(MUS, Morphology.NODULE, 5.0, near_lps_mm=(29.0, -13.0, -55.0), within_mm=22.0),
        design(SUB, Morphology.NODULE, 3.0, near_lps_mm=thumb),
        design(SUB, Morphology.NODULE, 3.0, near_lps_mm=index, is_touching_bone=True),
        design(SUB, Morphology.PUNCTATE, 2.0, near_lps_mm=index),
        design(SUB, Morphology.PUNCTATE, 2.0, near_lps_mm=middle),
        design(CUT, Morphology.PUNCTATE, 1.8, near_lps_mm=middle),
        design(CUT, Morphology.NODULE, 3.0),
        design(CUT, Morphology.PLAQUE, 7.0, thickness_mm=1.3),
        design(SUB, Morphology.LINEAR, 9.0, thickness_mm=1.4),
        design(SUB, Morphology.NODULE, 3.0, is_spanning=True),
        design(MUS, Morphology.PUNCTATE, 2.0),
        design(SUB, Morphology.PUNCTATE, 2.0),
    )
