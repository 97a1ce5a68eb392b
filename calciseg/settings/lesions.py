"""How lesions are placed and measured."""

from pydantic import Field

from calciseg.settings.threshold import Group, threshold

__all__ = [
    "AgatstonSettings",
    "MeasureSettings",
    "PlaneSettings",
    "ShapeSettings",
    "TagSettings",
]


class ShapeSettings(Group):
    """What the words for shape mean."""

    punctate_mm: float = threshold(
        4.0, "mm", "largest diameter of a dot, rim included", "design", low=0.5, high=10
    )
    punctate_slices: int = threshold(
        2,
        "slices",
        "a dot may reach into so many, however thick they are: they tell no length",
        "geometry: a ball smaller than the step between slices lies in one or two",
        low=1,
        high=5,
    )
    round_elongation: float = threshold(
        1.5,
        "1",
        "what is no longer than so many times its thickness, within the width of its voxels, is compact",
        "design: up to 1.33 for balls of 2.5 to 8 mm in voxels of 0.5 to 1 x 0.5 to 5 mm",
        low=1,
        high=3,
    )
    round_fill: float = threshold(
        0.6,
        "1",
        "and fills so much of the ellipsoid of its moments: no shell, ring or net",
        "design: 0.64 and more for the same balls",
        low=0,
        high=1,
    )
    compact_balls: float = threshold(
        4.0,
        "1",
        "a compact lesion holds no more than so many balls of its own thickness",
        "design",
        low=1,
        high=50,
    )
    mass_mm3: float = threshold(
        5000.0, "mm3", "compact and larger is a mass", "design: 5 ml", low=100, high=1e6
    )
    mass_diameter_mm: float = threshold(30.0, "mm", "compact and longer is a mass", "design", low=5, high=300)
    linear_width: float = threshold(
        2.5, "1", "a strand is at most so many times as wide as thick", "design", low=1, high=10
    )
    linear_elongation: float = threshold(
        3.0, "1", "a strand is at least so many times as long as wide", "design", low=1, high=50
    )
    linear_over_flat: float = threshold(
        3.5,
        "1",
        "and so many times longer against its width than wide against its thickness",
        "design: above 4.7 for synthetic strands, up to 2.8 for plaques, slices of 3 and 5 mm",
        low=0,
        high=50,
    )
    min_flatness: float = threshold(
        1.2,
        "1",
        "what is not so many times as wide as thick is not flat",
        "design: 1.25 and more for synthetic plaques, slices of 3 and 5 mm",
        low=1,
        high=5,
    )
    reticular_fill: float = threshold(
        0.35, "1", "a net fills less than this share of its outline", "design", low=0, high=1
    )
    flat_width: float = threshold(
        1.5,
        "1",
        "a wide flat lesion is at least so many times as wide as thick, rim included",
        "design: below 1.2 for nodules cut flat by bone, above 1.6 for most plaques on synthetic septa",
        low=1,
        high=20,
    )
    wide_pixels: float = threshold(
        5.0,
        "pixels",
        "and so many pixels wide: of fewer the blur makes the width",
        "design: plaques on synthetic septa have 7 and more",
        low=0,
        high=50,
    )
    sheet_mm: float = threshold(30.0, "mm", "a flat lesion this wide is a sheet", "design", low=5, high=300)


class PlaneSettings(Group):
    """How planes are told apart."""

    skin_margin_mm: float = threshold(
        0.5, "mm", "partial volume carries a lesion so far beyond the skin", "design", low=0, high=3
    )
    near_skin_mm: float = threshold(
        10.0,
        "mm",
        "deeper lesions are not cutaneous, so the skin over them is not measured",
        "design",
        low=3,
        high=50,
    )
    fascia_half_width_mm: float = threshold(
        1.2, "mm", "so near to the deep fascia a voxel is fascial", "design", low=0.3, high=10
    )
    septum_half_width_mm: float = threshold(
        1.0, "mm", "so near to fat between muscles a voxel is fascial", "design", low=0, high=10
    )
    flat_reach_mm: float = threshold(
        3.5,
        "mm",
        "a flat lesion follows the fascia with so much of its thickness on either side",
        "design",
        low=0.3,
        high=15,
    )
    flat_offset_mm: float = threshold(
        1.2,
        "mm",
        "the fascia runs through the middle of a flat lesion if it lies no farther from it",
        "design",
        low=0,
        high=10,
    )
    flat_septum_share: float = threshold(
        0.08,
        "1",
        "share of a flat lesion beside fat between muscles that puts it on a septum",
        "design",
        low=0,
        high=1,
    )
    unseen_septum: float = threshold(
        0.5,
        "1",
        "confidence, before the lead, that a wide flat lesion lies on a septum that is not seen",
        "design",
        low=0,
        high=1,
    )
    gap_fat_share: float = threshold(
        0.215,
        "1",
        "share of the shell around a small lesion in which fat is seen, and a part of what of it lies "
        "beside such fat, that put it between muscles",
        "design: 0 to 0.21 in muscle, 0.22 to 0.8 between muscles, on real CT with calcifications put in",
        low=0,
        high=1,
    )
    gap_strand_share: float = threshold(
        0.27,
        "1",
        "the same for a strand: beside its length a seam is seen though it lies in muscle along its fibres",
        "design: mostly below 0.26 in synthetic muscle; from 0.28 between muscles on real CT",
        low=0,
        high=1,
    )
    gap_septum_weight: float = threshold(
        0.25,
        "1",
        "so much of the share of the lesion that lies beside fat between muscles adds to that",
        "design",
        low=0,
        high=1,
    )
    gap_noise_sds: float = threshold(
        1.6,
        "SD",
        "fat is seen where HU lie below muscle by so many times its noise, and below soft_hu",
        "design",
        low=0,
        high=5,
    )
    min_fat_share: float = threshold(
        0.4,
        "1",
        "share of fat around a lesion that puts it in the subcutaneous fat where there is no deep fascia",
        "design",
        low=0,
        high=1,
    )
    max_gap_mm3: float = threshold(
        2000.0, "mm3", "larger lesions are divided voxel by voxel", "design", low=0, high=1e6
    )
    shell_inner_mm: float = threshold(
        1.3, "mm", "so far around a lesion blur falsifies the tissue", "design", low=0, high=5
    )
    shell_mm: float = threshold(
        2.6, "mm", "thickness of the shell in which fat is looked for", "design", low=0.5, high=10
    )
    min_shell_voxels: int = threshold(10, "voxels", "fewer tell nothing", "design", low=1, high=1000)
    fat_hu: float = threshold(-100.0, "HU", "fat", "doi:10.1038/s41598-025-96238-6", low=-200, high=-30)
    soft_hu: float = threshold(
        -10.0, "HU", "what is denser, around a lesion, is its muscle", "design", low=-50, high=30
    )
    muscle_hu: float = threshold(
        50.0, "HU", "muscle, where the image has too little of it to measure", "background", low=0, high=100
    )
    muscle_spread_hu: float = threshold(
        60.0, "HU", "what lies farther above muscle counts as no more", "design", low=0, high=500
    )
    finger_radius_mm: float = threshold(
        13.0,
        "mm",
        "a body part no thicker than twice this has no deep fascia over muscle: a finger",
        "design",
        low=3,
        high=50,
    )


class AgatstonSettings(Group):
    """The rules of the Agatston-type score at 120 kV."""

    detect_hu: float = threshold(130.0, "HU", "threshold", "Agatston 1990", low=50, high=500)
    weight_hu: tuple[float, float, float] = Field(
        (200.0, 300.0, 400.0),
        description="peak HU from which an island weighs 2, 3 and 4",
        json_schema_extra={"unit": "HU", "source": "Agatston 1990"},
    )
    min_area_mm2: float = threshold(
        1.0, "mm2", "smaller islands do not count", "Agatston 1990", low=0, high=10
    )
    slice_mm: float = threshold(
        3.0,
        "mm",
        "scores are normalised by increment over this",
        "Agatston 1990: contiguous slices of 3 mm",
        low=0.5,
        high=10,
    )


class MeasureSettings(Group):
    """How lesions are measured."""

    min_voxels: int = threshold(3, "voxels", "smaller components are not lesions", "design", low=1, high=1000)
    few_voxels_mm3: float = threshold(
        20.0,
        "mm3",
        "fewer voxels than min_voxels count where they hold so much: voxels of 3 mm",
        "design",
        low=0,
        high=1000,
    )
    min_volume_mm3: float = threshold(
        1.0, "mm3", "smaller components are not lesions", "design", low=0, high=1000
    )
    mass_mg_per_cm3_hu: float = threshold(
        0.77,
        "mg/cm3/HU",
        "hydroxyapatite per HU at 120 kV without a calibration phantom: 130 HU is 100 mg/cm3",
        "derived from the Agatston threshold",
        low=0.3,
        high=2,
    )
    air_hu: float = threshold(
        -400.0,
        "HU",
        "darker voxels are not tissue around a lesion",
        "as the surface of the body",
        low=-900,
        high=-200,
    )
    psf_sigma_mm: float = threshold(
        0.5,
        "mm",
        "blur within the slice, as the SD of a Gaussian",
        "design: 1.2 mm at half maximum",
        low=0.1,
        high=3,
    )
    psf_sigma_slices: float = threshold(
        0.4,
        "slices",
        "blur across slices, as the SD of a Gaussian",
        "design: slice profile as wide as the step",
        low=0,
        high=3,
    )
    blur_mm: float = threshold(
        1.5,
        "mm",
        "so far around a lesion blur has carried its HU, and to the next voxel at least",
        "design: three SD of the blur within the slice",
        low=0,
        high=10,
    )
    alike_hu: float = threshold(
        20.0,
        "HU",
        "tissue on two sides of a lesion that differs by less is one layer, which goes on behind it",
        "design: the noise of two voxels",
        low=1,
        high=200,
    )
    one_side_hu: float = threshold(
        200.0,
        "HU",
        "tissue seen on one side of a lesion only counts as if the other side differed by so much",
        "design: as fat from muscle",
        low=1,
        high=2000,
    )
    plateau_depth_mm: float = threshold(
        1.6,
        "mm",
        "so deep inside a lesion its HU are not lowered by partial volume",
        "design",
        low=0,
        high=10,
    )


class TagSettings(Group):
    """What lies beside a joint or in a tendon."""

    search_mm: float = threshold(
        25.0, "mm", "joints are looked for up to so far beside a lesion", "design", low=5, high=100
    )
    periarticular_mm: float = threshold(
        10.0, "mm", "so near to a joint a lesion is periarticular", "design", low=1, high=50
    )
    joint_gap_mm: float = threshold(
        5.0,
        "mm",
        "bones no farther apart meet in a joint",
        "background: cartilage of the knee is up to 2 x 2.5 mm thick",
        low=1,
        high=15,
    )
    joint_cores_mm: tuple[float, ...] = Field(
        (1.5, 3.0),
        description="bones that touch in the image are parted by taking layers so thick off",
        json_schema_extra={"unit": "mm", "source": "design"},
    )
    joint_touch_mm: float = threshold(
        2.0,
        "mm",
        "deeper in bone there is no joint",
        "design: bones touch where cartilage is thin",
        low=0,
        high=5,
    )
    min_joint_radius_mm: float = threshold(
        3.5,
        "mm",
        "thinner bones make no joint: the blade of the scapula lies on ribs",
        "design",
        low=0.5,
        high=20,
    )
    min_joint_bone_mm3: float = threshold(
        150.0, "mm3", "smaller pieces of bone make no joint", "design: a phalanx has more", low=0, high=1e5
    )
    min_joint_mm2: float = threshold(
        40.0, "mm2", "smaller surfaces between bones are no joint", "design", low=0, high=1e4
    )
    near_bone_mm: float = threshold(
        30.0, "mm", "tendons are looked for no farther from bone", "design", low=1, high=200
    )
    tendon_inner_mm: float = threshold(
        1.8, "mm", "so far around a lesion or a bone blur falsifies the tissue", "design", low=0, high=5
    )
    tendon_shell_mm: float = threshold(
        2.5, "mm", "thickness of the shell that is looked at", "design", low=0.5, high=10
    )
    tendon_above_muscle_hu: float = threshold(
        25.0,
        "HU",
        "tendon is so much denser than the muscle of the image",
        "background: tendon 75 to 130 HU",
        low=5,
        high=100,
    )
    fat_below_hu: float = threshold(
        -30.0, "HU", "upper end of fat", "doi:10.1038/s41598-025-96238-6", low=-100, high=0
    )
    max_fat_share: float = threshold(
        0.3, "1", "a tendon is not surrounded by more fat than this", "design", low=0, high=1
    )
    min_shell_voxels: int = threshold(20, "voxels", "fewer tell nothing", "design", low=1, high=1000)
    no_fascia_sites: tuple[str, ...] = Field(
        ("face", "ear", "eyelid", "scrotum", "penis", "finger", "fingertip"),
        description="body regions without a deep fascia over muscle",
        json_schema_extra={"unit": "name", "source": "background"},
    )
