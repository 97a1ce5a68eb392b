"""Catheters of one width and one density, uneven strands, sheets and nets: the first ones are devices."""

import numpy as np
import pytest
from made_bodies import CALCIUM, FAT, MUSCLE, ct_volume, limb, scanned
from scipy import ndimage

from calciseg.ct import analyze_volume
from calciseg.ct.devices import find_devices
from calciseg.ct.evidence import is_told
from calciseg.kernels import connected_components
from calciseg.model import ExclusionReason
from calciseg.settings import DeviceSettings, Settings

FINE_MM = 0.5
SPACINGS = [(1.0, 0.7, 0.7), (3.0, 0.8, 0.8), (5.0, 0.9, 0.9)]


def path_mm(length=110.0, *, bend=8.0, turns=1.5):
    """A winding line, slanted across the slices, in millimetres from the corner of its box."""
    t = np.linspace(0, 1, int(4 * length))
    z = 8 + length * t * 0.55
    y = 16 + bend * np.sin(2 * np.pi * turns * t)
    x = 8 + length * t * 0.75
    return np.stack([z, y, x], axis=1)


def drawn(lines_mm, radius_mm, values, spacing, background=FAT, size_mm=(80, 34, 105)):
    """Draw lines with a radius and a value at each of their points, averaged over voxels."""
    blocks = [max(1, round(step / FINE_MM)) for step in spacing]
    fine = np.array(spacing) / blocks
    shape = [int(np.ceil(mm / step)) * n for mm, step, n in zip(size_mm, spacing, blocks, strict=True)]
    radius_at, value_at = np.zeros(shape), np.zeros(shape)
    is_off = np.ones(shape, bool)
    for line in lines_mm:
        at = tuple(np.minimum((line / fine).astype(int), np.array(shape) - 1).T)
        is_off[at] = False
        radius_at[at] = np.broadcast_to(radius_mm, len(line))
        value_at[at] = np.broadcast_to(values, len(line))
    away_mm, nearest = ndimage.distance_transform_edt(is_off, fine, return_indices=True)
    share = np.clip((radius_at[tuple(nearest)] - away_mm) / FINE_MM + 0.5, 0, 1)
    hu = background + (value_at[tuple(nearest)] - background) * share
    hu = hu.reshape([n for pair in zip(np.array(shape) // blocks, blocks, strict=True) for n in pair])
    return hu.mean(axis=(1, 3, 5))


def told(hu, spacing, n=1):
    noisy = scanned(hu, spacing, noise_hu=12.0)
    found = connected_components(noisy, 130, min_voxels=10)
    assert n is None or found.n_components == n
    return find_devices(found, noisy, spacing, DeviceSettings())


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize(
    ("radius", "value", "background"), [(1.0, 1400.0, FAT), (1.3, 800.0, MUSCLE), (2.3, 500.0, FAT)]
)
def test_a_catheter_is_a_device(spacing, radius, value, background):
    (evidence,) = told(drawn([path_mm()], radius, value, spacing, background), spacing)
    assert "of one width" in evidence[0]


def unevenly(seed, n, sd):
    rng = np.random.default_rng(seed)
    smooth = ndimage.gaussian_filter1d(rng.normal(0, 1, n), 14)
    return np.exp(sd * smooth / smooth.std())


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize("seed", range(3))
def test_an_uneven_strand_is_none(spacing, seed):
    line = path_mm()
    radius = np.clip(2.2 * unevenly(seed, len(line), 0.25), 1.4, 5)
    values = np.clip(600 * unevenly(50 + seed, len(line), 0.5), 350, 1800)
    hu = drawn([line], radius, values, spacing)
    assert not is_told(told(hu, spacing, None)).any()


@pytest.mark.parametrize("spacing", SPACINGS)
def test_a_strand_of_six_centimetres_is_none(spacing):
    hu = drawn([path_mm(60.0, turns=0.8)], 1.6, 800.0, spacing)
    assert not is_told(told(hu, spacing)).any()


def test_a_net_is_none():
    line = path_mm()
    rungs = [line[k] + np.linspace(0, 12, 60)[:, None] * (0, 1, 0) for k in range(20, 440, 60)]
    other = line + np.array([0, 12, 0])
    hu = drawn([line, other, *rungs], 1.3, 800.0, SPACINGS[0], size_mm=(80, 50, 105))
    assert not is_told(told(hu, SPACINGS[0])).any()


def test_a_sheet_is_none():
    line = path_mm(bend=0.0)
    hu = drawn([line + np.array([0, k, 0]) for k in np.arange(0, 14, 0.4)], 1.0, 800.0, SPACINGS[0])
    assert not is_told(told(hu, SPACINGS[0])).any()


def test_pieces_that_go_on_are_of_the_device():
    line = path_mm(150.0)
    pieces = [line[:410], line[440:520], line[545:]]
    hu = drawn(pieces, 1.3, 800.0, SPACINGS[0], size_mm=(100, 34, 130))
    assert is_told(told(hu, SPACINGS[0], 3)).all()


@pytest.mark.parametrize(("radius", "value"), [(3.0, 800.0), (1.3, 320.0)])
def test_what_is_wider_or_fainter_beside_its_end_is_not(radius, value):
    line, size_mm = path_mm(150.0), (100, 34, 130)
    device = drawn([line[:410]], 1.3, 800.0, SPACINGS[0], size_mm=size_mm)
    other = drawn([line[440:520]], radius, value, SPACINGS[0], size_mm=size_mm)
    assert is_told(told(np.maximum(device, other), SPACINGS[0], 2)).sum() == 1


def test_of_nothing_nothing_is_told():
    hu = np.full((8, 8, 8), -100, np.int16)
    assert find_devices(connected_components(hu, 130), hu, (1.0, 1.0, 1.0), DeviceSettings()) == []


def test_in_a_limb_it_stands_in_the_ledger_and_a_nodule_beside_it_is_a_lesion():
    shape, spacing = (50, 90, 90), (2.0, 1.0, 1.0)
    hu = limb(shape, spacing, radius=42.0, muscle=28.0, bone=10.0)
    z = np.arange(shape[0])[:, None, None]
    y, x = np.arange(90)[None, :, None], np.arange(90)[None, None, :]
    across = np.hypot(y - 44.5 - 6 * np.sin(z / 12), x - 44.5 - 33)
    hu = np.where(across < 1.6, 900.0, hu)
    hu = np.where(np.hypot(np.hypot((z - 25) * 2.0, y - 44.5), x - 44.5 + 34) < 3.5, CALCIUM, hu)
    result = analyze_volume(ct_volume(scanned(hu, spacing, noise_hu=10.0), spacing), 1, Settings())
    devices = [line for line in result.excluded if line.reason == ExclusionReason.DEVICE]
    assert len(devices) == 1
    assert devices[0].volume_mm3 > 300
    assert len(result.lesions) == 1
