"""Lesions of radiographs to the imaging part, and features of shadows of known bodies."""

import dataclasses
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from calciseg.clinical.radiograph_imaging import imaging_of_radiographs
from calciseg.clinical.shadow_features import shadow_features
from calciseg.clinical.study_context import classify_study
from calciseg.model import (
    ExclusionReason,
    Imaging,
    Morphology,
    PatientFacts,
    RadiographResult,
    Shadow,
    ShadowExclusion,
    Tag,
    TissuePlane,
)
from calciseg.settings import ClassifierSettings

sys.path.insert(0, str(Path(__file__).parents[1] / "outputs"))
from made_films import film, film_result

SETTINGS = ClassifierSettings()


def with_shadows(*changes: dict, spacing_mm: float | None = 0.2, **of_image: object) -> RadiographResult:
    """A radiograph whose lesions are the made one with changes."""
    (image,) = film_result(film(spacing_mm)).radiographs
    lesions = tuple(
        dataclasses.replace(image.lesions[0], label=label, **change)
        for label, change in enumerate(changes, 1)
    )
    return dataclasses.replace(image, **{"lesions": lesions, "maps": None, **of_image})


def derived(*images: RadiographResult) -> Imaging:
    found = imaging_of_radiographs(images, SETTINGS)
    assert found is not None
    return found


def place(row: int, column: int) -> dict:
    return {"bbox_yx": ((row, row + 4), (column, column + 4)), "centroid_yx": (row + 2.0, column + 2.0)}


def test_counts_planes_and_sides() -> None:
    found = derived(with_shadows({"site": "hand"}, {"site": "hand", "laterality": "right"}))
    assert (found.modality, found.n_lesions, found.sites) == ("CR", 2, ("hand",))
    assert dict(found.tissue_planes)["subcutaneous"] == 1
    assert found.total_volume_mm3 is None
    assert found.bilateral is True
    assert derived(with_shadows({})).bilateral is False
    assert derived(with_shadows({"laterality": None})).bilateral is None


def test_nothing_measured_shows_nothing() -> None:
    assert imaging_of_radiographs([], SETTINGS) is None
    failed = with_shadows({}, status="failed", totals=None)
    assert imaging_of_radiographs([failed], SETTINGS) is None


def test_a_mass_at_a_joint_and_tags() -> None:
    found = derived(with_shadows({"morphology": Morphology.MASS, "site": "hip"}))
    assert "tumoral_mass" in found.patterns
    assert "periarticular" in found.features
    elsewhere = derived(with_shadows({"morphology": Morphology.MASS, "site": "thigh"}))
    assert "tumoral_mass" not in elsewhere.patterns
    tagged = derived(with_shadows({"tags": (Tag.TENDINOUS,)}))
    assert (tagged.tags, tagged.features) == ((Tag.TENDINOUS,), ("tendinous",))


@pytest.mark.parametrize("plane", [TissuePlane.INDETERMINATE, TissuePlane.SUBCUTANEOUS])
def test_diffuse_is_many_far_apart_and_not_known_to_be_superficial(plane: TissuePlane) -> None:
    shadows = [{"tissue_plane": plane, **place(60 * n, 40 * n)} for n in range(12)]
    patterns = derived(with_shadows(*shadows, spacing_mm=0.3)).patterns
    assert ("universalis" in patterns) == (plane is TissuePlane.INDETERMINATE)
    assert "circumscripta" not in patterns
    assert "circumscripta" in derived(with_shadows(*shadows[:2])).patterns


def test_without_spacing_nothing_is_said_of_millimetres() -> None:
    found = derived(with_shadows({}, {}, spacing_mm=None))
    assert {"universalis", "circumscripta"}.isdisjoint(found.patterns)
    assert found.largest_mm is None
    mass = derived(with_shadows({"morphology": Morphology.MASS, "site": "hip"}, spacing_mm=None))
    assert "periarticular" not in mass.features
    assert "tumoral_mass" not in mass.patterns


@pytest.mark.parametrize(
    ("reason", "feature"),
    [("vascular", "vascular"), ("phlebolith", "phlebolith"), ("visceral", "visceral")],
)
def test_the_ledger_is_evidence(reason: str, feature: str) -> None:
    line = ShadowExclusion(
        label=1, reason=ExclusionReason(reason), centroid_yx=None, bbox_yx=None, n_pixels=9, area_mm2=None,
        n_components=1, evidence=(),
    )  # fmt: skip
    assert derived(with_shadows(excluded=(line,))).features == (feature,)
    beside_lesions = () if reason == "phlebolith" else (feature,)
    assert derived(with_shadows({}, excluded=(line,))).features == beside_lesions


# Shadows of bodies that are known: thickness along the ray, above an even ground


def _grid() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rows, columns = np.mgrid[0:120, 0:120].astype(float)
    return rows - 60, columns - 60


def _ball(radius: float, row: float = 0, column: float = 0) -> NDArray[np.float64]:
    y, x = _grid()
    return 2 * np.sqrt(np.clip(radius**2 - (y - row) ** 2 - (x - column) ** 2, 0, None))


def seen(thickness: NDArray[np.float64], spacing_mm: float = 0.5) -> set[str]:
    noise = np.random.default_rng(1).normal(0, 10, thickness.shape)
    values = np.clip(3000 + 40 * thickness + noise, 0, 65535).astype(np.uint16)
    labels = (thickness > 0).astype(np.uint16)
    rows, columns = np.nonzero(labels)
    shadow: Shadow = dataclasses.replace(
        with_shadows({}).lesions[0],
        area_mm2=float(labels.sum()) * spacing_mm**2,
        bbox_yx=((rows.min(), rows.max() + 1), (columns.min(), columns.max() + 1)),
    )
    return set(shadow_features(values, labels, shadow, SETTINGS))


def test_a_solid_ball_shows_nothing() -> None:
    assert seen(_ball(30)) == set()


def test_a_shell_has_a_rim() -> None:
    assert seen(_ball(30) - _ball(26)) == {"peripheral_rim"}


def test_a_ring_has_a_lucent_centre() -> None:
    y, x = _grid()
    distance = np.hypot(y, x)
    assert seen(np.where((distance < 30) & (distance > 22), 20.0, 0.0)) == {"peripheral_rim", "lucent_center"}


def test_balls_side_by_side_are_lobulated() -> None:
    balls = [_ball(16, row, column) for row, column in ((-20, 0), (14, -22), (14, 22))]
    middle = _ball(14)
    assert "lobulated" in seen(np.maximum.reduce([*balls, middle]))


def test_a_small_shadow_is_not_asked() -> None:
    assert seen(_ball(30) - _ball(26), spacing_mm=0.05) == set()


def test_a_radiograph_with_a_case_makes_a_verdict() -> None:
    image = with_shadows({"morphology": Morphology.MASS, "site": "hip"})
    patient = PatientFacts(age_years=50, sex="F")
    verdict = classify_study((), patient, {"dialysis": True}, SETTINGS, radiographs=(image,))
    assert verdict.ranking[0].mechanism == "metastatic"
    assert "tumoral_mass" in verdict.patterns
    assert "secondary_tumoral_calcinosis" in verdict.entities
    alone = classify_study((), patient, None, SETTINGS, radiographs=(image,))
    assert alone.status == "insufficient"
