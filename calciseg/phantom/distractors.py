"""The list of what is dense or bright in a scene but no lesion."""

import numpy as np

from calciseg.phantom.anatomy import Scene
from calciseg.phantom.grid import ScanGrid
from calciseg.phantom.recipe import PhantomRecipe
from calciseg.phantom.truth import Distractor
from calciseg.phantom.vessels import from_points, wall_distractors

__all__ = ["list_distractors"]


def list_distractors(scene: Scene, recipe: PhantomRecipe, grid: ScanGrid) -> tuple[Distractor, ...]:
    """List the distractors of a scene within the grid."""
    half_mm = grid.shape_zyx[0] * grid.spacing_mm_zyx[0] / 2
    found: list[Distractor] = []
    for vessel in scene.vessels:
        found += wall_distractors(vessel, (-half_mm, half_mm))
        if recipe.iodine and vessel.is_iodine_full:
            within = np.abs(vessel.course_lps_mm[:, 2]) <= half_mm
            found.append(from_points("iodine", vessel.name, vessel.course_lps_mm[within].T))
    for bone in scene.bones:
        if bone.is_sesamoid:
            found.append(from_points("sesamoid", bone.name, bone.solid.box_lps_mm().T))
    for extra in scene.extras:
        found.append(from_points(extra.kind, extra.name, extra.solid.box_lps_mm().T))
    if scene.screw is not None:
        found.append(from_points("metal", "screw", scene.screw.solid.box_lps_mm().T))
    if scene.table is not None:
        table = scene.table
        low = [table.centre_x_mm - table.half_width_mm, table.top_mm - 40, -half_mm]
        high = [table.centre_x_mm + table.half_width_mm, table.top_mm + table.depth_mm, half_mm]
        found.append(from_points("table", "table", np.asarray([low, high], dtype=np.float32).T))
    return tuple(found)
