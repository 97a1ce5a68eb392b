"""What is dense enough to be calcium, and what is too dense for it."""

from calciseg.settings.threshold import Group, threshold

__all__ = [
    "CandidateSettings",
    "FaintSettings",
    "MetalSettings",
]


class CandidateSettings(Group):
    """What is dense enough to be a candidate. HU of calcium, but not of tissue, are scaled from 120 kV."""

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
        230.0,
        "HU",
        "as seed_hu where the header states intravenous contrast",
        "design: denser vessels are told by their course; in arms with veins full of contrast 300 lost "
        "calcifications of 300 HU and spared no false one",
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
    min_even_share: float = threshold(
        0.05, "1", "a region with less muscle and fat does not tell its own noise", "design", low=0, high=1
    )
    streak_ratio: float = threshold(
        1.6,
        "1",
        "noise across over noise along: a streak; grain is alike in both directions",
        "design",
        low=1,
        high=10,
    )
    fat_low_hu: float = threshold(
        -140.0, "HU", "lower end of fat, averaged, in which noise is measured", "design", low=-250, high=-50
    )
    fat_high_hu: float = threshold(
        -80.0, "HU", "upper end of fat, averaged, in which noise is measured", "design", low=-100, high=0
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


class FaintSettings(Group):
    """What tells a faint deposit, in fat or within the skin, that thresholds made for muscle pass over."""

    fat_hu: float = threshold(
        -100.0,
        "HU",
        "the fat around is taken to be no darker: spares looking around most noise",
        "design",
        low=-200,
        high=0,
    )
    low_hu: float = threshold(
        -200.0, "HU", "lower end of fat, voxel by voxel", "design: noise", low=-500, high=-100
    )
    high_hu: float = threshold(
        -30.0, "HU", "upper end of fat, voxel by voxel", "doi:10.1038/s41598-025-96238-6", low=-100, high=50
    )
    min_fat: float = threshold(
        0.6,
        "1",
        "share of fat around such a deposit",
        "design: 0.65 to 0.96 around deposits put into fat",
        low=0,
        high=1,
    )
    noise_sds: float = threshold(
        6.5,
        "SD",
        "it exceeds the fat around it by so many times the noise there",
        "design: as local_noise_sds; what did so in five untouched studies was none below the skin",
        low=0,
        high=20,
    )
    inner_mm: float = threshold(
        1.5, "mm", "what lies nearer is blurred by the deposit", "design", low=0, high=10
    )
    shell_mm: float = threshold(
        3.5, "mm", "thickness of the surroundings that are looked at", "design", low=1, high=20
    )
    min_depth_mm: float = threshold(
        5.0, "mm", "below the skin, which may reach the threshold by noise", "design", low=0, high=20
    )
    grain_mm: float = threshold(1.0, "mm", "size of a grain of noise", "design", low=0.1, high=5)
    skin_grains: float = threshold(
        8.0,
        "1",
        "what lies shallower than min_depth_mm and is so many grains wide is no noise",
        "design: at most 4.9 in 313 spots of noise in the skin of untouched studies",
        low=1,
        high=1000,
    )
    max_volume_mm3: float = threshold(
        400.0, "mm3", "larger deposits reach the thresholds of muscle", "design", low=1, high=1e4
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
    nearby_mm: float = threshold(
        10.0,
        "mm",
        "a lesion so near to metal may owe some of its figures to streaks and blur: it is flagged, no more",
        "design",
        low=0,
        high=100,
    )
