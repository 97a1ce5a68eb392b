"""What looks like a calcification of soft tissue and is none: viscera, stones, cartilage, contrast, ribs."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calciseg.ct.body import Body
from calciseg.ct.bone import Skeleton
from calciseg.ct.candidates import DensityThresholds
from calciseg.ct.cavity import is_in_cavity, looks_around
from calciseg.ct.dental import is_crown
from calciseg.ct.evidence import Evidence, either, is_told, told
from calciseg.ct.exclusions import Ledger
from calciseg.ct.grid import AnatomyGrid
from calciseg.ct.head import find_head, is_face_bone, is_intracranial
from calciseg.ct.veins import lies_in_vein
from calciseg.kernels import Components, distance_mm
from calciseg.model import CtVolume, ExclusionReason
from calciseg.settings import CartilageSettings, CavitySettings, ContrastSettings, RibSettings, Settings

__all__ = ["Scene", "without_mimics"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """What is known of a volume when its bones are.

    Attributes
    ----------
    volume : CtVolume
    coarse_hu : ndarray of int16
        The HU on the anatomy grid.
    grid : AnatomyGrid
    body : Body
    skeleton : Skeleton
    to_bone_mm : ndarray of float32
        Distance to the skeleton, on the anatomy grid.
    thresholds : DensityThresholds
    """

    volume: CtVolume
    coarse_hu: NDArray[np.int16] = field(repr=False)
    grid: AnatomyGrid
    body: Body
    skeleton: Skeleton
    to_bone_mm: NDArray[np.float32] = field(repr=False)
    thresholds: DensityThresholds

    @property
    def muscle_hu(self) -> float | None:
        """Mean of the image's own muscle; None where none was found."""
        noise = self.thresholds.noise
        return None if noise is None else noise.mean_hu


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Places:
    """Where components lie; one row a component."""

    looks_mm: NDArray[np.float32]
    to_bone_mm: NDArray[np.float32]
    to_air_mm: NDArray[np.float32]
    air_share: NDArray[np.float64]
    """Of the body's area in the slice: lungs fill much of it."""
    depth_mm: NDArray[np.float32]
    extent_mm: NDArray[np.float64]
    """Length, width and thickness: four SD along the axes of inertia."""

    def told(self, is_so: NDArray[np.bool_], *sentences: str, **figures: NDArray[Any]) -> list[Evidence]:
        """Say of each component that meets a criterion what met it, with its place and extent."""
        length_mm, width_mm, thickness_mm = self.extent_mm.T
        return told(
            is_so,
            *sentences,
            enclosed=100 * np.isfinite(self.looks_mm).mean(axis=1),
            bone_mm=self.to_bone_mm,
            air_mm=self.to_air_mm,
            depth_mm=self.depth_mm,
            length_mm=length_mm,
            width_mm=width_mm,
            thickness_mm=thickness_mm,
            **figures,
        )


_IN_CAVITY = "bone stands on {enclosed:.0f} % of the sides around it, the nearest {bone_mm:.0f} mm away"


def without_mimics(found: Components, scene: Scene, ledger: Ledger, settings: Settings) -> Components:
    """Enter what is no calcification of soft tissue into the ledger, and return what is left.

    Parameters
    ----------
    found : Components
        What is dense, without bone, noise and the walls of vessels.
    scene : Scene
    ledger : Ledger
    settings : Settings
        Its groups ``contrast``, ``veins``, ``cavity``, ``cartilage``, ``head``, ``dental`` and ``ribs``, and
        the HU of air of ``body``.

    Returns
    -------
    Components

    Notes
    -----
    Cues: a vessel full of contrast goes on, bright and narrow, where the dense piece ends, and a vein
    under the skin goes on as a strand in the fat; in a cavity bone
    stands all around but nowhere near; cartilage is denser than muscle around what calcified in it, and lies
    at the airway or on the front of the trunk; a skull tells the head, and with it what lies within it and
    the thin bones of the face and the crowns of teeth; in a coarse image a rib is a bar along the lung.
    Phleboliths are round and small (Traubici, AJR 1999;172:1013).
    """
    if not found.n_components:
        return found
    places = _places(found, scene, settings)
    in_cavity = is_in_cavity(places.looks_mm, places.to_bone_mm, settings.cavity)
    for row in np.flatnonzero(in_cavity & (places.extent_mm[:, 0] >= settings.cavity.large_mm)):
        in_cavity[row] = _ends_in_cavity(found, int(row) + 1, scene, settings.cavity)
    in_skull, is_face, is_tooth = _of_head(found, scene, settings)
    length, width = places.extent_mm[:, 0], places.extent_mm[:, 1]
    slice_mm = scene.volume.geometry.spacing_mm_zyx[0]  # by so much a stone may look longer than it is
    may_be_stone = in_cavity & ~in_skull & (places.air_share <= settings.cavity.max_air_share)
    is_round = length <= np.minimum(
        settings.cavity.max_stone_mm, settings.cavity.max_stone_elongation * width
    ) + max(0.0, slice_mm - 1.0)
    in_vein = lies_in_vein(found, places.depth_mm, scene.volume, settings.veins)
    # The first that fits counts: a stone in the pelvis is in a cavity, too.
    reasons = {
        ExclusionReason.DENTAL: places.told(
            is_tooth, f"at least {settings.dental.enamel_hu:g} HU, as enamel is, at the bone of the jaws"
        ),
        ExclusionReason.PHLEBOLITH: places.told(
            may_be_stone & is_round, _IN_CAVITY, "round: {length_mm:.1f} mm long, {width_mm:.1f} mm wide"
        ),
        ExclusionReason.VISCERAL: either(
            places.told(in_skull, "inside the skull"), places.told(in_cavity, _IN_CAVITY)
        ),
        ExclusionReason.CARTILAGE: _find_cartilage(found, places, scene, settings.cartilage),
        ExclusionReason.CONTRAST: either(
            _find_contrast(found, places, scene, settings.contrast),
            places.told(
                in_vein,
                f"contrast medium was given, and a strand goes on in the fat for "
                f"{settings.veins.min_length_mm:g} mm beyond its end",
            ),
        ),
        ExclusionReason.BONE: either(
            places.told(is_face, "thin, at the air of nose or sinuses, between bones of the face"),
            _find_ribs(places, settings.ribs),
        ),
    }
    left, rows = found, np.arange(found.n_components)
    for reason, evidence in reasons.items():
        of_left = [evidence[row] for row in rows]
        left = ledger.set_aside(left, reason, of_left)
        rows = rows[~is_told(of_left)]
    return left


def _of_head(
    found: Components, scene: Scene, settings: Settings
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell what lies within the skull, what is a thin bone of the face, and what is a crown of a tooth."""
    bone, grid = scene.skeleton.mask, scene.grid
    head = find_head(bone, scene.coarse_hu, grid, settings.head)
    if head is None:
        nowhere = np.zeros(found.n_components, np.bool_)
        return nowhere, nowhere, nowhere
    is_air = scene.coarse_hu < settings.body.surface_hu
    return (
        is_intracranial(found, head, grid),
        is_face_bone(found, head, bone, is_air, grid, settings.head),
        is_crown(found, head, bone, grid, settings.dental),
    )


def _places(found: Components, scene: Scene, settings: Settings) -> _Places:
    grid, body = scene.grid, scene.body
    middles = np.rint(found.table["centroid_zyx"]).astype(np.intp)
    at = grid.block_of(middles)
    # The body's own limit: with a higher one the blurred surface of the skin would be air inside it.
    is_air = (scene.coarse_hu < settings.body.surface_hu) & body.mask
    extent_mm = _extent_mm(found, scene.volume.geometry.spacing_mm_zyx)
    reach_mm = max(settings.cartilage.max_airway_mm, settings.ribs.max_lung_mm) + float(extent_mm.max())
    to_air_mm = distance_mm(is_air, grid.spacing_mm_zyx, max_distance_mm=reach_mm)
    return _Places(
        looks_mm=looks_around(middles, scene.skeleton.mask, body.mask, grid, settings.cavity),
        to_bone_mm=scene.to_bone_mm[at],
        to_air_mm=to_air_mm[at],
        air_share=_share_in_slices(is_air, body.mask)[at[0]],
        depth_mm=body.depth_mm[at],
        extent_mm=extent_mm,
    )


def _ends_in_cavity(found: Components, label: int, scene: Scene, settings: CavitySettings) -> bool:
    """Tell whether bone stands around both ends of a component: one in its wall may reach out of it."""
    spacing_mm = np.asarray(scene.volume.geometry.spacing_mm_zyx)
    box, mask = found.mask(label)
    points = np.argwhere(mask)
    first = np.linalg.norm((points - points.mean(axis=0)) * spacing_mm, axis=1).argmax()
    second = np.linalg.norm((points - points[first]) * spacing_mm, axis=1).argmax()
    ends = points[[first, second]] + [part.start for part in box]
    looks_mm = looks_around(ends, scene.skeleton.mask, scene.body.mask, scene.grid, settings)
    return bool((np.isfinite(looks_mm).mean(axis=1) >= settings.min_enclosed).all())


def _share_in_slices(part: NDArray[np.bool_], whole: NDArray[np.bool_]) -> NDArray[np.float64]:
    counts = [np.count_nonzero(mask, axis=(1, 2)) for mask in (part, whole)]
    return np.asarray(counts[0] / np.maximum(counts[1], 1), np.float64)


def _extent_mm(found: Components, spacing_mm_zyx: tuple[float, float, float]) -> NDArray[np.float64]:
    """Length, width and thickness of each component, from its second moments and the voxel's own."""
    zz, yy, xx, zy, zx, yx = found.table["second_moments"].T
    tensors = np.stack([zz, zy, zx, zy, yy, yx, zx, yx, xx], axis=1).reshape(-1, 3, 3)
    spacing = np.asarray(spacing_mm_zyx)
    tensors = tensors * np.outer(spacing, spacing) + np.diag(spacing**2 / 12)
    return np.asarray(4 * np.sqrt(np.linalg.eigvalsh(tensors)[:, ::-1]), np.float64)


def _find_ribs(places: _Places, settings: RibSettings) -> list[Evidence]:
    length, width, thickness = places.extent_mm.T
    is_bar = (length >= settings.min_length_mm) & (length >= settings.min_elongation * width)
    is_thick = (thickness >= settings.min_thickness_mm) & (width <= settings.max_width_mm)
    lies_on_lung = places.to_air_mm <= settings.max_lung_mm + width / 2
    return places.told(
        is_bar & is_thick & lies_on_lung,
        "a bar of {length_mm:.0f} x {width_mm:.0f} x {thickness_mm:.0f} mm, {air_mm:.0f} mm from the lung",
    )


def _find_cartilage(
    found: Components, places: _Places, scene: Scene, settings: CartilageSettings
) -> list[Evidence]:
    """Tell what lies in tissue denser than muscle, at the airway or on the front of the trunk."""
    is_at_airway = places.to_air_mm <= settings.max_airway_mm + places.extent_mm[:, 0] / 2
    is_on_trunk = (
        (np.isfinite(places.looks_mm).mean(axis=1) >= settings.wall_enclosed)
        & (np.percentile(places.looks_mm, 25, axis=1, method="lower") >= settings.wall_far_mm)
        & (places.depth_mm <= settings.max_depth_mm)
        & (places.to_bone_mm >= settings.min_bone_mm)
    )
    volume_mm3 = found.table["n_voxels"] * scene.volume.geometry.voxel_volume_mm3
    is_so = (is_at_airway | is_on_trunk) & (volume_mm3 <= settings.max_volume_mm3)
    if scene.muscle_hu is None:
        return [()] * found.n_components
    above_hu = np.full(found.n_components, np.nan)
    for row in np.flatnonzero(is_so):
        above_hu[row] = _dense_side_hu(found, int(row) + 1, scene, settings) - scene.muscle_hu
    is_so &= above_hu >= settings.min_above_muscle_hu
    of_tissue = "in tissue {above_hu:.0f} HU denser than muscle"
    return either(
        places.told(is_so & is_at_airway, of_tissue, "{air_mm:.0f} mm from the airway", above_hu=above_hu),
        places.told(is_so, of_tissue, "{depth_mm:.0f} mm deep on the front of the trunk", above_hu=above_hu),
    )


def _dense_side_hu(found: Components, label: int, scene: Scene, settings: CartilageSettings) -> float:
    """HU of the denser surroundings of a component within its slices, beyond its blur; NaN if it has none."""
    spacing = scene.volume.geometry.spacing_mm_zyx
    dz, dy, dx = spacing
    room = int(np.ceil(settings.far_mm / dy)), int(np.ceil(settings.far_mm / dx))
    box, is_it = found.mask(label, margins=(0, *room))
    hu = scene.volume.hu[box]
    # A distance within the slices only: the next slice is as blurred as this one.
    away_mm = distance_mm(is_it, (1e3 * dz, dy, dx))
    is_near = (away_mm > settings.near_mm) & (away_mm <= settings.far_mm)
    is_near &= hu < scene.thresholds.grow_hu
    smooth = ndimage.uniform_filter(hu, (1, 3, 3), output=np.float32)
    return float(np.percentile(smooth[is_near], 90)) if is_near.any() else float("nan")


def _find_contrast(
    found: Components, places: _Places, scene: Scene, settings: ContrastSettings
) -> list[Evidence]:
    """Tell what goes on, bright and narrow, beyond both its ends, where contrast medium was given."""
    # Beside a bone it would be the bone that goes on, bright.
    is_so = (places.extent_mm[:, 1] <= settings.max_width_mm) & (places.to_bone_mm >= settings.min_bone_mm)
    if not scene.volume.header.contrast_agent or scene.muscle_hu is None:
        return [()] * found.n_components
    through_mm = _through_mm(found, scene, settings)
    runs_through = is_so & (through_mm >= settings.min_through_mm)
    for row in np.flatnonzero(is_so):
        is_so[row] = _goes_on(found, int(row) + 1, scene, settings)
    through_image = places.told(
        runs_through,
        "contrast medium was given, and it runs through all of the image, {through_mm:.0f} mm",
        "{width_mm:.0f} mm wide",
        through_mm=through_mm,
    )
    beyond_its_ends = places.told(
        is_so,
        "contrast medium was given, and it goes on for "
        f"{settings.skip_mm + settings.reach_mm:g} mm beyond each end within the image, at least "
        f"{settings.min_above_muscle_hu:g} HU above muscle",
        "{width_mm:.0f} mm wide",
    )
    return either(through_image, beyond_its_ends)


def _through_mm(found: Components, scene: Scene, settings: ContrastSettings) -> NDArray[np.float64]:
    """Length of what reaches the first and the last slice, so that neither end can be asked; 0 of others."""
    first, stop = found.table["bbox"].reshape(-1, 3, 2)[:, 0].T
    dz = scene.volume.geometry.spacing_mm_zyx[0]
    skip = int(np.ceil(settings.skip_mm / dz))
    is_cut = (first < skip) & (stop - 1 + skip >= found.shape[0])
    return np.where(is_cut, (stop - first) * dz, 0.0)


def _goes_on(found: Components, label: int, scene: Scene, settings: ContrastSettings) -> bool:
    """Follow a component beyond its first and its last slice; an end that the image cuts is not asked."""
    box, mask = found.mask(label)
    first, last = box[0].start, box[0].stop - 1
    dz = scene.volume.geometry.spacing_mm_zyx[0]
    skip, reach = int(np.ceil(settings.skip_mm / dz)), int(np.ceil(settings.reach_mm / dz))
    places = np.argwhere(mask) + [part.start for part in box]
    lies_on_bone = _is_near_bone(places, scene, settings).any()
    ends = []
    for end, beyond in (
        (first, range(first - skip, first - skip - reach, -1)),
        (last, range(last + skip, last + skip + reach)),
    ):
        inside = [z for z in beyond if 0 <= z < found.shape[0]]
        if inside:
            middle = places[places[:, 0] == end, 1:].mean(axis=0)
            ends.append(_is_followed(inside, middle, scene, settings, off_bone=bool(lies_on_bone)))
    return bool(ends) and all(ends)


def _is_near_bone(places: NDArray[np.intp], scene: Scene, settings: ContrastSettings) -> NDArray[np.bool_]:
    return np.asarray(scene.to_bone_mm[scene.grid.block_of(places)] <= settings.bone_blur_mm, np.bool_)


def _is_followed(
    slices: list[int],
    middle_yx: NDArray[np.float64],
    scene: Scene,
    settings: ContrastSettings,
    *,
    off_bone: bool,
) -> bool:
    """Tell whether something bright lies at a place in each of some slices, moving no more than allowed.

    What lies on a bone itself is not followed along that bone.
    """
    _, dy, dx = scene.volume.geometry.spacing_mm_zyx
    radius_yx = round(settings.aside_mm / dy), round(settings.aside_mm / dx)
    least_hu = (scene.muscle_hu or 0.0) + settings.min_above_muscle_hu
    for z in slices:
        y, x = np.rint(middle_yx).astype(int)
        low_y, low_x = max(0, y - radius_yx[0]), max(0, x - radius_yx[1])
        part = scene.volume.hu[z, low_y : y + radius_yx[0] + 1, low_x : x + radius_yx[1] + 1]
        smooth = ndimage.uniform_filter(part, 3, output=np.float32)
        if off_bone:
            places = np.argwhere(np.ones((1, *part.shape), np.bool_)) + np.array([z, low_y, low_x])
            smooth[_is_near_bone(places, scene, settings).reshape(part.shape)] = -np.inf
        if smooth.size == 0 or smooth.max() < least_hu:
            return False
        middle_yx = np.array(np.unravel_index(smooth.argmax(), smooth.shape)) + np.array([low_y, low_x])
    return True
