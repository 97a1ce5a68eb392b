"""Calcifications drawn into the HU of a real scan."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks.inserted.lesions import Inserted
from benchmarks.inserted.tissue import Tissue
from calciseg.model import CtVolume

__all__ = ["render"]

_BLUR_MM = 0.48
_SLICE_BLUR = 0.35
"""SD of the slice profile in slices: a little wider than the step."""


def render(volume: CtVolume, tissue: Tissue, lesions: list[Inserted]) -> NDArray[np.int16]:
    """Blend the lesions in, blurred as the scan is, with the noise that the place has.

    What a lesion fills takes its HU, uneven by some percent, and keeps the noise of the scan.
    """
    hu = volume.hu.astype(np.float32)
    spacing = volume.geometry.spacing_mm_zyx
    sigmas = [_SLICE_BLUR, _BLUR_MM / spacing[1], _BLUR_MM / spacing[2]]
    for one in lesions:
        wide = tuple(
            slice(max(first, part.start - pad), min(first + n, part.stop + pad))
            for part, pad, first, n in zip(
                one.box, (4, 5, 5), (tissue.first_slice, 0, 0), tissue.allowed.shape, strict=True
            )
        )
        z, y, x = wide
        noise_hu = tissue.noise_hu[z.start - tissue.first_slice : z.stop - tissue.first_slice, y, x]
        full = np.zeros([part.stop - part.start for part in wide], np.float32)
        inner = tuple(slice(p.start - w.start, p.stop - w.start) for p, w in zip(one.box, wide, strict=True))
        full[inner] = one.share
        share = np.clip(ndimage.gaussian_filter(full, sigmas, mode="nearest"), 0, 1)
        rng = np.random.default_rng(one.label)
        tint = ndimage.gaussian_filter(rng.normal(size=full.shape).astype(np.float32), 2.0)
        tint *= np.float32(0.05 / max(float(tint.std()), 1e-6))
        solid = one.hu * (1 + tint) + noise_hu
        hu[wide] += share * (solid - hu[wide])
    return np.asarray(np.clip(np.rint(hu), -1024, 3071), np.int16)
