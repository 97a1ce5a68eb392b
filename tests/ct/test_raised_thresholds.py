"""A threshold that contrast medium or noise raised is told, and what stays below it is in the ledger."""

import numpy as np
import pytest
from made_bodies import ct_volume, limb, scanned, with_ball
from scipy import ndimage

from calciseg.ct import analyze_volume
from calciseg.settings import Settings

SHAPE, SPACING = (9, 90, 90), (2.0, 1.0, 1.0)
FAINT_HU, DENSE_HU = 190.0, 700.0
SETTINGS = Settings()
# As loud noise would: to about 215 HU.
LOUD = SETTINGS.model_copy(
    update={"candidates": SETTINGS.candidates.model_copy(update={"grow_noise_sds": 25.0})}
)


@pytest.fixture(scope="module")
def hu():
    """A limb with a faint ball of 5 mm and a dense one in its muscle."""
    body = limb(SHAPE, SPACING, radius=42.0, skin=2.0, muscle=34.0)
    both = with_ball(with_ball(body, SPACING, (0, 0, 15), 5.0, FAINT_HU), SPACING, (0, 0, -15), 5.0, DENSE_HU)
    return scanned(both, SPACING, noise_hu=8.0)


def faint_mm3(image):
    """Return the volume of what reaches 130 HU and is connected to no lesion, by plain labels."""
    labels, _ = ndimage.label(image.image.hu >= 130, np.ones((3, 3, 3)))
    of_lesions = np.unique(labels[image.maps.labels > 0])
    return ((labels > 0) & ~np.isin(labels, of_lesions)).sum() * np.prod(SPACING)


@pytest.mark.parametrize(
    ("settings", "agent", "reason", "code"),
    [(SETTINGS, True, "contrast", "contrast_stated"), (LOUD, None, "noise", "threshold_raised")],
    ids=["contrast", "noise"],
)
def test_what_stays_below_has_a_line_and_an_issue(hu, settings, agent, reason, code):
    image = analyze_volume(ct_volume(hu, SPACING, contrast_agent=agent), 1, settings)
    (dense,) = image.lesions
    assert dense.threshold_hu > 190
    assert "raised_threshold" in dense.flags
    assert image.image.hu[image.maps.labels > 0].min() >= dense.threshold_hu
    (line,) = [one for one in image.excluded if one.reason == reason]
    assert line.volume_mm3 > 300
    assert sum(one.volume_mm3 for one in image.excluded) == pytest.approx(faint_mm3(image))
    (issue,) = [one for one in image.issues if one.code == code]
    assert f"from 130 to {dense.threshold_hu:g} HU" in issue.message


def test_where_nothing_raised_it_nothing_is_said(hu):
    image = analyze_volume(ct_volume(hu, SPACING), 1, SETTINGS)
    assert len(image.lesions) == 2
    assert {one.threshold_hu for one in image.lesions} == {130.0}
    assert not any("raised_threshold" in one.flags for one in image.lesions)
    assert not {one.code for one in image.issues} & {"contrast_stated", "threshold_raised"}


def test_hu_and_how_much_the_volume_hangs_on_the_threshold(hu):
    image = analyze_volume(ct_volume(hu, SPACING), 1, SETTINGS)
    dense, faint = image.lesions
    for lesion in image.lesions:
        values = image.image.hu[image.maps.labels == lesion.label]
        figures = lesion.hu_p5, lesion.hu_median, lesion.hu_p95
        assert figures == pytest.approx(np.percentile(values, (5, 50, 95)))
        lost = (values < 143).mean()
        assert lesion.volume_threshold_sensitivity == pytest.approx(10 * lost)
    # A tenth more takes the blurred border of a dense lesion, and far more of a faint one.
    assert dense.volume_threshold_sensitivity < 0.5 < faint.volume_threshold_sensitivity
