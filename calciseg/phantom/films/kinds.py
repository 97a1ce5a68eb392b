"""What of each CT kind is put on a film, and how it is exposed."""

from dataclasses import dataclass, replace

import numpy as np

from calciseg.phantom.fields import make_wave_field
from calciseg.phantom.films.detector import Exposure
from calciseg.phantom.kinds.build import Kind
from calciseg.phantom.kinds.registry import make_kind
from calciseg.phantom.recipe import LesionDesign
from calciseg.phantom.solids import Bone, Ellipsoid, Solid

__all__ = ["FilmKind", "make_film_kind"]

_N_LESIONS = 9
_LARGEST_MM = 60.0
"""A larger sheet covers the whole film, and everything else on it."""

_CARPALS = {
    "scaphoid": ((10.0, -1.0, -89.0), (5.5, 6.0, 7.5)),
    "lunate": ((-2.0, 0.0, -93.0), (6.0, 6.5, 5.5)),
    "triquetrum": ((-14.0, 0.0, -91.0), (5.5, 5.5, 5.0)),
    "pisiform": ((-19.0, -8.0, -91.0), (3.6, 3.6, 4.0)),
    "trapezium": ((17.5, -5.0, -80.5), (5.5, 5.5, 5.0)),
    "capitate": ((-1.5, 1.0, -84.5), (5.0, 6.5, 4.0)),
    "hamate": ((-14.0, 0.0, -81.5), (6.0, 6.0, 4.5)),
}
"""Centre and radii of the bones of the wrist, in millimetres. The trapezoid is missing: with it the films of
every seed would be other ones."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FilmKind:
    """A kind as it is put on a film."""

    kind: Kind
    pixel_mm: float
    ray_step_mm: float
    half_mm_yx: tuple[float, float]
    """Half of the film."""
    centre_z_mm: float
    length_mm: float
    """Of the stretch that lesions may lie in, about the origin."""
    kvp: float
    exposure: Exposure


_PLANS = {
    "xr-thigh": {
        "pixel_mm": 0.2, "ray_step_mm": 0.5, "half_mm_yx": (85.0, 115.0), "centre_z_mm": 0.0,
        "length_mm": 150.0, "kvp": 66.0,
        "exposure": Exposure(photons_per_mm2=3.0e6, scatter_to_primary=0.35, blur_mm=0.18),
    },
    "xr-forearm": {
        "pixel_mm": 0.15, "ray_step_mm": 0.4, "half_mm_yx": (85.0, 62.0), "centre_z_mm": 0.0,
        "length_mm": 150.0, "kvp": 54.0,
        "exposure": Exposure(photons_per_mm2=6.0e5, scatter_to_primary=0.25, blur_mm=0.14),
    },
    "xr-pelvis": {
        "pixel_mm": 0.25, "ray_step_mm": 0.7, "half_mm_yx": (95.0, 200.0), "centre_z_mm": 0.0,
        "length_mm": 150.0, "kvp": 76.0,
        "exposure": Exposure(photons_per_mm2=2.0e7, scatter_to_primary=0.8, blur_mm=0.2),
    },
    "xr-hand": {
        "pixel_mm": 0.125, "ray_step_mm": 0.3, "half_mm_yx": (112.0, 84.0), "centre_z_mm": -8.0,
        "length_mm": 176.0, "kvp": 50.0,
        "exposure": Exposure(photons_per_mm2=4.0e5, scatter_to_primary=0.12, blur_mm=0.12),
    },
}  # fmt: skip


def make_film_kind(
    name: str, anatomy: np.random.Generator, choice: np.random.Generator, *, has_screw: bool
) -> FilmKind:
    """Build the anatomy of a kind and choose the lesions of one film."""
    kind = make_kind(name.removeprefix("xr-"), anatomy)
    scene = kind.scene if has_screw else replace(kind.scene, screw=None)
    if name == "xr-hand":
        scene = replace(scene, bones=(*scene.bones, *_carpals(anatomy)))
    kind = replace(kind, scene=scene, lesions=_chosen(kind.lesions, choice))
    return FilmKind(kind=kind, **_PLANS[name])  # type: ignore[arg-type]


def _chosen(designs: tuple[LesionDesign, ...], rng: np.random.Generator) -> tuple[LesionDesign, ...]:
    fitting = [design for design in designs if design.size_mm <= _LARGEST_MM]
    n = min(_N_LESIONS, len(fitting))
    return tuple(fitting[i] for i in sorted(rng.choice(len(fitting), n, replace=False)))


def _carpals(rng: np.random.Generator) -> tuple[Bone, ...]:
    """Build the bones of the wrist, below the field of the CT hand."""
    bones = []
    for name, (centre, radii) in _CARPALS.items():
        solid = Solid(
            parts=(Ellipsoid(centre, radii),), roughness=make_wave_field(rng, 6.0), roughness_mm=0.35
        )
        bones.append(Bone(name=name, solid=solid, cortex_mm=(0.8,), core=(0.85,)))
    return tuple(bones)
