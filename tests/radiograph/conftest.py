"""One small film, projected once for each process that tests."""

import pytest

from calciseg.model import Morphology, TissuePlane
from calciseg.phantom import FilmPhantom, FilmRecipe, LesionDesign, make_film

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
