"""Radiographs projected from the scenes of the CT phantoms, with the shadow of every lesion known."""

from calciseg.phantom.films.make import make_film
from calciseg.phantom.films.recipe import FILM_KINDS, FilmRecipe
from calciseg.phantom.films.truth import FilmPhantom, TrueShadow, film_truth_as_dict

__all__ = ["FILM_KINDS", "FilmPhantom", "FilmRecipe", "TrueShadow", "film_truth_as_dict", "make_film"]
