"""The plots of the report as positions in a drawing; the template draws them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from calciseg.model import Lesion, Shadow, TissuePlane

__all__ = ["Chart", "Mark", "Tick", "depth_chart", "size_chart"]

WIDTH, HEIGHT = 420, 220
"""Of the drawing area, in units of the drawing."""

_LEAST_DECADES = 2
_BINS_PER_DECADE = 3
_DOTS_AT_MOST = 1000
_N_TICKS = {1: 5, 2: 4, 3: 3, 4: 4, 5: 5, 6: 3, 8: 4, 10: 5}
"""Into how many steps an axis is divided whose top is so many tens, hundreds …"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A value on an axis."""

    at: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A part of a bar or a dot, with what it stands for."""

    tissue_plane: TissuePlane
    x: float
    y: float
    width: float = 0.0
    height: float = 0.0
    label: int = 0
    """Of the lesion that a dot stands for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Marks and axes; y runs downwards."""

    marks: tuple[Mark, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    n_left_out: int = 0
    """Lesions that it cannot show: the measure is missing, or there are too many."""


def size_chart(lesions: Sequence[Lesion | Shadow]) -> Chart | None:
    """Count lesions by their size, in steps of a third of a decade, stacked by plane.

    Parameters
    ----------
    lesions : sequence of Lesion or Shadow

    Returns
    -------
    Chart or None
        None where nothing has a size.
    """
    sized = [(one, size) for one in lesions if (size := _size(one)) is not None]
    if not sized:
        return None
    axis = _LogAxis.over([size for _, size in sized], WIDTH)
    n_bins = axis.n_decades * _BINS_PER_DECADE
    counts = {plane: [0] * n_bins for plane in TissuePlane}
    for one, size in sized:
        counts[one.tissue_plane][min(n_bins - 1, int(axis.fraction(size) * n_bins))] += 1
    top = _round_up(max(sum(of_plane[i] for of_plane in counts.values()) for i in range(n_bins)))
    marks, heights, step = [], [0.0] * n_bins, WIDTH / n_bins
    for plane, of_plane in counts.items():
        for i, n in enumerate(of_plane):
            if n:
                height = HEIGHT * n / top
                heights[i] += height
                marks.append(
                    Mark(
                        tissue_plane=plane,
                        x=i * step + 1,
                        y=HEIGHT - heights[i],
                        width=step - 2,
                        height=height,
                    )
                )
    return Chart(
        marks=tuple(marks),
        x_ticks=axis.ticks(),
        y_ticks=_linear_ticks(top),
        n_left_out=len(lesions) - len(sized),
    )


def depth_chart(lesions: Sequence[Lesion | Shadow]) -> Chart | None:
    """Set the size of each lesion against its depth below the skin.

    Parameters
    ----------
    lesions : sequence of Lesion or Shadow
        The most important first.

    Returns
    -------
    Chart or None
        None where fewer than two lesions have both.
    """
    known = [
        (one, size, one.depth_from_skin_mm)
        for one in lesions
        if (size := _size(one)) is not None and one.depth_from_skin_mm is not None
    ][:_DOTS_AT_MOST]
    if len(known) < 2:
        return None
    axis = _LogAxis.over([size for _, size, _ in known], WIDTH)
    deepest = _round_up(max(1.0, *(depth for *_, depth in known)))
    return Chart(
        marks=tuple(
            Mark(
                tissue_plane=one.tissue_plane,
                x=axis.fraction(size) * WIDTH,
                y=max(0.0, depth) / deepest * HEIGHT,
                label=one.label,
            )
            for one, size, depth in known
        ),
        x_ticks=axis.ticks(),
        y_ticks=tuple(Tick(at=HEIGHT - tick.at, text=tick.text) for tick in _linear_ticks(deepest)),
        n_left_out=len(lesions) - len(known),
    )


def _size(lesion: Lesion | Shadow) -> float | None:
    size = lesion.area_mm2 if isinstance(lesion, Shadow) else lesion.volume_mm3
    return size if size else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _LogAxis:
    lowest: int
    n_decades: int
    width: float

    @classmethod
    def over(cls, values: Sequence[float], width: float) -> "_LogAxis":
        lowest = math.floor(math.log10(min(values)))
        highest = math.floor(math.log10(max(values))) + 1
        return cls(lowest=lowest, n_decades=max(_LEAST_DECADES, highest - lowest), width=width)

    def fraction(self, value: float) -> float:
        return (math.log10(value) - self.lowest) / self.n_decades

    def ticks(self) -> tuple[Tick, ...]:
        return tuple(
            Tick(at=i / self.n_decades * self.width, text=f"{10.0 ** (self.lowest + i):,g}")
            for i in range(self.n_decades + 1)
        )


def _round_up(value: float) -> float:
    """Return the next figure that divides into good ticks."""
    decade = 10.0 ** math.floor(math.log10(value))
    return next(step * decade for step in _N_TICKS if step * decade >= value * (1 - 1e-9))


def _linear_ticks(top: float) -> tuple[Tick, ...]:
    """Divide an axis of lesions or of millimetres; below 5, into ones."""
    n = round(top) if top < 5 else _N_TICKS[int(f"{top:e}"[0])]
    return tuple(Tick(at=HEIGHT * (1 - i / n), text=f"{top * i / n:g}") for i in range(n + 1))
