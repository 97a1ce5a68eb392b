"""Accuracy against phantoms: what is found, how large, in which plane, and what is made up.

    python -m benchmarks.accuracy --kinds thigh,forearm,pelvis --seeds 10 --slices-mm 1,3 --jobs 2

prints the tables of benchmarks/README.md.
"""

import argparse
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calciseg.model import ImageResult, TissuePlane
from calciseg.phantom import Phantom, PhantomRecipe, TrueLesion, as_study, make_phantom
from calciseg.phantom.recipe import STANDARD_BLUR_MM
from calciseg.pipeline import analyze

_PLANES = [plane.value for plane in TissuePlane]
_TRUE_PLANES = _PLANES[:4]
_SIZES_MM3 = (0.0, 15.0, 50.0, 200.0, 1000.0, float("inf"))


@dataclass(frozen=True, slots=True, kw_only=True)
class LesionScore:
    """How one true lesion fared; ``found_plane`` is None if it was missed."""

    study: str
    label: int
    true_plane: str
    morphology: str
    volume_mm3: float
    found_plane: str | None
    dice: float
    volume_ratio: float
    threshold_ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyScore:
    """How one phantom fared."""

    study: str
    kind: str
    slice_mm: float
    lesions: tuple[LesionScore, ...]
    n_false: int
    n_found: int


def score_phantom(phantom: Phantom, result: ImageResult, study: str) -> StudyScore:
    """Match lesions by overlap of their voxels.

    A true lesion is found if found lesions cover a fifth of its voxels; to it belong all that lie mostly in
    it, and the one that covers most of it. A found lesion is false if no true one comes within one voxel.
    """
    recipe, slice_mm = phantom.recipe, phantom.volume.geometry.spacing_mm_zyx[0]
    return score_lesions(phantom.truth_labels, phantom.lesions, result, study, recipe.kind, slice_mm)


def score_lesions(
    truth: NDArray[np.uint16],
    lesions: Iterable[TrueLesion],
    result: ImageResult,
    study: str,
    kind: str,
    slice_mm: float,
) -> StudyScore:
    """Match true lesions, and the map of their labels, to those found."""
    assert result.maps is not None
    labels = result.maps.labels
    pairs, counts = np.unique(
        np.stack([truth[(truth > 0) & (labels > 0)], labels[(truth > 0) & (labels > 0)]]),
        axis=1,
        return_counts=True,
    )
    scores = tuple(
        _score_lesion(
            lesion, pairs[1][pairs[0] == lesion.label], counts[pairs[0] == lesion.label], truth, result, study
        )
        for lesion in lesions
    )
    near_truth = ndimage.binary_dilation(truth > 0, structure=np.ones((3, 3, 3), bool))
    n_false = len(result.lesions) - len(np.setdiff1d(np.unique(labels[near_truth]), [0]))
    return StudyScore(
        study=study,
        kind=kind,
        slice_mm=slice_mm,
        lesions=scores,
        n_false=n_false,
        n_found=len(result.lesions),
    )


def _score_lesion(
    lesion: TrueLesion,
    labels: NDArray[np.integer],
    overlaps: NDArray[np.int64],
    truth: NDArray[np.uint16],
    result: ImageResult,
    study: str,
) -> LesionScore:
    found = [result.lesions[int(label) - 1] for label in labels]
    own = [
        (one, int(overlap))
        for one, overlap in zip(found, overlaps, strict=True)
        if overlap >= 0.5 * one.n_voxels or overlap == overlaps.max()
    ]
    n_true = int((truth == lesion.label).sum())
    n_common = sum(overlap for _, overlap in own)
    is_found = n_common >= 0.2 * n_true
    weights = dict.fromkeys(_PLANES, 0.0)
    for one, _ in own:
        weights[one.tissue_plane.value] += one.volume_mm3
    return LesionScore(
        study=study,
        label=lesion.label,
        true_plane=lesion.tissue_plane.value,
        morphology=lesion.morphology.value,
        volume_mm3=float(lesion.volume_mm3),
        found_plane=max(weights, key=lambda plane: weights[plane]) if is_found else None,
        dice=2 * n_common / (n_true + sum(one.n_voxels for one, _ in own)) if is_found else 0.0,
        volume_ratio=sum(one.volume_pv_mm3 or 0.0 for one, _ in own) / lesion.volume_mm3,
        threshold_ratio=sum(one.volume_mm3 for one, _ in own) / lesion.volume_mm3,
    )


def score_recipe(recipe: PhantomRecipe) -> StudyScore:
    """Make a phantom, analyse it and score the result."""
    phantom = make_phantom(recipe)
    result = analyze(as_study(phantom), n_threads=1).images[0]
    spacing = phantom.volume.geometry.spacing_mm_zyx
    return score_phantom(phantom, result, f"{recipe.kind} seed {recipe.seed} at {spacing[0]:g} mm")


def print_tables(scores: list[StudyScore]) -> None:
    """Print all tables, as Markdown."""
    print_rows(list(_columns(scores)))
    print_confusion([lesion for score in scores for lesion in score.lesions])


def print_rows(columns: list[tuple[str, list[StudyScore]]]) -> None:
    """Print a table with a column for each group of studies."""
    print("\n| | " + " | ".join(name for name, _ in columns) + " |")
    print("|---|" + "---|" * len(columns))
    for title, text in _rows():
        print(f"| {title} | " + " | ".join(text(column) for _, column in columns) + " |")


def print_confusion(lesions: list[LesionScore]) -> None:
    """Print true planes against assigned ones."""
    print("\nPlanes: true in rows, assigned in columns (lesions of at least 15 mm3)\n")
    print("| | " + " | ".join([*_PLANES, "missed"]) + " |")
    print("|---|" + "---|" * (len(_PLANES) + 1))
    large = [lesion for lesion in lesions if lesion.volume_mm3 >= 15]
    for true in _TRUE_PLANES:
        row = [lesion.found_plane for lesion in large if lesion.true_plane == true]
        print(f"| {true} | " + " | ".join(str(row.count(found)) for found in [*_PLANES, None]) + " |")


def _columns(scores: list[StudyScore]) -> Iterator[tuple[str, list[StudyScore]]]:
    for slice_mm in sorted({score.slice_mm for score in scores}):
        for kind in dict.fromkeys(score.kind for score in scores):
            chosen = [score for score in scores if score.kind == kind and score.slice_mm == slice_mm]
            if chosen:
                yield f"{kind} {slice_mm:g} mm", chosen


def _rows() -> Iterator[tuple[str, object]]:
    for low, high in pairwise(_SIZES_MM3):
        title = (
            f"sensitivity, {low:g} to {high:g} mm3" if np.isfinite(high) else f"sensitivity, from {low:g} mm3"
        )
        yield title, lambda s, a=low, b=high: _share(s, lambda one: a <= one.volume_mm3 < b)
    for plane in _TRUE_PLANES:
        yield f"sensitivity, {plane}", lambda s, p=plane: _share(s, lambda one: one.true_plane == p)
    yield (
        "plane macro-F1 (of found, from 15 mm3)",
        lambda s: f"{macro_f1([x for y in s for x in y.lesions]):.3f}",
    )
    yield "Dice, 10th / 50th / 90th percentile", lambda s: _spread(s, "dice")
    yield "volume_pv / truth, from 15 mm3", lambda s: _spread(s, "volume_ratio")
    yield "volume by threshold / truth, from 15 mm3", lambda s: _spread(s, "threshold_ratio")
    yield "false lesions a study", lambda s: f"{np.mean([score.n_false for score in s]):.2f}"


def _share(scores: list[StudyScore], belongs: object) -> str:
    found = [x.found_plane is not None for score in scores for x in score.lesions if belongs(x)]  # type: ignore[operator]
    return f"{np.mean(found):.3f} ({len(found)})" if found else "–"


def _spread(scores: list[StudyScore], name: str) -> str:
    values = [getattr(x, name) for y in scores for x in y.lesions if x.found_plane and x.volume_mm3 >= 15]
    return " / ".join(f"{value:.2f}" for value in np.percentile(values, (10, 50, 90))) if values else "–"


def macro_f1(lesions: list[LesionScore]) -> float:
    """Mean F1 of the planes over the found lesions of at least 15 mm3."""
    pairs = [(x.true_plane, x.found_plane) for x in lesions if x.found_plane and x.volume_mm3 >= 15]
    scores = []
    for plane in _TRUE_PLANES:
        right = sum(true == found == plane for true, found in pairs)
        n_true, n_found = sum(true == plane for true, _ in pairs), sum(found == plane for _, found in pairs)
        if n_true:
            scores.append(2 * right / (n_true + n_found))
    return float(np.mean(scores)) if scores else float("nan")


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kinds", default="thigh,forearm,pelvis")
    parser.add_argument("--seeds", type=int, default=10, help="seeds first-seed, first-seed + 1, ...")
    parser.add_argument("--first-seed", type=int, default=100)
    parser.add_argument("--slices-mm", default="1,3")
    parser.add_argument("--pixel-mm", type=float, default=0.8)
    parser.add_argument("--kvp", type=float, default=120.0)
    parser.add_argument("--noise-hu", type=float, default=11.0)
    parser.add_argument("--blur-mm", type=float, default=STANDARD_BLUR_MM, help="0.35 is sharp, 0.7 soft")
    parser.add_argument("--contrast", action="store_true", help="with intravenous contrast")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--worst", type=int, default=10, help="list so many of the worst lesions")
    arguments = parser.parse_args()
    recipes = [
        PhantomRecipe(
            kind=kind,
            seed=seed,
            spacing_mm_zyx=(slice_mm, arguments.pixel_mm, arguments.pixel_mm),
            kvp=arguments.kvp,
            noise_hu=arguments.noise_hu,
            blur_mm=arguments.blur_mm,
            contrast=arguments.contrast,
        )
        for slice_mm in map(float, arguments.slices_mm.split(","))
        for kind in arguments.kinds.split(",")
        for seed in range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    ]
    with ProcessPoolExecutor(arguments.jobs) as pool:
        scores = list(pool.map(score_recipe, recipes))
    print_tables(scores)
    print_worst([lesion for score in scores for lesion in score.lesions], arguments.worst)


def print_worst(lesions: list[LesionScore], n: int) -> None:
    """List the lesions that were missed, misplaced, or cut out worst, the largest first."""
    bad = [x for x in lesions if x.found_plane != x.true_plane and x.volume_mm3 >= 15]
    print("\nMissed or misplaced, from 15 mm3, the largest first\n")
    for x in sorted(bad, key=lambda x: -x.volume_mm3)[:n]:
        lesion = f"{x.true_plane} {x.morphology} of {x.volume_mm3:.0f} mm3"
        print(f"- {x.study}, lesion {x.label}: {lesion} → {x.found_plane}")


if __name__ == "__main__":
    main()
