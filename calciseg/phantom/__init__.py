"""Synthetic studies with known truth: CT with calcifications in every tissue plane, and their radiographs."""

from calciseg.phantom.films import FILM_KINDS, FilmPhantom, FilmRecipe, TrueShadow, make_film
from calciseg.phantom.make import make_phantom
from calciseg.phantom.recipe import KINDS, LesionDesign, PhantomRecipe, kv_factor
from calciseg.phantom.truth import Distractor, Phantom, TrueLesion, as_study, truth_as_dict
from calciseg.phantom.write import write_phantom

__all__ = [
    "FILM_KINDS",
    "KINDS",
    "Distractor",
    "FilmPhantom",
    "FilmRecipe",
    "LesionDesign",
    "Phantom",
    "PhantomRecipe",
    "TrueLesion",
    "TrueShadow",
    "as_study",
    "kv_factor",
    "make_film",
    "make_phantom",
    "truth_as_dict",
    "write_phantom",
]
