"""How radiographs are read: no Hounsfield units; contrasts are shares of the film's own range."""

from pydantic import Field

from calciseg.settings.threshold import Group, threshold

__all__ = ["HandIndexSettings", "RadiographSettings"]

_CHOSEN = "chosen on projected phantoms, whose seeds and figures benchmarks/README.md gives as such"
_CHOSEN_ON_REAL = _CHOSEN + ", and on three real films, where joints and folds of skin must not reach it"


class RadiographSettings(Group):
    """Exposure field, bone, local excess attenuation and planes of a projection."""

    pixel_mm: float = threshold(
        0.25, "mm", "pixel that structures are looked for in, of whole pixels of the film and no finer than "
        "this; borders are drawn on the film's own", "design: a dot of 2 mm is eight across",
        low=0.05, high=2,
    )  # fmt: skip
    max_pixels: int = threshold(
        1_100_000, "pixels", "a larger film is looked at in coarser ones", "design: time; about 0.5 mm at "
        "43 x 35 cm", low=10_000, high=100_000_000,
    )  # fmt: skip
    assumed_length_mm: float = threshold(
        400.0,
        "mm",
        "longer side of a film without spacing: sets the size of what is looked for and the words for shape, "
        "no measure",
        "design: common cassettes are 350 to 430 mm long",
        low=100,
        high=1000,
    )
    field_step: float = threshold(
        0.04, "1", "share of the range that an edge of the field rises by", "design", low=0.005, high=0.5
    )
    field_share: float = threshold(
        0.75, "1", "share of its length along which an edge of the field is seen", "design", low=0.3, high=1
    )
    air_share: float = threshold(
        0.1, "1", "share of the range above direct exposure where the body begins", "design",
        low=0.005, high=0.5,
    )  # fmt: skip
    exposed_share: float = threshold(
        0.1, "1", "share of the field from which on what is least dense is direct exposure, even or not: "
        "scatter beside a thick body is uneven", _CHOSEN + ": pelves show 0.11 and more, fields within the "
        "body below 0.07", low=0, high=1,
    )  # fmt: skip
    exposed_spread: float = threshold(
        0.085, "1", "share of the range that less of it varies by at most (10th to 90th percentile); else no "
        "air is seen, and all is body", _CHOSEN + ": fields within the body 0.09 to 0.15, limbs up to 0.08",
        low=0, high=1,
    )  # fmt: skip
    grow_evidence: float = threshold(
        0.4, "1", "evidence that a candidate grows to", _CHOSEN, low=0.02, high=0.98
    )
    body_overlap: float = threshold(
        0.25, "1", "share of a candidate that lies in the body, which begins below the skin where a film has "
        "a wide range", _CHOSEN, low=0, high=1,
    )  # fmt: skip
    clear_evidence: float = threshold(
        0.98, "1", "evidence that a small candidate clear of bone reaches somewhere", _CHOSEN_ON_REAL,
        low=0.05, high=0.999,
    )  # fmt: skip
    small_mm2: float = threshold(
        8.0, "mm2", "up to this area a candidate is small: specks that are nothing seldom are larger",
        _CHOSEN, low=0.1, high=1000,
    )  # fmt: skip
    clear_large_evidence: float = threshold(
        0.9, "1", "evidence that a large one clear of bone reaches; between both it falls with the "
        "logarithm of the area", _CHOSEN, low=0.05, high=0.999,
    )  # fmt: skip
    over_bone_evidence: float = threshold(
        0.97, "1", "evidence that a candidate over bone reaches somewhere", _CHOSEN_ON_REAL,
        low=0.05, high=0.999,
    )  # fmt: skip
    over_bone_even_evidence: float = threshold(
        0.93, "1", "the same where the mean evidence is high", _CHOSEN, low=0.05, high=0.999
    )
    over_bone_mean_evidence: float = threshold(
        0.8, "1", "mean evidence over bone that counts as high: most of what is nothing has a "
        "peak and little around it", _CHOSEN_ON_REAL, low=0.05, high=0.999,
    )  # fmt: skip
    line_evidence: float = threshold(
        0.99, "1", "evidence that a line over bone reaches somewhere", _CHOSEN_ON_REAL, low=0.05, high=0.999
    )
    line_elongation: float = threshold(
        4.0, "1", "over bone, what is so many times as long as wide is a line: most are cortex", _CHOSEN,
        low=1, high=20,
    )  # fmt: skip
    large_mm2: float = threshold(
        50.0, "mm2", "from this area on the mean evidence counts, too", _CHOSEN, low=1, high=10000
    )
    large_evidence: float = threshold(
        0.6, "1", "mean evidence of a candidate of that area", _CHOSEN_ON_REAL, low=0, high=1
    )
    largest_mm2: float = threshold(
        200.0, "mm2", "from this area on it has to be highest", _CHOSEN, low=1, high=100000
    )
    largest_evidence: float = threshold(
        0.7, "1", "mean evidence of a candidate of that area", _CHOSEN_ON_REAL, low=0, high=1
    )
    bone_evidence: float = threshold(
        0.5, "1", "evidence from which something is bone", "design: more likely than not", low=0.05, high=0.95
    )
    bone_area_mm2: float = threshold(
        40.0, "mm2", "smaller shadows are no bone by their size", "design", low=1, high=1000
    )
    bone_overlap: float = threshold(
        0.3, "1", "share over bone from which a shadow counts as over bone", "design", low=0, high=1
    )
    border_evidence: float = threshold(
        0.33, "1", "evidence at which the border of a shadow is drawn", _CHOSEN,
        low=0.05, high=0.95,
    )  # fmt: skip
    over_bone_border_evidence: float = threshold(
        0.45, "1", "the same over bone, where weak evidence goes on beside a shadow", _CHOSEN,
        low=0.05, high=0.98,
    )  # fmt: skip
    border_large_mm: float = threshold(
        7.0, "mm", "the border of what is smaller is drawn by its contrast, too", _CHOSEN, low=0, high=200
    )
    border_dot_mm: float = threshold(
        2.5, "mm", "a shadow so small has the border level of a dot, which blur spreads", _CHOSEN,
        low=0.5, high=10,
    )  # fmt: skip
    border_dot_level: float = threshold(
        0.33, "1", "share of its contrast at which the border of a dot is drawn", _CHOSEN, low=0.05, high=0.9
    )
    border_ball_mm: float = threshold(
        5.0, "mm", "a shadow so large has the border level of a ball, which is thin there; between both it "
        "falls with the logarithm of the size", _CHOSEN, low=1, high=50,
    )  # fmt: skip
    border_ball_level: float = threshold(
        0.12, "1", "share of its contrast at which the border of a ball is drawn", _CHOSEN, low=0.02, high=0.9
    )
    hole_mm2: float = threshold(
        1.0, "mm2", "a hole in a shadow up to this area is filled: evidence varies within a deposit", _CHOSEN,
        low=0, high=100,
    )  # fmt: skip
    hole_level: float = threshold(
        0.5, "1", "so is a larger one whose contrast is this share of the shadow's; the meshes of a net and "
        "what a rim encloses stay open", _CHOSEN + ": of six holes in solid deposits five have 1.2 and more",
        low=0, high=1,
    )  # fmt: skip
    strand_elongation: float = threshold(
        2.5, "1", "what is so many times as long as wide may come in several pieces", _CHOSEN, low=1, high=20
    )
    min_area_mm2: float = threshold(
        1.5, "mm2", "smaller shadows are not lesions", "design: a dot of 1.4 mm", low=0, high=100
    )
    min_pixels: int = threshold(6, "pixels", "smaller shadows are not lesions", "design", low=1, high=1000)
    tube_width_mm: float = threshold(
        4.0, "mm", "a wall of a vessel is no thicker", "design", low=0.5, high=10
    )
    tube_elongation: float = threshold(
        3.0, "1", "a piece of a wall is at least so many times as long as wide", "design", low=1, high=20
    )
    tube_gap_mm: float = threshold(
        14.0,
        "mm",
        "two pieces of walls in one direction belong together where the gap along them is no longer",
        "design",
        low=2,
        high=60,
    )
    tube_likeness: float = threshold(
        0.7, "1", "two pieces of one tube have widths within this ratio", "design", low=0.3, high=1
    )
    tube_most_mm: float = threshold(
        10.0, "mm", "a tube of which two pieces are seen is no wider, nor do its walls lie farther apart",
        "anatomy: the common femoral artery of men, the widest of a limb", low=3, high=30,
    )  # fmt: skip
    tube_hollow: float = threshold(
        0.15, "1", "share of its contrast by which a tube is denser at the sides than in the middle",
        "design: thin walls give several times as much", low=0, high=1,
    )  # fmt: skip
    metal_overlap: float = threshold(
        0.5,
        "1",
        "share of a shadow that is metal from which it is no calcification",
        "design",
        low=0.01,
        high=1,
    )
    stone_mm: float = threshold(
        6.0, "mm", "a phlebolith is no larger", "clinical: round or oval, at most 5 to 6 mm", low=2, high=15
    )
    skin_mm: float = threshold(
        3.0, "mm", "in profile, no deeper than this below the skin line is cutaneous", "design", low=1, high=6
    )
    profile_mm: float = threshold(
        30.0, "mm", "the muscle shadow is looked for so deep below the skin line", "design", low=5, high=100
    )
    muscle_ratio: float = threshold(
        40.0, "1", "F-ratio by which a profile with muscle in it explains the film better than one without",
        _CHOSEN, low=3, high=1000,
    )  # fmt: skip
    muscle_height: float = threshold(
        0.06, "1", "least rise of the profile from where muscle begins, against that from the skin line on",
        "design: about half of what muscle attenuates more than fat at 60 to 80 keV", low=0.01, high=1,
    )  # fmt: skip
    metal_width_mm: float = threshold(
        4.0, "mm", "wires, clips and strokes of letters are no wider", "design", low=1, high=10
    )
    metal_times_soft: float = threshold(
        20.0, "1", "metal attenuates at least so many times as much as soft tissue of its thickness",
        "design: iron 25 to 45 times at 60 to 80 keV (NIST), less as the beam hardens; bone 3 times",
        low=4, high=100,
    )  # fmt: skip
    trunk_mm: float = threshold(
        200.0, "mm", "no body is thicker along the rays; a narrower one is about as thick as wide",
        "design: chest and pelvis from front to back", low=50, high=500,
    )  # fmt: skip
    metal_least: float = threshold(
        0.12, "1", "share of the range that metal stands out by at least",
        "design: crossings of ribs in two real chest films reach 0.1, their clips 0.14 to 0.37",
        low=0.01, high=1,
    )  # fmt: skip
    marker_edge_share: float = threshold(
        0.125, "1", "of the film's size: metal so near the edge of the film is a marker",
        "design: letters are laid at the margin", low=0, high=0.5,
    )  # fmt: skip


class HandIndexSettings(Group):
    """The calciseg hand index: coverage times density grade times the weight of the region."""

    fingertip_weight: float = threshold(
        1.0, "1", "weight of the last 25 mm of a finger", "none published that could be had: unweighted",
        low=0, high=100,
    )  # fmt: skip
    finger_weight: float = threshold(1.0, "1", "weight of the rest of a finger", "the same", low=0, high=100)
    palm_weight: float = threshold(1.0, "1", "weight of palm and wrist", "the same", low=0, high=100)
    fingertip_mm: float = threshold(25.0, "mm", "length of a fingertip", "design", low=5, high=60)
    finger_width_mm: float = threshold(
        26.0, "mm", "narrower parts of the hand are fingers", "design", low=10, high=40
    )
    palm_widths: float = threshold(
        1.4, "1", "palm and wrist reach so many widths of the palm from the roots of the fingers",
        "anatomy: a palm is about 1.3 times as long as wide; with the wrist", low=0.8, high=3,
    )  # fmt: skip
    grade_levels: tuple[float, float] = Field(
        (0.33, 0.67),
        description="share of the contrast of bone from which the density grade is 2 and 3",
        json_schema_extra={"unit": "1", "source": "design: thirds"},
    )
