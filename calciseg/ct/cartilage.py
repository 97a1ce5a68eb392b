"""Calcified cartilage: in tissue denser than muscle, at the airway or on the front of the trunk."""

import numpy as np
from scipy import ndimage

from calciseg.ct.evidence import Evidence, either
from calciseg.ct.scene import Places, Scene
from calciseg.kernels import Components, distance_mm
from calciseg.settings import CartilageSettings

__all__ = ["find_cartilage"]


def find_cartilage(
    found: Components, places: Places, scene: Scene, settings: CartilageSettings
) -> list[Evidence]:
    """Tell what lies in tissue denser than muscle, at the airway or on the front of the trunk.

    Parameters
    ----------
    found : Components
    places : Places
        Of the same components.
    scene : Scene
    settings : CartilageSettings

    Returns
    -------
    list of tuple of str
        The evidence of each component; empty of those that are none.
    """
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
