"""What looks like a calcification of soft tissue and is none: viscera, stones, cartilage, contrast, ribs."""

import numpy as np
from numpy.typing import NDArray

from calciseg.ct.cartilage import find_cartilage
from calciseg.ct.cavity import is_in_cavity, looks_around
from calciseg.ct.contrast import find_contrast
from calciseg.ct.dental import is_crown
from calciseg.ct.evidence import Evidence, either, is_told
from calciseg.ct.exclusions import Ledger
from calciseg.ct.head import find_head, is_face_bone, is_intracranial
from calciseg.ct.scene import Places, Scene, places_of
from calciseg.ct.trunk_arteries import find_trunk_arteries
from calciseg.ct.veins import lies_in_vein
from calciseg.kernels import Components
from calciseg.model import ExclusionReason
from calciseg.settings import CavitySettings, RibSettings, Settings

__all__ = ["without_mimics"]


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
        Its groups ``contrast``, ``veins``, ``cavity``, ``cartilage``, ``head``, ``dental``, ``ribs`` and
        ``trunk_arteries``, and the HU of air of ``body``.

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
    places = places_of(found, scene, settings)
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
        ExclusionReason.VASCULAR: find_trunk_arteries(
            found, in_cavity & ~in_skull, scene.volume, scene.thresholds, settings.trunk_arteries
        ),
        ExclusionReason.VISCERAL: either(
            places.told(in_skull, "inside the skull"), places.told(in_cavity, _IN_CAVITY)
        ),
        ExclusionReason.CARTILAGE: find_cartilage(found, places, scene, settings.cartilage),
        ExclusionReason.CONTRAST: either(
            find_contrast(found, places, scene, settings.contrast),
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


def _find_ribs(places: Places, settings: RibSettings) -> list[Evidence]:
    length, width, thickness = places.extent_mm.T
    is_bar = (length >= settings.min_length_mm) & (length >= settings.min_elongation * width)
    is_thick = (thickness >= settings.min_thickness_mm) & (width <= settings.max_width_mm)
    lies_on_lung = places.to_air_mm <= settings.max_lung_mm + width / 2
    return places.told(
        is_bar & is_thick & lies_on_lung,
        "a bar of {length_mm:.0f} x {width_mm:.0f} x {thickness_mm:.0f} mm, {air_mm:.0f} mm from the lung",
    )
