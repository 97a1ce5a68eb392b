"""Candidates: what stands out at some scale, and the evidence that it is a calcification."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage

from calciseg.kernels import connected_components
from calciseg.radiograph.bone import BoneShadow
from calciseg.radiograph.excess import Excess
from calciseg.radiograph.film import Film
from calciseg.radiograph.grid import Array, Mask
from calciseg.settings import RadiographSettings

__all__ = ["FEATURES", "Candidate", "find_candidates"]

_PER_SD = 16.0
"""Excess goes to the component kernels as whole numbers, so many to one SD of noise."""
_CORE = 0.35
_MARGIN = 6
_EDGE = 0.4

FEATURES = (
    "log_contrast_to_noise", "low_side", "log_roughness", "log_sharpness", "log_over_unrest",
    "log_elongation", "log_contrast", "closure", "log_peak", "log_area",
)  # fmt: skip
"""What the evidence is made of, in the order of its weights."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    """Something that stands out.

    Attributes
    ----------
    window : tuple of slice
        Where it lies, with a margin, on the working grid.
    core : ndarray of bool
        Its shape within the window.
    contrast : float
        Median step from inside to what lies around, the slope of the surroundings taken away.
    contrast_to_noise : float
    features : tuple of float
        As :data:`FEATURES` names them.
    bone_fraction : float
        Share of it over bone.
    evidence : float
        For a calcification; weighed by other weights over bone.
    is_accepted : bool
    """

    window: tuple[slice, slice]
    core: Mask = field(repr=False)
    contrast: float
    contrast_to_noise: float
    elongation: float
    features: tuple[float, ...]
    bone_fraction: float
    evidence: float
    is_accepted: bool


def find_candidates(
    film: Film, excess: Excess, bone: BoneShadow, settings: RadiographSettings
) -> Iterator[Candidate]:
    """Find what stands out at one scale.

    Parameters
    ----------
    film : Film
    excess : Excess
    bone : BoneShadow
    settings : RadiographSettings

    Yields
    ------
    Candidate
        Grown from its peak to the lower threshold (hysteresis), then cut at a share of its peak.
    """
    sure = ndimage.binary_erosion(film.is_body, iterations=3, border_value=1)
    if not sure.any():
        return
    ratio = np.where(sure, excess.image / film.noise, np.float32(0))
    base = float(np.median(ratio[sure]))
    counts = np.clip(np.rint(ratio * _PER_SD), 0, np.iinfo(np.uint16).max).astype(np.uint16)
    found = connected_components(
        counts,
        _PER_SD * (settings.grow_snr + base),
        seed_threshold=round(_PER_SD * (settings.seed_snr + base)),
        min_voxels=4,
    )
    for label in range(1, found.n_components + 1):
        box, shape = found.mask(label)
        peak = float(found.table["max"][label - 1]) / _PER_SD - base
        candidate = _judge(film, excess, bone, box, shape, peak, settings)
        if candidate is not None:
            yield candidate


def _judge(
    film: Film,
    excess: Excess,
    bone: BoneShadow,
    box: tuple[slice, ...],
    shape: Mask,
    peak_snr: float,
    settings: RadiographSettings,
) -> Candidate | None:
    window, core = _core_of(excess.image, box, shape)
    ring = _ring_of(core)
    if ring.sum() < 6:
        return None
    image = film.image[window]
    level, rough = _levelled(image, ring)
    inner = ndimage.binary_erosion(core) if core.sum() >= 12 else core
    inner = inner if inner.any() else core
    nearest = ndimage.distance_transform_edt(~inner, return_distances=False, return_indices=True)
    near = ndimage.binary_dilation(core, iterations=2)
    drop = (level[tuple(nearest)] - level)[ndimage.binary_dilation(near) & ~near]
    contrast = float(np.median(drop)) if len(drop) else 0.0
    if contrast <= 0:
        return None
    noise = float(np.median(film.noise[window][core]))
    slope = np.hypot(*np.gradient(image))
    rim = ndimage.binary_dilation(core) & ~ndimage.binary_erosion(core)
    unrest = max(float(np.median(excess.unrest[window][core])), 1e-9 * film.span)
    elongation = _elongation(core)
    features = (
        _log(contrast / noise, 1, 100),
        float(np.clip(np.percentile(drop, 10) / contrast, -1, 1)),
        _log(rough / contrast, 0.03, 3),
        _log(float(np.percentile(slope[rim], 60)) / contrast, 0.1, 4),
        _log(float(np.percentile(excess.image[window][core], 80)) / unrest, 1, 100),
        _log(elongation, 1, 10),
        _log(contrast / film.span, 1e-3, 0.5),
        float((drop > _EDGE * contrast).mean()),
        _log(peak_snr, 5, 100),
        _log(float(core.sum()) * film.grid.block_mm**2, 1, 1000),
    )
    bone_fraction = float(bone.mask[window][core].mean())
    is_over = bone_fraction >= settings.bone_overlap
    weights = settings.bone_weights if is_over else settings.clear_weights
    evidence = float(np.dot(features, weights[:-1]) + weights[-1])
    return Candidate(
        window=window,
        core=core,
        contrast=contrast,
        contrast_to_noise=contrast / noise,
        elongation=elongation,
        features=features,
        bone_fraction=bone_fraction,
        evidence=evidence,
        is_accepted=evidence >= (settings.bone_evidence if is_over else settings.clear_evidence),
    )


def _core_of(excess: Array, box: tuple[slice, ...], shape: Mask) -> tuple[tuple[slice, slice], Mask]:
    """Cut a component at a share of its peak, keep the largest part, and leave a margin around it."""
    window = tuple(
        slice(max(0, part.start - _MARGIN), min(n, part.stop + _MARGIN))
        for part, n in zip(box, excess.shape, strict=True)
    )
    core = np.zeros(tuple(part.stop - part.start for part in window), np.bool_)
    inner = tuple(
        slice(part.start - wide.start, part.stop - wide.start) for part, wide in zip(box, window, strict=True)
    )
    core[inner] = shape
    values = excess[window]
    core &= values >= _CORE * np.percentile(values[core], 90)
    labels, n = ndimage.label(core, np.ones((3, 3)))
    if n > 1:
        core = labels == 1 + int(np.bincount(labels.ravel())[1:].argmax())
    return (window[0], window[1]), np.asarray(core, np.bool_)


def _ring_of(core: Mask) -> Mask:
    near = ndimage.binary_dilation(core, iterations=2)
    return np.asarray(ndimage.binary_dilation(near, iterations=2) & ~near, np.bool_)


def _levelled(image: Array, ring: Mask) -> tuple[Array, float]:
    """Take the plane through the surroundings away; return also what is left of them as an SD."""
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]]
    design = np.stack([rows[ring], columns[ring], np.ones(int(ring.sum()))], axis=1)
    (down, right, level), *_ = np.linalg.lstsq(design, image[ring], rcond=None)
    flat = image - (down * rows + right * columns + level)
    return flat.astype(np.float32), float(flat[ring].std())


def _elongation(core: Mask) -> float:
    points = np.argwhere(core)
    if len(points) < 4:
        return 1.0
    low, high = np.linalg.eigvalsh(np.cov(points.T) + np.eye(2) / 12)
    return float(np.sqrt(high / low))


def _log(value: float, low: float, high: float) -> float:
    return float(np.log(np.clip(value, low, high)))
