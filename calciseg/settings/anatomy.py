"""What is body, skin, fat and muscle."""

from typing import Annotated

from pydantic import Field

from calciseg.settings.threshold import Group, threshold

__all__ = [
    "BodyCavitySettings",
    "BodySettings",
    "CompartmentSettings",
    "GridSettings",
    "SkinSettings",
    "TubeVoltageSettings",
]


class GridSettings(Group):
    """The grid on which anatomy is found."""

    spacing_mm: float = threshold(
        1.0,
        "mm",
        "finer voxels are averaged into blocks of about this size",
        "design: skin is 1 to 3 mm thick",
        low=0.3,
        high=5,
    )
    coarsest_mm: float = threshold(
        2.0, "mm", "no block grows beyond this, however large the volume", "design", low=0.3, high=10
    )
    max_voxels: int = threshold(
        16_000_000,
        "voxels",
        "larger volumes get coarser blocks, which bounds time and memory",
        "design",
        low=100_000,
        high=1_000_000_000,
    )
    max_body_voxels: int = threshold(
        4_000_000,
        "voxels",
        "a body of no more has fine blocks, however much air lies around it",
        "design",
        low=0,
        high=1_000_000_000,
    )


class TubeVoltageSettings(Group):
    """How the HU of calcium depend on the tube voltage."""

    factors: tuple[tuple[float, float], ...] = Field(
        ((70.0, 1.59), (80.0, 1.36), (100.0, 1.115), (120.0, 1.0), (135.0, 0.915), (140.0, 0.88)),
        min_length=2,
        description="kV and the factor on every calcium threshold against 120 kV, by rising kV",
        json_schema_extra={"unit": "kV, 1", "source": "doi:10.1093/ehjci/jey019; 140 kV: extrapolated"},
    )
    published_kv: tuple[float, float] = Field(
        (70.0, 135.0),
        description="beyond these the factor is not published, and an issue says so",
        json_schema_extra={"unit": "kV", "source": "doi:10.1093/ehjci/jey019"},
    )
    kev_factors: tuple[tuple[float, float], ...] = Field(
        ((40.0, 2.79), (50.0, 1.84), (60.0, 1.31), (70.0, 1.0), (75.0, 0.90)),
        min_length=2,
        description=(
            "keV of a virtual mono-energetic image and the factor on every calcium threshold, by rising keV:"
            " mass attenuation of calcium over that of water, against 70 keV, which stands for 120 kV; it"
            " ends where a lower threshold would come near to muscle"
        ),
        json_schema_extra={"unit": "keV, 1", "source": "doi:10.18434/T4D01F"},
    )
    calcium_kernels: tuple[str, ...] = Field(
        ("Sa",),
        description="how the names of kernels begin that give calcium the HU of 120 kV at every tube voltage",
        json_schema_extra={"unit": "name", "source": "vendor"},
    )


class BodySettings(Group):
    """What is body, and what is table or clothing."""

    surface_hu: float = threshold(
        -400.0,
        "HU",
        "between air and skin, where the surface of the skin lies",
        "design",
        low=-900,
        high=-200,
    )
    core_radius_mm: float = threshold(
        3.5,
        "mm",
        "a ball of this radius fits into a finger but not into the shell of a table",
        "design",
        low=1,
        high=20,
    )
    tissue_low_hu: float = threshold(
        -190.0, "HU", "lower end of fat", "doi:10.1038/s41598-025-96238-6", low=-300, high=0
    )
    tissue_high_hu: float = threshold(
        150.0, "HU", "upper end of muscle", "doi:10.1038/s41598-025-96238-6", low=50, high=500
    )
    tissue_fraction: float = threshold(
        0.5, "1", "at least so much of a body part is fat or muscle", "design", low=0, high=1
    )
    min_volume_mm3: float = threshold(
        2000.0, "mm3", "smaller objects are not a body part", "design", low=0, high=1e7
    )


class CompartmentSettings(Group):
    """What tells skin, fat, fascia and muscle. These HU are not scaled by the tube voltage."""

    smoothing_mm: float = threshold(
        1.5,
        "mm",
        "tissue is told by its mean over so wide a window",
        "design: noise of thin slices",
        low=0,
        high=10,
    )
    fat_muscle_hu: float = threshold(
        -29.0, "HU", "between fat and muscle", "doi:10.1038/s41598-025-96238-6", low=-100, high=50
    )
    air_hu: float = threshold(
        -300.0, "HU", "below this is air inside the body", "background", low=-900, high=-200
    )
    rim_mm: float = threshold(
        1.3,
        "mm",
        "so far around a lesion, and in the neighbouring slices, blur falsifies the HU",
        "design: in-plane resolution of about 1.2 mm",
        low=0,
        high=10,
    )
    reach_mm: float = threshold(
        10.0, "mm", "the fascia is drawn on behind lesions that come so near to it", "design", low=0, high=100
    )
    n_straightenings: int = threshold(
        1, "times", "how often the fascia is found anew after it was drawn on", "design", low=0, high=10
    )
    largest_lesion_mm: float = threshold(
        40.0, "mm", "tissue behind a lesion is taken from no farther away", "design", low=5, high=500
    )
    skin_mm: float = threshold(
        3.5,
        "mm",
        "soft tissue nearer to the surface may be skin and is not muscle",
        "doi:10.1016 Park 1995: skin up to 3.07 mm",
        low=0.5,
        high=10,
    )
    fine_mm: float = threshold(
        1.5, "mm", "wider voxels widen the skin by partial volume", "design", low=0.5, high=5
    )
    muscle_opening_mm: float = threshold(
        2.5,
        "mm",
        "muscle is thicker than twice this; septa, veins and fascia are not",
        "design",
        low=0,
        high=10,
    )
    min_muscle_mm3: float = threshold(
        500.0, "mm3", "smaller islands of soft tissue are not muscle", "design", low=0, high=1e6
    )
    fascia_closing_mm: float = threshold(
        7.0,
        "mm",
        "gaps between muscles up to twice this lie inside the deep fascia",
        "design: 6 to 10 mm",
        low=0,
        high=30,
    )
    seal_mm: float = threshold(
        20.0,
        "mm",
        "gaps in the wall of the trunk up to twice this may be closed by thin sheets: the linea alba",
        "design: diastasis of the recti",
        low=2,
        high=60,
    )
    pocket_lattice_mm: float = threshold(
        2.5, "mm", "what the wall encloses is found on so coarse a lattice", "design", low=0.5, high=10
    )
    min_pocket_mm2: float = threshold(
        300.0,
        "mm2",
        "smaller pockets behind such gaps, in a slice, are left outside",
        "design",
        low=0,
        high=1e5,
    )
    max_open_share: float = threshold(
        0.15,
        "1",
        "a pocket lies inside if no more of its border than this lies in such gaps: a groove has more",
        "design",
        low=0,
        high=1,
    )
    max_muscle_hu: float = threshold(
        115.0,
        "HU",
        "denser tissue is the blurred rim of a bone or a vessel full of contrast, not muscle",
        "design: muscle has 40 to 100 HU, with contrast medium, too",
        low=90,
        high=300,
    )
    beside_bone_hu: float = threshold(
        70.0,
        "HU",
        "and beside bone, calcified cartilage or a bright vessel less does: a voxel that is partly theirs",
        "background: muscle has 40 to 70 HU",
        low=40,
        high=300,
    )
    marrow_closing_mm: float = threshold(
        7.5,
        "mm",
        "gaps in a vertebra's cortex up to twice this enclose its trabeculae, which are no muscle",
        "design",
        low=0,
        high=30,
    )


class BodyCavitySettings(Group):
    """What is the cavity of chest, abdomen and pelvis, and what is its wall."""

    lattice_mm: float = threshold(
        3.0, "mm", "the cavity is found on so coarse a lattice", "design", low=1, high=10
    )
    n_looks: int = threshold(
        72, "1", "directions in which its wall is looked for", "design", low=16, high=720
    )
    slab_mm: float = threshold(
        15.0, "mm", "so far above and below bones count: ribs run obliquely", "design", low=0, high=60
    )
    min_width_mm: float = threshold(
        180.0, "mm", "narrower parts of the body are no trunk of an adult", "design", low=80, high=400
    )
    min_enclosed: float = threshold(
        0.5, "1", "share of looks from the middle that meet bone: limbs have fewer", "design", low=0, high=1
    )
    min_seen: float = threshold(
        0.05, "1", "the same where lungs or bowel are near: the spine alone", "design", low=0, high=1
    )
    min_air_mm2: float = threshold(
        200.0, "mm2", "area of gas in a slice that tells lungs or bowel", "design", low=10, high=1e4
    )
    air_reach_mm: float = threshold(
        60.0, "mm", "so far above and below the gas is asked for", "design", low=0, high=200
    )
    aside_share: float = threshold(
        0.22,
        "1",
        "share of the width by which the other two places lie aside of the middle: beside the spine",
        "design",
        low=0.05,
        high=0.45,
    )
    wall_mm: float = threshold(
        10.0,
        "mm",
        "thickness of the wall of the belly where no bone tells it; between bones at least half of it",
        "design: half that of three muscles and more, so that organs near it are not muscle",
        low=2,
        high=50,
    )
    max_gap_degrees: float = threshold(
        70.0, "degrees", "over narrower gaps between bones the wall is drawn on", "design", low=0, high=360
    )
    fade_degrees: float = threshold(
        20.0,
        "degrees",
        "beyond wider ones it reaches its own thickness within this",
        "design",
        low=1,
        high=180,
    )
    wall_muscle_mm: float = threshold(
        27.0,
        "mm",
        "muscle that lines the wall ends at fat so far into the cavity, at most: psoas, iliacus",
        "design: the way through soft tissue; 21 and 33 mm tell muscle from organs less well",
        low=3,
        high=80,
    )
    wall_muscle_slack_mm: float = threshold(
        6.0,
        "mm",
        "a way that leads on into an organ may be so much longer than the shortest",
        "design",
        low=0,
        high=30,
    )
    wall_muscle_bone_mm: float = threshold(
        40.0, "mm", "and bone is no farther away from it", "design", low=5, high=100
    )
    wall_muscle_opening_mm: float = threshold(
        4.5,
        "mm",
        "with the wall beneath it, it is thicker than twice this; the diaphragm is not",
        "background: the diaphragm is 2 to 5 mm thick, a crus up to 10 mm",
        low=0,
        high=20,
    )
    spine_half_width_mm: float = threshold(
        25.0,
        "mm",
        "nearer to the middle what lies on the spine is a great vessel",
        "background: half the width of a lumbar vertebra is 20 to 27 mm",
        low=0,
        high=40,
    )
    psoas_mm2: tuple[float, float] = Field(
        (100.0, 2500.0),
        description="least and largest area of a psoas in a slice without its rim; with a kidney it has more",
        json_schema_extra={"unit": "mm2", "source": "background: a psoas has 5 to 25 cm2"},
    )
    psoas_aside_mm: float = threshold(
        70.0, "mm", "most of it lies no farther from the middle of the cavity", "design", low=30, high=120
    )
    psoas_behind_mm: float = threshold(
        10.0, "mm", "so far behind the front of the spine it lies on its side", "design", low=0, high=40
    )
    psoas_gap_mm: float = threshold(
        9.5, "mm", "its middle comes so near to the spine: its rim and some fat", "design", low=3, high=30
    )
    psoas_parting_mm: float = threshold(
        4.5, "mm", "contacts with other organs narrower than twice this are cut", "design", low=0, high=15
    )
    seam_mm: float = threshold(
        3.5, "mm", "fat up to twice this wide may be a seam between muscles", "design", low=0, high=20
    )
    min_share: float = threshold(
        0.9,
        "1",
        "what is visceral lies in the cavity with so much of it: what reaches the wall may come from it",
        "design",
        low=0.5,
        high=1,
    )
    around_mm: float = threshold(
        32.0,
        "mm",
        "width of the cube around it in which fat and gas of the cavity are asked for",
        "design",
        low=6,
        high=100,
    )
    min_open_share: float = threshold(
        0.1,
        "1",
        "share of that cube filled with them among bowel and vessels; between muscles there are seams only",
        "design: below 0.03 around deposits in the muscles within synthetic pelvic rings",
        low=0,
        high=1,
    )
    min_off_border_mm: float = threshold(
        6.0,
        "mm",
        "and so far inside the border: the wall of the belly may be thicker than it is drawn",
        "design",
        low=0,
        high=50,
    )
    deepest_wall_mm: float = threshold(
        25.0,
        "mm",
        "or so far inside the wall as bones and fascia tell it, where no muscle of the wall reaches",
        "design: up to 21 mm in synthetic pelves",
        low=5,
        high=100,
    )


class SkinSettings(Group):
    """How the skin is measured beside a lesion."""

    default_mm: float = threshold(
        2.0,
        "mm",
        "thickness where the skin does not show against fat, in other body regions than those of site_mm",
        "Park, Korean J Dermatol 1995;33:303: 0.84 to 3.07 mm",
        low=0.3,
        high=8,
    )
    site_mm: dict[str, Annotated[float, Field(ge=0.3, le=8)]] = Field(
        {
            "scalp": 2.0,
            "face": 1.2,
            "ear": 1.2,
            "eyelid": 1.2,
            "forearm": 1.5,
            "wrist": 1.5,
            "hand": 1.5,
            "finger": 2.0,
            "fingertip": 2.0,
            "back": 3.0,
            "abdominal_wall": 2.2,
            "buttock": 2.2,
            "scrotum": 1.2,
            "penis": 1.2,
            "thigh": 2.0,
            "lower_leg": 1.8,
        },
        description="thickness by body region where the skin does not show against fat; replaced as a whole",
        json_schema_extra={
            "unit": "mm",
            "source": "design, after means by site on CT (Park, Korean J Dermatol 1995;33:303), ultrasound,"
            " histology; ear, eyelid and penis as what they lie beside",
        },
    )
    min_mm: float = threshold(0.8, "mm", "thinnest skin measured", "Park 1995", low=0.1, high=5)
    max_mm: float = threshold(
        4.5,
        "mm",
        "thickest skin measured",
        "Park 1995; scleroderma thickens it: doi:10.1186/s13075-017-1270-8",
        low=1,
        high=15,
    )
    profile_mm: float = threshold(
        8.0, "mm", "depth down to which the profile is taken", "design", low=3, high=30
    )
    bin_mm: float = threshold(0.4, "mm", "resolution of the profile", "design", low=0.05, high=2)
    min_voxels: int = threshold(10, "voxels", "fewer tell no mean", "design", low=1, high=1000)
    fat_hu: float = threshold(
        -40.0,
        "HU",
        "the profile must fall below this for fat to lie under the skin",
        "design",
        low=-150,
        high=0,
    )
    rim_mm: float = threshold(
        2.0, "mm", "so near to a calcification the skin is not measured", "design", low=0, high=10
    )
    search_mm: float = threshold(
        10.0, "mm", "skin is measured up to so far beside a lesion", "design", low=2, high=50
    )
