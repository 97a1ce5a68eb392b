"""Real studies, where the folder of them is there: the chain runs through and takes bone for bone."""

import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from calciseg.pipeline import analyze

pytestmark = pytest.mark.slow


@pytest.fixture
def image_of():
    folder = os.environ.get("CALCISEG_REAL_DATA")
    if not folder:
        pytest.skip("CALCISEG_REAL_DATA is not set: no real studies to analyse")
    return lambda name: _analysed(Path(folder) / name)


@cache
def _analysed(folder):
    return analyze(folder).images[0]


NAMES = ("ct_upper_arms", "ct_chest_shoulders")


@pytest.mark.parametrize("name", NAMES)
def test_it_runs_through(image_of, name):
    image = image_of(name)
    assert image.status == "measured"
    assert len(image.lesions) <= 40
    assert image.totals.n_lesions == len(image.lesions)
    assert "no_muscle_found" not in [issue.code for issue in image.issues]


@pytest.mark.parametrize("name", NAMES)
def test_bone_is_in_the_ledger_and_no_lesion(image_of, name):
    image = image_of(name)
    bones = [line for line in image.excluded if line.reason == "bone"]
    assert sum(line.volume_mm3 for line in bones) > 10_000
    lesions_mm3 = image.totals.volume_mm3
    assert lesions_mm3 < 0.1 * sum(line.volume_mm3 for line in bones)


def test_the_humeri_are_bone(image_of):
    """Cortical bone of the arms: the largest masses above 700 HU, which no calcification here reaches."""
    image = image_of("ct_upper_arms")
    cortex = image.image.hu >= 700
    bone_labels = [line.label for line in image.excluded if line.reason == "bone"]
    is_bone = np.isin(image.maps.excluded, bone_labels)
    assert cortex.sum() > 500
    assert is_bone[cortex].mean() > 0.9
    assert (image.maps.labels[cortex] > 0).mean() < 0.02


@pytest.mark.parametrize("name", [*NAMES, "ct_tilted_head"])
def test_nothing_normal_is_ossification_or_dental_work(image_of, name):
    assert {"ossification", "dental"}.isdisjoint(line.reason for line in image_of(name).excluded)


def test_aorta_and_splenic_artery_are_vascular(image_of):
    """The middles of their plaques, in the patient's own frame; the organ masks beside the study agree."""
    image = image_of("ct_upper_arms")
    vascular = [line for line in image.excluded if line.reason == "vascular"]
    for name, lps_mm in {
        "aorta, upper": (17.0, -156.0, -799.0),
        "aorta, lower": (14.0, -155.0, -776.0),
        "splenic artery": (58.0, -151.0, -800.0),
        "splenic artery, its end": (73.0, -131.0, -787.0),
    }.items():
        away_mm = [np.linalg.norm(np.subtract(line.centroid_lps_mm, lps_mm)) for line in vascular]
        assert min(away_mm, default=np.inf) < 8, name
