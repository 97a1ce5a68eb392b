"""The evidence of the network, where there is body."""

import numpy as np

from calciseg.radiograph.clues import make_clues
from calciseg.radiograph.film import Film
from calciseg.radiograph.grid import Array, Mask
from calciseg.radiograph.network import load_network

__all__ = ["weigh_body"]

_STEP = 32
"""Blocks of air around the body that the network sees; its coarsest level begins anew every so many."""


def weigh_body(film: Film) -> Array:
    """Weigh what speaks for a calcification, and for bone, in the body.

    Parameters
    ----------
    film : Film

    Returns
    -------
    ndarray of float32, shape (2, rows, columns)
        On the working grid, from 0 to 1; 0 away from the body.
    """
    clues = make_clues(film)
    found = np.zeros((2, *film.image.shape), np.float32)
    window = (
        _around(np.asarray(film.is_body.any(axis=1))),
        _around(np.asarray(film.is_body.any(axis=0))),
    )
    found[:, *window] = load_network().weigh(clues[:, *window])
    return found


def _around(is_body: Mask) -> slice:
    """Return from where to where there is body along an axis, with a margin."""
    (there,) = np.nonzero(is_body)
    first, last = int(there[0]), int(there[-1])
    return slice(max(0, first - _STEP) // _STEP * _STEP, -(-(last + 1 + _STEP) // _STEP) * _STEP)
