"""A field within the body shows no air: nothing in it is skin, and nothing lies beside the body."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from calciseg import Settings
from calciseg.model import Radiograph
from calciseg.radiograph.film import make_film
from calciseg.radiograph.profile import find_skin_line

_SETTINGS = Settings().radiograph


def _coned(film: Radiograph) -> Radiograph:
    """Cut the largest square out of the limb."""
    ready = make_film(film, _SETTINGS)
    body = np.pad(ready.turning.back(ready.is_body), 1)
    depth = ndimage.distance_transform_cdt(body, "chessboard")[1:-1, 1:-1]
    row, column = np.unravel_index(depth.argmax(), depth.shape)
    half, n = int(depth.max()) - 2, ready.grid.n_block
    window = slice((row - half) * n, (row + half) * n), slice((column - half) * n, (column + half) * n)
    values = np.ascontiguousarray(film.values[window])
    return replace(film, values=values, field_yx=tuple((0, length) for length in values.shape))


@pytest.mark.parametrize("is_coned", [False, True])
def test_only_a_field_with_direct_exposure_has_a_skin_line(forearm, is_coned):
    film = forearm.radiograph
    ready = make_film(_coned(film) if is_coned else film, _SETTINGS)
    assert (ready.is_body == ready.is_open).all() == is_coned
    assert np.isinf(find_skin_line(ready).depth_mm).all() == is_coned
