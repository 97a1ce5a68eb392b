"""Teeth and dental work: what is as dense as metal in the jaws, and what of that is enamel."""

import numpy as np
from numpy.typing import NDArray

from calciseg.ct.evidence import evidence_of_dental, evidence_of_metal
from calciseg.ct.exclusions import Ledger
from calciseg.ct.footprints import dilated
from calciseg.ct.grid import AnatomyGrid
from calciseg.ct.head import Head, find_head
from calciseg.kernels import Components
from calciseg.model import CtVolume, ExclusionReason
from calciseg.settings import DentalSettings, Settings

__all__ = ["is_crown", "without_enamel"]


def without_enamel(
    dense: Components,
    bone: NDArray[np.bool_],
    coarse_hu: NDArray[np.int16],
    volume: CtVolume,
    grid: AnatomyGrid,
    ledger: Ledger,
    settings: Settings,
) -> Components:
    """Enter metal and what is dental into the ledger, and return the metal of both.

    Parameters
    ----------
    dense : Components
        What is as dense as metal, with its rim, which is cut out of bone.
    bone : ndarray of bool
        On the anatomy grid.
    coarse_hu : ndarray of int16
        The volume averaged onto the grid.
    volume : CtVolume
    grid : AnatomyGrid
    ledger : Ledger
    settings : Settings
        Its groups ``head``, ``dental`` and ``metal``.

    Returns
    -------
    Components
        Enamel makes no streaks and changes no figure, so it is none of them; fillings are.

    Notes
    -----
    Crowns and fillings lie at the bone of the jaws, below a skull. Without a skull in the image all is metal.
    Metal is saturated in a tenth of its voxels or more; enamel, the densest tissue, hardly ever is.
    """
    head = find_head(bone, coarse_hu, grid, settings.head)
    dental = np.zeros(dense.n_components, np.bool_)
    if head is not None:
        dental = _is_in_jaws(dense, head, bone, grid, settings.dental)
    of_metal, of_dental = evidence_of_metal(settings.metal), evidence_of_dental(settings.dental)
    ledger.enter(dense.keep(~dental), ExclusionReason.METAL, [of_metal] * int((~dental).sum()))
    ledger.enter(dense.keep(dental), ExclusionReason.DENTAL, [of_dental] * int(dental.sum()))
    enamel = dental.copy()
    enamel[dental] = _is_enamel(dense.keep(dental), volume, settings.dental)
    return dense.keep(~enamel)


def is_crown(
    found: Components, head: Head, bone: NDArray[np.bool_], grid: AnatomyGrid, settings: DentalSettings
) -> NDArray[np.bool_]:
    """Tell which components are crowns that were taken for no bone: as dense as enamel, at the jaws.

    Parameters
    ----------
    found : Components
        What is dense, without bone and metal.
    head : Head
    bone : ndarray of bool
        On the anatomy grid.
    grid : AnatomyGrid
    settings : DentalSettings

    Returns
    -------
    ndarray of bool, shape ``(n_components,)``
    """
    is_so = found.table["max"] >= settings.enamel_hu
    if is_so.any():
        is_so[is_so] = _is_in_jaws(found.keep(is_so), head, bone, grid, settings)
    return np.asarray(is_so, np.bool_)


def _is_in_jaws(
    dense: Components, head: Head, bone: NDArray[np.bool_], grid: AnatomyGrid, settings: DentalSettings
) -> NDArray[np.bool_]:
    """Tell which components lie at bone below the skull."""
    is_jaw = head.is_jaw[:, None, None]
    jaws = dilated(bone & is_jaw, settings.max_bone_mm, grid.spacing_mm_zyx) & is_jaw
    return np.asarray(grid.share_within(dense, jaws) >= settings.min_share, np.bool_)


def _is_enamel(dental: Components, volume: CtVolume, settings: DentalSettings) -> NDArray[np.bool_]:
    """Tell which components hold no metal."""
    is_so = np.zeros(dental.n_components, np.bool_)
    for row in range(dental.n_components):
        box, mask = dental.mask(row + 1)
        hu = volume.hu[box][mask]
        n_dense = int(np.count_nonzero(hu >= settings.enamel_hu))
        n_saturated = int(np.count_nonzero(hu >= settings.saturated_hu))
        saturated_mm3 = n_saturated * volume.geometry.voxel_volume_mm3
        is_so[row] = n_saturated < settings.metal_share * n_dense and saturated_mm3 < settings.metal_mm3
    return is_so
