"""Pieces of a calcified artery whose walls make one shadow, denser at both sides than in the middle."""

import numpy as np
from numpy.typing import NDArray

from calciseg.radiograph.candidates import Candidate
from calciseg.radiograph.delineate import above_plane
from calciseg.radiograph.film import Film
from calciseg.radiograph.grid import ring_around
from calciseg.settings import RadiographSettings

__all__ = ["find_tube_pieces"]

_SIDE, _MIDDLE = 0.55, 0.35
"""Shares of half the width: from where on it is side, up to where it is middle."""
_LEAST_BLOCKS = 24
_GAP_WIDTHS = 3.0
"""Pieces of one tube lie so near each other."""

_Vector = NDArray[np.float64]


def find_tube_pieces(candidates: list[Candidate], film: Film, settings: RadiographSettings) -> list[bool]:
    """Tell which candidates are pieces of one tube.

    Two such pieces have the same width across the line from one to the other, no more than an artery, and are
    longer than wide. Both are clearly denser at the sides than in the middle, as a tube with calcified walls
    is and no solid deposit can be; flat ones are so by chance, a little. What lies on their line beside them
    and is no wider belongs to them.

    Parameters
    ----------
    candidates : list of Candidate
    film : Film
    settings : RadiographSettings

    Returns
    -------
    list of bool
    """
    pieces = [_Piece(one, film) for one in candidates]
    found = [False] * len(pieces)
    lines = []
    for i, first in enumerate(pieces):
        for j in range(i):
            along = first.towards(pieces[j])
            if along is not None and _are_of_one_tube(first, pieces[j], along, film.grid.block_mm, settings):
                found[i] = found[j] = True
                lines.append((i, j, along))
    for i, j, along in lines:
        width = max(pieces[i].width(along), pieces[j].width(along))
        for k, other in enumerate(pieces):
            aside = abs(float(_across(along) @ (other.centre - pieces[i].centre)))
            near = min(other.gap(pieces[i], along), other.gap(pieces[j], along)) <= _GAP_WIDTHS * width
            found[k] |= aside <= width / 2 and near and other.width(along) <= width
    return found


class _Piece:
    """Where a candidate lies, in blocks, and how far its blocks stand above their surroundings."""

    def __init__(self, candidate: Candidate, film: Film) -> None:
        ring = ring_around(candidate.core) & film.is_open[candidate.window]
        self.points = np.argwhere(candidate.core) + [part.start for part in candidate.window]
        self.centre: _Vector = self.points.mean(axis=0)
        self.excess = above_plane(film.image[candidate.window], ring)[candidate.core]
        self.is_large = len(self.points) >= _LEAST_BLOCKS

    def towards(self, other: "_Piece") -> _Vector | None:
        apart = other.centre - self.centre
        length = float(np.linalg.norm(apart))
        return apart / length if length > 0 else None

    def length(self, along: _Vector) -> float:
        return float(np.ptp(self.points @ along)) + 1

    def width(self, along: _Vector) -> float:
        return float(np.ptp((self.points - self.centre) @ _across(along))) + 1

    def gap(self, other: "_Piece", along: _Vector) -> float:
        mine, others = self.points @ along, other.points @ along
        return float(max(mine.min() - others.max(), others.min() - mine.max()))

    def is_hollow(self, along: _Vector, least: float) -> bool:
        """Tell whether the sides stand out more than the middle, by that share of all of it."""
        side = np.abs((self.points - self.centre) @ _across(along)) / (self.width(along) / 2)
        outer, inner = self.excess[side >= _SIDE], self.excess[side <= _MIDDLE]
        if not (len(outer) and len(inner)):
            return False
        return bool(outer.mean() - inner.mean() >= least * self.excess.mean() > 0)


def _are_of_one_tube(
    first: _Piece, second: _Piece, along: _Vector, block_mm: float, settings: RadiographSettings
) -> bool:
    if not (first.is_large and second.is_large):
        return False
    pieces, widths = (first, second), sorted((first.width(along), second.width(along)))
    is_near = first.gap(second, along) <= _GAP_WIDTHS * widths[1]
    is_alike = widths[0] >= settings.tube_likeness * widths[1]
    is_slim = widths[1] * block_mm <= settings.tube_most_mm
    is_long = all(one.length(along) >= one.width(along) for one in pieces)
    return (
        is_near
        and is_alike
        and is_slim
        and is_long
        and all(one.is_hollow(along, settings.tube_hollow) for one in pieces)
    )


def _across(along: _Vector) -> _Vector:
    return np.array([-along[1], along[0]])
