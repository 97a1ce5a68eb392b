"""The benchmark scores what it says, and at a tenth of its size it keeps to generous floors."""

from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import accuracy
from calciseg.model import TissuePlane
from calciseg.phantom import PhantomRecipe

BOXES = {1: (slice(1, 4), slice(1, 5), slice(1, 5)), 2: (slice(1, 4), slice(9, 12), slice(9, 12))}


def made_phantom():
    """Two true lesions of 48 and 27 voxels of a cubic millimetre."""
    truth = np.zeros((6, 16, 16), np.uint16)
    for label, box in BOXES.items():
        truth[box] = label
    lesions = tuple(
        SimpleNamespace(
            label=label, tissue_plane=plane, morphology=SimpleNamespace(value="nodule"),
            volume_mm3=float((truth == label).sum()),
        )
        for label, plane in ((1, TissuePlane.FASCIAL), (2, TissuePlane.CUTANEOUS))
    )  # fmt: skip
    geometry = SimpleNamespace(spacing_mm_zyx=(1.0, 1.0, 1.0))
    return SimpleNamespace(
        truth_labels=truth, lesions=lesions, recipe=PhantomRecipe(),
        volume=SimpleNamespace(geometry=geometry),
    )  # fmt: skip


def made_result(*boxes_and_planes):
    labels = np.zeros((6, 16, 16), np.uint16)
    lesions = []
    for label, (box, plane) in enumerate(boxes_and_planes, start=1):
        labels[box] = label
        n = int((labels == label).sum())
        lesions.append(
            SimpleNamespace(
                label=label, tissue_plane=plane, n_voxels=n, volume_mm3=float(n), volume_pv_mm3=float(n)
            )
        )
    return SimpleNamespace(lesions=tuple(lesions), maps=SimpleNamespace(labels=labels))


def test_what_equals_the_truth_scores_full():
    result = made_result((BOXES[1], TissuePlane.FASCIAL), (BOXES[2], TissuePlane.CUTANEOUS))
    score = accuracy.score_phantom(made_phantom(), result, "made")
    assert (score.n_false, score.n_found) == (0, 2)
    for lesion in score.lesions:
        assert lesion.found_plane == lesion.true_plane
        assert (lesion.dice, lesion.volume_ratio, lesion.threshold_ratio) == (1.0, 1.0, 1.0)


def test_what_is_missed_misplaced_or_made_up_shows():
    half = (slice(1, 4), slice(1, 3), slice(1, 5))
    nowhere = (slice(0, 2), slice(0, 2), slice(13, 16))
    result = made_result((half, TissuePlane.SUBCUTANEOUS), (nowhere, TissuePlane.FASCIAL))
    score = accuracy.score_phantom(made_phantom(), result, "made")
    first, second = score.lesions
    assert (first.true_plane, first.found_plane) == ("fascial", "subcutaneous")
    assert first.dice == pytest.approx(2 * 24 / (48 + 24))
    assert first.volume_ratio == pytest.approx(0.5)
    assert (second.found_plane, second.dice) == (None, 0.0)
    assert score.n_false == 1


def test_nothing_found_is_nothing_false():
    score = accuracy.score_phantom(made_phantom(), made_result(), "made")
    assert [lesion.found_plane for lesion in score.lesions] == [None, None]
    assert score.n_false == 0


def test_macro_f1():
    def lesion(true, found, volume=100.0):
        return SimpleNamespace(true_plane=true, found_plane=found, volume_mm3=volume)

    lesions = [
        lesion("fascial", "fascial"), lesion("fascial", "subcutaneous"), lesion("cutaneous", "cutaneous"),
        lesion("cutaneous", None), lesion("cutaneous", "fascial", volume=5.0),
    ]  # fmt: skip
    assert accuracy.macro_f1(lesions) == pytest.approx((2 / 3 + 1.0) / 2)


@pytest.mark.slow
def test_floors_at_a_tenth_of_the_size():
    recipes = [
        PhantomRecipe(kind=kind, seed=100, spacing_mm_zyx=(3.0, 0.8, 0.8))
        for kind in ("thigh", "forearm", "pelvis")
    ]
    lesions = [lesion for recipe in recipes for lesion in accuracy.score_recipe(recipe).lesions]
    large = [lesion for lesion in lesions if lesion.volume_mm3 >= 50]
    planes = Counter(lesion.true_plane for lesion in large)
    assert set(planes) == {"cutaneous", "subcutaneous", "fascial", "intramuscular"}
    assert np.mean([lesion.found_plane is not None for lesion in large]) >= 0.9
    assert accuracy.macro_f1(lesions) >= 0.85
    for plane in planes:
        assert any(lesion.found_plane == plane for lesion in large if lesion.true_plane == plane)
