"""The HU of every point of the scene, before the scanner."""

import numpy as np
from numpy.typing import NDArray

from calciseg.phantom.anatomy import Places, Scene, Table, Textures
from calciseg.phantom.fields import FloatArray, WaveField
from calciseg.phantom.recipe import PhantomRecipe, kv_factor
from calciseg.phantom.solids import box_mask
from calciseg.phantom.vessels import Vessel

__all__ = ["AIR_HU", "METAL_HU", "scene_hu"]

AIR_HU = np.float32(-1000.0)
METAL_HU = np.float32(9000.0)
"""Steel, before the scanner's ceiling of 3071."""

_FAT_HU, _MARROW_HU, _FLUID_HU, _CARTILAGE_HU = -106.0, -55.0, 12.0, 90.0
_STRAND_HU = {"nerve": 28.0, "tendon": 95.0}


def scene_hu(points_lps_mm: FloatArray, scene: Scene, recipe: PhantomRecipe) -> FloatArray:
    """Return the HU at points of shape ``(3, n)``; textures included, lesions and noise not."""
    hu = np.full(points_lps_mm.shape[1], AIR_HU, dtype=np.float32)
    if scene.table is not None:
        _paint_table(hu, points_lps_mm, scene.table)
    near = _near_bodies(points_lps_mm, scene)
    places = scene.places(points_lps_mm[:, near], bone_reach_mm=4.0)
    inside = np.flatnonzero(places.depth_mm > 0)
    index = near[inside]
    points = points_lps_mm[:, index]
    places = _taken(places, inside)
    body_hu = _soft_tissue(points, places, scene, recipe)
    for vessel in scene.vessels:
        _paint_vessel(body_hu, points, vessel, scene.textures.sheath, recipe)
    _paint_joints(body_hu, points, places, scene)
    _paint_bone(body_hu, points, places, scene.textures, kv_factor(recipe.kvp))
    for extra in scene.extras:
        calcified = box_mask(points, extra.solid.box_lps_mm(), 1.0)
        calcified = calcified[extra.solid.inside_mm(points[:, calcified]) > 0]
        body_hu[calcified] = extra.hu * kv_factor(recipe.kvp)
    hu[index] = body_hu
    if scene.screw is not None:
        metal = box_mask(points_lps_mm, scene.screw.solid.box_lps_mm(), 2.0)
        hu[metal[scene.screw.inside_mm(points_lps_mm[:, metal]) > 0]] = METAL_HU
    return hu


def _near_bodies(points_lps_mm: FloatArray, scene: Scene) -> NDArray[np.intp]:
    found = np.zeros(points_lps_mm.shape[1], bool)
    for body in scene.bodies:
        found[box_mask(points_lps_mm, body.envelope.box_lps_mm(), 1.0)] = True
    return np.flatnonzero(found)


def _taken(places: Places, index: NDArray[np.intp]) -> Places:
    return Places(**{name: getattr(places, name)[index] for name in Places.__slots__})


def _paint_table(hu: FloatArray, points_lps_mm: FloatArray, table: Table) -> None:
    x, y, _ = points_lps_mm
    dx = x - np.float32(table.centre_x_mm)
    # A hollow curve: the distance below a circle that is open upwards.
    below = np.hypot(dx, y - np.float32(table.top_mm - table.radius_mm)) - np.float32(table.radius_mm)
    on_table = (below > 0) & (below < table.depth_mm) & (np.abs(dx) < table.half_width_mm)
    edge = np.minimum(np.minimum(below, table.depth_mm - below), table.half_width_mm - np.abs(dx))
    hu[on_table] = np.where(edge[on_table] < table.shell_mm, np.float32(560), np.float32(-935))


def _soft_tissue(points: FloatArray, places: Places, scene: Scene, recipe: PhantomRecipe) -> FloatArray:
    textures = scene.textures
    hu = _fat(points, places, textures)
    grain = textures.grain.at(points)
    skin = places.depth_mm <= places.skin_mm
    hu[skin] = 45 + 6 * grain[skin]
    inner = np.flatnonzero(places.fascia_mm > 0)
    hu[inner] = _inside_fascia(points[:, inner], _taken(places, inner), textures, recipe)
    for number, body in enumerate(scene.bodies):
        own = (places.body == number) & (np.abs(places.fascia_mm) < body.fascia_width_mm / 2)
        hu[own & ~skin] = 62
    cavity = np.flatnonzero(places.cavity_mm > 0)
    if len(cavity):
        hu[cavity] = _viscera(points[:, cavity], places.cavity_mm[cavity], textures, recipe)
    return hu


def _fat(points: FloatArray, places: Places, textures: Textures) -> FloatArray:
    """Fat lobules with septa: the zero level of noise, and a membranous layer along the skin."""
    noise = textures.septa.at(points)
    gate = textures.gate.at(points)
    width = np.float32(0.15) + np.float32(0.07) * gate
    septum = np.clip(1 - np.abs(noise) / np.maximum(width, np.float32(0.03)), 0, 1)
    fat_mm = places.depth_mm - places.skin_mm - places.fascia_mm
    share = (places.depth_mm - places.skin_mm) / np.maximum(fat_mm, 1)
    layer = np.abs(share - np.float32(0.55) - np.float32(0.16) * gate) * fat_mm
    layer_on = np.clip(gate + np.float32(0.3), 0, 1) * (fat_mm > 7) * (fat_mm < 200)
    septum = np.maximum(septum, np.clip(1 - layer / np.float32(0.45), 0, 1) * layer_on)
    hu: FloatArray = _FAT_HU + 5 * gate + (80 + 15 * gate) * septum
    return hu.astype(np.float32)


def _inside_fascia(
    points: FloatArray, places: Places, textures: Textures, recipe: PhantomRecipe
) -> FloatArray:
    fibre = textures.grain.at(points, z_stretch=4)
    gate = textures.gate.at(points[[1, 2, 0]])
    enhanced = 12.0 if recipe.contrast else 0.0
    muscle = np.float32(58 + enhanced) + 3 * np.sin(places.muscle * np.float32(2.4)) + np.float32(4.5) * fibre
    streak = textures.septa.at(points[[1, 0, 2]], z_stretch=5)
    marbling = np.clip(1 - np.abs(streak) / np.float32(0.13), 0, 1) * np.clip(gate - np.float32(0.2), 0, 1)
    muscle = muscle - 95 * marbling
    hu = np.where(places.belly_mm > 0, muscle, np.float32(-92) + 6 * fibre)
    septum = (places.seam_mm < 0.3) & (gate > -0.2) & (places.belly_mm <= 0)
    hu[septum] = 40
    return hu.astype(np.float32)


def _viscera(
    points: FloatArray, depth_mm: FloatArray, textures: Textures, recipe: PhantomRecipe
) -> FloatArray:
    """Loops of bowel in fat, some with gas: the cavity only has to be there."""
    enhanced = 25.0 if recipe.contrast else 0.0
    loops = textures.viscera.at(points) + np.float32(0.25) * textures.septa.at(points)
    hu = np.where(loops > -0.25, np.float32(38 + enhanced), np.float32(-100))
    hu[(loops > 1.0) & (depth_mm > 10)] = 8
    hu[(loops > 1.75) & (depth_mm > 12)] = -900
    hu[depth_mm < 1.2] = 45
    return (hu + 3 * textures.grain.at(points)).astype(np.float32)


def _paint_vessel(
    hu: FloatArray, points: FloatArray, vessel: Vessel, sheath: WaveField, recipe: PhantomRecipe
) -> None:
    sample = vessel.sample(points)
    if sample is None:
        return
    factor = kv_factor(recipe.kvp)
    # The sheath is uneven: fat fills what the muscles leave around a bundle.
    uneven = 1 + np.float32(0.8) * sheath.at(points[:, sample.index])
    around = sample.index[sample.inside_mm > -vessel.sheath_mm * np.maximum(uneven, 0)]
    hu[around] = np.minimum(hu[around], _FAT_HU + 8)
    lumen = sample.index[sample.inside_mm > 0]
    hu[lumen] = _lumen_hu(vessel, recipe, factor)
    hu[sample.index[sample.is_calcified]] = vessel.wall_hu * factor


def _lumen_hu(vessel: Vessel, recipe: PhantomRecipe, factor: float) -> float:
    if vessel.kind in _STRAND_HU:
        return _STRAND_HU[vessel.kind]
    if vessel.is_iodine_full and recipe.iodine:
        return 45 + 1300 * factor
    if recipe.contrast:
        return 48 + (270 if vessel.kind == "artery" else 95) * factor
    return 46.0


def _paint_joints(hu: FloatArray, points: FloatArray, places: Places, scene: Scene) -> None:
    for joint in scene.joints:
        centre = np.asarray(joint.centre_lps_mm, dtype=np.float32)[:, None]
        ball = np.float32(joint.radius_mm) - np.sqrt(((points - centre) ** 2).sum(axis=0))
        in_joint = (ball > 0) & (places.bone_mm > -joint.reach_mm) & (places.depth_mm > places.skin_mm)
        hu[in_joint] = np.where(places.bone_mm[in_joint] > -1.6, _CARTILAGE_HU, _FLUID_HU)


def _paint_bone(
    hu: FloatArray, points: FloatArray, places: Places, textures: Textures, factor: float
) -> None:
    index = np.flatnonzero(places.bone_mm > 0)
    if not len(index):
        return
    points, places = points[:, index], _taken(places, index)
    plates = textures.trabeculae.at(points)
    # Trabeculae are a net around zero level; it thins out where the core is poor in bone.
    net = np.clip(np.float32(1.15) - np.abs(plates) * np.float32(1.3), 0, None)
    patch = 1 + np.float32(0.25) * textures.gate.at(points)
    mineral = places.core * patch * (np.float32(110) + np.float32(330) * net)
    cortex = np.float32(1250) + 60 * textures.grain.at(points)
    ramp = np.clip((places.bone_mm - places.cortex_mm) / np.float32(0.7) + np.float32(0.5), 0, 1)
    hu[index] = (cortex * (1 - ramp) + mineral * ramp) * np.float32(factor) + _MARROW_HU * ramp
