"""Which series of a study to measure: of each acquisition the one that shows calcium best."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from calciseg.reading.stacks import Stack

__all__ = ["Choice", "choose", "kernel_kind"]

_SHARP_COSTS_MM = 2.0
"""A sharp kernel lifts noise over the calcium threshold: its slices must be this much thinner to win."""
_UNKNOWN_COSTS_MM = 0.5
_REFORMAT_COSTS_MM = 1.0
"""Reformats are interpolated: their original is better at the same thickness."""
_SAME_ANATOMY_FRACTION = 0.5
_SIEMENS_SHARP_FROM = 50
_CANON_STANDARD = range(1, 20)
_REFORMATS = frozenset({"MPR", "REFORMATTED", "CSA MPR"})
_STANDARD_NAMES = frozenset(
    {"STANDARD", "SOFT", "DETAIL", "STND", "STD", "STD+", "A", "B", "C", "SA", "SB", "SC"}
)
_SHARP_NAMES = frozenset(
    {"LUNG", "BONE", "BONEPLUS", "EDGE", "ULTRA", "CHST", "D", "E", "L", "YA", "YB", "YC", "YD", "YE"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A stack, whether it is chosen, and why."""

    stack: Stack
    is_chosen: bool
    why: str


def choose(stacks: Sequence[Stack], series_uids: Sequence[str] = ()) -> tuple[Choice, ...]:
    """Choose the best stack of every acquisition, or what the caller asked for.

    Two stacks compete when their acquisition number and frame of reference agree and they show the same
    anatomy.

    Parameters
    ----------
    stacks : sequence of Stack
    series_uids : sequence of str
        The series to take; empty for a choice.

    Returns
    -------
    tuple of Choice
        In the order of ``stacks``.
    """
    if series_uids:
        return tuple(_as_asked(stack, series_uids) for stack in stacks)
    ranked = sorted(range(len(stacks)), key=lambda index: (_cost_mm(stacks[index]), index))
    best: list[Stack] = []
    choices: dict[int, Choice] = {}
    for index in ranked:
        stack = stacks[index]
        better = next((other for other in best if _is_same_acquisition(stack, other)), None)
        if better is None:
            best.append(stack)
        choices[index] = _choice(stack, better, len(stacks))
    return tuple(choices[index] for index in range(len(stacks)))


def _as_asked(stack: Stack, series_uids: Sequence[str]) -> Choice:
    is_chosen = stack.series_instance_uid in series_uids
    return Choice(stack=stack, is_chosen=is_chosen, why="asked for" if is_chosen else "not asked for")


def _choice(stack: Stack, better: Stack | None, n_stacks: int) -> Choice:
    if better is not None:
        why = f"shows the same acquisition as {better.series_instance_uid}, which is {_portrait(better)}"
        return Choice(stack=stack, is_chosen=False, why=why)
    why = "the only usable series" if n_stacks == 1 else f"best of its acquisition: {_portrait(stack)}"
    return Choice(stack=stack, is_chosen=True, why=why)


def _portrait(stack: Stack) -> str:
    kernel = stack.head.convolution_kernel
    name = f"{kernel_kind(kernel)} kernel" + (f" {kernel}" if kernel else "")
    reformat = ", a reformat" if _is_reformat(stack) else ""
    return f"{_thickness_mm(stack):.4g} mm thick with {name}{reformat}"


def kernel_kind(kernel: str | None) -> str:
    """Tell whether a kernel is ``standard``, ``sharp`` or ``unknown`` by the names that vendors use."""
    name = (kernel or "").split("\\")[0].strip().upper()
    if name in _STANDARD_NAMES:
        return "standard"
    if name in _SHARP_NAMES:
        return "sharp"
    if match := re.fullmatch(r"[A-Z]{1,2}(\d{2})[A-Z]?", name):
        number = int(match[1])
        if name.startswith("FC"):
            return "standard" if number in _CANON_STANDARD else "sharp"
        return "sharp" if number >= _SIEMENS_SHARP_FROM else "standard"
    return "unknown"


def _thickness_mm(stack: Stack) -> float:
    return max(stack.geometry.spacing_mm_zyx[0], stack.head.slice_thickness_mm or 0.0)


def _is_reformat(stack: Stack) -> bool:
    return any(word.upper() in _REFORMATS for word in stack.head.image_type)


def _cost_mm(stack: Stack) -> float:
    kind_mm = {"standard": 0.0, "sharp": _SHARP_COSTS_MM, "unknown": _UNKNOWN_COSTS_MM}
    reformat_mm = _REFORMAT_COSTS_MM if _is_reformat(stack) else 0.0
    return _thickness_mm(stack) + kind_mm[kernel_kind(stack.head.convolution_kernel)] + reformat_mm


def _is_same_acquisition(stack: Stack, other: Stack) -> bool:
    if stack.acquisition != other.acquisition:
        return False
    if stack.geometry.frame_of_reference_uid != other.geometry.frame_of_reference_uid:
        return False
    low, high = _box_lps_mm(stack)
    other_low, other_high = _box_lps_mm(other)
    shared = np.minimum(high, other_high) - np.maximum(low, other_low)
    return bool((shared >= _SAME_ANATOMY_FRACTION * (high - low)).all())


def _box_lps_mm(stack: Stack) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    last_zyx = np.asarray(stack.geometry.shape_zyx) - 1.0
    corners_zyx = last_zyx * np.array(list(product((0.0, 1.0), repeat=3)))
    corners = stack.geometry.lps_mm_from_zyx(corners_zyx)
    return corners.min(axis=0), corners.max(axis=0)
