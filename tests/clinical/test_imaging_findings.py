"""Lesions and ledger to the imaging part, and features of voxels with known shapes."""

import dataclasses
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from calciseg.clinical.imaging import imaging_of
from calciseg.clinical.imaging_statement import combined
from calciseg.clinical.lesion_features import lesion_features
from calciseg.model import (
    CtVolume,
    Exclusion,
    ExclusionReason,
    ImageResult,
    Imaging,
    Morphology,
    Tag,
    TissuePlane,
    VolumeGeometry,
)
from calciseg.settings import ClassifierSettings

sys.path.insert(0, str(Path(__file__).parents[1] / "outputs"))
from made_results import image_result, totals_of

SETTINGS = ClassifierSettings()


def with_lesions(*changes: dict, **of_image: object) -> ImageResult:
    """An image whose lesions are the first made one with changes."""
    image = image_result(1)
    lesions = tuple(
        dataclasses.replace(image.lesions[0], label=label, **change)
        for label, change in enumerate(changes, 1)
    )
    return dataclasses.replace(
        image, **{"lesions": lesions, "totals": totals_of(lesions), "maps": None, **of_image}
    )


def derived(*images: ImageResult) -> Imaging:
    found = imaging_of(images, SETTINGS)
    assert found is not None
    return found


def header(image: ImageResult, **changes: object) -> CtVolume:
    return dataclasses.replace(image.image, header=dataclasses.replace(image.header, **changes))


def test_counts_planes_and_shapes() -> None:
    found = derived(image_result(1))
    assert (found.modality, found.n_lesions) == ("CT", 4)
    assert dict(found.tissue_planes)["indeterminate"] == 0
    assert sum(fraction for _, fraction in found.tissue_planes) == pytest.approx(1)
    assert found.tags == (Tag.PERIARTICULAR, Tag.TENDINOUS)
    assert {"periarticular", "tendinous"} <= set(found.features)
    assert found.morphologies == ("punctate", "nodule", "sheet", "linear")


def test_images_of_the_same_anatomy_are_not_added() -> None:
    assert derived(image_result(1), image_result(2)) == derived(image_result(1))


def test_a_study_without_a_measured_image_shows_nothing() -> None:
    failed = ImageResult(n=1, image=image_result(1).image, status="failed")
    assert imaging_of([failed], SETTINGS) is None


def test_body_part_is_the_site_where_anatomy_does_not_tell() -> None:
    image = with_lesions({}, image=header(image_result(1), body_part="Knee"))
    assert derived(image).sites == ("knee",)
    assert derived(with_lesions({"site": "hip"}, image=image.image)).sites == ("hip",)
    assert derived(with_lesions(image=image.image)).sites == ()


@pytest.mark.parametrize(
    ("reason", "feature"),
    [
        ("vascular", "vascular"),
        ("phlebolith", "phlebolith"),
        ("visceral", "visceral"),
        ("articular", "intra_articular"),
        ("ossification", "ossified"),
    ],
)
def test_the_ledger_is_evidence(reason: str, feature: str) -> None:
    def excluded(volume_mm3: float) -> Exclusion:
        return Exclusion(
            label=1, reason=ExclusionReason(reason), centroid_lps_mm=None, volume_mm3=volume_mm3,
            hu_max=900.0, n_components=1, evidence=(),
        )  # fmt: skip

    assert derived(with_lesions(excluded=(excluded(200.0),))).features == (feature,)
    assert derived(with_lesions(excluded=(excluded(2.0),))).features == ()


@pytest.mark.parametrize(
    ("reason", "feature"),
    [("phlebolith", "phlebolith"), ("articular", "intra_articular"), ("ossification", "ossified")],
)
def test_what_was_told_from_the_lesions_is_the_answer_only_if_it_is_more(reason: str, feature: str) -> None:
    stones = Exclusion(
        label=9, reason=ExclusionReason(reason), centroid_lps_mm=None, volume_mm3=101.0, hu_max=900.0,
        n_components=2, evidence=(),
    )  # fmt: skip
    for volume_mm3, features in ((400.0, ()), (60.0, (feature,))):
        assert (
            derived(with_lesions({"volume_mm3": volume_mm3, "tags": ()}, excluded=(stones,))).features
            == features
        )


@pytest.mark.parametrize("reason", ["vascular", "visceral"])
def test_vessels_and_viscera_are_evidence_beside_lesions(reason: str) -> None:
    line = Exclusion(
        label=9, reason=ExclusionReason(reason), centroid_lps_mm=None, volume_mm3=101.0, hu_max=900.0,
        n_components=2, evidence=(),
    )  # fmt: skip
    assert derived(with_lesions({"volume_mm3": 400.0, "tags": ()}, excluded=(line,))).features == (reason,)


@pytest.mark.parametrize(
    ("morphology", "pattern"),
    [("sheet", "sheet_like"), ("plaque", "plaque"), ("nodule", "nodular"), ("linear", "linear"),
     ("reticular", "reticular")],
)  # fmt: skip
def test_a_shape_with_enough_volume_makes_a_pattern(morphology: str, pattern: str) -> None:
    much = derived(with_lesions({"morphology": Morphology(morphology)}))
    little = derived(
        with_lesions({"morphology": Morphology(morphology), "volume_mm3": 1.0}, {"volume_mm3": 900.0})
    )
    assert pattern in much.patterns
    assert pattern not in little.patterns


def test_a_mass_beside_a_joint() -> None:
    mass = {"morphology": Morphology.MASS, "max_diameter_mm": 60.0, "distance_to_bone_mm": 4.0}
    beside = derived(with_lesions({**mass, "site": "hip"}))
    assert "periarticular" in beside.features
    assert "tumoral_mass" in beside.patterns
    far = derived(with_lesions({**mass, "site": "hip", "distance_to_bone_mm": 40.0}))
    shaft = derived(with_lesions({**mass, "site": "thigh"}))
    assert far.patterns == shaft.patterns == ("circumscripta",)


def spread(n: int, step_mm: float) -> ImageResult:
    planes = (TissuePlane.SUBCUTANEOUS, TissuePlane.FASCIAL)
    changes = [
        {"centroid_lps_mm": (0.0, 0.0, step_mm * k), "tissue_plane": planes[k % 2], "max_diameter_mm": 8.0}
        for k in range(n)
    ]
    return with_lesions(*changes)


def test_universalis_is_many_deep_and_far_apart() -> None:
    assert "universalis" in derived(spread(12, 20.0)).patterns
    assert "universalis" not in derived(spread(12, 2.0)).patterns
    assert "universalis" not in derived(spread(4, 80.0)).patterns
    assert "circumscripta" in derived(spread(12, 2.0)).patterns


def test_a_net_in_the_fat_and_small_vessels() -> None:
    net = {"morphology": Morphology.RETICULAR, "tissue_plane": TissuePlane.SUBCUTANEOUS}
    assert "net_like" in derived(with_lesions(net)).features
    assert "net_like" in derived(with_lesions({"tags": (Tag.SMALL_VESSEL,)})).features
    assert "net_like" not in derived(with_lesions({**net, "tissue_plane": TissuePlane.FASCIAL})).features


def test_sides() -> None:
    assert derived(with_lesions({"laterality": "left"}, {"laterality": "right"})).bilateral is True
    assert derived(with_lesions({"laterality": "left"})).bilateral is False
    assert derived(with_lesions({})).bilateral is None


def test_what_the_caller_says_wins_field_by_field() -> None:
    stated = Imaging(sites=("hip",), n_lesions=0)
    both = combined(stated, Imaging(sites=("knee",), n_lesions=7, features=("vascular",)))
    assert both == Imaging(sites=("hip",), n_lesions=0, features=("vascular",))
    assert combined(None, None) == Imaging()


# Voxels

SHAPE = (40, 40, 40)
Z, Y, X = np.indices(SHAPE) - 19.5
BALL = np.sqrt(Z**2 + Y**2 + X**2) <= 12


def features(mask: NDArray[np.bool_], hu: NDArray[np.float64] | float, direction: tuple = ()) -> set[str]:
    geometry = VolumeGeometry(
        shape_zyx=SHAPE, spacing_mm_zyx=(1.0, 1.0, 1.0), origin_lps_mm=(0.0, 0.0, 0.0),
        **({"direction": direction} if direction else {}),
    )  # fmt: skip
    values = np.where(mask, hu, 40).astype(np.int16)
    if not np.isscalar(hu):
        values = np.asarray(hu).astype(np.int16)
    made = image_result(1)
    volume = CtVolume(header=made.header, geometry=geometry, hu=values)
    lesion = dataclasses.replace(
        made.lesions[0], bbox_zyx=((0, 40), (0, 40), (0, 40)), volume_mm3=float(mask.sum())
    )
    return set(lesion_features(volume, mask.astype(np.uint16), lesion, SETTINGS))


def test_a_plain_ball_shows_nothing() -> None:
    assert features(BALL, 600) == set()


def test_a_small_lesion_is_not_asked() -> None:
    assert features(np.sqrt(Z**2 + Y**2 + X**2) <= 3, 600) == set()


def test_a_shell_has_a_rim_and_a_lucent_centre() -> None:
    radius = np.sqrt(Z**2 + Y**2 + X**2)
    shell = (radius <= 12) & (radius >= 9)
    hu = np.where(shell, 800, np.where(radius < 9, 40, -100))
    assert {"peripheral_rim", "lucent_center"} <= features(shell, hu)


def test_three_balls_side_by_side_are_lobulated() -> None:
    centres = ((-9, 0, 0), (9, 0, 0), (0, 12, 0), (0, -6, 10))
    lobes = np.any([np.sqrt((Z - a) ** 2 + (Y - b) ** 2 + (X - c) ** 2) <= 7 for a, b, c in centres], axis=0)
    assert "lobulated" in features(lobes, 600)
    assert "lobulated" not in features(BALL, 600)


@pytest.mark.parametrize("axis", ["y", "x"])
@pytest.mark.parametrize("side", [1, -1])
def test_sediment_has_a_level_across_gravity(axis: str, side: int) -> None:
    up = {"y": Y, "x": X}[axis] * side
    assert "fluid_level" in features(BALL & (up > 2), 600)


def test_a_level_along_the_body_is_none() -> None:
    assert "fluid_level" not in features(BALL & (Z > 2), 600)


def test_a_level_follows_the_orientation_of_the_image() -> None:
    # A coronal volume: slices go from front to back, rows from head to feet.
    coronal = (1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, -1.0, 0.0)
    assert "fluid_level" in features(BALL & (Z > 2), 600, coronal)
    assert "fluid_level" not in features(BALL & (Y > 2), 600, coronal)
