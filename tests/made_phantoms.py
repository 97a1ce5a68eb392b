"""Phantoms that several files of tests look at: made once for each process that tests."""

from functools import cache

from calciseg.phantom import Phantom, PhantomRecipe, make_phantom


@cache
def small_phantom(kind: str, seed: int = 3) -> Phantom:
    """Return a phantom of few voxels that still has lesions in every plane. Nobody may write to it."""
    return make_phantom(PhantomRecipe(kind=kind, seed=seed, spacing_mm_zyx=(3.0, 1.2, 1.2), n_slices=24))
