"""Small bodies made of cylinders and balls, whose truth is a formula, and small phantoms made once."""

from functools import cache

import numpy as np
from made_phantoms import small_phantom
from scipy import ndimage

from calciseg.ct.grid import choose_grid
from calciseg.model import CtVolume, ImageHeader, VolumeGeometry
from calciseg.pipeline import analyze
from calciseg.settings import GridSettings

AIR, SKIN, FAT, MUSCLE, CORTEX, MARROW, CALCIUM = -1000.0, 40.0, -100.0, 55.0, 1300.0, -60.0, 700.0


def positions_mm(shape, spacing):
    """Three open arrays of voxel centres, from the middle of the volume."""
    return np.ogrid[tuple(slice(0, n) for n in shape)], [(n - 1) / 2 for n in shape], spacing


def radius_mm(shape, spacing, centre_yx=(0.0, 0.0)):
    """Distance of every voxel of a volume to an axis along z."""
    (_, y, x), (_, cy, cx), (_, dy, dx) = positions_mm(shape, spacing)
    flat = np.hypot((y - cy) * dy - centre_yx[0], (x - cx) * dx - centre_yx[1])
    return np.broadcast_to(flat, shape)


def distance_to_mm(shape, spacing, centre_zyx=(0.0, 0.0, 0.0)):
    """Distance of every voxel of a volume to a point."""
    index, middle, steps = positions_mm(shape, spacing)
    return np.sqrt(
        sum(((i - m) * s - c) ** 2 for i, m, s, c in zip(index, middle, steps, centre_zyx, strict=True))
    )


def filled(hu, inside_mm, value, width_mm=1.0):
    """Fill where a signed distance is positive, with an edge as soft as a voxel is wide."""
    share = np.clip(inside_mm / width_mm + 0.5, 0.0, 1.0)
    return hu * (1 - share) + value * share


def limb(shape, spacing, *, radius=30.0, skin=2.0, muscle=20.0, bone=0.0, centre_yx=(0.0, 0.0), air=None):
    """A cylinder of skin, fat, muscle and bone along z."""
    r = radius_mm(shape, spacing, centre_yx)
    hu = np.full(shape, AIR) if air is None else air
    layers = [(radius, SKIN), (radius - skin, FAT), (muscle, MUSCLE)]
    layers += [(bone, CORTEX), (bone - 3.0, MARROW)] if bone else []
    for outer, value in layers:
        hu = filled(hu, outer - r, value, spacing[2])
    return hu


def with_ball(hu, spacing, centre_zyx, radius, value=CALCIUM):
    """Put a ball into a volume."""
    return filled(hu, radius - distance_to_mm(hu.shape, spacing, centre_zyx), value, spacing[2])


def scanned(hu, spacing, *, noise_hu=0.0, seed=0, psf_mm=0.5):
    """Blur as a scanner does, add noise, and round."""
    blurred = ndimage.gaussian_filter(hu, [0.4, psf_mm / spacing[1], psf_mm / spacing[2]])
    noisy = blurred + np.random.default_rng(seed).normal(0.0, 1.0, hu.shape) * noise_hu
    return np.clip(np.rint(noisy), -1024, 3071).astype(np.int16)


def ct_volume(hu, spacing, **header):
    """Make a volume as the reader would."""
    facts = {"series_instance_uid": "1.2.3", "sop_instance_uids": ("1.2.3.4",), "kvp": 120.0} | header
    geometry = VolumeGeometry(shape_zyx=hu.shape, spacing_mm_zyx=spacing, origin_lps_mm=(-31.0, 17.0, 400.0))
    return CtVolume(header=ImageHeader(**facts), geometry=geometry, hu=np.ascontiguousarray(hu, np.int16))


def whole_voxels(shape, spacing):
    """Make an anatomy grid of the voxels themselves."""
    geometry = VolumeGeometry(shape_zyx=shape, spacing_mm_zyx=spacing)
    grid = choose_grid(geometry, GridSettings(spacing_mm=0.3))
    assert grid.factors_zyx == (1, 1, 1)
    return grid


@cache
def analysis(kind):
    """What is found in a small phantom."""
    return analyze(small_phantom(kind).study())
