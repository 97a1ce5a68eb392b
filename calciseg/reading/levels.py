"""Heights of slices: even as they are, or made even by interpolation within limits, openly."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calciseg.model import Issue, IssueCode
from calciseg.reading.refusal import RefusedError
from calciseg.reading.words import counted

__all__ = ["JITTER_ALLOWED_FRACTION", "DuplicatePositionsError", "Level", "Levels", "even_levels"]

_Array = NDArray[np.float64]

_DUPLICATE_FRACTION = 0.01
"""Slices closer than this fraction of the step are at one position."""
_DUPLICATE_MM = 0.01
"""No patient is scanned so finely. Where every slice has a twin, the steps do not tell the usual one."""
_JITTER_TOLD_FRACTION = 0.01
JITTER_ALLOWED_FRACTION = 0.1
_LARGEST_GAP_MM = 10.0
"""Thicker than what CT of soft tissue is made with: what lies in a wider gap cannot be guessed."""
_LARGEST_GAP_STEPS = 3.0
"""At most two slices in a row are made up."""
_MOST_MISSING_FRACTION = 0.2
_USUAL_STEP_QUANTILE = 0.25
"""Where steps differ the fine ones set the grid, so nothing that was resolved is lost."""
_MOST_LEVELS_PER_SLICE = 2

_EXPORT_EVEN = "export all of its slices, or a reconstruction with even steps"


class DuplicatePositionsError(RefusedError):
    """Several slices lie at one position: perhaps two acquisitions in one series."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One slice of the volume: a source slice, or the weighted mean of its two neighbours."""

    below: int
    """Index of a source slice, in the order of their heights."""
    above: int
    above_fraction: float

    @property
    def is_copy(self) -> bool:
        """Whether it is a source slice as it is."""
        return self.below == self.above


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """Even heights for a volume."""

    step_mm: float
    levels: tuple[Level, ...] | None
    """``None`` where every source slice is one level, in their order."""
    issues: tuple[Issue, ...] = ()


def even_levels(heights_mm: _Array) -> Levels:
    """Find the even heights of a volume.

    Parameters
    ----------
    heights_mm : ndarray of float64
        Heights of the slices along their normal, rising.

    Returns
    -------
    Levels

    Raises
    ------
    DuplicatePositionsError
        Slices lie at one height.
    RefusedError
        The gaps are too wide, or too many slices are missing, to interpolate over them.
    """
    steps_mm = np.diff(heights_mm)
    mean_mm = float(heights_mm[-1] - heights_mm[0]) / len(steps_mm)
    at_one_mm = max(_DUPLICATE_MM, _DUPLICATE_FRACTION * max(float(np.median(steps_mm)), mean_mm))
    n_duplicates = int((steps_mm <= at_one_mm).sum())
    if n_duplicates:
        raise DuplicatePositionsError(
            f"{n_duplicates} of its {len(heights_mm)} slices lie at the position of another one",
            "export one acquisition or reconstruction at a time",
        )
    jitter_mm = float(np.abs(heights_mm - heights_mm[0] - mean_mm * np.arange(len(heights_mm))).max())
    if jitter_mm <= JITTER_ALLOWED_FRACTION * mean_mm:
        return Levels(step_mm=mean_mm, levels=None, issues=_jitter_issues(jitter_mm, mean_mm))
    usual_mm = float(np.median(steps_mm))
    n_steps = np.rint(steps_mm / usual_mm)
    is_multiple = np.abs(steps_mm - n_steps * usual_mm) <= JITTER_ALLOWED_FRACTION * usual_mm
    n_missing = int((n_steps - 1).sum())
    if is_multiple.all() and n_missing > 0:
        return _with_missing(heights_mm, usual_mm, n_missing)
    return _with_uneven(heights_mm, steps_mm)


def _jitter_issues(jitter_mm: float, step_mm: float) -> tuple[Issue, ...]:
    if jitter_mm <= _JITTER_TOLD_FRACTION * step_mm:
        return ()
    message = f"Slice positions deviate by up to {jitter_mm:.3g} mm from regular steps of {step_mm:.4g} mm."
    return (Issue(code=IssueCode.SPACING_JITTER, message=message),)


def _with_missing(heights_mm: _Array, usual_mm: float, n_missing: int) -> Levels:
    """Interpolate single slices that are missing from even steps."""
    verb = "is" if n_missing == 1 else "are"
    what = f"{counted(n_missing, 'slice')} {verb} missing between steps of {usual_mm:.4g} mm"
    if n_missing > _MOST_MISSING_FRACTION * (len(heights_mm) + n_missing):
        raise RefusedError(what, _EXPORT_EVEN)
    levels = _levels(heights_mm, usual_mm, what)
    message = (
        f"{what[0].upper()}{what[1:]}; {'it was' if n_missing == 1 else 'they were'} interpolated from"
        " neighbours, and what lay only there is not seen."
    )
    issue = Issue(code=IssueCode.SLICES_INTERPOLATED, message=message)
    return Levels(step_mm=_step_mm(heights_mm, levels), levels=levels, issues=(issue,))


def _with_uneven(heights_mm: _Array, steps_mm: _Array) -> Levels:
    """Bring slices with steps of several sizes onto even ones."""
    what = f"the distance between its slices changes from {steps_mm.min():.4g} to {steps_mm.max():.4g} mm"
    step_mm = float(np.quantile(steps_mm, _USUAL_STEP_QUANTILE, method="nearest"))
    levels = _levels(heights_mm, step_mm, what)
    if len(levels) > _MOST_LEVELS_PER_SLICE * len(heights_mm):
        raise RefusedError(what, _EXPORT_EVEN)
    n_made = sum(not level.is_copy for level in levels)
    step_mm = _step_mm(heights_mm, levels)
    message = (
        f"The distance between slices changes from {steps_mm.min():.4g} to {steps_mm.max():.4g} mm: the"
        f" volume was resampled to even steps of {step_mm:.4g} mm, and {n_made} of its {len(levels)} slices"
        " are interpolated."
    )
    issue = Issue(code=IssueCode.SLICES_INTERPOLATED, message=message)
    return Levels(step_mm=step_mm, levels=levels, issues=(issue,))


def _step_mm(heights_mm: _Array, levels: Sequence[Level]) -> float:
    return float(heights_mm[-1] - heights_mm[0]) / (len(levels) - 1)


def _levels(heights_mm: _Array, step_mm: float, what: str) -> tuple[Level, ...]:
    """Lay even heights from the first slice to the last; one that is near a slice is that slice."""
    widest_mm = float(np.diff(heights_mm).max())
    if widest_mm > min(_LARGEST_GAP_MM, _LARGEST_GAP_STEPS * step_mm) * (1 + _JITTER_TOLD_FRACTION):
        raise RefusedError(f"{what}, and a gap of {widest_mm:.4g} mm is too wide to fill", _EXPORT_EVEN)
    n_levels = round(float(heights_mm[-1] - heights_mm[0]) / step_mm) + 1
    levels = []
    for height_mm in np.linspace(heights_mm[0], heights_mm[-1], n_levels):
        nearest = int(np.abs(heights_mm - height_mm).argmin())
        if abs(heights_mm[nearest] - height_mm) <= JITTER_ALLOWED_FRACTION * step_mm:
            levels.append(Level(below=nearest, above=nearest, above_fraction=0.0))
            continue
        above = int(np.searchsorted(heights_mm, height_mm))
        gap_mm = heights_mm[above] - heights_mm[above - 1]
        fraction = float((height_mm - heights_mm[above - 1]) / gap_mm)
        levels.append(Level(below=above - 1, above=above, above_fraction=fraction))
    return tuple(levels)
