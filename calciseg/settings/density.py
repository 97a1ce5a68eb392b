"""What is dense, and which of it is no soft-tissue calcification."""

from calciseg.settings.threshold import Group, threshold

__all__ = [
    "BoneSettings",
    "BumpSettings",
    "CandidateSettings",
    "MetalSettings",
    "PlateSettings",
    "VesselSettings",
]


class CandidateSettings(Group):
    """What is dense enough to be a candidate. HU values hold at 120 kV and are scaled by the tube voltage."""

    grow_hu: float = threshold(
        130.0,
        "HU",
        "picks up about 100 mg/cm3 of hydroxyapatite",
        "Agatston 1990; doi:10.1093/ehjci/jey019 for the scaling by kV",
        low=50,
        high=1000,
    )
    seed_hu: float = threshold(
        160.0,
        "HU",
        "a component counts only if it reaches this anywhere; keeps noise out",
        "design: hysteresis",
        low=50,
        high=2000,
    )
    contrast_grow_hu: float = threshold(
        200.0,
        "HU",
        "as grow_hu where the header states intravenous contrast: above most enhanced veins and organs",
        "design",
        low=50,
        high=1000,
    )
    contrast_seed_hu: float = threshold(
        300.0,
        "HU",
        "as seed_hu where the header states intravenous contrast",
        "venous phase, arXiv: aortic calcium on contrast-enhanced CT, n = 1125",
        low=50,
        high=2000,
    )
    grow_noise_sds: float = threshold(
        4.5,
        "SD",
        "grow_hu is raised to the mean of muscle plus so many times its noise",
        "design, after doi:10.1002/acm2.12806",
        low=0,
        high=10,
    )
    seed_noise_sds: float = threshold(
        7.0,
        "SD",
        "seed_hu is raised to the mean of muscle plus so many times its noise",
        "design",
        low=0,
        high=20,
    )
    local_noise_sds: float = threshold(
        6.5,
        "SD",
        "a small component must exceed the mean of muscle by so many times the noise of its surroundings",
        "design",
        low=0,
        high=20,
    )
    noise_window_mm: float = threshold(
        6.0, "mm", "muscle is recognised by its mean over so wide a window", "design", low=1, high=30
    )
    noise_lag_mm: float = threshold(
        2.5,
        "mm",
        "the noise of voxels so far apart is independent",
        "design: grain of about 1 mm",
        low=0.5,
        high=10,
    )
    noise_lattice_mm: float = threshold(
        2.0, "mm", "noise is sampled so far apart", "design: bounds time and memory", low=0.5, high=10
    )
    noise_region_mm: float = threshold(
        25.0,
        "mm",
        "noise is taken as even over so wide a region",
        "design: streaks between the shoulders",
        low=5,
        high=200,
    )
    min_muscle_share: float = threshold(
        0.05, "1", "a region with less muscle does not tell its own noise", "design", low=0, high=1
    )
    max_noise_mm3: float = threshold(
        60.0,
        "mm3",
        "noise makes no larger components",
        "design: streaks between the shoulders make up to 30",
        low=0,
        high=10_000,
    )
    muscle_low_hu: float = threshold(
        20.0,
        "HU",
        "lower end of lean muscle, averaged",
        "design, after doi:10.1038/s41598-025-96238-6",
        low=-50,
        high=100,
    )
    muscle_high_hu: float = threshold(
        95.0, "HU", "upper end of muscle, averaged, also after contrast", "design", low=50, high=200
    )
    min_muscle_voxels: int = threshold(
        500, "voxels", "less muscle than this does not tell the noise", "design", low=10, high=1_000_000
    )


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
    min_volume_mm3: float = threshold(
        60.0, "mm3", "the smallest sesamoids are about this large", "design", low=0, high=1e5
    )
    min_radius_mm: float = threshold(
        2.5, "mm", "thinner parts show no rim and no core", "design: three voxels of 0.8 mm", low=0.5, high=20
    )
    min_marrow_fraction: float = threshold(
        0.05, "1", "share of marrow in a part that makes it bone", "design", low=0, high=1
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


class BumpSettings(Group):
    """What tells a calcification that lies on bone with a broad base."""

    ball_mm: float = threshold(
        6.0,
        "mm",
        "bone into which a ball of this radius fits is thick enough to carry a bump",
        "design",
        low=2,
        high=30,
    )
    crumb_mm: float = threshold(
        1.7,
        "mm",
        "bumps are thicker than twice this; edges and roughness are not",
        "design",
        low=0.5,
        high=10,
    )
    min_volume_mm3: float = threshold(40.0, "mm3", "smaller bumps cannot be told", "design", low=1, high=1e4)
    max_volume_mm3: float = threshold(
        10_000.0, "mm3", "larger bumps are bone of another thickness", "design", low=100, high=1e6
    )
    max_balls: float = threshold(
        7.0, "1", "a bump holds no more than so many balls of its own radius", "design", low=1, high=100
    )
    max_contact: float = threshold(
        0.25, "1", "share of its surface with which a bump meets thick bone", "design", low=0, high=1
    )
    max_marrow: float = threshold(0.05, "1", "share of marrow in a bump", "design", low=0, high=1)
    max_unevenness: float = threshold(
        0.15, "1", "SD over mean of its core's HU; trabecular bone is less even", "design", low=0, high=2
    )


class PlateSettings(Group):
    """What tells a calcified sheet that touches bone at one place."""

    ball_mm: float = threshold(
        3.0, "mm", "a ball of this radius does not fit into a sheet", "design", low=1, high=10
    )
    min_volume_mm3: float = threshold(
        500.0, "mm3", "smaller plates are edges of bone", "design", low=10, high=1e5
    )
    max_contact: float = threshold(
        0.02,
        "1",
        "share of its surface with which a sheet meets thick bone; thin bone has more",
        "design",
        low=0,
        high=1,
    )
    max_marrow: float = threshold(0.02, "1", "share of marrow in a plate", "design", low=0, high=1)
    max_enclosed: float = threshold(
        0.1,
        "1",
        "what a plate encloses within its slices, as a share of it; the shell of a bone encloses more",
        "design",
        low=0,
        high=10,
    )


class MetalSettings(Group):
    """What is too dense for calcium. Not scaled by the tube voltage: scanners cut off at about 3071 HU."""

    peak_hu: float = threshold(
        2500.0,
        "HU",
        "calcium and cortical bone stay below, also at 80 kV",
        "steel 2222, titanium 2921 (SD 737, 218): Soonchunhyang Med Sci 2010;16:226",
        low=1000,
        high=4000,
    )
    core_hu: float = threshold(1900.0, "HU", "the inside of metal reaches this", "design", low=800, high=4000)
    min_voxels: int = threshold(3, "voxels", "fewer may be an outlier", "design", low=1, high=1000)
    rim_mm: float = threshold(2.5, "mm", "blur carries the HU of metal so far", "design", low=0, high=10)


class VesselSettings(Group):
    """What tells the calcified wall of an artery."""

    min_voxels: int = threshold(4, "voxels", "fewer show no arc", "design", low=3, high=1000)
    max_volume_mm3: float = threshold(
        5000.0, "mm3", "larger components are not a vessel's wall", "design", low=1, high=1e6
    )
    min_depth_mm: float = threshold(
        5.0,
        "mm",
        "arteries large enough to be seen calcified lie deeper below the skin",
        "design",
        low=0,
        high=30,
    )
    piece_mm: float = threshold(
        5.0, "mm", "a vessel is straight over so short a piece", "design", low=1, high=50
    )
    min_radius_mm: float = threshold(
        1.3, "mm", "smaller lumina are not resolved", "design: three voxels of 0.8 mm", low=0.3, high=10
    )
    max_radius_mm: float = threshold(
        6.0, "mm", "arteries of a limb are not wider", "background", low=1, high=30
    )
    max_scatter_fraction: float = threshold(
        0.35,
        "1",
        "voxels of a wall lie so near to one circle, as a share of its radius",
        "design",
        low=0,
        high=1,
    )
    min_arc_degrees: float = threshold(
        110.0,
        "degrees",
        "a shorter arc is not told from a small plaque",
        "doi PMC5218397: arcs",
        low=30,
        high=360,
    )
    lumen_low_hu: float = threshold(
        0.0, "HU", "blood is not fat", "clinical: blood 45 to 65 HU", low=-200, high=100
    )
    max_lumen_fraction: float = threshold(
        0.65, "1", "the lumen, blurred, is so much darker than the wall", "design", low=0, high=1
    )
    lumen_fraction: float = threshold(
        0.4, "1", "the lumen is looked at within such a share of the wall's radius", "design", low=0, high=1
    )
    min_hollow_fraction: float = threshold(
        0.5, "1", "share of a component that lies around a lumen", "design", low=0, high=1
    )
    max_half_thickness_mm: float = threshold(
        3.2, "mm", "a calcified wall, or a small artery filled by it, is no thicker", "design", low=0.5, high=10
    )
    lumen_high_hu: float = threshold(
        80.0, "HU", "blood without contrast is no denser", "clinical: blood 45 to 65 HU", low=40, high=600
    )
    fat_hu: float = threshold(
        -15.0, "HU", "a lumen holds next to nothing darker", "design", low=-150, high=50
    )
    sheath_step_hu: float = threshold(
        80.0, "HU", "a clear sheath of fat is so much darker than the vessel in it", "design", low=10, high=200
    )
    min_course_radius_mm: float = threshold(
        1.8, "mm", "smaller vessels are not followed", "design", low=0.5, high=10
    )
    max_course_radius_mm: float = threshold(
        5.2, "mm", "arteries of a limb with their wall are not wider", "background", low=1, high=30
    )
    course_mm: float = threshold(
        100.0, "mm", "a vessel is followed so far from its wall", "design", low=5, high=500
    )
    blind_mm: float = threshold(
        20.0, "mm", "where nothing is seen of it a vessel goes straight on so far", "design", low=0, high=100
    )
    course_margin_mm: float = threshold(
        0.8, "mm", "how far outside the vessel its wall may lie", "design: one voxel", low=0, high=10
    )
    min_share_on_course: float = threshold(
        0.8, "1", "share of a component that lies on a vessel's course", "design", low=0, high=1
    )
    clear_course_mm: float = threshold(
        24.0, "mm", "so far beyond a wall its vessel is looked at", "design", low=5, high=200
    )
    min_clear_edge: float = threshold(
        0.8, "1", "mean clearness of the edge of a vessel that is surely one", "design", low=0, high=1
    )
    min_mean_edge: float = threshold(
        0.6, "1", "mean clearness of its edge on both sides of a wall", "design", low=0, high=1
    )
    max_aside_mm: float = threshold(
        2.0, "mm", "how far outside a vessel followed from its wall another piece of it may lie", "design", low=0, high=20
    )
    min_course_mm: float = threshold(
        36.0,
        "mm",
        "pieces this long together on one course are a vessel even where its lumen is not seen",
        "design",
        low=5,
        high=1000,
    )
    min_elongation: float = threshold(
        2.5, "1", "a strand is so many times longer than wide", "design", low=1, high=100
    )
    end_mm: float = threshold(
        4.0, "mm", "so far beyond the end of a wall its vessel is looked for", "design", low=0, high=20
    )
    max_gap_mm: float = threshold(
        15.0, "mm", "so far beyond any piece of a wall another one is looked for", "design", low=0, high=100
    )
