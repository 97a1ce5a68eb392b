"""What a recipe accepts, and how tube voltage scales calcium."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calciseg.errors import UsageError
from calciseg.phantom import KINDS, PhantomRecipe, kv_factor


def test_every_promised_kind_is_there():
    promised = {"thigh", "forearm", "elbow", "hand", "pelvis", "arm-beside-trunk", "normal-thigh"}
    assert promised <= set(KINDS)


def test_an_unknown_kind_names_the_valid_ones():
    with pytest.raises(UsageError, match=r"thigh.*forearm.*pelvis"):
        PhantomRecipe(kind="box")


@pytest.mark.parametrize("spacing", [(0.0, 1, 1), (2, -1, -1), (2, 1, float("nan")), (99, 1, 1), (2, 1)])
def test_impossible_spacing_names_the_valid_kinds(spacing):
    with pytest.raises(UsageError, match="valid kinds: thigh"):
        PhantomRecipe(spacing_mm_zyx=spacing)


@pytest.mark.parametrize(
    "bad",
    [
        {"kvp": 60},
        {"noise_hu": -1},
        {"tilt_deg": 45},
        {"seed": -1},
        {"n_slices": 0},
        {"slice_thickness_mm": 0},
    ],
)
def test_other_impossible_values_are_refused(bad):
    with pytest.raises(UsageError):
        PhantomRecipe(**bad)


@pytest.mark.parametrize(
    ("kvp", "factor"), [(70, 1.59), (80, 1.36), (90, 1.2375), (100, 1.115), (120, 1), (140, 0.88)]
)
def test_kv_factor_follows_the_table(kvp, factor):
    assert kv_factor(kvp) == pytest.approx(factor)


@given(st.floats(70, 140), st.floats(70, 140))
def test_kv_factor_falls_with_the_voltage(a, b):
    low, high = sorted((a, b))
    assert kv_factor(low) >= kv_factor(high)
