"""Synthetic CT studies with known truth: limbs and a pelvis with calcifications in every tissue plane."""

from calciseg.phantom.make import make_phantom
from calciseg.phantom.recipe import KINDS, LesionDesign, PhantomRecipe, kv_factor
from calciseg.phantom.truth import Distractor, Phantom, TrueLesion, as_study, truth_as_dict
from calciseg.phantom.write import write_phantom

__all__ = [
    "KINDS",
    "Distractor",
    "LesionDesign",
    "Phantom",
    "PhantomRecipe",
    "TrueLesion",
    "as_study",
    "kv_factor",
    "make_phantom",
    "truth_as_dict",
    "write_phantom",
]
