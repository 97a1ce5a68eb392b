"""What a phantom is made from: kind, seed, scanner settings and options."""

from dataclasses import dataclass
from itertools import pairwise
from math import isfinite

from calciseg.errors import UsageError
from calciseg.model import Morphology, TissuePlane

__all__ = ["KINDS", "STANDARD_BLUR_MM", "LesionDesign", "PhantomRecipe", "kv_factor"]

KINDS: tuple[str, ...] = (
    "thigh", "forearm", "elbow", "hand", "pelvis", "arm-beside-trunk", "normal-thigh", "sheet-thigh",
)  # fmt: skip

STANDARD_BLUR_MM = 0.48
"""Standard deviation of the point spread of a standard kernel."""

_KV_FACTORS = ((70.0, 1.59), (80.0, 1.36), (100.0, 1.115), (120.0, 1.0), (135.0, 0.915), (140.0, 0.88))


def kv_factor(kvp: float) -> float:
    """Factor of the HU of calcium, bone and iodine against 120 kV (Graeni 2018, doi:10.1093/ehjci/jey019)."""
    for (low, f_low), (high, f_high) in pairwise(_KV_FACTORS):
        if low <= kvp <= high:
            return f_low + (f_high - f_low) * (kvp - low) / (high - low)
    raise UsageError(f"kvp {kvp:g}: must lie between {_KV_FACTORS[0][0]:g} and {_KV_FACTORS[-1][0]:g} kV")


@dataclass(frozen=True, slots=True, kw_only=True)
class LesionDesign:
    """One calcification to be placed by anatomy.

    Attributes
    ----------
    tissue_plane : TissuePlane
    morphology : Morphology
    size_mm : float
        Diameter of round lesions, largest extent of flat and long ones, before they follow their surface.
    thickness_mm : float or None
        Of flat and long lesions; ``None`` draws one.
    hu : float or None
        At 120 kV; ``None`` draws one between 250 and 1200.
    is_touching_bone, is_spanning : bool
        Lies against a bone; reaches well into a neighbouring plane.
    is_on_seam : bool
        Of fascial lesions: on the seam between two muscles instead of the deep fascia.
    near_lps_mm, within_mm : tuple of float or None, float
        Keeps the lesion this close to a point, as to a fingertip.
    """

    tissue_plane: TissuePlane
    morphology: Morphology
    size_mm: float
    thickness_mm: float | None = None
    hu: float | None = None
    is_touching_bone: bool = False
    is_spanning: bool = False
    is_on_seam: bool = False
    near_lps_mm: tuple[float, float, float] | None = None
    within_mm: float = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PhantomRecipe:
    """Everything that decides a phantom: the same recipe gives the same bytes.

    Attributes
    ----------
    kind : str
        One of :data:`KINDS`.
    seed : int
        Anatomy, lesions and noise each draw from their own stream of it.
    spacing_mm_zyx : tuple of float or None
        ``None`` takes the kind's own.
    slice_thickness_mm : float or None
        Full width at half maximum of the slice profile; ``None`` takes the slice distance.
    n_slices : int or None
        ``None`` covers the kind's own length.
    kvp : float
        70 to 140.
    noise_hu : float
        Standard deviation of the noise.
    blur_mm : float
        Standard deviation of the point spread within a slice: 0.48 is a standard kernel, 0.35 a sharp one,
        0.7 a soft one. Noise is as fine as the kernel lets it be.
    contrast, metal, iodine : bool
        Intravenous contrast; a steel screw; a vein full of injected iodine.
    is_table_touching : bool
        The table carries the body instead of standing off.
    tilt_deg : float
        Gantry tilt, -30 to 30.
    lesions : tuple of LesionDesign or None
        ``None`` takes the kind's own mixture.
    """

    kind: str = "thigh"
    seed: int = 0
    spacing_mm_zyx: tuple[float, float, float] | None = None
    slice_thickness_mm: float | None = None
    n_slices: int | None = None
    kvp: float = 120.0
    noise_hu: float = 11.0
    blur_mm: float = STANDARD_BLUR_MM
    contrast: bool = False
    metal: bool = False
    iodine: bool = False
    is_table_touching: bool = False
    tilt_deg: float = 0.0
    lesions: tuple[LesionDesign, ...] | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be made."""
        if self.kind not in KINDS:
            raise UsageError(f"kind {self.kind!r}: unknown; choose one of {', '.join(KINDS)}")
        if self.seed < 0:
            raise UsageError(f"seed {self.seed}: must be 0 or more")
        if self.n_slices is not None and not 1 <= self.n_slices <= 2000:
            raise UsageError(f"n_slices {self.n_slices}: must lie between 1 and 2000")
        if self.spacing_mm_zyx is not None:
            self._check_spacing(self.spacing_mm_zyx)
        _check_range("slice_thickness_mm", self.slice_thickness_mm, 0.2, 20.0)
        _check_range("noise_hu", self.noise_hu, 0.0, 200.0)
        _check_range("blur_mm", self.blur_mm, 0.2, 2.0)
        _check_range("tilt_deg", self.tilt_deg, -30.0, 30.0)
        kv_factor(self.kvp)

    def _check_spacing(self, spacing_mm_zyx: tuple[float, ...]) -> None:
        text = ",".join(f"{step:g}" for step in spacing_mm_zyx)
        advice = f"for kind {self.kind!r} (valid kinds: {', '.join(KINDS)})"
        if len(spacing_mm_zyx) != 3 or not all(
            isfinite(step) and 0.2 <= step <= 10 for step in spacing_mm_zyx
        ):
            raise UsageError(f"spacing {text} mm: give DZ,DY,DX, each between 0.2 and 10, {advice}")


def _check_range(name: str, value: float | None, low: float, high: float) -> None:
    if value is not None and not low <= value <= high:
        raise UsageError(f"{name} {value:g}: must lie between {low:g} and {high:g}")
