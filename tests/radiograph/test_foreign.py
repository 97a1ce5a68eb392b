"""Wires, clips and letters are named and never counted; a calcified nodule is no metal."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from calciseg import Settings
from calciseg.model import ExclusionReason
from calciseg.radiograph import analyze_radiograph
from calciseg.radiograph.foreign import find_metal

_PIXEL_MM = 0.4


def drawn(forearm, bright):
    """Lay strokes of the film's brightest value over it."""
    film = forearm.radiograph
    values = film.values.copy()
    values[bright] = np.iinfo(np.uint16).max // 16
    return analyze_radiograph(replace(film, values=values), 1, Settings())


def reason_at(result, row, column):
    label = result.maps.excluded[0][row, column]
    return next((line.reason for line in result.excluded if line.label == label and label), None)


@pytest.fixture(scope="module")
def soft(forearm):
    """Rows and columns of the body that are clear of bone and of lesions, far from both."""
    film = forearm.radiograph
    low, high = np.percentile(film.values, (1, 99))
    body = ndimage.binary_erosion(film.values > low + 0.3 * (high - low), iterations=12)
    far = ~ndimage.binary_dilation(forearm.bone | (forearm.truth_labels > 0), iterations=14)
    return np.argwhere(body & far)


def test_a_wire_over_the_body_is_metal(forearm, soft):
    row, column = soft[np.abs(soft[:, 0] - forearm.radiograph.values.shape[0] / 2).argmin()]
    bright = np.zeros(forearm.radiograph.values.shape, np.bool_)
    bright[row - 8 : row + 9, column - 1 : column + 1] = True
    result = drawn(forearm, bright)
    assert reason_at(result, row, column) == ExclusionReason.METAL
    assert not result.maps.labels[0][bright].any()


def test_a_letter_at_the_margin_of_the_film_is_a_marker(forearm, soft):
    row, column = soft[soft[:, 0].argmin()]
    assert row < 0.12 * forearm.radiograph.values.shape[0]
    bright = np.zeros(forearm.radiograph.values.shape, np.bool_)
    bright[row : row + 12, column : column + 3] = True
    bright[row + 9 : row + 12, column : column + 9] = True
    result = drawn(forearm, bright)
    assert reason_at(result, row + 5, column + 1) == ExclusionReason.MARKER
    assert not result.maps.labels[0][bright].any()


def test_calcified_nodules_are_no_metal(forearm):
    result = analyze_radiograph(forearm.radiograph, 1, Settings())
    metal = [line.label for line in result.excluded if line.reason == ExclusionReason.METAL]
    assert not np.isin(result.maps.excluded[0], metal)[forearm.truth_labels > 0].any()


def test_the_letter_beside_the_limb_is_a_marker(forearm):
    result = analyze_radiograph(forearm.radiograph, 1, Settings())
    assert ExclusionReason.MARKER in {line.reason for line in result.excluded}


@pytest.mark.parametrize(
    ("width_mm", "stands_out", "is_metal"), [(220, 0.3, True), (70, 0.3, False), (70, 3.0, True)]
)
def test_metal_is_denser_for_its_width_than_the_body_for_its_own(film_of, width_mm, stands_out, is_metal):
    """What a clip in a chest stands out by, the cortex of a finger does, for a hand is thin."""
    image = np.zeros((260, 260))
    middle = slice(130 - width_mm // 2, 130 + width_mm // 2)
    image[:, middle] = 1000.0
    is_body = image > 0
    image[120:132, 130:132] += 1000.0 * stands_out
    assert find_metal(film_of(image, is_body, 1.0), Settings().radiograph)[125, 130] == is_metal
