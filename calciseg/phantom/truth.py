"""What is known of a phantom: its lesions, its distractors, and the phantom itself."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calciseg.model import CtVolume, Morphology, PlaneFractions, Study, TissuePlane
from calciseg.phantom.recipe import PhantomRecipe

__all__ = ["SCHEMA", "Distractor", "Phantom", "TrueLesion", "as_study", "truth_as_dict"]

SCHEMA = "calciseg-phantom-truth-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueLesion:
    """One calcification as it was made, measured before the scanner blurred it."""

    label: int
    """Its value in ``truth_labels``, from 1."""
    tissue_plane: TissuePlane
    plane_fractions: PlaneFractions
    """Of the supersampled volume; :func:`calciseg.phantom.anatomy.plane_of` states what a plane is."""
    volume_mm3: float
    """Supersampled, not a count of voxels."""
    morphology: Morphology
    centroid_lps_mm: tuple[float, float, float]
    box_lps_mm: tuple[tuple[float, float, float], tuple[float, float, float]]
    """Lowest and highest corner."""
    hu: float
    """Mean of the calcium itself at the phantom's tube voltage, before blur and noise."""
    touches_bone: bool
    territory: str | None
    """The muscle that holds it, if it is intramuscular."""
    n_voxels: int
    """Voxels of ``truth_labels`` with its label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Distractor:
    """Something dense or bright that is not a lesion."""

    kind: str
    """vascular_calcification, phlebolith, sesamoid, metal, iodine or table."""
    name: str
    centroid_lps_mm: tuple[float, float, float]
    box_lps_mm: tuple[tuple[float, float, float], tuple[float, float, float]]
    """Lowest and highest corner."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Phantom:
    """A synthetic CT study with its truth.

    Attributes
    ----------
    volume : CtVolume
        On a right-angled grid along the patient's axes.
    truth_labels : ndarray of uint16
        Lesion label per voxel of ``volume``; a voxel belongs to the lesion that fills half of it or more. A
        lesion that fills half of no voxel has the one voxel that it fills most.
    tilted_hu : ndarray of int16 or None
        With gantry tilt the slices as the scanner made them: the stack is sheared, so it is no ``CtVolume``.
        Voxel ``[0, y, x]`` of it is turned about the middle row of slice 0 of ``volume``; the DICOM files
        hold it, while ``volume`` and the truth stay upright.
    """

    recipe: PhantomRecipe
    study_instance_uid: str
    volume: CtVolume
    truth_labels: NDArray[np.uint16] = field(repr=False)
    lesions: tuple[TrueLesion, ...]
    distractors: tuple[Distractor, ...]
    structures: tuple[str, ...]
    """Names of the muscles, bones and vessels in it."""
    tilted_hu: NDArray[np.int16] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Make the labels read-only."""
        self.truth_labels.setflags(write=False)

    def study(self) -> Study:
        """Return the phantom as the reader would hand it on."""
        return as_study(self)


def as_study(phantom: Phantom) -> Study:
    """Return a phantom as a study in memory, without a file."""
    return Study(study_instance_uid=phantom.study_instance_uid, images=(phantom.volume,))


def _lesion_as_dict(lesion: TrueLesion) -> dict[str, Any]:
    fractions = lesion.plane_fractions
    return {
        "label": lesion.label,
        "tissue_plane": str(lesion.tissue_plane),
        "plane_fractions": {str(p): round(getattr(fractions, p), 6) for p in TissuePlane},
        "volume_mm3": round(lesion.volume_mm3, 4),
        "morphology": str(lesion.morphology),
        "centroid_lps_mm": _rounded(lesion.centroid_lps_mm),
        "box_lps_mm": [_rounded(corner) for corner in lesion.box_lps_mm],
        "hu": round(lesion.hu, 1),
        "touches_bone": lesion.touches_bone,
        "territory": lesion.territory,
        "n_voxels": lesion.n_voxels,
    }


def _rounded(point_mm: tuple[float, ...]) -> list[float]:
    return [round(float(value), 3) for value in point_mm]


def truth_as_dict(phantom: Phantom) -> dict[str, Any]:
    """Return what ``truth.json`` holds."""
    recipe, geometry = phantom.recipe, phantom.volume.geometry
    return {
        "schema": SCHEMA,
        "kind": recipe.kind,
        "seed": recipe.seed,
        "kvp": recipe.kvp,
        "spacing_mm_zyx": list(geometry.spacing_mm_zyx),
        "shape_zyx": list(geometry.shape_zyx),
        "origin_lps_mm": _rounded(geometry.origin_lps_mm),
        "slice_thickness_mm": phantom.volume.header.slice_thickness_mm,
        "noise_hu": recipe.noise_hu,
        "options": {
            "contrast": recipe.contrast,
            "metal": recipe.metal,
            "iodine": recipe.iodine,
            "is_table_touching": recipe.is_table_touching,
            "tilt_deg": recipe.tilt_deg,
        },
        "study_instance_uid": phantom.study_instance_uid,
        "series_instance_uid": phantom.volume.header.series_instance_uid,
        "lesions": [_lesion_as_dict(lesion) for lesion in phantom.lesions],
        "distractors": [
            {
                "kind": item.kind,
                "name": item.name,
                "centroid_lps_mm": _rounded(item.centroid_lps_mm),
                "box_lps_mm": [_rounded(corner) for corner in item.box_lps_mm],
            }
            for item in phantom.distractors
        ],
        "structures": list(phantom.structures),
    }
