"""What tells things that look like soft-tissue calcification and are none."""

from calciseg.settings.threshold import Group, threshold

__all__ = [
    "CartilageSettings",
    "CavitySettings",
    "ContrastSettings",
    "DentalSettings",
    "DeviceSettings",
    "HeadSettings",
    "RibSettings",
]


class CavitySettings(Group):
    """What lies inside the cavities of chest, abdomen, pelvis and skull, by the bones around it."""

    slab_mm: float = threshold(
        50.0, "mm", "bones of so many slices count together: ribs run obliquely", "design", low=1, high=200
    )
    large_mm: float = threshold(
        20.0, "mm", "of what is longer, bone must stand around both ends", "design", low=5, high=100
    )
    n_looks: int = threshold(36, "1", "directions in which bone is looked for", "design", low=8, high=360)
    farthest_mm: float = threshold(
        300.0, "mm", "bone farther away does not stand around a cavity", "design", low=50, high=600
    )
    min_enclosed: float = threshold(
        0.72,
        "1",
        "share of the directions in which bone stands; around lesions of limbs and pelvic girdle it is less",
        "design: below 0.6 in synthetic pelves",
        low=0,
        high=1,
    )
    min_median_mm: float = threshold(
        30.0, "mm", "the wall of a cavity is wider than this on most sides; gaps between bones are narrow",
        "design", low=0, high=200,
    )  # fmt: skip
    min_bone_mm: float = threshold(
        12.0,
        "mm",
        "nearer to bone lie the muscles of the wall, not what is in the cavity",
        "design",
        low=0,
        high=50,
    )
    max_air_share: float = threshold(
        0.05,
        "1",
        "where air fills more of a slice of the body lie the lungs; round things there are no phleboliths",
        "design",
        low=0,
        high=1,
    )
    max_stone_mm: float = threshold(
        8.0,
        "mm",
        "what is round and no longer than this may be a stone in a vein",
        "phleboliths are round or oval and up to 6 mm long, and blur adds to it: Traubici, AJR 1999;172:1013",
        low=2,
        high=30,
    )
    max_stone_elongation: float = threshold(
        1.8, "1", "length over width of a stone in a vein", "design: round or oval", low=1, high=5
    )


class CartilageSettings(Group):
    """What calcifies within the cartilage of ribs, larynx and windpipe."""

    near_mm: float = threshold(
        2.5,
        "mm",
        "the cartilage itself is looked for beyond the blur of what calcified",
        "design",
        low=0.5,
        high=10,
    )
    far_mm: float = threshold(
        5.5, "mm", "and no farther away than this", "design: half the width of a rib", low=1, high=20
    )
    min_above_muscle_hu: float = threshold(
        50.0,
        "HU",
        "by so much cartilage is denser than the muscle of the image; of the upper tenth around the lesion",
        "design: cartilage has 90 to 150 HU",
        low=10,
        high=200,
    )
    max_airway_mm: float = threshold(
        8.0, "mm", "the cartilage of larynx and windpipe lies so near to air", "design", low=1, high=30
    )
    wall_enclosed: float = threshold(
        0.4,
        "1",
        "on the front of the trunk bone stands on so large a share of the sides, all of it far away",
        "design",
        low=0,
        high=1,
    )
    wall_far_mm: float = threshold(
        100.0,
        "mm",
        "on the front of the trunk three quarters of the bones are farther away",
        "design",
        low=20,
        high=300,
    )
    max_depth_mm: float = threshold(
        50.0, "mm", "the cartilage of ribs lies no deeper below the skin", "design", low=5, high=150
    )
    min_bone_mm: float = threshold(
        6.0,
        "mm",
        "nearer to bone its own blur and its own course would be taken for it",
        "design",
        low=0,
        high=50,
    )
    max_volume_mm3: float = threshold(
        2000.0, "mm3", "larger bodies and sheets are no calcified cartilage", "design", low=100, high=1e5
    )


class ContrastSettings(Group):
    """What is a vessel full of contrast medium, where the header states contrast medium."""

    skip_mm: float = threshold(
        4.0,
        "mm",
        "beyond both ends of a piece blur reaches so far",
        "design: two slices of 2 mm",
        low=1,
        high=20,
    )
    reach_mm: float = threshold(
        5.0, "mm", "so far the vessel is followed beyond that", "design", low=1, high=30
    )
    aside_mm: float = threshold(
        5.0, "mm", "so far to the side the vessel may have moved", "design", low=1, high=20
    )
    min_above_muscle_hu: float = threshold(
        60.0, "HU", "by so much the vessel is brighter than muscle in every slice", "design", low=10, high=500
    )
    max_width_mm: float = threshold(
        9.0,
        "mm",
        "wider vessels are not told from other things that enhance",
        "design: veins of the arm",
        low=2,
        high=40,
    )
    min_through_mm: float = threshold(
        36.0,
        "mm",
        "what both the first and the last slice cut is a vessel if so much of it lies between them",
        "design: as long as the pieces of a vessel's wall together; a vein of an arm through 40 mm of it",
        low=1,
        high=500,
    )
    bone_blur_mm: float = threshold(
        3.0,
        "mm",
        "so near to bone lies what was parted from it, and what is bright may be its blur",
        "design: nodules on bone, parted from it, end 2 to 3 mm before it in slices of 4 mm",
        low=0,
        high=20,
    )
    min_bone_mm: float = threshold(
        6.0,
        "mm",
        "nearer to bone its own blur and its own course would be taken for it",
        "design",
        low=0,
        high=50,
    )


class VeinSettings(Group):
    """What lies in a vein under the skin, where the header states contrast medium."""

    max_volume_mm3: float = threshold(
        60.0, "mm3", "larger pieces are judged as vessels full of contrast are", "design", low=1, high=1e4
    )
    min_depth_mm: float = threshold(
        4.0, "mm", "nearer to the air the skin itself would be followed", "design", low=0, high=20
    )
    min_length_mm: float = threshold(
        12.0,
        "mm",
        "so far the strand goes on beyond one end",
        "design: 20 mm in one vein, at most 8 beyond dots put into fat",
        low=2,
        high=100,
    )
    aside_mm: float = threshold(
        1.2, "mm", "so far to the side it moves from slice to slice", "design", low=0.5, high=10
    )
    min_hu: float = threshold(-20.0, "HU", "the strand, averaged, is no fat", "design", low=-100, high=100)
    fat_hu: float = threshold(-40.0, "HU", "fat around it is darker", "design", low=-120, high=0)
    near_mm: float = threshold(
        3.2, "mm", "from here on what lies around the strand is looked at", "design", low=1, high=20
    )
    far_mm: float = threshold(4.8, "mm", "and up to here", "design", low=1, high=30)
    min_fat: float = threshold(0.4, "1", "share of fat there", "design", low=0, high=1)


class HeadSettings(Group):
    """What is a head, what lies within its skull, and what is thin bone of the face."""

    min_brain_mm2: float = threshold(
        5000.0,
        "mm2",
        "a closed ring of bone around so large an area within a slice is a skull",
        "design: 50 to 180 cm2 within a skull, below 25 cm2 in trunks",
        low=1000,
        high=30000,
    )
    min_skull_mm: float = threshold(
        16.0, "mm", "over so much of its height: the skull is no single slice", "design", low=1, high=100
    )
    brain_low_hu: float = threshold(
        -20.0,
        "HU",
        "brain and its fluid are no darker",
        "background: fluid has 0 to 15 HU",
        low=-100,
        high=10,
    )
    brain_high_hu: float = threshold(
        100.0, "HU", "and no denser, fresh blood included", "background", low=50, high=300
    )
    min_brain_share: float = threshold(
        0.85, "1", "share of the area that they fill", "design: 0.9 and more", low=0, high=1
    )
    skull_gap_mm: float = threshold(
        3.0, "mm", "gaps in the skull up to twice this are closed: its base", "design", low=0, high=20
    )
    face_mm: float = threshold(
        50.0,
        "mm",
        "so far below the lowest closed ring reach nose and sinuses",
        "background: height of the upper face",
        low=0,
        high=150,
    )
    jaw_mm: float = threshold(
        120.0,
        "mm",
        "so far below the lowest closed ring reach the jaws",
        "background: height of the face from the skull base to the chin",
        low=0,
        high=200,
    )
    max_air_mm: float = threshold(
        4.0, "mm", "thin bones of the face lie so near to air", "design: one thick slice", low=0.5, high=20
    )
    min_enclosed: float = threshold(
        0.75,
        "1",
        "share of the directions within the slice in which bone stands; before the skin it is half or less",
        "design: 0.33 to 0.56 at the ears, 0.81 to 1 around the nose",
        low=0,
        high=1,
    )
    slab_mm: float = threshold(
        20.0, "mm", "bones of so many slices count together", "design", low=1, high=100
    )
    n_looks: int = threshold(36, "1", "directions in which bone is looked for", "design", low=8, high=360)
    farthest_mm: float = threshold(
        80.0, "mm", "bone farther away does not count: half the width of a face", "design", low=20, high=300
    )


class DentalSettings(Group):
    """What is dental of all that is as dense as metal, and what of that is enamel."""

    max_bone_mm: float = threshold(
        4.0,
        "mm",
        "crowns and fillings lie so near to the bone of the jaws, teeth included",
        "design: the rim of metal is cut out of bone, and crowns are some mm high",
        low=0.5,
        high=20,
    )
    min_share: float = threshold(0.5, "1", "so much of them lies so near to it", "design", low=0.01, high=1)
    enamel_hu: float = threshold(
        1900.0, "HU", "enamel reaches this", "design: as core_hu of metal", low=1000, high=3000
    )
    saturated_hu: float = threshold(
        3000.0,
        "HU",
        "as dense as scanners tell, less their noise",
        "silver 3069, the ceiling of 12 bits 3071: Soonchunhyang Med Sci 2010;16:226",
        low=2000,
        high=4000,
    )
    metal_share: float = threshold(
        0.1, "1", "in metal, more of what is as dense as enamel is saturated", "design", low=0, high=1
    )
    metal_mm3: float = threshold(
        8.0,
        "mm3",
        "so much that is saturated is a filling beside enamel",
        "design: 2 mm wide",
        low=0,
        high=1000,
    )


class DeviceSettings(Group):
    """What tells a catheter, a drain or a shunt from a long strand of calcification."""

    min_length_mm: float = threshold(
        80.0,
        "mm",
        "a strand is at least so long",
        "design: strands of calcinosis are shorter",
        low=20,
        high=1000,
    )
    max_winding: float = threshold(
        2.5, "1", "and so many times longer than its box is wide at most", "design", low=1, high=20
    )
    max_area_mm2: float = threshold(
        30.0,
        "mm2",
        "it is no thicker, with its blur",
        "design: drains of 14 French are 4.7 mm wide",
        low=1,
        high=200,
    )
    part_mm: float = threshold(5.0, "mm", "length of the parts that are compared", "design", low=1, high=50)
    part_slices: float = threshold(
        3.0,
        "1",
        "or so many times the longest side of a voxel: in thick slices a slanted strand beats",
        "design",
        low=0,
        high=20,
    )
    max_width_mm: float = threshold(
        8.0, "mm", "no part is so much wider than long: a strand does not branch", "design", low=1, high=50
    )
    max_area_spread: float = threshold(
        0.6, "1", "from the 10th to the 90th percentile of its parts, in medians", "design", low=0.05, high=10
    )
    max_hu_spread: float = threshold(
        0.25,
        "1",
        "the same of its HU",
        "design: up to 0.13 in synthetic catheters, 0.35 and more in uneven synthetic strands",
        low=0.02,
        high=10,
    )
    min_piece_mm: float = threshold(
        15.0, "mm", "a piece that goes on where a device ends is at least so long", "design", low=2, high=200
    )
    max_gap_mm: float = threshold(20.0, "mm", "and no farther from it", "design", low=0, high=100)
    max_ratio: float = threshold(
        1.5, "1", "and so many times as dense and as thick at most", "design", low=1, high=10
    )


class RibSettings(Group):
    """What is a rib in an image too coarse to show its shell."""

    min_length_mm: float = threshold(
        40.0, "mm", "a piece of rib is at least so long", "design", low=10, high=200
    )
    min_elongation: float = threshold(
        2.5, "1", "length over width of a piece of rib", "design", low=1, high=20
    )
    min_thickness_mm: float = threshold(
        8.0, "mm", "ribs are at least so thick; sheets of calcification are thinner", "design", low=3, high=20
    )
    max_width_mm: float = threshold(20.0, "mm", "and no wider than this", "design", low=8, high=50)
    max_lung_mm: float = threshold(
        9.0, "mm", "part of a rib lies so near to the lung", "design", low=2, high=30
    )
