"""What is calcified among the contents of chest, abdomen and pelvis, and not in their wall."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calciseg.ct.body_cavity import BodyCavity
from calciseg.ct.grid import AnatomyGrid
from calciseg.kernels import Components, distance_mm
from calciseg.settings import BodyCavitySettings

__all__ = ["is_visceral"]


def is_visceral(
    found: Components, cavity: BodyCavity, grid: AnatomyGrid, settings: BodyCavitySettings
) -> NDArray[np.bool_]:
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
    ndarray of bool, shape ``(n_components,)``

    Notes
    -----
    A component that reaches the wall is none of them, nor one in a thin layer on it, which may be muscle.
    Within the cavity the wall is not seen where muscle lies against an organ, so it must lie off the border
    and among fat or gas in plenty, as bowel and vessels do and muscles do not; or so deep that no wall is as
    thick.
    """
    if not found.n_components or not cavity.within_wall.any():
        return np.zeros(found.n_components, np.bool_)
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
    is_among = (mean(around[at]) >= settings.min_open_share) & (off_border_mm >= settings.min_off_border_mm)
    is_within = mean(contents[at]) >= settings.min_share
    return np.asarray(is_within & (is_among | (deep_mm >= settings.deepest_wall_mm)), np.bool_)
