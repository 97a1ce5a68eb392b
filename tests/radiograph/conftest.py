"""One small film, and films made of an image alone."""

from collections.abc import Callable

import numpy as np
import pytest
from made_phantoms import small_film

from calciseg.phantom import FilmPhantom
from calciseg.radiograph.film import Film
from calciseg.radiograph.grid import WorkingGrid
from calciseg.radiograph.turning import find_turning


@pytest.fixture(scope="session")
def forearm() -> FilmPhantom:
    return small_film()


@pytest.fixture(scope="session")
def film_of() -> Callable[..., Film]:
    """Make a film ready by hand: blocks are pixels, all of it is open."""

    def make(
        image: np.ndarray, is_body: np.ndarray | None = None, block_mm: float = 0.4, block_mm_yx=None
    ) -> Film:
        values = np.rint(np.clip(image, 0, None)).astype(np.uint16)
        return Film(
            turning=find_turning(values),
            grid=WorkingGrid(n_block=1, pixel_mm_yx=block_mm_yx or (block_mm, block_mm)),
            values=values,
            image=image.astype(np.float32),
            is_open=np.ones(image.shape, bool),
            is_body=np.ones(image.shape, bool) if is_body is None else is_body,
            noise=np.full(image.shape, 4.0, np.float32),
            air=0.0,
            span=float(image.max()),
        )

    return make
