"""What is known of a projected phantom: the shadow of each lesion, and what it lies over."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calciseg.model import Morphology, PlaneFractions, Radiograph, Study, TissuePlane
from calciseg.phantom.films.recipe import FilmRecipe
from calciseg.phantom.truth import SCHEMA

__all__ = ["FilmDistractor", "FilmPhantom", "TrueShadow", "film_truth_as_dict"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrueShadow:
    """The shadow of one calcification."""

    label: int
    """Its value in ``truth_labels``, from 1."""
    tissue_plane: TissuePlane
    plane_fractions: PlaneFractions
    volume_mm3: float
    morphology: Morphology
    hu: float
    window: tuple[slice, slice] = field(repr=False)
    shadow: NDArray[np.bool_] = field(repr=False)
    """Within ``window``: pixels whose ray crosses a quarter of a millimetre of it or more."""
    area_mm2: float
    max_diameter_mm: float
    contrast_to_noise: float
    """Mean contrast of the shadow over the SD of the noise of one pixel there."""
    bone_fraction: float
    """Share of the shadow that lies over bone."""
    open_fraction: float
    """Share of the shadow in the collimated field."""
    is_in_profile: bool
    """Three quarters of its rays or more pass outside the deep fascia: the projection shows its plane."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmDistractor:
    """Something dense that is no lesion, and where its shadow lies."""

    kind: str
    name: str
    bbox_yx: tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FilmPhantom:
    """A projected phantom with its truth.

    Attributes
    ----------
    stored : ndarray of uint16
        Pixels as the DICOM file holds them.
    radiograph : Radiograph
        The same, as the reader hands them on.
    truth_labels : ndarray of uint16
        Lesion label per pixel; where shadows cross, that of the stronger one.
    bone : ndarray of bool
        Shadow of the skeleton.
    """

    recipe: FilmRecipe
    study_instance_uid: str
    kvp: float
    bits_stored: int
    is_monochrome1: bool
    stored: NDArray[np.uint16] = field(repr=False)
    radiograph: Radiograph = field(repr=False)
    truth_labels: NDArray[np.uint16] = field(repr=False)
    bone: NDArray[np.bool_] = field(repr=False)
    lesions: tuple[TrueShadow, ...]
    distractors: tuple[FilmDistractor, ...]

    def study(self) -> Study:
        """Return the phantom as the reader would hand it on."""
        return Study(study_instance_uid=self.study_instance_uid, images=(), radiographs=(self.radiograph,))


def film_truth_as_dict(phantom: FilmPhantom) -> dict[str, Any]:
    """Return what ``truth.json`` holds."""
    recipe = phantom.recipe
    return {
        "schema": SCHEMA,
        "kind": recipe.kind,
        "seed": recipe.seed,
        "view": recipe.view,
        "kvp": phantom.kvp,
        "shape_yx": list(phantom.stored.shape),
        "spacing_mm_yx": list(phantom.radiograph.spacing_mm_yx or ()),
        "bits_stored": phantom.bits_stored,
        "photometric_interpretation": "MONOCHROME1" if phantom.is_monochrome1 else "MONOCHROME2",
        "study_instance_uid": phantom.study_instance_uid,
        "series_instance_uid": phantom.radiograph.header.series_instance_uid,
        "lesions": [_lesion_as_dict(lesion) for lesion in phantom.lesions],
        "distractors": [
            {"kind": item.kind, "name": item.name, "bbox_yx": [list(ends) for ends in item.bbox_yx]}
            for item in phantom.distractors
        ],
    }


def _lesion_as_dict(lesion: TrueShadow) -> dict[str, Any]:
    rows, columns = np.nonzero(lesion.shadow)
    top, left = (part.start for part in lesion.window)
    return {
        "label": lesion.label,
        "tissue_plane": str(lesion.tissue_plane),
        "plane_fractions": {str(p): round(getattr(lesion.plane_fractions, p), 6) for p in TissuePlane},
        "volume_mm3": round(lesion.volume_mm3, 4),
        "morphology": str(lesion.morphology),
        "hu": round(lesion.hu, 1),
        "area_mm2": round(lesion.area_mm2, 4),
        "n_pixels": len(rows),
        "centroid_yx": [round(float(rows.mean()) + top, 3), round(float(columns.mean()) + left, 3)],
        "bbox_yx": [
            [int(rows.min()) + top, int(rows.max()) + top + 1],
            [int(columns.min()) + left, int(columns.max()) + left + 1],
        ],
        "max_diameter_mm": round(lesion.max_diameter_mm, 3),
        "contrast_to_noise": round(lesion.contrast_to_noise, 2),
        "bone_fraction": round(lesion.bone_fraction, 4),
        "open_fraction": round(lesion.open_fraction, 4),
        "is_over_bone": lesion.bone_fraction >= 0.5,
        "is_in_profile": lesion.is_in_profile,
    }
