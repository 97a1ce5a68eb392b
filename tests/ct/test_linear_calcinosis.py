"""Long strands in a thigh whose arteries are calcified: the ones are lesions, the others are not."""

import numpy as np
import pytest
from scipy import ndimage

from calciseg.ct import analyze_volume
from calciseg.model import ExclusionReason, Morphology, TissuePlane
from calciseg.phantom import LesionDesign, PhantomRecipe, make_phantom
from calciseg.settings import Settings


def strand(tissue_plane, size_mm, *, is_on_seam=False):
    return LesionDesign(
        tissue_plane=tissue_plane,
        morphology=Morphology.LINEAR,
        size_mm=size_mm,
        thickness_mm=3.0,
        hu=700.0,
        is_on_seam=is_on_seam,
    )


@pytest.fixture(scope="module")
def thigh():
    strands = (
        strand(TissuePlane.SUBCUTANEOUS, 48.0),
        strand(TissuePlane.SUBCUTANEOUS, 56.0),
        strand(TissuePlane.FASCIAL, 50.0),
        strand(TissuePlane.FASCIAL, 46.0, is_on_seam=True),
    )
    recipe = PhantomRecipe(kind="thigh", seed=3, spacing_mm_zyx=(3.0, 1.2, 1.2), n_slices=30, lesions=strands)
    phantom = make_phantom(recipe)
    return phantom, analyze_volume(phantom.volume, 1, Settings())


def test_strands_of_five_centimetres_in_fat_and_on_fasciae_are_lesions(thigh):
    phantom, result = thigh
    assert len(phantom.lesions) == 4
    for lesion in phantom.lesions:
        mine = phantom.truth_labels == lesion.label
        labels, counts = np.unique(result.maps.labels[mine], return_counts=True)
        assert counts[labels > 0].sum() > 0.9 * mine.sum()
        found = result.lesions[labels[labels > 0][counts[labels > 0].argmax()] - 1]
        assert found.morphology == Morphology.LINEAR
        assert found.max_diameter_mm > 30


def test_the_arteries_beside_them_are_in_the_ledger_and_say_why(thigh):
    phantom, result = thigh
    lines = [line for line in result.excluded if line.reason == ExclusionReason.VASCULAR]
    assert len(lines) >= 3
    assert all(line.evidence for line in result.excluded)
    assert any("around a lumen" in line.evidence[0] for line in lines)
    near_truth = ndimage.binary_dilation(phantom.truth_labels > 0, iterations=2)
    assert not (near_truth & np.isin(result.maps.excluded, [line.label for line in lines])).any()
