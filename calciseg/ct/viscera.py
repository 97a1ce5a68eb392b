"""What is calcified among the contents of chest, abdomen and pelvis, and not in their wall."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calciseg.ct.body_cavity import BodyCavity
from calciseg.ct.evidence import Evidence, told
from calciseg.ct.grid import AnatomyGrid
from calciseg.kernels import Components, distance_mm
from calciseg.settings import BodyCavitySettings

__all__ = ["find_viscera"]


def find_viscera(
    found: Components, cavity: BodyCavity, grid: AnatomyGrid, settings: BodyCavitySettings
) -> list[Evidence]:
    """Tell which components lie among the contents of a cavity of the trunk.

    Parameters
    ----------
    found : Components
        Of the volume.
    cavity : BodyCavity
    grid : AnatomyGrid
    settings : BodyCavitySettings

    Returns
    -------
    list of tuple of str
        The evidence of each component; empty of those that do not.

    Notes
    -----
    A component that reaches the wall is none of them, nor one in a thin layer on it, which may be muscle.
    Within the cavity the wall is not seen where muscle lies against an organ, so it must lie off the border
    and among fat or gas in plenty, as bowel and vessels do and muscles do not; or so deep that no wall is as
    thick.
    """
    if not found.n_components or not cavity.within_wall.any():
        return [()] * found.n_components
    blocks, n_voxels = grid.blocks_of_runs(found)
    at = cavity.at(blocks)
    contents = cavity.within_wall & ~cavity.lining

    def mean(values: NDArray[np.float32] | NDArray[np.bool_]) -> NDArray[np.float64]:
        sums = np.bincount(found.runs.label, n_voxels * values, minlength=found.n_components + 1)
        return np.asarray(sums[1:] / found.table["n_voxels"], np.float64)

    window = [2 * int(settings.around_mm / 2 / step) + 1 for step in cavity.spacing_mm]
    around = ndimage.uniform_filter(cavity.is_open.astype(np.float32), window, mode="nearest")
    off_border_mm = mean(distance_mm(~contents, cavity.spacing_mm)[at])
    deep_mm = mean(distance_mm(~cavity.within_wall, cavity.spacing_mm)[at])
    open_share = mean(around[at])
    is_among = (open_share >= settings.min_open_share) & (off_border_mm >= settings.min_off_border_mm)
    within = mean(contents[at])
    return told(
        (within >= settings.min_share) & (is_among | (deep_mm >= settings.deepest_wall_mm)),
        "{within:.0f} % of it lies among the contents of the trunk, {deep_mm:.0f} mm within its wall; "
        "{open_share:.0f} % of what is around it is fat or gas",
        within=100 * within,
        deep_mm=deep_mm,
        open_share=100 * open_share,
    )
