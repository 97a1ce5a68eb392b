"""What the kinds are built with."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calciseg.model import Morphology, TissuePlane
from calciseg.phantom.anatomy import Scene, Screw, Textures
from calciseg.phantom.envelopes import Tube, make_tube
from calciseg.phantom.fields import FloatArray, make_noise_cube, make_wave_field, smooth_curve
from calciseg.phantom.recipe import LesionDesign
from calciseg.phantom.solids import Chain, Solid
from calciseg.phantom.vessels import Vessel

__all__ = [
    "CUT",
    "FAS",
    "MUS",
    "SUB",
    "Kind",
    "TubePlan",
    "design",
    "make_screw",
    "make_textures",
    "make_vessel",
    "plan_tube",
]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kind:
    """A kind of phantom as built: its scene, its field of view and the lesions it is given."""

    scene: Scene
    spacing_mm_zyx: tuple[float, float, float]
    field_mm_yx: tuple[float, float]
    length_mm: float
    body_part: str
    """As Body Part Examined says it."""
    laterality: str | None
    lesions: tuple[LesionDesign, ...]


CUT, SUB = TissuePlane.CUTANEOUS, TissuePlane.SUBCUTANEOUS
FAS, MUS = TissuePlane.FASCIAL, TissuePlane.INTRAMUSCULAR


def design(
    plane: TissuePlane,
    morphology: Morphology,
    size_mm: float,
    *,
    is_touching_bone: bool = False,
    is_spanning: bool = False,
    is_on_seam: bool = False,
    near_lps_mm: tuple[float, float, float] | None = None,
    within_mm: float = 12.0,
    thickness_mm: float | None = None,
) -> LesionDesign:
    """Write a design in one line."""
    return LesionDesign(
        tissue_plane=plane,
        morphology=morphology,
        size_mm=size_mm,
        is_touching_bone=is_touching_bone,
        is_spanning=is_spanning,
        is_on_seam=is_on_seam,
        near_lps_mm=near_lps_mm,
        within_mm=within_mm,
        thickness_mm=thickness_mm,
    )


def make_screw(
    head_lps_mm: tuple[float, float, float], tip_lps_mm: tuple[float, float, float], radius_mm: float
) -> Screw:
    """Build a screw from its head to its tip."""
    head, tip = np.asarray(head_lps_mm), np.asarray(tip_lps_mm)
    run = (tip - head) / np.linalg.norm(tip - head)
    under_head = head + 3.0 * run

    def node(point: NDArray[np.float64], radius: float) -> tuple[float, float, float, float]:
        return float(point[0]), float(point[1]), float(point[2]), radius

    core = Chain((node(head, 0.75 * radius_mm), node(tip, 0.55 * radius_mm)))
    cap = Chain((node(head, 1.7 * radius_mm), node(under_head, 1.1 * radius_mm)))
    thread = Chain((node(under_head, radius_mm), node(tip - 2 * run, radius_mm)))
    return Screw(solid=Solid(parts=(core, cap), blend_mm=0.5), thread=thread)


def make_textures(rng: np.random.Generator) -> Textures:
    """Draw the random fields of a scene."""
    return Textures(
        septa=make_noise_cube(rng, feature_mm=7.0, cell_mm=0.75, n_cells=128),
        grain=make_noise_cube(rng, feature_mm=2.0, cell_mm=0.5),
        trabeculae=make_noise_cube(rng, feature_mm=1.7, cell_mm=0.35),
        gate=make_wave_field(rng, 42.0, n_waves=5),
        viscera=make_wave_field(rng, 46.0, n_waves=14),
        sheath=make_wave_field(rng, 17.0, z_stretch=3),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TubePlan:
    """The contours of a tube by height and angle, ready to be bent further."""

    z_mm: NDArray[np.float64]
    angle_rad: NDArray[np.float64]
    axis_xy_mm: NDArray[np.float64]
    outer_mm: NDArray[np.float64]

    def build(
        self,
        rng: np.random.Generator,
        *,
        skin_mm: float,
        fat_mm: NDArray[np.float64],
        cavity_mm: FloatArray | None = None,
    ) -> Tube:
        """Wrap the contour around skin, fat and fascia that vary smoothly."""
        skin = skin_mm * np.exp(_ripples(rng, self.z_mm, self.angle_rad, amount=0.10, orders=range(1, 5)))
        fat = fat_mm * np.exp(_ripples(rng, self.z_mm, self.angle_rad, amount=0.16, orders=range(1, 7)))
        return make_tube(
            self.z_mm,
            self.axis_xy_mm,
            self.outer_mm,
            skin_mm=np.clip(skin, 1.0, 3.0),
            fat_mm=np.maximum(fat, 1.2),
            cavity_mm=cavity_mm,
        )


def _ripples(
    rng: np.random.Generator,
    z_mm: NDArray[np.float64],
    angle_rad: NDArray[np.float64],
    *,
    amount: float,
    orders: range,
) -> NDArray[np.float64]:
    """Draw a smooth function of height and angle; higher orders are weaker."""
    n_knots = max(3, int((z_mm[-1] - z_mm[0]) / 45))
    total = np.zeros((len(z_mm), len(angle_rad)))
    for order in orders:
        cosine, sine = (smooth_curve(rng, len(z_mm), n_knots) for _ in range(2))
        wave = cosine[:, None] * np.cos(order * angle_rad) + sine[:, None] * np.sin(order * angle_rad)
        total += amount / order * wave
    return total


def plan_tube(
    rng: np.random.Generator,
    length_mm: float,
    *,
    radius_x_mm: tuple[float, float],
    radius_y_mm: tuple[float, float],
    centre_mm: tuple[float, float] = (0.0, 0.0),
    sway_mm: float = 3.0,
    ripple: float = 0.02,
) -> TubePlan:
    """Draw the contours of a limb: an ellipse from its lower to its upper size, rippled, on a bent axis."""
    z_mm = np.arange(-length_mm / 2 - 40, length_mm / 2 + 41, 2.0)
    angle = np.linspace(0, 2 * np.pi, 360, endpoint=False)
    share = np.clip((z_mm / length_mm + 0.5), -0.3, 1.3)
    a = radius_x_mm[0] + share * (radius_x_mm[1] - radius_x_mm[0])
    b = radius_y_mm[0] + share * (radius_y_mm[1] - radius_y_mm[0])
    ellipse = 1 / np.sqrt((np.cos(angle) / a[:, None]) ** 2 + (np.sin(angle) / b[:, None]) ** 2)
    bend = np.stack([smooth_curve(rng, len(z_mm), 3) for _ in range(2)], axis=1) * sway_mm
    return TubePlan(
        z_mm=z_mm,
        angle_rad=angle,
        axis_xy_mm=np.asarray(centre_mm) + bend - bend.mean(axis=0),
        outer_mm=ellipse * np.exp(_ripples(rng, z_mm, angle, amount=ripple, orders=range(2, 8))),
    )


def make_vessel(
    rng: np.random.Generator,
    name: str,
    kind: str,
    plan: TubePlan,
    places: tuple[tuple[float, float], tuple[float, float]],
    *,
    radius_mm: float,
    wiggle_mm: float = 1.0,
    sheath_mm: float = 1.5,
    is_wall_calcified: bool = False,
    is_iodine_full: bool = False,
) -> Vessel:
    """Draw a vessel from a lower to an upper place.

    ``places`` are ``(share of the outer radius, angle in degrees from left to back)``.
    """
    z = plan.z_mm
    share = np.clip((z - z[0]) / (z[-1] - z[0]), 0, 1)
    (r_low, turn_low), (r_high, turn_high) = places
    turn = np.deg2rad(turn_low + share * (turn_high - turn_low)) % (2 * np.pi)
    column = np.round(turn / (2 * np.pi) * len(plan.angle_rad)).astype(int) % len(plan.angle_rad)
    radius = (r_low + share * (r_high - r_low)) * plan.outer_mm[np.arange(len(z)), column]
    wiggle = np.stack([smooth_curve(rng, len(z), 7) for _ in range(2)]) * wiggle_mm
    x = plan.axis_xy_mm[:, 0] + radius * np.cos(turn) + wiggle[0]
    y = plan.axis_xy_mm[:, 1] + radius * np.sin(turn) + wiggle[1]
    return Vessel(
        name=name,
        kind=kind,
        course_lps_mm=np.stack([x, y, z], axis=1).astype(np.float32),
        radius_mm=radius_mm,
        sheath_mm=sheath_mm,
        wall_gate=make_wave_field(rng, 14.0, z_stretch=1.6) if is_wall_calcified else None,
        wall_hu=float(rng.uniform(600, 900)),
        is_iodine_full=is_iodine_full,
    )
