"""The factor on calcium thresholds: the published table, and what lies between and beyond."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_bodies import ct_volume

from calciseg.ct.tube_voltage import calcium_hu_factor
from calciseg.settings import TubeVoltageSettings

SETTINGS = TubeVoltageSettings()


def factor_at(kvp, settings=SETTINGS):
    factor, issues = calcium_hu_factor(
        ct_volume(np.zeros((1, 1, 1)), (1.0, 1.0, 1.0), kvp=kvp).header, settings
    )
    return factor, [issue.code for issue in issues]


@pytest.mark.parametrize(
    ("kvp", "factor"), [(70.0, 1.59), (80.0, 1.36), (100.0, 1.115), (120.0, 1.0), (135.0, 0.915)]
)
def test_published_values(kvp, factor):
    assert factor_at(kvp) == (pytest.approx(factor), [])


@given(st.floats(70.0, 135.0))
def test_linear_between_the_rows(kvp):
    rows = np.array(SETTINGS.factors)
    assert factor_at(kvp) == (pytest.approx(float(np.interp(kvp, *rows.T))), [])


def test_missing_voltage_is_told():
    assert factor_at(None) == (1.0, ["kvp_missing"])


@pytest.mark.parametrize(
    ("kvp", "factor"), [(60.0, 1.59), (69.9, 1.59), (137.5, 0.8975), (140.0, 0.88), (150.0, 0.88)]
)
def test_beyond_what_is_published_it_is_told_and_the_end_holds(kvp, factor):
    assert factor_at(kvp) == (pytest.approx(factor), ["kvp_extrapolated"])


def test_the_message_names_both_voltages():
    volume = ct_volume(np.zeros((1, 1, 1)), (1.0, 1.0, 1.0), kvp=150.0)
    _, (issue,) = calcium_hu_factor(volume.header, SETTINGS)
    assert "150 kV" in issue.message
    assert "135" in issue.message


def test_the_table_is_a_setting():
    assert factor_at(110.0, TubeVoltageSettings(factors=((100, 2.0), (120, 1.0)))) == (1.5, [])


@pytest.mark.parametrize(
    ("header", "code", "words"),
    [
        ({"is_monoenergetic": True}, "kev_image", "an energy that the header does not state"),
        ({"convolution_kernel": "Sa36f"}, "calcium_kernel", "Sa36f"),
        ({"has_tin_filter": True}, "beam_filtered", "tin filter"),
    ],
)
def test_images_whose_calcium_does_not_follow_the_voltage(header, code, words):
    volume = ct_volume(np.zeros((1, 1, 1)), (1.0, 1.0, 1.0), kvp=100.0)
    volume = replace(volume, header=replace(volume.header, **header))
    factor, (issue,) = calcium_hu_factor(volume.header, SETTINGS)
    assert (factor, issue.code) == (1.0, code)
    assert words in issue.message


# NIST mass attenuation in cm2/g, calcium and water, doi:10.18434/T4D01F; 70 keV between its neighbours.
ATTENUATION = {40: (1.830, 0.2683), 50: (1.019, 0.2269), 60: (0.6578, 0.2059), 70: (0.4717, 0.1929)}


@pytest.mark.parametrize("kev", [40.0, 50.0, 60.0, 70.0])
def test_mono_energetic_images_follow_the_attenuation_of_calcium(kev):
    volume = ct_volume(np.zeros((1, 1, 1)), (1.0, 1.0, 1.0), kvp=100.0)
    volume = replace(volume, header=replace(volume.header, is_monoenergetic=True, kev=kev))
    factor, (issue,) = calcium_hu_factor(volume.header, SETTINGS)
    relative = {energy: calcium / water for energy, (calcium, water) in ATTENUATION.items()}
    assert factor == pytest.approx(relative[kev] / relative[70], rel=0.005)
    assert issue.code == "kev_image"
    assert f"at {kev:g} keV" in issue.message


def test_at_high_kev_thresholds_stay_above_muscle():
    volume = ct_volume(np.zeros((1, 1, 1)), (1.0, 1.0, 1.0), kvp=100.0)
    volume = replace(volume, header=replace(volume.header, is_monoenergetic=True, kev=150.0))
    factor, (issue,) = calcium_hu_factor(volume.header, SETTINGS)
    assert factor == pytest.approx(0.9)
    assert "75 keV" in issue.message


@pytest.mark.parametrize("kernel", ["Qr36f", "STANDARD", "SA", "Safe", None])
def test_other_kernels_follow_the_voltage(kernel):
    volume = ct_volume(np.zeros((1, 1, 1)), (1.0, 1.0, 1.0), kvp=100.0)
    volume = replace(volume, header=replace(volume.header, convolution_kernel=kernel))
    assert calcium_hu_factor(volume.header, SETTINGS) == (pytest.approx(1.115), ())
