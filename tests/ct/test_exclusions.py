"""The ledger: lines, labels and map agree, and criteria tell what they say."""

import numpy as np
import pytest
from made_bodies import limb, scanned, whole_voxels
from scipy import ndimage

from calciseg.ct.body import find_body
from calciseg.ct.evidence import is_told
from calciseg.ct.exclusions import Ledger, below_minimum_size, find_metal, find_outside_body
from calciseg.kernels import connected_components
from calciseg.model import ExclusionReason, VolumeGeometry
from calciseg.settings import BodySettings, MeasureSettings, MetalSettings

GEOMETRY = VolumeGeometry(
    shape_zyx=(4, 10, 12), spacing_mm_zyx=(2.0, 0.5, 0.5), origin_lps_mm=(10.0, -20.0, 30.0)
)


def blobs(*boxes, shape=GEOMETRY.shape_zyx):
    """Components from boxes with their HU."""
    hu = np.zeros(shape, np.int16)
    for z, y, x, value in boxes:
        hu[slice(*z), slice(*y), slice(*x)] = value
    return hu, connected_components(hu, 130)


BONE = blobs(((0, 2), (1, 3), (1, 4), 700), ((3, 4), (8, 9), (9, 12), 300))
STENT = blobs(((1, 3), (6, 8), (6, 7), 2500))
DUST = blobs(((0, 1), (9, 10), (0, 1), 150), ((2, 3), (0, 1), (0, 2), 190))
MORE_DUST = blobs(((3, 4), (0, 1), (5, 6), 260))


@pytest.fixture
def ledger():
    ledger = Ledger(geometry=GEOMETRY)
    ledger.enter(BONE[1], ExclusionReason.BONE, [("a shell",), ("marrow", "a shell")])
    ledger.enter_summed(DUST[1], ExclusionReason.NOISE, ("faint",))
    ledger.enter(STENT[1], ExclusionReason.METAL, [("bright",)])
    ledger.enter_summed(MORE_DUST[1], ExclusionReason.NOISE, ("faint",))
    return ledger


def test_every_component_has_a_line_and_its_label_in_the_map(ledger):
    lines = {line.label: line for line in ledger.entries() if line.label is not None}
    assert sorted(lines) == [1, 2, 3]
    assert [lines[n].reason for n in (1, 2, 3)] == ["bone", "bone", "metal"]
    for label, line in lines.items():
        mine = ledger.painted() == label
        assert mine.sum() * 0.5 == pytest.approx(line.volume_mm3)
        centre = GEOMETRY.lps_mm_from_zyx(np.argwhere(mine).mean(axis=0))
        np.testing.assert_allclose(line.centroid_lps_mm, centre)
    np.testing.assert_array_equal(ledger.painted() > 0, (BONE[0] > 0) | (STENT[0] > 0))
    assert [lines[n].hu_max for n in (1, 2, 3)] == [700.0, 300.0, 2500.0]
    assert [lines[n].evidence for n in (1, 2, 3)] == [("a shell",), ("marrow", "a shell"), ("bright",)]


def test_summed_lines_of_a_reason_are_one(ledger):
    (line,) = (line for line in ledger.entries() if line.label is None)
    assert line.reason == "noise"
    assert line.centroid_lps_mm is None
    assert line.n_components == 3
    assert line.volume_mm3 == pytest.approx(4 * 0.5)
    assert line.hu_max == 260.0
    assert line.evidence == ("faint",)


def test_summed_lines_of_two_reasons_stay_apart(ledger):
    ledger.enter_summed(DUST[1], ExclusionReason.BELOW_MINIMUM_SIZE, ("small",))
    summed = {line.reason.value: line.n_components for line in ledger.entries() if line.label is None}
    assert summed == {"noise": 3, "below_minimum_size": 2}


def test_each_component_has_its_own_evidence_or_none(ledger):
    """What there is evidence of is entered, the rest is left."""
    left = ledger.set_aside(BONE[1], ExclusionReason.BONE, [(), ("marrow",)])
    assert left.n_components == 1
    assert left.table["max"].tolist() == [700]
    assert (ledger.entries()[-1].evidence, ledger.entries()[-1].hu_max) == (("marrow",), 300.0)
    with pytest.raises(ValueError, match="shorter"):
        ledger.enter(BONE[1], ExclusionReason.BONE, [("marrow",)])


def test_nothing_makes_no_line():
    ledger = Ledger(geometry=GEOMETRY)
    nothing = blobs()[1]
    ledger.enter(nothing, ExclusionReason.BONE, [])
    ledger.enter_summed(nothing, ExclusionReason.NOISE, ("faint",))
    assert ledger.entries() == ()
    assert not ledger.painted().any()


def test_what_lies_mostly_outside_is_outside():
    shape, spacing = (8, 60, 60), (3.0, 1.0, 1.0)
    hu = scanned(limb(shape, spacing, radius=20.0), spacing)
    grid, body = find_body(hu, whole_voxels(shape, spacing), BodySettings())
    _, found = blobs(
        ((1, 3), (28, 32), (2, 6), 300),  # far outside
        ((1, 3), (28, 32), (28, 32), 300),  # deep inside
        ((5, 7), (28, 32), (6, 14), 300),  # 4 voxels of 8 before the skin, at 9.5
        ((5, 7), (28, 32), (45, 58), 300),  # 4 or 5 of 13 inside
        shape=shape,
    )  # fmt: skip
    expected = []
    whole = grid.expand(body.mask)
    labels = found.labels()
    for label in range(1, found.n_components + 1):
        expected.append(bool(whole[labels == label].mean() < 0.5))
    evidence = find_outside_body(found, grid, body)
    assert is_told(evidence).tolist() == expected
    assert ("100 % of it lies outside the surface of the body",) in evidence
    assert sorted(expected[:2]) == [False, True]


def test_metal_is_a_dense_core_and_its_rim():
    core = ((0, 2), (1, 4), (1, 4), 2600)
    hot_voxel = ((0, 2), (6, 9), (1, 6), 900), ((0, 1), (6, 7), (1, 2), 2600)
    bone = ((3, 4), (1, 5), (1, 9), 1900)
    hu, _ = blobs(core, *hot_voxel, bone)
    settings = MetalSettings(rim_mm=1.0)
    metal = find_metal(hu, (1.0, 1.0, 1.0), settings)
    assert metal is not None
    np.testing.assert_array_equal(metal, ndimage.binary_dilation(hu * (np.indices(hu.shape)[1] < 5) >= 2500))
    assert find_metal(np.where(hu > 2500, 1900, hu).astype(np.int16), (1.0, 1.0, 1.0), settings) is None


def test_the_smallest_are_below_the_minimum():
    _, found = blobs(
        ((0, 1), (0, 1), (0, 2), 300),  # two voxels of 0.5 mm3
        ((0, 1), (3, 4), (0, 3), 300),  # three
        ((0, 2), (6, 8), (0, 3), 300),
    )
    assert below_minimum_size(found, GEOMETRY, MeasureSettings()).tolist() == [True, False, False]
    fine = VolumeGeometry(shape_zyx=GEOMETRY.shape_zyx, spacing_mm_zyx=(0.5, 0.5, 0.5))
    assert below_minimum_size(found, fine, MeasureSettings()).tolist() == [True, True, False]


def test_few_voxels_count_where_they_are_large():
    image = np.zeros((5, 5, 5), np.int16)
    image[1, 1, 1:3] = 500
    found = connected_components(image, 130)
    for spacing_mm, is_small in ((1.0, True), (3.0, False)):
        geometry = VolumeGeometry(shape_zyx=image.shape, spacing_mm_zyx=(spacing_mm,) * 3)
        assert below_minimum_size(found, geometry, MeasureSettings()).tolist() == [is_small]
