"""Every threshold of calciseg: name, unit, default, reason and source, in one place.

Settings are passed by argument and saved in every result; nothing reads them from a global. A TOML file with
the same tables and names overrides the defaults (:func:`load_settings`).
"""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from calciseg.errors import SettingsError

__all__ = ["CandidateSettings", "Settings", "load_settings"]


def _threshold(default: float, unit: str, reason: str, source: str, *, low: float, high: float) -> Any:
    """Declare a threshold with all that a reader wants to know of it."""
    return Field(
        default, ge=low, le=high, description=reason, json_schema_extra={"unit": unit, "source": source}
    )


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class GridSettings(_Group):
    """The grid on which anatomy is found."""

    spacing_mm: float = _threshold(
        1.0, "mm", "finer voxels are averaged into blocks of about this size",
        "design: skin is 1 to 3 mm thick", low=0.3, high=5,
    )  # fmt: skip
    coarsest_mm: float = _threshold(
        2.0, "mm", "no block grows beyond this, however large the volume", "design", low=0.3, high=10
    )
    max_voxels: int = _threshold(
        16_000_000, "voxels", "larger volumes get coarser blocks, which bounds time and memory",
        "design", low=100_000, high=1_000_000_000,
    )  # fmt: skip


class TubeVoltageSettings(_Group):
    """How the HU of calcium depend on the tube voltage."""

    factors: tuple[tuple[float, float], ...] = Field(
        ((70, 1.59), (80, 1.36), (100, 1.115), (120, 1.0), (135, 0.915)),
        min_length=2,
        description="kV and the factor on every calcium threshold against 120 kV, by rising kV",
        json_schema_extra={"unit": "kV, 1", "source": "doi:10.1093/ehjci/jey019"},
    )


class BodySettings(_Group):
    """What is body, and what is table or clothing."""

    surface_hu: float = _threshold(
        -400.0,
        "HU",
        "between air and skin, where the surface of the skin lies",
        "design",
        low=-900,
        high=-200,
    )
    core_radius_mm: float = _threshold(
        3.5, "mm", "a ball of this radius fits into a finger but not into the shell of a table",
        "design", low=1, high=20,
    )  # fmt: skip
    tissue_low_hu: float = _threshold(
        -190.0, "HU", "lower end of fat", "doi:10.1038/s41598-025-96238-6", low=-300, high=0
    )
    tissue_high_hu: float = _threshold(
        150.0, "HU", "upper end of muscle", "doi:10.1038/s41598-025-96238-6", low=50, high=500
    )
    tissue_fraction: float = _threshold(
        0.5, "1", "at least so much of a body part is fat or muscle", "design", low=0, high=1
    )
    min_volume_mm3: float = _threshold(
        2000.0, "mm3", "smaller objects are not a body part", "design", low=0, high=1e7
    )


class CandidateSettings(_Group):
    """What is dense enough to be a candidate. HU values hold at 120 kV and are scaled by the tube voltage."""

    grow_hu: float = _threshold(
        130.0, "HU", "picks up about 100 mg/cm3 of hydroxyapatite",
        "Agatston 1990; doi:10.1093/ehjci/jey019 for the scaling by kV", low=50, high=1000,
    )  # fmt: skip
    seed_hu: float = _threshold(
        200.0, "HU", "a component counts only if it reaches this anywhere; keeps noise out",
        "design: hysteresis", low=50, high=2000,
    )  # fmt: skip
    grow_noise_sds: float = _threshold(
        4.0, "SD", "grow_hu is raised to the mean of muscle plus so many times its noise",
        "design, after doi:10.1002/acm2.12806", low=0, high=10,
    )  # fmt: skip
    seed_noise_sds: float = _threshold(
        6.0,
        "SD",
        "seed_hu is raised to the mean of muscle plus so many times its noise",
        "design",
        low=0,
        high=20,
    )
    noise_window_mm: float = _threshold(
        6.0, "mm", "muscle is recognised by its mean over so wide a window", "design", low=1, high=30
    )
    noise_region_mm: float = _threshold(
        25.0, "mm", "noise is taken as even over so wide a region", "design: streaks between the shoulders",
        low=5, high=200,
    )  # fmt: skip
    min_muscle_share: float = _threshold(
        0.05, "1", "a region with less muscle does not tell its own noise", "design", low=0, high=1
    )
    max_noise_mm3: float = _threshold(
        60.0, "mm3", "noise makes no larger components", "design: streaks between the shoulders make up to 30",
        low=0, high=10_000,
    )  # fmt: skip
    muscle_low_hu: float = _threshold(
        20.0, "HU", "lower end of lean muscle, averaged", "design, after doi:10.1038/s41598-025-96238-6",
        low=-50, high=100,
    )  # fmt: skip
    muscle_high_hu: float = _threshold(
        95.0, "HU", "upper end of muscle, averaged, also after contrast", "design", low=50, high=200
    )
    min_muscle_voxels: int = _threshold(
        500, "voxels", "less muscle than this does not tell the noise", "design", low=10, high=1_000_000
    )


class BoneSettings(_Group):
    """What tells bone from calcification."""

    closing_mm: float = _threshold(
        2.0, "mm", "gaps in a thin or osteopenic shell that are bridged", "design", low=0, high=10
    )
    neck_ratio: float = _threshold(
        0.7, "1", "a neck narrower than this share of the thinner side parts two bodies",
        "design", low=0.1, high=1,
    )  # fmt: skip
    muscle_low_hu: float = _threshold(
        5.0, "HU", "lower end of what is muscle, not marrow, inside a ring", "design", low=-100, high=100
    )
    muscle_high_hu: float = _threshold(
        95.0, "HU", "upper end of what is muscle, not marrow, inside a ring", "design", low=0, high=200
    )
    max_muscle_fraction: float = _threshold(
        0.5, "1", "a ring around more muscle than this is not a marrow cavity", "design", low=0, high=1
    )
    min_volume_mm3: float = _threshold(
        60.0, "mm3", "the smallest sesamoids are about this large", "design", low=0, high=1e5
    )
    min_radius_mm: float = _threshold(
        2.5, "mm", "thinner parts show no rim and no core", "design: three voxels of 0.8 mm", low=0.5, high=20
    )
    min_marrow_fraction: float = _threshold(
        0.05, "1", "share of marrow in a part that makes it bone", "design", low=0, high=1
    )
    contact_ratio: float = _threshold(
        0.4, "1", "what lies on bone meets it at a neck narrower than this share of its own radius",
        "design", low=0, high=1,
    )  # fmt: skip
    max_balls: float = _threshold(
        5.0, "1", "what lies on bone holds no more than so many balls of its own radius; plates hold more",
        "design", low=1, high=100,
    )  # fmt: skip


class VesselSettings(_Group):
    """What tells the calcified wall of an artery."""

    min_voxels: int = _threshold(4, "voxels", "fewer show no arc", "design", low=3, high=1000)
    max_volume_mm3: float = _threshold(
        5000.0, "mm3", "larger components are not a vessel's wall", "design", low=1, high=1e6
    )
    piece_mm: float = _threshold(
        5.0, "mm", "a vessel is straight over so short a piece", "design", low=1, high=50
    )
    min_radius_mm: float = _threshold(
        1.3, "mm", "smaller lumina are not resolved", "design: three voxels of 0.8 mm", low=0.3, high=10
    )
    max_radius_mm: float = _threshold(
        6.0, "mm", "arteries of a limb are not wider", "background", low=1, high=30
    )
    max_scatter_fraction: float = _threshold(
        0.35,
        "1",
        "voxels of a wall lie so near to one circle, as a share of its radius",
        "design",
        low=0,
        high=1,
    )
    min_arc_degrees: float = _threshold(
        140.0,
        "degrees",
        "a shorter arc is not told from a small plaque",
        "doi PMC5218397: arcs",
        low=30,
        high=360,
    )
    lumen_low_hu: float = _threshold(
        0.0, "HU", "blood is not fat", "clinical: blood 45 to 65 HU", low=-200, high=100
    )
    max_lumen_fraction: float = _threshold(
        0.5, "1", "the lumen is so much darker than the wall", "design", low=0, high=1
    )
    min_hollow_fraction: float = _threshold(
        0.5, "1", "share of a component that lies around a lumen", "design", low=0, high=1
    )
    min_elongation: float = _threshold(
        2.5, "1", "a strand is so many times longer than wide", "design", low=1, high=100
    )
    max_strand_radius_mm: float = _threshold(
        2.2, "mm", "a wider artery shows its lumen", "design", low=0.3, high=10
    )
    min_course_mm: float = _threshold(
        40.0, "mm", "a straight course this long is a vessel even where its lumen is not seen",
        "design", low=5, high=1000,
    )  # fmt: skip
    max_gap_mm: float = _threshold(
        20.0, "mm", "segments of one course lie no farther apart", "design", low=0, high=200
    )
    max_crumb_mm3: float = _threshold(
        150.0, "mm3", "smaller components on the course of a wall belong to it", "design", low=0, high=5000
    )
    crumb_margin_mm: float = _threshold(
        1.0, "mm", "how far aside of a wall's radius its crumbs lie", "design", low=0, high=20
    )
    crumb_spread: float = _threshold(
        0.15,
        "1",
        "by how much of the way beyond a wall its course may have bent aside",
        "design",
        low=0,
        high=1,
    )
    max_bend_degrees: float = _threshold(
        25.0, "degrees", "segments of one course bend no more", "design", low=0, high=90
    )


class CompartmentSettings(_Group):
    """What tells skin, fat, fascia and muscle. These HU are not scaled by the tube voltage."""

    smoothing_mm: float = _threshold(
        1.5,
        "mm",
        "tissue is told by its mean over so wide a window",
        "design: noise of thin slices",
        low=0,
        high=10,
    )
    fat_muscle_hu: float = _threshold(
        -29.0, "HU", "between fat and muscle", "doi:10.1038/s41598-025-96238-6", low=-100, high=50
    )
    air_hu: float = _threshold(
        -300.0, "HU", "below this is air inside the body", "background", low=-900, high=-200
    )
    rim_mm: float = _threshold(
        1.3, "mm", "so far around a lesion, and in the neighbouring slices, blur falsifies the HU",
        "design: in-plane resolution of about 1.2 mm", low=0, high=10,
    )  # fmt: skip
    reach_mm: float = _threshold(
        10.0, "mm", "the fascia is drawn on behind lesions that come so near to it", "design", low=0, high=100
    )
    n_straightenings: int = _threshold(
        1, "times", "how often the fascia is found anew after it was drawn on", "design", low=0, high=10
    )
    largest_lesion_mm: float = _threshold(
        40.0, "mm", "tissue behind a lesion is taken from no farther away", "design", low=5, high=500
    )
    skin_mm: float = _threshold(
        3.5, "mm", "soft tissue nearer to the surface may be skin and is not muscle",
        "doi:10.1016 Park 1995: skin up to 3.07 mm", low=0.5, high=10,
    )  # fmt: skip
    muscle_opening_mm: float = _threshold(
        2.5,
        "mm",
        "muscle is thicker than twice this; septa, veins and fascia are not",
        "design",
        low=0,
        high=10,
    )
    min_muscle_mm3: float = _threshold(
        500.0, "mm3", "smaller islands of soft tissue are not muscle", "design", low=0, high=1e6
    )
    fascia_closing_mm: float = _threshold(
        7.0, "mm", "gaps between muscles up to twice this lie inside the deep fascia",
        "design: 6 to 10 mm", low=0, high=30,
    )  # fmt: skip


class SkinSettings(_Group):
    """How the skin is measured beside a lesion."""

    default_mm: float = _threshold(
        2.0, "mm", "thickness where the skin does not show against fat",
        "Park, Korean J Dermatol 1995;33:303: 0.84 to 3.07 mm", low=0.3, high=8,
    )  # fmt: skip
    min_mm: float = _threshold(0.8, "mm", "thinnest skin measured", "Park 1995", low=0.1, high=5)
    max_mm: float = _threshold(
        4.5, "mm", "thickest skin measured", "Park 1995; scleroderma thickens it: doi:10.1186/s13075-017-1270-8",
        low=1, high=15,
    )  # fmt: skip
    profile_mm: float = _threshold(
        8.0, "mm", "depth down to which the profile is taken", "design", low=3, high=30
    )
    bin_mm: float = _threshold(0.4, "mm", "resolution of the profile", "design", low=0.05, high=2)
    min_voxels: int = _threshold(10, "voxels", "fewer tell no mean", "design", low=1, high=1000)
    fat_hu: float = _threshold(
        -40.0,
        "HU",
        "the profile must fall below this for fat to lie under the skin",
        "design",
        low=-150,
        high=0,
    )
    rim_mm: float = _threshold(
        2.0, "mm", "so near to a calcification the skin is not measured", "design", low=0, high=10
    )
    search_mm: float = _threshold(
        10.0, "mm", "skin is measured up to so far beside a lesion", "design", low=2, high=50
    )


class ShapeSettings(_Group):
    """What the words for shape mean."""

    punctate_mm: float = _threshold(
        4.0, "mm", "largest diameter of a dot, rim included", "design", low=0.5, high=10
    )
    compact_balls: float = _threshold(
        4.0,
        "1",
        "a compact lesion holds no more than so many balls of its own thickness",
        "design",
        low=1,
        high=50,
    )
    mass_mm3: float = _threshold(
        5000.0, "mm3", "compact and larger is a mass", "design: 5 ml", low=100, high=1e6
    )
    mass_diameter_mm: float = _threshold(
        30.0, "mm", "compact and longer is a mass", "design", low=5, high=300
    )
    linear_width: float = _threshold(
        2.5, "1", "a strand is at most so many times as wide as thick", "design", low=1, high=10
    )
    linear_elongation: float = _threshold(
        3.0, "1", "a strand is at least so many times as long as wide", "design", low=1, high=50
    )
    reticular_fill: float = _threshold(
        0.35, "1", "a net fills less than this share of its outline", "design", low=0, high=1
    )
    flat_width: float = _threshold(
        2.5, "1", "a wide flat lesion is at least so many times as wide as thick", "design", low=1, high=20
    )
    sheet_mm: float = _threshold(30.0, "mm", "a flat lesion this wide is a sheet", "design", low=5, high=300)


class PlaneSettings(_Group):
    """How planes are told apart."""

    skin_margin_mm: float = _threshold(
        0.5, "mm", "partial volume carries a lesion so far beyond the skin", "design", low=0, high=3
    )
    near_skin_mm: float = _threshold(
        10.0, "mm", "deeper lesions are not cutaneous, so the skin over them is not measured", "design",
        low=3, high=50,
    )  # fmt: skip
    fascia_half_width_mm: float = _threshold(
        1.5, "mm", "so near to the deep fascia a voxel is fascial", "design", low=0.3, high=10
    )
    septum_half_width_mm: float = _threshold(
        1.0, "mm", "so near to fat between muscles a voxel is fascial", "design", low=0, high=10
    )
    flat_reach_mm: float = _threshold(
        3.5, "mm", "a flat lesion follows the fascia with so much of its thickness on either side",
        "design", low=0.3, high=15,
    )  # fmt: skip
    flat_offset_mm: float = _threshold(
        1.2, "mm", "the fascia runs through the middle of a flat lesion if it lies no farther from it", "design",
        low=0, high=10,
    )  # fmt: skip
    flat_septum_share: float = _threshold(
        0.08, "1", "share of a flat lesion beside fat between muscles that puts it on a septum", "design",
        low=0, high=1,
    )  # fmt: skip
    finger_radius_mm: float = _threshold(
        13.0, "mm", "a body part no thicker than twice this has no deep fascia over muscle: a finger",
        "design", low=3, high=50,
    )  # fmt: skip


class AgatstonSettings(_Group):
    """The rules of the Agatston-type score at 120 kV."""

    detect_hu: float = _threshold(130.0, "HU", "threshold", "Agatston 1990", low=50, high=500)
    weight_hu: tuple[float, float, float] = Field(
        (200.0, 300.0, 400.0),
        description="peak HU from which an island weighs 2, 3 and 4",
        json_schema_extra={"unit": "HU", "source": "Agatston 1990"},
    )
    min_area_mm2: float = _threshold(
        1.0, "mm2", "smaller islands do not count", "Agatston 1990", low=0, high=10
    )
    slice_mm: float = _threshold(
        3.0, "mm", "scores are normalised by increment over this", "Agatston 1990: contiguous slices of 3 mm",
        low=0.5, high=10,
    )  # fmt: skip


class BumpSettings(_Group):
    """What tells a calcification that lies on bone with a broad base."""

    ball_mm: float = _threshold(
        6.0, "mm", "bone into which a ball of this radius fits is thick enough to carry a bump", "design",
        low=2, high=30,
    )  # fmt: skip
    crumb_mm: float = _threshold(
        1.7,
        "mm",
        "bumps are thicker than twice this; edges and roughness are not",
        "design",
        low=0.5,
        high=10,
    )
    min_volume_mm3: float = _threshold(40.0, "mm3", "smaller bumps cannot be told", "design", low=1, high=1e4)
    max_volume_mm3: float = _threshold(
        10_000.0, "mm3", "larger bumps are bone of another thickness", "design", low=100, high=1e6
    )
    max_balls: float = _threshold(
        6.0, "1", "a bump holds no more than so many balls of its own radius", "design", low=1, high=100
    )
    max_contact: float = _threshold(
        0.25, "1", "share of its surface with which a bump meets thick bone", "design", low=0, high=1
    )
    max_marrow: float = _threshold(0.05, "1", "share of marrow in a bump", "design", low=0, high=1)
    max_unevenness: float = _threshold(
        0.15, "1", "SD over mean of its core's HU; trabecular bone is less even", "design", low=0, high=2
    )


class MetalSettings(_Group):
    """What is too dense for calcium. Not scaled by the tube voltage: scanners cut off at about 3071 HU."""

    peak_hu: float = _threshold(
        2000.0, "HU", "calcium stays below", "steel 2222, titanium 2921: Soonchunhyang Med Sci 2010;16:226",
        low=1000, high=4000,
    )  # fmt: skip
    core_hu: float = _threshold(
        1800.0, "HU", "the inside of metal reaches this", "design", low=800, high=4000
    )
    core_fraction: float = _threshold(
        0.1, "1", "share of the voxels that reach core_hu", "design", low=0.001, high=1
    )


class MeasureSettings(_Group):
    """How lesions are measured."""

    min_voxels: int = _threshold(
        3, "voxels", "smaller components are not lesions", "design", low=1, high=1000
    )
    min_volume_mm3: float = _threshold(
        1.0, "mm3", "smaller components are not lesions", "design", low=0, high=1000
    )
    mass_mg_per_cm3_hu: float = _threshold(
        0.77, "mg/cm3/HU", "hydroxyapatite per HU at 120 kV without a calibration phantom: 130 HU is 100 mg/cm3",
        "derived from the Agatston threshold", low=0.3, high=2,
    )  # fmt: skip
    air_hu: float = _threshold(
        -400.0,
        "HU",
        "darker voxels are not tissue behind a lesion",
        "as the surface of the body",
        low=-900,
        high=-200,
    )
    psf_sigma_mm: float = _threshold(
        0.5,
        "mm",
        "blur within the slice, as the SD of a Gaussian",
        "design: 1.2 mm at half maximum",
        low=0.1,
        high=3,
    )
    psf_sigma_slices: float = _threshold(
        0.4, "slices", "blur across slices, as the SD of a Gaussian", "design: slice profile as wide as the step",
        low=0, high=3,
    )  # fmt: skip
    blur_mm: float = _threshold(
        2.0, "mm", "so far around a lesion blur has carried its HU", "design", low=0, high=10
    )
    plateau_depth_mm: float = _threshold(
        1.6,
        "mm",
        "so deep inside a lesion its HU are not lowered by partial volume",
        "design",
        low=0,
        high=10,
    )


class Settings(_Group):
    """All settings of an analysis. Frozen; ``Settings(candidates=CandidateSettings(grow_hu=150))`` to change."""

    grid: GridSettings = GridSettings()
    tube_voltage: TubeVoltageSettings = TubeVoltageSettings()
    body: BodySettings = BodySettings()
    candidates: CandidateSettings = CandidateSettings()
    bone: BoneSettings = BoneSettings()
    bumps: BumpSettings = BumpSettings()
    metal: MetalSettings = MetalSettings()
    vessels: VesselSettings = VesselSettings()
    compartments: CompartmentSettings = CompartmentSettings()
    skin: SkinSettings = SkinSettings()
    shape: ShapeSettings = ShapeSettings()
    planes: PlaneSettings = PlaneSettings()
    agatston: AgatstonSettings = AgatstonSettings()
    measures: MeasureSettings = MeasureSettings()


def load_settings(path: str | Path) -> Settings:
    """Read settings from a TOML file; what the file does not name keeps its default.

    Parameters
    ----------
    path : path
        A TOML file with tables named as the fields of :class:`Settings`.

    Returns
    -------
    Settings

    Raises
    ------
    SettingsError
        If the file cannot be read, is not TOML, or names an unknown or impossible value.
    """
    try:
        table = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(
            f"{path}: cannot be read ({error.strerror}); give a TOML settings file"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: is not valid TOML ({error}); correct it") from error
    try:
        return Settings.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"{path}: {name}: {first['msg']}; see 'calciseg info --json'") from error
