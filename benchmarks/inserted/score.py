"""How inserted calcifications fared, as tables."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from benchmarks.accuracy import LesionScore, macro_f1, print_confusion, score_lesions
from benchmarks.inserted.lesions import Inserted
from calciseg.model import ImageResult, Morphology, TissuePlane

__all__ = ["InsertedScore", "print_tables", "score_inserted"]

_SIZES_MM3 = (0.0, 15.0, 50.0, 200.0, 1000.0, float("inf"))
_HU = (300.0, 450.0, 700.0, 1200.0)
_DIFFICULTIES = {
    "clear": "clear-cut",
    "hard": "hard",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class InsertedScore:
    """One analysis: the lesions put in with how they fared, and what else was found."""

    name: str
    difficulty: str
    slice_mm: float
    lesions: tuple["Pair", ...]
    n_found: int
    n_false: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _True:
    """What the scorer of phantoms asks of a true lesion."""

    label: int
    tissue_plane: TissuePlane
    morphology: Morphology
    volume_mm3: float


def score_inserted(
    truth: np.ndarray, lesions: list[Inserted], result: ImageResult, name: str, difficulty: str, seed: int
) -> InsertedScore:
    """Score one analysis."""
    slice_mm = result.geometry.spacing_mm_zyx[0]
    true = [
        _True(
            label=one.label,
            tissue_plane=TissuePlane(one.tissue_plane),
            morphology=Morphology(one.morphology),
            volume_mm3=one.volume_mm3,
        )
        for one in lesions
    ]
    study = f"{name} {difficulty} seed {seed} at {slice_mm:g} mm"
    score = score_lesions(truth, true, result, study, name, slice_mm)
    return InsertedScore(
        name=name,
        difficulty=difficulty,
        slice_mm=slice_mm,
        lesions=tuple(
            (lesion, own, _fate(truth == lesion.label, own, result))
            for lesion, own in zip(lesions, score.lesions, strict=True)
        ),
        n_found=score.n_found,
        n_false=score.n_false,
    )


def _fate(mask: np.ndarray, score: LesionScore, result: ImageResult) -> str:
    """Tell the plane, or what the ledger says of a missed lesion."""
    if score.found_plane is not None:
        return score.found_plane
    assert result.maps is not None
    lines = result.maps.excluded[mask]
    if (lines > 0).mean() < 0.2:
        return "missed: too faint or too small"
    label = int(np.bincount(lines[lines > 0]).argmax())
    return "missed: " + next(line.reason.value for line in result.excluded if line.label == label)


def print_tables(scores: list[InsertedScore], n_worst: int) -> None:
    """Print all tables, as Markdown."""
    for difficulty, title in _DIFFICULTIES.items():
        chosen = [score for score in scores if score.difficulty == difficulty]
        if not chosen:
            continue
        print(f"\n{title.capitalize()}\n")
        columns = [*_columns(chosen), ("all", chosen)]
        _print_table([name for name, _ in columns], [scores for _, scores in columns])
        _print_designs(chosen)
        print_confusion([score for one in chosen for _, score, _ in one.lesions])
        _print_worst([pair for one in chosen for pair in one.lesions], n_worst)
    untouched = [score for score in scores if score.difficulty == "untouched"]
    print("\n| untouched study | lesions found |\n|---|---|")
    for score in untouched:
        print(f"| {score.name} {score.slice_mm:g} mm | {score.n_found} |")


def _columns(scores: list[InsertedScore]) -> Iterator[tuple[str, list[InsertedScore]]]:
    for name, slice_mm in dict.fromkeys((score.name, score.slice_mm) for score in scores):
        yield (
            f"{name} {slice_mm:g} mm",
            [score for score in scores if (score.name, score.slice_mm) == (name, slice_mm)],
        )


def _print_table(names: list[str], columns: list[list[InsertedScore]]) -> None:
    print("| | " + " | ".join(names) + " |")
    print("|---|" + "---|" * len(names))
    for title, text in _rows():
        print(f"| {title} | " + " | ".join(text(column) for column in columns) + " |")


Pair = tuple[Inserted, LesionScore, str]
"""A lesion, how it fared, and its plane or why it was missed."""


def _rows() -> Iterator[tuple[str, Callable[[list[InsertedScore]], str]]]:
    yield "sensitivity, from 15 mm3", lambda s: _share(s, lambda one: one.volume_mm3 >= 15)
    for low, high in pairwise(_SIZES_MM3):
        text = f"{low:g} to {high:g} mm3" if np.isfinite(high) else f"from {low:g} mm3"
        yield f"sensitivity, {text}", lambda s, a=low, b=high: _share(s, lambda one: a <= one.volume_mm3 < b)
    for low, high in pairwise(_HU):
        yield (
            f"sensitivity, {low:g} to {high:g} HU",
            lambda s, a=low, b=high: _share(s, lambda one: a <= one.hu < b and one.volume_mm3 >= 15),
        )
    for plane in list(TissuePlane)[:4]:
        yield (
            f"sensitivity, {plane.value}",
            lambda s, p=plane: _share(s, lambda one: one.tissue_plane == p and one.volume_mm3 >= 15),
        )
    yield "precision", _precision
    yield "plane macro-F1 (of found, from 15 mm3)", lambda s: f"{macro_f1(_scores(s)):.3f}"
    yield "Dice, 10th / 50th / 90th percentile", lambda s: _spread(_scores(s), "dice")
    yield "volume_pv / truth", lambda s: _spread(_scores(s), "volume_ratio")
    yield "volume by threshold / truth", lambda s: _spread(_scores(s), "threshold_ratio")


def _scores(scores: list[InsertedScore]) -> list[LesionScore]:
    return [score for one in scores for _, score, _ in one.lesions]


def _share(scores: list[InsertedScore], belongs: Callable[[Inserted], bool]) -> str:
    found = [s.found_plane is not None for one in scores for lesion, s, _ in one.lesions if belongs(lesion)]
    return f"{np.mean(found):.3f} ({len(found)})" if found else "–"


def _precision(scores: list[InsertedScore]) -> str:
    n_found, n_false = sum(one.n_found for one in scores), sum(one.n_false for one in scores)
    return f"{1 - n_false / n_found:.3f}" if n_found else "–"


def _spread(scores: list[LesionScore], name: str) -> str:
    values = [getattr(one, name) for one in scores if one.found_plane and one.volume_mm3 >= 15]
    return " / ".join(f"{value:.2f}" for value in np.percentile(values, (10, 50, 90))) if values else "–"


def _print_designs(scores: list[InsertedScore]) -> None:
    print("\n| | lesions | found | plane right, of found | Dice | volume_pv / truth |")
    print("|---|---|---|---|---|---|")
    pairs = [pair for one in scores for pair in one.lesions if pair[0].volume_mm3 >= 15]
    for design in dict.fromkeys(lesion.design for lesion, *_ in pairs):
        own = [score for lesion, score, _ in pairs if lesion.design == design]
        found = [score for score in own if score.found_plane is not None]
        right = np.mean([x.found_plane == x.true_plane for x in found]) if found else float("nan")
        print(
            f"| {design} | {len(own)} | {len(found) / len(own):.3f} | {right:.3f} "
            f"| {_spread(own, 'dice')} | {_spread(own, 'volume_ratio')} |"
        )


def _print_worst(pairs: list[Pair], n: int) -> None:
    bad = [pair for pair in pairs if pair[1].found_plane != pair[1].true_plane]
    print("\nMissed or misplaced, the largest first\n")
    for lesion, score, fate in sorted(bad, key=lambda pair: -pair[0].volume_mm3)[:n]:
        print(
            f"- {score.study}, lesion {lesion.label}: {lesion.design}, {lesion.volume_mm3:.0f} mm3, "
            f"{lesion.hu:.0f} HU, {score.true_plane} → {fate}"
        )
