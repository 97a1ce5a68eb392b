"""One small film, projected once for each process that tests; and films made of an image alone."""

from collections.abc import Callable

import numpy as np
import pytest

from calciseg.model import Morphology, TissuePlane
from calciseg.phantom import FilmPhantom, FilmRecipe, LesionDesign, make_film
from calciseg.radiograph.film import Film
from calciseg.radiograph.grid import WorkingGrid
from calciseg.radiograph.turning import find_turning

_NODULE = LesionDesign(
    tissue_plane=TissuePlane.INTRAMUSCULAR, morphology=Morphology.NODULE, size_mm=9.0, hu=1100.0
)


@pytest.fixture(scope="session")
def forearm() -> FilmPhantom:
    """A forearm with three dense nodules in its muscles, on coarse pixels to be quick."""
    return make_film(
        FilmRecipe(
            kind="xr-forearm",
            seed=3,
            pixel_mm=0.4,
            bits_stored=12,
            is_monochrome1=False,
            response="linear",
            border="none",
            lesions=(_NODULE,) * 3,
        )
    )


@pytest.fixture(scope="session")
def film_of() -> Callable[..., Film]:
    """Make a film ready by hand: blocks are pixels, all of it is open."""

    def make(image: np.ndarray, is_body: np.ndarray | None = None, block_mm: float = 0.4) -> Film:
        values = np.rint(np.clip(image, 0, None)).astype(np.uint16)
        return Film(
            turning=find_turning(values),
            grid=WorkingGrid(n_block=1, pixel_mm=block_mm),
            values=values,
            image=image.astype(np.float32),
            is_open=np.ones(image.shape, bool),
            is_body=np.ones(image.shape, bool) if is_body is None else is_body,
            noise=np.full(image.shape, 4.0, np.float32),
            air=0.0,
            span=float(image.max()),
        )

    return make
