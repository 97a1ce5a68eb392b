"""Phantoms that several files of tests look at: one process makes each, and all that test read it."""

import fcntl
import os
import pickle
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar

from calciseg.model import Morphology, TissuePlane
from calciseg.phantom import (
    FilmPhantom,
    FilmRecipe,
    LesionDesign,
    Phantom,
    PhantomRecipe,
    make_film,
    make_phantom,
)

Made = TypeVar("Made")

_NODULE = LesionDesign(
    tissue_plane=TissuePlane.INTRAMUSCULAR, morphology=Morphology.NODULE, size_mm=9.0, hu=1100.0
)


def _made_once(name: str, make: Callable[[], Made]) -> Made:
    """Make something, unless another process has made it since the tests began."""
    path = Path(os.environ["CALCISEG_MADE_FOR_TESTS"]) / name
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            path.write_bytes(pickle.dumps(make()))
        made: Made = pickle.loads(path.read_bytes())
    return made


@cache
def small_phantom(kind: str, seed: int = 3) -> Phantom:
    """Return a phantom of few voxels that still has lesions in every plane. Nobody can write to it."""
    recipe = PhantomRecipe(kind=kind, seed=seed, spacing_mm_zyx=(3.0, 1.2, 1.2), n_slices=24)
    phantom = _made_once(f"{kind}-{seed}", lambda: make_phantom(recipe))
    phantom.volume.hu.flags.writeable = phantom.truth_labels.flags.writeable = False
    return phantom


@cache
def small_film() -> FilmPhantom:
    """Return a forearm with three dense nodules in its muscles, on coarse pixels. Nobody can write to it."""
    recipe = FilmRecipe(
        kind="xr-forearm",
        seed=3,
        pixel_mm=0.4,
        bits_stored=12,
        is_monochrome1=False,
        response="linear",
        border="none",
        lesions=(_NODULE,) * 3,
    )
    film = _made_once(recipe.kind, lambda: make_film(recipe))
    film.radiograph.values.flags.writeable = film.truth_labels.flags.writeable = False
    return film
