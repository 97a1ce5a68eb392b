"""A scene of anatomy, what it says of a point, and the tissue plane of a point."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from calciseg.model import TissuePlane
from calciseg.phantom.envelopes import NOWHERE_MM, Envelope
from calciseg.phantom.fields import FloatArray, NoiseCube, WaveField, mixed
from calciseg.phantom.muscles import MuscleMap
from calciseg.phantom.solids import FAR_MM, Bone, Chain, Solid, box_mask
from calciseg.phantom.vessels import Vessel

__all__ = [
    "FASCIAL_REACH_MM",
    "Body",
    "Extra",
    "Joint",
    "Places",
    "Scene",
    "Screw",
    "Table",
    "Textures",
    "plane_of",
]

FASCIAL_REACH_MM = 1.5
"""Points this close to the deep fascia or to the mid-surface of a seam count as fascial."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Body:
    """A part of the body: a limb, a trunk, a hand."""

    name: str
    envelope: Envelope
    muscles: MuscleMap | None
    fascia_width_mm: float = 0.8
    has_viscera: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Joint:
    """A joint: inside the ball, what lies close to a bone is cartilage, and between bones fluid."""

    centre_lps_mm: tuple[float, float, float]
    radius_mm: float
    reach_mm: float = 3.5
    """How far from the bone there is cartilage or fluid."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Extra:
    """Something calcified that is neither bone nor lesion, as a phlebolith. ``hu`` holds at 120 kV."""

    kind: str
    name: str
    solid: Solid
    hu: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """A curved shell over foam below the body.

    ``top_mm`` is the y of its lowest place, ``radius_mm`` the radius of its curve.
    """

    centre_x_mm: float
    top_mm: float
    radius_mm: float
    half_width_mm: float
    shell_mm: float = 2.0
    depth_mm: float = 24.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Screw:
    """A steel screw: a core with a thread and a head."""

    solid: Solid
    thread: Chain
    pitch_mm: float = 1.75

    def inside_mm(self, points_lps_mm: FloatArray) -> FloatArray:
        """Depth in the metal, negative outside."""
        start = np.asarray(self.thread.nodes[0][:3], dtype=np.float32)
        stop = np.asarray(self.thread.nodes[-1][:3], dtype=np.float32)
        axis = (stop - start) / np.linalg.norm(stop - start)
        along = mixed(axis, points_lps_mm - start[:, None])
        wave = np.float32(0.5) * np.abs(np.sin(along * np.float32(np.pi / self.pitch_mm)))
        depth: FloatArray = np.maximum(
            self.solid.inside_mm(points_lps_mm), self.thread.inside_mm(points_lps_mm) - wave
        )
        return depth


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Textures:
    """Random fields that the tissues are textured with."""

    septa: NoiseCube
    grain: NoiseCube
    trabeculae: NoiseCube
    gate: WaveField
    sheath: WaveField
    viscera: WaveField


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """Everything that is scanned, except the lesions."""

    bodies: tuple[Body, ...]
    bones: tuple[Bone, ...]
    vessels: tuple[Vessel, ...]
    joints: tuple[Joint, ...]
    textures: Textures = field(repr=False)
    table: Table | None = None
    extras: tuple[Extra, ...] = ()
    screw: Screw | None = None

    def places(self, points_lps_mm: FloatArray, *, bone_reach_mm: float = 8.0) -> "Places":
        """Return where points lie in the anatomy.

        ``points_lps_mm`` has shape ``(3, n)``; how far a bone is, is known within ``bone_reach_mm``.
        """
        n = points_lps_mm.shape[1]
        places = _nowhere(n)
        for number, body in enumerate(self.bodies):
            index = box_mask(points_lps_mm, body.envelope.box_lps_mm(), 3.0)
            if len(index):
                _enter_body(places, points_lps_mm, index, number, body)
        for number, bone in enumerate(self.bones):
            sample = bone.sample(points_lps_mm, bone_reach_mm)
            if sample is None:
                continue
            closer = sample.inside_mm > places.bone_mm[sample.index]
            index = sample.index[closer]
            places.bone_mm[index] = sample.inside_mm[closer]
            places.bone[index] = number
            places.cortex_mm[index] = sample.cortex_mm[closer]
            places.core[index] = sample.core[closer]
        return places

    @property
    def structures(self) -> tuple[str, ...]:
        """Names of the muscles, bones and vessels."""
        muscles = [name for body in self.bodies if body.muscles for name in body.muscles.names]
        named = [*muscles, *(b.name for b in self.bones), *(v.name for v in self.vessels)]
        return tuple(sorted(set(named)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Places:
    """Where points lie in the anatomy: signed depths in millimetres, positive inside."""

    body: NDArray[np.int16]
    """Index of the body, -1 in air."""
    depth_mm: FloatArray
    skin_mm: FloatArray
    fascia_mm: FloatArray
    cavity_mm: FloatArray
    seam_mm: FloatArray
    """Distance to the mid-surface of the nearest seam between muscles; large outside the fascia."""
    belly_mm: FloatArray
    """Depth in the belly of a muscle; negative in the fat between muscles and outside the fascia."""
    muscle: NDArray[np.int16]
    angle_rad: FloatArray
    bone_mm: FloatArray
    """Depth in the nearest bone, at least -8 where it means a distance."""
    bone: NDArray[np.int16]
    cortex_mm: FloatArray
    core: FloatArray


def _nowhere(n: int) -> Places:
    def filled(value: float | FloatArray | np.float32) -> FloatArray:
        return np.full(n, value, dtype=np.float32)

    return Places(
        body=np.full(n, -1, np.int16),
        depth_mm=filled(NOWHERE_MM),
        skin_mm=filled(0),
        fascia_mm=filled(NOWHERE_MM),
        cavity_mm=filled(NOWHERE_MM),
        seam_mm=filled(-NOWHERE_MM),
        belly_mm=filled(NOWHERE_MM),
        muscle=np.full(n, -1, np.int16),
        angle_rad=filled(0),
        bone_mm=filled(FAR_MM),
        bone=np.full(n, -1, np.int16),
        cortex_mm=filled(1),
        core=filled(0),
    )


def _enter_body(
    places: Places, points_lps_mm: FloatArray, index: NDArray[np.intp], number: int, body: Body
) -> None:
    layers = body.envelope.layers(points_lps_mm[:, index])
    deeper = layers.depth_mm > places.depth_mm[index]
    at = index[deeper]
    for name in ("depth_mm", "skin_mm", "fascia_mm", "cavity_mm", "angle_rad"):
        getattr(places, name)[at] = getattr(layers, name)[deeper]
    places.body[at] = np.where(layers.depth_mm[deeper] > 0, number, -1)
    if body.muscles is None:
        return
    deep = deeper & (layers.fascia_mm > -2)
    at = index[deep]
    if not len(at):
        return
    inner = type(layers)(
        **{
            name: getattr(layers, name)[..., deep]
            for name in (
                "depth_mm", "skin_mm", "fascia_mm", "cavity_mm", "angle_rad", "unit_uv", "radius_mm",
            )
        }
    )  # fmt: skip
    sample = body.muscles.at(points_lps_mm[:, at], inner)
    places.seam_mm[at] = np.where(inner.fascia_mm > 0, sample.seam_mm, -NOWHERE_MM)
    places.belly_mm[at] = sample.belly_mm
    places.muscle[at] = sample.muscle


def plane_of(places: Places) -> NDArray[np.uint8]:
    """Return the tissue plane of every point, as :attr:`calciseg.model.TissuePlane.map_value`, 0 in air.

    The definition, in this order:

    - cutaneous: no deeper below the outer surface than the skin is thick there;
    - indeterminate: inside the cavity of a trunk;
    - fascial: within 1.5 mm of the deep fascia or of the mid-surface of a seam between muscles, or in the
      fat between muscles;
    - intramuscular: elsewhere inside the deep fascia;
    - subcutaneous: what is left, between skin and deep fascia.
    """
    inside = places.fascia_mm > 0
    near_fascia = np.abs(places.fascia_mm) <= FASCIAL_REACH_MM
    between = inside & ((places.seam_mm <= FASCIAL_REACH_MM) | (places.belly_mm <= 0))
    plane = np.full(places.depth_mm.shape, TissuePlane.SUBCUTANEOUS.map_value, np.uint8)
    plane[inside] = TissuePlane.INTRAMUSCULAR.map_value
    plane[near_fascia | between] = TissuePlane.FASCIAL.map_value
    plane[places.cavity_mm > 0] = TissuePlane.INDETERMINATE.map_value
    plane[places.depth_mm <= places.skin_mm] = TissuePlane.CUTANEOUS.map_value
    plane[places.depth_mm <= 0] = 0
    return plane
