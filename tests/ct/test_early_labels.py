"""Labelled while it is read or afterwards: the same components."""

import numpy as np
import pytest
from made_bodies import ct_volume

import calciseg.ct.early_labels
from calciseg.ct.early_labels import EarlyLabels
from calciseg.kernels import connected_components
from calciseg.settings import Settings

SETTINGS = Settings()


@pytest.fixture
def volume():
    hu = np.random.default_rng(4).normal(40, 60, (20, 12, 70)).astype(np.int16)
    return ct_volume(hu, (1.0, 1.0, 1.0), kvp=100.0)


def filled(volume):
    early = EarlyLabels(volume.header, volume.geometry, SETTINGS)
    for first in (16, 0, 8):
        early.add(volume.hu[first : min(first + 8, 20)], first)
    return early


def assert_same(found, volume, grow_hu):
    other = connected_components(volume.hu, grow_hu)
    np.testing.assert_array_equal(found.labels(), other.labels())
    np.testing.assert_array_equal(found.table["sum"], other.table["sum"])


def test_components_are_those_of_the_whole_volume(volume, monkeypatch):
    grow_hu = round(SETTINGS.candidates.grow_hu * 1.115, 1)
    early = filled(volume)
    with monkeypatch.context() as patch:
        patch.setattr(calciseg.ct.early_labels, "connected_components", None)  # is not called
        found = early.at(volume.hu, grow_hu)
    assert_same(found, volume, grow_hu)
    assert_same(early.at(volume.hu, grow_hu), volume, grow_hu)


def test_a_threshold_that_noise_has_raised_is_labelled_anew(volume):
    assert_same(filled(volume).at(volume.hu, 190.5), volume, 190.5)
