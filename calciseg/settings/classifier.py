"""Settings of the clinical classifier and of what it derives from the image."""

from calciseg.settings.threshold import Group, threshold

__all__ = ["ClassifierSettings"]


class ClassifierSettings(Group):
    """When a verdict is called probable, and when a pattern or feature is seen in the lesions."""

    probable_margin_points: float = threshold(
        3.0, "points", "a winner with a smaller margin is indeterminate", "design", low=0, high=20
    )
    probable_reasons: int = threshold(
        2, "1", "no single value decides: so many independent reasons make a winner probable", "design",
        low=1, high=10,
    )  # fmt: skip
    entity_points: float = threshold(
        3.0, "points", "signs and antibodies of so many points speak for a disease that nobody named",
        "design", low=1, high=20,
    )  # fmt: skip
    age_tolerance_years: float = threshold(
        2.0, "years", "a context may be older than the images by so much", "design", low=0, high=20
    )
    pattern_fraction: float = threshold(
        0.2, "1", "a shape with so much of the volume makes a pattern", "design", low=0, high=1
    )
    universalis_lesions: int = threshold(
        10, "1", "diffuse calcification has at least so many lesions", "design", low=2, high=1000
    )
    universalis_extent_mm: float = threshold(
        150.0, "mm", "diffuse calcification spreads at least so far", "design", low=10, high=2000
    )
    circumscripta_extent_mm: float = threshold(
        100.0, "mm", "localised calcification keeps within so much", "design", low=5, high=1000
    )
    periarticular_bone_mm: float = threshold(
        10.0,
        "mm",
        "a mass so near to bone in a joint's region lies beside the joint",
        "design",
        low=0,
        high=50,
    )
    feature_volume_mm3: float = threshold(
        500.0, "mm3", "only in lesions this large are rim, lobules and levels looked for", "design",
        low=1, high=100000,
    )  # fmt: skip
    feature_area_mm2: float = threshold(
        75.0, "mm2", "only in lesions of a radiograph this large are rim and lobules looked for",
        "design: the shadow of a ball of feature_volume_mm3", low=1, high=10000,
    )  # fmt: skip
    shadow_rim_ratio: float = threshold(
        1.2, "1", "on a radiograph a rim has more contrast than the inside by this factor",
        "design: a solid ball has less contrast at its rim", low=1, high=10,
    )  # fmt: skip
    shadow_lucent_fraction: float = threshold(
        0.3, "1", "on a radiograph an inside with less than this part of the contrast of its rim is lucent",
        "design", low=0, high=1,
    )  # fmt: skip
    rim_ratio: float = threshold(
        1.5, "1", "a rim is denser than the inside by this factor", "design", low=1, high=10
    )
    lucent_centre_hu: float = threshold(
        130.0, "HU", "an inside below this is lucent", "design: the threshold of calcium", low=-100, high=300
    )
    lobulated_solidity: float = threshold(
        0.8, "1", "a mass that fills less of its convex hull is lobulated", "design", low=0.1, high=1
    )
    level_share: float = threshold(
        0.7, "1", "a level: so much of one surface lies at one height", "design", low=0.3, high=1
    )
    level_step_mm: float = threshold(1.5, "mm", "a level is flat to within this", "design", low=0.1, high=10)
    vascular_mm3: float = threshold(
        20.0, "mm3", "excluded vessel walls from this volume on are evidence", "design", low=0, high=10000
    )
    other_exclusion_mm3: float = threshold(
        50.0, "mm3", "other exclusions from this volume on are evidence", "design", low=0, high=10000
    )
