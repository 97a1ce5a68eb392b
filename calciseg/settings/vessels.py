"""What is a vessel, and which calcification is its wall."""

from calciseg.settings.threshold import Group, threshold

__all__ = ["TrunkArterySettings", "VesselSettings"]


class VesselSettings(Group):
    """What tells the calcified wall of an artery: arcs, the vessel that goes on beyond it, its course."""

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
    max_half_thickness_mm: float = threshold(
        3.2,
        "mm",
        "a calcified wall, or a small artery filled by it, is no thicker",
        "design",
        low=0.5,
        high=10,
    )
    piece_mm: float = threshold(
        5.0, "mm", "a vessel is straight over so short a piece", "design", low=1, high=50
    )
    min_radius_mm: float = threshold(
        1.3, "mm", "smaller lumina are not resolved", "design: three voxels of 0.8 mm", low=0.3, high=10
    )
    min_radius_voxels: float = threshold(
        1.6,
        "voxels",
        "nor are those smaller than this, in sides of voxels within the slice",
        "design: a lumen three voxels wide",
        low=0,
        high=10,
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
    max_scatter_mm: float = threshold(
        0.9,
        "mm",
        "and no farther from it (SD) than this: a patch bent along a fascia is thicker than a wall, blurred",
        "design: a wall 3.1 mm thick has an SD of 0.9 mm; up to 0.86 in synthetic arteries",
        low=0.1,
        high=10,
    )
    min_arc_degrees: float = threshold(
        110.0,
        "degrees",
        "a shorter arc is not told from a small plaque",
        "doi PMC5218397: arcs",
        low=30,
        high=360,
    )
    lumen_fraction: float = threshold(
        0.4, "1", "the lumen is looked at within such a share of the wall's radius", "design", low=0, high=1
    )
    lumen_low_hu: float = threshold(
        0.0, "HU", "blood is not fat", "clinical: blood 45 to 65 HU", low=-200, high=100
    )
    lumen_high_hu: float = threshold(
        80.0, "HU", "blood without contrast is no denser", "clinical: blood 45 to 65 HU", low=40, high=600
    )
    max_lumen_fraction: float = threshold(
        0.65, "1", "the lumen, blurred, is so much darker than the wall", "design", low=0, high=1
    )
    min_hollow_fraction: float = threshold(
        0.5, "1", "share of a component that lies around a lumen", "design", low=0, high=1
    )
    fat_hu: float = threshold(
        -15.0, "HU", "a lumen holds next to nothing darker", "design", low=-150, high=50
    )
    sheath_step_hu: float = threshold(
        80.0,
        "HU",
        "a clear sheath of fat is so much darker than the vessel in it",
        "design",
        low=10,
        high=200,
    )
    min_course_radius_mm: float = threshold(
        1.8, "mm", "smaller vessels are not followed", "design", low=0.5, high=10
    )
    max_course_radius_mm: float = threshold(
        5.2, "mm", "arteries of a limb with their wall are not wider", "background", low=1, high=30
    )
    min_elongation: float = threshold(
        2.5, "1", "a strand is so many times longer than wide", "design", low=1, high=100
    )
    end_mm: float = threshold(
        4.0, "mm", "so far beyond the end of a wall its vessel is looked for", "design", low=0, high=20
    )
    course_mm: float = threshold(
        100.0, "mm", "a vessel is followed so far from its wall", "design", low=5, high=500
    )
    blind_mm: float = threshold(
        20.0, "mm", "where nothing is seen of it a vessel goes straight on so far", "design", low=1, high=100
    )
    course_margin_mm: float = threshold(
        0.8, "mm", "how far outside the vessel its wall may lie", "design: one voxel", low=0, high=10
    )
    min_share_on_course: float = threshold(
        0.8, "1", "share of a component that lies on a vessel's course", "design", low=0.01, high=1
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
    min_course_mm: float = threshold(
        36.0,
        "mm",
        "pieces this long together on one course are a vessel if something of it is seen",
        "design",
        low=5,
        high=1000,
    )
    min_seen_edge: float = threshold(
        0.5,
        "1",
        "clearness of the edge beyond a piece by which something is seen of a vessel that holds several such",
        "design: 0.54 to 0.69 in synthetic radial arteries, at most 0.45 beside strands on a fascia",
        low=0,
        high=1,
    )
    min_alone_edge: float = threshold(
        0.9,
        "1",
        "the same beyond both ends of one that lies alone: calcinosis is linear, too",
        "design: 1 in a synthetic vessel, up to 0.86 beside strands on fasciae of synthetic forearms",
        low=0,
        high=1,
    )
    min_chain_depth_mm: float = threshold(
        30.0,
        "mm",
        "several strands on one course so deep below the skin are a vessel though nothing of it is seen: the "
        "arteries of a limb run near its bones",
        "design: calcinosis is linear along fasciae and in fat; unseen chains of a normal synthetic thigh "
        "lie 50 mm deep",
        low=5,
        high=200,
    )
    medial_degrees: float = threshold(
        320.0,
        "degrees",
        "calcification of the media, blurred, reaches so far around the lumen",
        "clinical: medial 270 to 360 degrees; blur and sectors add 60 degrees to synthetic arcs of 180",
        low=90,
        high=360,
    )
    intimal_degrees: float = threshold(
        90.0,
        "degrees",
        "calcification of the intima reaches less far around it",
        "clinical: medial 270 to 360 degrees, intimal less than 90",
        low=20,
        high=180,
    )
    intimal_mm: float = threshold(
        1.5,
        "mm",
        "and is at least so thick",
        "clinical: medial less than 1.5 mm, intimal at least",
        low=0.1,
        high=10,
    )
    max_aside_mm: float = threshold(
        2.0,
        "mm",
        "how far outside a vessel followed from its wall another piece of it may lie",
        "design",
        low=0,
        high=20,
    )
    max_gap_mm: float = threshold(
        15.0, "mm", "so far beyond any piece of a wall another one is looked for", "design", low=0, high=100
    )


class TrunkArterySettings(Group):
    """What tells the calcified wall of the aorta and its branches from what else calcifies in the trunk."""

    blood_low_hu: float = threshold(
        25.0, "HU", "blood of an anaemic patient; bile and water are darker", "design", low=0, high=100
    )
    blood_high_hu: float = threshold(
        80.0,
        "HU",
        "blood without contrast is no denser; with it, up to the calcium threshold",
        "clinical: blood 45 to 65 HU",
        low=40,
        high=600,
    )
    min_radius_mm: float = threshold(
        4.0, "mm", "smaller vessels are followed along their course", "design", low=1, high=20
    )
    max_radius_mm: float = threshold(
        20.0, "mm", "an aorta of 40 mm, widened already", "background", low=5, high=60
    )
    radius_step_mm: float = threshold(1.0, "mm", "between the circles tried", "design", low=0.1, high=5)
    turn_degrees: float = threshold(
        10.0,
        "degrees",
        "between the directions in which their middle lies",
        "design",
        low=1,
        high=45,
    )
    n_slices: int = threshold(5, "slices", "of a component are looked at", "design", low=1, high=100)
    max_off_wall_mm: float = threshold(
        2.0, "mm", "the component lies no farther from the circle", "design", low=0.2, high=10
    )
    min_share_on_wall: float = threshold(
        0.8, "1", "with such a share of its voxels", "design", low=0.1, high=1
    )
    max_noise: float = threshold(
        1.5, "1", "blood is as even as the noise of muscle, times this", "design", low=0.5, high=5
    )
    edge_step_hu: float = threshold(
        40.0, "HU", "a clear edge is so much darker than the blood", "design", low=5, high=200
    )
    min_edge: float = threshold(
        0.88,
        "1",
        "clearness of the edge, the mean of the circumference",
        "design: 0.95 and more around a real aorta, at most 0.84 at other dense places of that study",
        low=0,
        high=1,
    )
    max_radius_change_mm: float = threshold(
        3.0, "mm", "from slice to slice the radius keeps so near to its median", "design", low=0, high=20
    )
    beyond_mm: float = threshold(
        10.0, "mm", "so far beyond a component its vessel goes on", "design", low=1, high=100
    )
    stride_mm: float = threshold(
        2.0, "mm", "it is looked at in slices that lie so far apart", "design", low=0.1, high=10
    )
    min_edge_beyond: float = threshold(0.7, "1", "mean clearness of its edge there", "design", low=0, high=1)
    aside_mm: float = threshold(1.0, "mm", "it moves so far from one to the next", "design", low=0.1, high=10)
    aside_fraction: float = threshold(
        0.6, "1", "and so far for every millimetre between them", "design", low=0, high=5
    )
    min_length_mm: float = threshold(
        20.0, "mm", "a strand in which a lumen is looked for", "design", low=1, high=200
    )
    max_length_mm: float = threshold(
        200.0, "mm", "no artery of the trunk is calcified longer", "design", low=20, high=1000
    )
    min_elongation: float = threshold(
        2.0, "1", "it is so many times longer than wide, winding as it does", "design", low=1, high=20
    )
    max_lumen_mm: float = threshold(8.0, "mm", "its lumen is no wider", "design", low=2, high=30)
    min_lumen: float = threshold(
        0.02, "1", "volume of the lumen that is enclosed, as a share of the wall's", "design", low=0, high=1
    )
    part_mm: float = threshold(6.0, "mm", "length of the parts of a strand", "design", low=1, high=50)
    min_hollow: float = threshold(
        0.6,
        "1",
        "share of the parts with a lumen: a clump of stones has gaps here and there",
        "design",
        low=0,
        high=1,
    )
    max_width_mm: float = threshold(
        8.0, "mm", "a slim piece near a hollow strand is no wider", "design", low=1, high=50
    )
    max_gap_mm: float = threshold(
        15.0, "mm", "and no farther from it, or from another such piece", "design", low=0, high=100
    )
