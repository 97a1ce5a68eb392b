"""What lies on bone, or touches it, and is calcification."""

from pydantic import Field

from calciseg.settings.threshold import Group, threshold

__all__ = [
    "BumpSettings",
    "LumpSettings",
    "NoduleSettings",
    "PlateSettings",
    "SheetSettings",
]


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
    max_bone_if_hidden: float = threshold(
        0.2,
        "1",
        "share of its surface that meets any bone, of a bump in one slice only or cut by the first or last",
        "design",
        low=0,
        high=1,
    )
    max_marrow: float = threshold(0.05, "1", "share of marrow in a bump", "design", low=0, high=1)
    max_unevenness: float = threshold(
        0.15, "1", "SD over mean of its core's HU; trabecular bone is less even", "design", low=0, high=2
    )


class LumpSettings(Group):
    """What tells a calcified nodule or mass from the bone it lies on, by its even inside."""

    balls_mm: tuple[float, ...] = Field(
        (2.0, 3.0, 4.5),
        min_length=1,
        description="balls of these radii fit into a lump but not into the bone beside it, in turn",
        json_schema_extra={"unit": "mm", "source": "design: scapula and cortex are 1 to 6 mm thick"},
    )
    caps_hu: tuple[float, ...] = Field(
        (450.0, 800.0),
        description="what is denser is left out, in turn, so that cortex parts from a fainter lump",
        json_schema_extra={"unit": "HU", "source": "design"},
    )
    min_volume_mm3: float = threshold(30.0, "mm3", "smaller lumps cannot be told", "design", low=1, high=1e4)
    max_balls: float = threshold(
        4.5,
        "1",
        "a nodule or mass holds no more than so many balls of its own radius",
        "design",
        low=1,
        high=100,
    )
    max_contact: float = threshold(
        0.36, "1", "share of its surface with which a lump meets bone", "design", low=0, high=1
    )
    max_sheet_contact: float = threshold(
        0.08,
        "1",
        "the same of a sheet, which holds more balls; solid bone of that shape has bone at its ends",
        "design",
        low=0,
        high=1,
    )
    max_marrow: float = threshold(
        0.05, "1", "share of its surface with which a lump meets marrow", "design", low=0, high=1
    )
    max_unevenness: float = threshold(
        0.065,
        "1",
        "SD over mean of its core's HU; thick bone is trabecular and less even",
        "design",
        low=0,
        high=2,
    )
    min_core_voxels: int = threshold(7, "voxels", "fewer show no evenness", "design", low=1, high=1000)
    max_rim_over_core: float = threshold(
        1.0, "1", "HU of rim over core; a shell is denser at its rim", "design", low=0.1, high=3
    )


class NoduleSettings(Group):
    """What tells a calcified nodule from the bone it lies on, by where its surface is free."""

    levels_hu: tuple[float, ...] = Field(
        (300.0, 400.0, 530.0, 710.0, 950.0),
        min_length=1,
        description="nodules around these densities are looked for, in turn",
        json_schema_extra={"unit": "HU", "source": "design: steps of a third"},
    )
    low: float = threshold(
        0.6, "1", "share of a level below which a voxel is blur", "design: a voxel half full", low=0, high=1
    )
    high: float = threshold(
        1.3, "1", "share of a level above which a voxel is denser bone", "design", low=1, high=10
    )
    balls_mm: tuple[float, ...] = Field(
        (1.5, 2.2, 3.5),
        min_length=1,
        description="balls of these radii fit into a nodule but not into the bone beside it, in turn",
        json_schema_extra={"unit": "mm", "source": "design: scapula and cortex are 1 to 6 mm thick"},
    )
    coarse_mm: float = threshold(
        2.0,
        "mm",
        "where all sides of voxels are at least so long, what is two voxels wide is looked at, too",
        "design: a ball that parts anything is three voxels wide",
        low=0.5,
        high=10,
    )
    min_volume_mm3: float = threshold(
        15.0, "mm3", "smaller bodies, without their rims, cannot be told", "design", low=1, high=1e4
    )
    max_volume_mm3: float = threshold(
        6000.0, "mm3", "larger bodies are masses or bone", "design", low=100, high=1e6
    )
    max_elongation: float = threshold(
        1.9, "1", "length over thickness of a nodule without its rim", "design", low=1, high=10
    )
    max_balls: float = threshold(
        6.0, "1", "a nodule holds no more than so many balls of its own radius", "design", low=1, high=100
    )
    core_share: float = threshold(
        0.3, "1", "share of a nodule, the inmost, that must be even", "design", low=0, high=1
    )
    min_core_voxels: int = threshold(7, "voxels", "and no fewer than this", "design", low=1, high=1000)
    max_unevenness: float = threshold(
        0.1,
        "1",
        "SD over mean of its core's HU; processes and ends of bone are less even",
        "design: inserted nodules have 0.02 to 0.1",
        low=0,
        high=2,
    )
    one_slice_unevenness: float = threshold(
        0.04,
        "1",
        "the same of what lies in one slice only or is cut by the first or last",
        "design",
        low=0,
        high=2,
    )
    inward_unevenness: float = threshold(
        0.2,
        "1",
        "the same of what lies in one slice only and is densest in its middle",
        "design",
        low=0,
        high=2,
    )
    min_inward: float = threshold(
        1.12,
        "1",
        "how many times as deep as all of it its densest fifth lies; ends of bone are denser at their rim",
        "design: 1.1 to 1.3 in nodules put on bone",
        low=0,
        high=3,
    )
    reach_mm: float = threshold(
        2.6, "mm", "blur carries the rim of a nodule so far", "design", low=1, high=10
    )
    rise_hu: float = threshold(
        40.0, "HU", "beyond the rim HU that rise by more are those of bone", "design: noise", low=0, high=500
    )
    min_near_surface: float = threshold(
        0.25,
        "1",
        "share of a nodule that lies within the reach of its rim; what lies deep in bone has none",
        "design: quick, decides nothing that the looks do not",
        low=0,
        high=1,
    )
    min_free: float = threshold(
        0.6,
        "1",
        "share of the sides on which a nodule meets no bone",
        "design: inserted nodules have 0.65 and more",
        low=0,
        high=1,
    )
    one_slice_free: float = threshold(
        0.85,
        "1",
        "the same of what lies in one slice only or is cut by the first or last",
        "design",
        low=0,
        high=1,
    )
    max_marrow: float = threshold(
        0.2, "1", "share of the sides on which marrow begins beyond the rim", "design", low=0, high=1
    )
    inward_free: float = threshold(
        0.83,
        "1",
        "share of the sides on which a nodule in one slice, densest in its middle, meets no bone",
        "design",
        low=0,
        high=1,
    )
    inward_marrow: float = threshold(
        0.1, "1", "share of the sides on which marrow begins beyond its rim", "design", low=0, high=1
    )
    inward_one_sidedness: float = threshold(
        0.65, "1", "length of the mean direction in which bone lies from it", "design", low=0, high=1
    )
    one_sided_free: float = threshold(
        0.8,
        "1",
        "share of the sides on which a nodule of several slices, all its bone on one side, meets no bone",
        "design: none of 23,000 bodies of bone keeps to this and to one-sidedness",
        low=0,
        high=1,
    )
    one_sided_inward: float = threshold(
        1.0,
        "1",
        "how many times as deep as all of such a one its densest fifth lies",
        "design",
        low=0,
        high=3,
    )
    even_min_volume_mm3: float = threshold(
        100.0, "mm3", "smaller bodies are even by chance", "design", low=1, high=1e4
    )
    even_unevenness: float = threshold(
        0.1,
        "1",
        "SD over mean of the core's HU of a nodule that sits broadly on bone",
        "design: to 0.1 in nodules of phantoms; none of 29,900 bodies of bone keeps to it and the next two",
        low=0,
        high=2,
    )
    even_free: float = threshold(
        0.5, "1", "share of the sides on which such a one meets no bone", "design", low=0, high=1
    )
    even_inward: float = threshold(
        1.1, "1", "how many times as deep as all of it its densest fifth lies", "design", low=0, high=3
    )
    min_one_sidedness: float = threshold(
        0.35,
        "1",
        "length of the mean direction in which bone lies: 1 for one side, 0 for all sides",
        "design: a half-sphere has 0.5",
        low=0,
        high=1,
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
    even_volume_mm3: float = threshold(
        130.0,
        "mm3",
        "an even plate or strand is no smaller, its blur included",
        "design: 160 to 230 in strands of phantoms that touch bone; of 3,400 bodies of bone none is as even",
        low=10,
        high=1e5,
    )
    even_min_voxels: int = threshold(
        20, "voxels", "fewer in its middle show no evenness", "design", low=1, high=10_000
    )
    even_contact: float = threshold(
        0.06,
        "1",
        "the same share of an even plate",
        "design: 0.02 to 0.03 in plaques of phantoms that end on bone",
        low=0,
        high=1,
    )
    even_marrow: float = threshold(
        0.06,
        "1",
        "share of marrow in an even plate",
        "design: a notch between plaque and bone is taken for 0.03 to 0.04 of it",
        low=0,
        high=1,
    )
    even_depth: float = threshold(
        0.6, "1", "its middle is at least so deep, against the deepest", "design", low=0, high=1
    )
    max_unevenness: float = threshold(
        0.14,
        "1",
        "SD over mean of its middle's HU",
        "design: 0.07 to 0.13 in plaques of phantoms, 0.18 and more in thin bone that meets as little bone",
        low=0,
        high=2,
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


class SheetSettings(Group):
    """What tells a large calcified sheet that runs along bone and touches it."""

    ball_mm: float = threshold(
        3.0, "mm", "a ball of this radius does not fit into a sheet", "design", low=1, high=10
    )
    from_marrow_mm: float = threshold(
        8.0, "mm", "bone nearer to marrow or to thick bone is no sheet", "design", low=1, high=50
    )
    min_volume_mm3: float = threshold(
        3000.0,
        "mm3",
        "smaller ones are pieces of thin bone",
        "design: such pieces of scapulae and ribs have up to 2100",
        low=100,
        high=1e6,
    )
    max_contact: float = threshold(
        0.055,
        "1",
        "share of its surface that meets bone; most pieces of blades have more",
        "design: 0.01 to 0.045 in sheets put into real CT",
        low=0,
        high=1,
    )
    max_spread: float = threshold(
        0.39,
        "1",
        "SD over mean of its HU, rim included; cortex around trabeculae spreads more",
        "design: 0.31 to 0.36 in sheets put into real CT at 3 mm, 0.41 to 0.52 in ribs at 4 mm",
        low=0,
        high=2,
    )
    min_width: float = threshold(
        2.5, "1", "width over thickness; ribs have 1 to 2.3", "design", low=1, high=100
    )
