"""Vessels full of contrast medium: bright and narrow, and they go on where the dense piece ends."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calciseg.ct.evidence import Evidence, either
from calciseg.ct.scene import Places, Scene
from calciseg.kernels import Components
from calciseg.settings import ContrastSettings

__all__ = ["find_contrast"]


def find_contrast(
    found: Components, places: Places, scene: Scene, settings: ContrastSettings
) -> list[Evidence]:
    """Tell what goes on, bright and narrow, beyond both its ends, where contrast medium was given.

    Parameters
    ----------
    found : Components
    places : Places
        Of the same components.
    scene : Scene
    settings : ContrastSettings

    Returns
    -------
    list of tuple of str
        The evidence of each component; empty of those that are none.
    """
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
