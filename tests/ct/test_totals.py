"""Sums over lesions."""

from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_bodies import analysis

from calciseg.ct.totals import sum_lesions
from calciseg.model import PlaneFractions, TissuePlane

SHARES = st.lists(st.floats(0, 1), min_size=5, max_size=5).filter(lambda shares: sum(shares) > 0.1)
AMOUNT = st.floats(0, 1e5)


@st.composite
def lesions(draw):
    example = analysis("thigh").images[0].lesions[0]
    shares = draw(SHARES)
    fractions = {p.value: s / sum(shares) for p, s in zip(TissuePlane, shares, strict=True)}
    return replace(
        example,
        tissue_plane=draw(st.sampled_from(list(TissuePlane))),
        plane_fractions=PlaneFractions(**fractions),
        volume_mm3=draw(AMOUNT),
        volume_pv_mm3=draw(st.none() | AMOUNT),
        agatston=draw(st.none() | AMOUNT),
        mass_mg=draw(st.none() | AMOUNT),
    )


@given(st.lists(lesions(), max_size=6))
def test_planes_add_up_to_the_whole(found):
    totals = sum_lesions(tuple(found))
    assert totals.n_lesions == len(found) == sum(one.n_lesions for one in totals.by_plane.values())
    for name in ("volume_mm3", "volume_pv_mm3"):
        whole = sum(getattr(lesion, name) or 0.0 for lesion in found)
        assert getattr(totals, name) == pytest.approx(whole)
        assert sum(getattr(one, name) for one in totals.by_plane.values()) == pytest.approx(whole)
    assert totals.agatston == pytest.approx(sum(lesion.agatston or 0.0 for lesion in found))
    assert totals.mass_mg == pytest.approx(sum(lesion.mass_mg or 0.0 for lesion in found))


@given(st.lists(lesions(), max_size=6))
def test_a_plane_counts_its_lesions_and_its_voxels(found):
    totals = sum_lesions(tuple(found))
    assert list(totals.by_plane) == list(TissuePlane)
    for plane, one in totals.by_plane.items():
        assert one.n_lesions == len([lesion for lesion in found if lesion.tissue_plane is plane])
        expected = sum(asdict(lesion.plane_fractions)[plane.value] * lesion.volume_mm3 for lesion in found)
        assert one.volume_mm3 == pytest.approx(expected)


@given(st.lists(lesions(), max_size=4), st.lists(lesions(), max_size=4))
def test_volumes_add_up_over_disjoint_lesions(some, others):
    together = sum_lesions((*some, *others))
    apart = sum_lesions(tuple(some)), sum_lesions(tuple(others))
    for name in ("n_lesions", "volume_mm3", "volume_pv_mm3", "agatston", "mass_mg"):
        assert getattr(together, name) == pytest.approx(sum(getattr(one, name) for one in apart))


def test_no_lesion_sums_to_nothing():
    totals = sum_lesions(())
    assert (totals.n_lesions, totals.volume_mm3, totals.agatston, totals.mass_mg) == (0, 0.0, 0.0, 0.0)
    assert all(asdict(one) == {"n_lesions": 0, "volume_mm3": 0.0, "volume_pv_mm3": 0.0}
               for one in totals.by_plane.values())  # fmt: skip
