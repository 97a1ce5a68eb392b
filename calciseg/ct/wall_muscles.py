"""The muscles that line the cavities of the trunk: psoas, quadratus lumborum, iliacus, piriformis."""

import numpy as np
from numpy.typing import NDArray

from calciseg.ct.footprints import opened
from calciseg.ct.psoas import find_psoas, off_middle_mm
from calciseg.kernels import distance_mm
from calciseg.settings import BodyCavitySettings

__all__ = ["find_wall_muscles"]


def find_wall_muscles(
    is_cavity: NDArray[np.bool_],
    is_inside: NDArray[np.bool_],
    is_soft: NDArray[np.bool_],
    bone: NDArray[np.bool_],
    spacing_mm: tuple[float, float, float],
    settings: BodyCavitySettings,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Find what lines the wall of a cavity and is parted from what the cavity holds by fat.

    Parameters
    ----------
    is_cavity : ndarray of bool
        What the wall surrounds, on a coarse lattice.
    is_inside : ndarray of bool
        Inside the deep fascia.
    is_soft : ndarray of bool
        Soft tissue, neither fat nor bone.
    bone : ndarray of bool
    spacing_mm : tuple of float
    settings : BodyCavitySettings

    Returns
    -------
    tuple of two ndarrays of bool
        Within the cavity: all that lines the wall, and what of it is thick enough to be muscle for sure.

    Notes
    -----
    A way through soft tissue leads from the wall into the muscle and ends at fat within a few centimetres;
    into an organ that touches the wall it leads on. What lies on a way that leads on is therefore left to
    the cavity, and so is what lies far from bone: bowel at the front. A psoas is wider than such a way and is
    found by itself. What is thin, with the wall beneath it, is diaphragm, peritoneum or partial volume.
    """
    _, dy, dx = spacing_mm
    n_steps = int(2 * settings.wall_muscle_mm / (dy + dx))
    n_slack = 1 + int(2 * settings.wall_muscle_slack_mm / (dy + dx))
    soft = is_soft & is_cavity & ~bone
    from_wall = _steps_through(soft, is_inside & ~is_cavity & (is_soft | bone), n_steps)
    reached = soft & (from_wall <= n_steps)
    beyond = (from_wall == n_steps) & soft & _grown(soft & ~reached, has_corners=True)
    leads_on = from_wall + _steps_through(reached, beyond, n_steps + n_slack) <= n_steps + n_slack - 1
    near_bone = distance_mm(bone, spacing_mm, max_distance_mm=settings.wall_muscle_bone_mm)
    found = reached & ~leads_on & (near_bone <= settings.wall_muscle_bone_mm)
    found &= off_middle_mm(is_cavity, dx) > settings.spine_half_width_mm
    found |= find_psoas(is_cavity, is_soft, bone, spacing_mm, settings)
    beneath = bone | is_inside & ~is_cavity & is_soft
    return found, found & opened(found | beneath, settings.wall_muscle_opening_mm, spacing_mm)


def _steps_through(mask: NDArray[np.bool_], start: NDArray[np.bool_], n_steps: int) -> NDArray[np.int16]:
    """Count the steps within slices through a mask from a start; every second one may go over corners."""
    steps = np.full(mask.shape, 2 * n_steps + 2, np.int16)
    steps[start] = 0
    reached = start
    for step in range(1, n_steps + 1):
        grown = _grown(reached, has_corners=step % 2 == 0) & mask | reached
        steps[grown & ~reached] = step
        reached = grown
    return steps


def _grown(mask: NDArray[np.bool_], *, has_corners: bool) -> NDArray[np.bool_]:
    """Add the neighbours within slices."""
    rows = mask.copy()
    rows[:, 1:] |= mask[:, :-1]
    rows[:, :-1] |= mask[:, 1:]
    across = rows if has_corners else mask
    grown = rows.copy()
    grown[:, :, 1:] |= across[:, :, :-1]
    grown[:, :, :-1] |= across[:, :, 1:]
    return grown
