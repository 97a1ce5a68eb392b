"""What bone is, what hangs on it without being bone, and what bone is no part of the skeleton."""

from calciseg.settings.threshold import Group, threshold

__all__ = [
    "BoneSettings",
    "HangerSettings",
    "OssificationSettings",
]


class BoneSettings(Group):
    """What tells bone from calcification."""

    closing_mm: float = threshold(
        2.0, "mm", "gaps in a thin or osteopenic shell that are bridged", "design", low=0, high=10
    )
    neck_ratio: float = threshold(
        0.7,
        "1",
        "a neck narrower than this share of the thinner side parts two bodies",
        "design",
        low=0.1,
        high=1,
    )
    muscle_low_hu: float = threshold(
        5.0, "HU", "lower end of what is muscle, not marrow, inside a ring", "design", low=-100, high=100
    )
    muscle_high_hu: float = threshold(
        95.0, "HU", "upper end of what is muscle, not marrow, inside a ring", "design", low=0, high=200
    )
    max_muscle_fraction: float = threshold(
        0.5, "1", "a ring around more muscle than this is not a marrow cavity", "design", low=0, high=1
    )
    max_muscle_spread_hu: float = threshold(
        30.0,
        "HU",
        "90th less 50th percentile of muscle inside a ring; trabecular bone is less even",
        "design",
        low=5,
        high=200,
    )
    min_volume_mm3: float = threshold(
        60.0, "mm3", "the smallest sesamoids are about this large", "design", low=0, high=1e5
    )
    min_radius_mm: float = threshold(
        2.5, "mm", "thinner parts show no rim and no core", "design: three voxels of 0.8 mm", low=0.5, high=20
    )
    min_marrow_fraction: float = threshold(
        0.05, "1", "share of marrow in a part that makes it bone", "design", low=0, high=1
    )
    sure_marrow_fraction: float = threshold(
        0.15, "1", "so much marrow makes a part bone however even its shell is", "design", low=0, high=1
    )
    min_shell_spread: float = threshold(
        1.35,
        "1",
        "densest twentieth of a part over its median, marrow left out: what holds little marrow and is more "
        "even is a sheet bent around some fat",
        "design: from 1.45 on in all bones with little marrow of seven real studies and of phantoms, 1.25 in "
        "such a sheet",
        low=1,
        high=3,
    )
    contact_ratio: float = threshold(
        0.48,
        "1",
        "what lies on bone meets it at a neck narrower than this share of its own radius",
        "design",
        low=0,
        high=1,
    )
    max_balls: float = threshold(
        5.0,
        "1",
        "what lies on bone holds no more than so many balls of its own radius; plates hold more",
        "design",
        low=1,
        high=100,
    )
    solid_radius_mm: float = threshold(
        3.0, "mm", "bone so thick is trabecular inside", "design: cortex is up to 6 mm thick", low=1, high=20
    )
    solid_unevenness: float = threshold(
        0.12,
        "1",
        "SD over mean of the core's HU of a sheet or mass as large as a bone; bone is less even",
        "design: 0.05 to 0.09 on synthetic sheets, 0.2 to 0.6 in bones of arms and head",
        low=0,
        high=2,
    )
    solid_contact_ratio: float = threshold(
        0.65,
        "1",
        "such a one meets bone at a neck narrower than this share of its own radius",
        "design",
        low=0,
        high=1,
    )


class HangerSettings(Group):
    """What tells a calcified sheet or mass that hangs on bone at one place."""

    core_depth: float = threshold(
        0.6,
        "1",
        "depth over radius in the core of a part",
        "design",
        low=0,
        high=1,
    )
    min_volume_mm3: float = threshold(
        1000.0, "mm3", "smaller bodies are splinters and processes of bone", "design", low=10, high=1e6
    )
    max_unevenness: float = threshold(
        0.14,
        "1",
        "SD over mean of its core's HU; thin bone is less even",
        "design: 0.10 to 0.13 in sheets of phantoms, 0.26 to 0.6 in ribs and blades that meet as little bone",
        low=0,
        high=2,
    )
    max_contact: float = threshold(
        0.02,
        "1",
        "share of its surface that is a face of bone",
        "design: 0 to 0.01 in sheets of phantoms, 0.04 and more in bone as even",
        low=0,
        high=1,
    )


class OssificationSettings(Group):
    """What tells mature bone outside the skeleton: cortex, marrow, and that it lies alone."""

    min_volume_mm3: float = threshold(
        400.0, "mm3", "smaller ones may be sesamoids", "design: marrow included", low=50, high=1e5
    )
    max_volume_mm3: float = threshold(
        100_000.0, "mm3", "larger ones are bones that the image shows alone", "design", low=1000, high=1e6
    )
    room_mm: float = threshold(
        12.0,
        "mm",
        "so far from the piece there is no other bone, and the image goes on: bones of the skeleton lie "
        "nearer to one another, the patella and the fabella to the femur included",
        "design",
        low=3,
        high=50,
    )
    air_mm: float = threshold(
        40.0,
        "mm",
        "so near to air inside the body may lie hyoid, larynx, ribs and their cartilage",
        "design",
        low=5,
        high=100,
    )
    max_enclosed: float = threshold(
        0.35,
        "1",
        "in muscle, other bone stands on fewer of the sides: in the trunk, ribs end and cartilage ossifies",
        "design",
        low=0,
        high=1,
    )
    cortex_mm: float = threshold(
        3.0, "mm", "the cortex is looked for so deep below the surface", "design", low=1, high=10
    )
    min_cortex_hu: float = threshold(
        300.0,
        "HU",
        "median there; blur leaves less of thin calcified rims",
        "design: 330 and more of 2 mm of 500 HU in slices up to 2 mm, of 900 HU in slices up to 5 mm; 270 "
        "and less of rims of 0.7 mm of 1000 HU",
        low=130,
        high=1500,
    )
    core_depth: float = threshold(
        0.75, "1", "depth over the largest depth of what is its core", "design: as in bone", low=0.2, high=1
    )
    max_core_hu: float = threshold(
        150.0,
        "HU",
        "median of a core with marrow: cortex blurs into small ones",
        "design: as calcium",
        low=0,
        high=500,
    )
    min_solid_hu: float = threshold(
        300.0,
        "HU",
        "upper quartile of a core that is calcinosis, or partly so; between the two nothing is decided",
        "design: trabeculae reach 300 HU",
        low=150,
        high=1500,
    )
    max_fat_hu: float = threshold(
        5.0, "HU", "a core no denser is fatty marrow", "as muscle_low_hu of bone", low=-100, high=50
    )
    min_core_spread_hu: float = threshold(
        30.0,
        "HU",
        "90th less 50th percentile of a core that holds trabeculae; muscle and fluid are more even",
        "as max_muscle_spread_hu of bone",
        low=5,
        high=200,
    )
    blur_mm: float = threshold(
        2.5, "mm", "what lies nearer is blurred by the cortex", "design", low=0, high=10
    )
    around_mm: float = threshold(
        6.0, "mm", "so far around the piece its tissue is told", "design", low=3, high=30
    )
    fat_low_hu: float = threshold(
        -190.0, "HU", "lower end of fat", "doi:10.1038/s41598-025-96238-6", low=-300, high=-100
    )
    fat_high_hu: float = threshold(
        -30.0, "HU", "upper end of fat, lower of muscle", "doi:10.1038/s41598-025-96238-6", low=-100, high=50
    )
    muscle_high_hu: float = threshold(
        150.0, "HU", "upper end of muscle", "doi:10.1038/s41598-025-96238-6", low=50, high=300
    )
    min_share: float = threshold(
        0.7,
        "1",
        "so much around it is fat, or is muscle: around joints it is both",
        "design",
        low=0.3,
        high=1,
    )
    min_depth_mm: float = threshold(
        10.0,
        "mm",
        "in muscle it lies so deep; patella, hyoid and larynx lie just under the skin",
        "design",
        low=0,
        high=50,
    )
