"""Volumes that the kernels are timed on."""

import os
from pathlib import Path

import numpy as np


def synthetic_ct(slices):
    """Return soft tissue with 20 HU of noise, bone-like blobs and thousands of specks."""
    from scipy import ndimage

    rng = np.random.default_rng(1)
    coarse = ndimage.gaussian_filter(rng.random((slices // 4 + 1, 128, 128), np.float32), 2.0)
    blobs = coarse > np.quantile(coarse, 0.977)
    image = np.empty((slices, 512, 512), np.int16)
    for z in range(slices):
        plane = rng.standard_normal((512, 512), np.float32) * 20 + 40
        image[z] = plane + 300 * np.kron(blobs[z // 4], np.ones((4, 4), bool))
    specks = rng.integers(0, image.shape, (18 * slices, 3))
    image[tuple(specks.T)] = 500
    return image


def noise(slices, fraction):
    """Return a volume with independent foreground voxels."""
    rng = np.random.default_rng(2)
    return np.stack([rng.random((512, 512), np.float32) < fraction for _ in range(slices)]).astype(np.int16)


def xray():
    """Return a radiograph-like image: smooth, with small bright spots."""
    rng = np.random.default_rng(3)
    image = rng.normal(1000, 40, (2500, 2000)) + np.linspace(0, 100, 2000)
    return image.astype(np.uint16)


def real_chest():
    """Return the chest's HU in the order of its slices, or None."""
    root = os.environ.get("CALCISEG_REAL_DATA")
    folder = Path(root) / "ct_chest_shoulders" if root else None
    if folder is None or not folder.is_dir():
        print("CALCISEG_REAL_DATA names no folder with ct_chest_shoulders: no real volume\n")
        return None
    import pydicom

    slices = [pydicom.dcmread(path) for path in sorted(folder.iterdir())]
    slices.sort(key=lambda s: float(s.ImagePositionPatient[2]))
    hu = [s.pixel_array * float(s.RescaleSlope) + float(s.RescaleIntercept) for s in slices]
    return np.stack(hu).astype(np.int16)
