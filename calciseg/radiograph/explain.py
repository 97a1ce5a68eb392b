"""Why what was accepted as calcified is not counted: vessels, stones in veins, the chest."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.morphology import convex_hull_image

from calciseg.model import ExclusionReason, ImageHeader
from calciseg.radiograph.bone import BoneShadow
from calciseg.radiograph.candidates import Candidate
from calciseg.radiograph.film import Film
from calciseg.radiograph.grid import Mask
from calciseg.radiograph.tubes import find_tube_pieces
from calciseg.settings import RadiographSettings

__all__ = ["Explained", "explain", "find_chest_cavity"]

_ROUND = 1.5
_IN_LINE_COSINE = float(np.cos(np.deg2rad(25.0)))
_RING_SIDES = 3
"""Of four, on which bone is seen from within the pelvic ring: one may be cut by the field."""
_CHEST_PARTS = ("CHEST", "THORAX", "RIB")
_PELVIS_PARTS = ("PELVIS", "HIP", "SACRUM", "ABDOMEN")


class Explained(NamedTuple):
    """Why a candidate is not counted.

    Attributes
    ----------
    reason : ExclusionReason
    evidence : tuple of str
        What decided it, in sentences.
    """

    reason: ExclusionReason
    evidence: tuple[str, ...]


def explain(
    candidates: list[Candidate],
    film: Film,
    bone: BoneShadow,
    header: ImageHeader,
    settings: RadiographSettings,
) -> list[Explained | None]:
    """Tell for each accepted candidate why it is not counted, or None.

    Parameters
    ----------
    candidates : list of Candidate
    film : Film
    bone : BoneShadow
    header : ImageHeader
        Its body part decides what may be there at all.
    settings : RadiographSettings
    """
    part = (header.body_part or "").upper()
    cavity = find_chest_cavity(film) if any(word in part for word in _CHEST_PARTS) else None
    walls = _vessel_walls(candidates, film, settings)
    tubes = find_tube_pieces(candidates, film, settings)
    has_pelvis = any(word in part for word in _PELVIS_PARTS)
    explained: list[Explained | None] = []
    for number, candidate in enumerate(candidates):
        row, column = (int(at) for at in _centre(candidate))
        why = None
        if cavity is not None and cavity[row, column]:
            why = Explained(ExclusionReason.VISCERAL, ("its middle lies between or over the lungs",))
        elif walls[number]:
            why = Explained(ExclusionReason.VASCULAR, (_of_wall(candidate, settings),))
        elif tubes[number]:
            why = Explained(ExclusionReason.VASCULAR, ("on a tube that is denser at both sides than within",))
        elif has_pelvis and _is_stone(candidate, film, bone.mask, settings):
            why = Explained(ExclusionReason.PHLEBOLITH, (_of_stone(candidate, film),))
        explained.append(why)
    return explained


def _of_wall(candidate: Candidate, settings: RadiographSettings) -> str:
    return (
        f"no thicker than {settings.tube_width_mm:g} mm, {candidate.elongation:.1f} times as long as wide, "
        "and in line with or beside another such piece"
    )


def _of_stone(candidate: Candidate, film: Film) -> str:
    return (
        f"round ({candidate.elongation:.1f} times as long as wide), {_size_mm(candidate, film):.1f} mm "
        "across, within the ring of the pelvis"
    )


def find_chest_cavity(film: Film) -> Mask | None:
    """Find the chest: the hull of the lungs, which are the least dense parts inside the body.

    Returns
    -------
    ndarray of bool or None
        None if no lungs are seen.
    """
    inside = film.image[film.is_body]
    level = float(np.percentile(inside, 35))
    labels, n = ndimage.label(ndimage.binary_opening(film.is_body & (film.image < level), iterations=3))
    if not n:
        return None
    rim = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    outer = np.unique(labels[ndimage.binary_dilation(~film.is_body, iterations=4)])
    sizes = np.bincount(labels.ravel()).astype(np.float64)
    sizes[0] = 0
    sizes[rim] = 0
    sizes[outer] = 0
    if sizes.max() < 0.02 * film.is_body.sum():
        return None
    lungs = np.isin(labels, np.flatnonzero(sizes >= 0.2 * sizes.max()))
    hull = convex_hull_image(lungs)
    return np.asarray(ndimage.binary_dilation(hull, iterations=3), np.bool_)


def _centre(candidate: Candidate) -> NDArray[np.float64]:
    corner = np.array([part.start for part in candidate.window])
    return np.asarray(np.argwhere(candidate.core).mean(axis=0) + corner, np.float64)


def _size_mm(candidate: Candidate, film: Film) -> float:
    """Diameter of a disk of the same area."""
    return 2 * float(np.sqrt(candidate.core.sum() / np.pi)) * film.grid.block_mm


def _is_stone(candidate: Candidate, film: Film, bone: Mask, settings: RadiographSettings) -> bool:
    """Tell whether it is small and round, and within the ring of the pelvis, where the veins are."""
    if candidate.elongation > _ROUND or _size_mm(candidate, film) > settings.stone_mm:
        return False
    row, column = (int(at) for at in _centre(candidate))
    around = (bone[:row, column], bone[row:, column], bone[row, :column], bone[row, column:])
    return sum(bool(side.any()) for side in around) >= _RING_SIDES


def _vessel_walls(candidates: list[Candidate], film: Film, settings: RadiographSettings) -> list[bool]:
    """Tell which candidates are pieces of walls: thin, long, in line with or beside another such piece.

    Both walls of one vessel lie no farther apart than it is wide.
    """
    ends, runs, thin = [], [], []
    for candidate in candidates:
        points = np.argwhere(candidate.core).astype(np.float64)
        points += [part.start for part in candidate.window]
        centre = points.mean(axis=0)
        _, vectors = (
            np.linalg.eigh(np.cov(points.T) + np.eye(2) * 1e-6) if len(points) > 2 else (0, np.eye(2))
        )
        along = vectors[:, 1]
        reach = float(np.abs((points - centre) @ along).max()) if len(points) else 0.0
        width_mm = candidate.core.sum() / max(2 * reach + 1, 1) * film.grid.block_mm
        ends.append((centre, reach))
        runs.append(along)
        thin.append(width_mm <= settings.tube_width_mm and candidate.elongation >= settings.tube_elongation)
    gap, widest = film.grid.blocks(settings.tube_gap_mm), film.grid.blocks(settings.tube_most_mm)
    found = [False] * len(candidates)
    for i, (centre, reach) in enumerate(ends):
        for j in range(i):
            if not (thin[i] and thin[j]) or abs(float(runs[i] @ runs[j])) < _IN_LINE_COSINE:
                continue
            apart = ends[j][0] - centre
            lengthwise = abs(float(apart @ runs[i])) - reach - ends[j][1]
            across = float(np.linalg.norm(apart - (apart @ runs[i]) * runs[i]))
            if lengthwise <= gap and across <= widest:
                found[i] = found[j] = True
    return found
