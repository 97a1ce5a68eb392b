"""How well calcifications are found on radiographs: projected phantoms, real films, lesions put into them.

    python benchmarks/radiographs.py phantoms --seeds 101-106
    python benchmarks/radiographs.py real

``real`` needs the environment variable CALCISEG_REAL_DATA, the folder that holds ``cr_leg``, ``cr_chest`` and
``cr_chest_nih``.
"""

import argparse
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.stats import spearmanr
from skimage.draw import polygon2mask

from calciseg import Settings, read_study
from calciseg.model import ExclusionReason, Radiograph, RadiographResult
from calciseg.phantom import FILM_KINDS, FilmPhantom, FilmRecipe, make_film
from calciseg.radiograph import analyze_radiograph

VISIBLE_CNR, VISIBLE_MM = 5.0, 2.0
COVERED = 0.3
"""Share of a true shadow that reported lesions cover where it is found."""
TRUE_SHARE = 0.25
"""A reported lesion with less of it in true shadows is false."""
CLEAR = 0.2
"""A shadow with less of it over bone is clear of bone."""
_PLACES = ("soft tissue", "over bone", "over the chest")
REAL = {
    "cr_leg": {
        "soft tissue": (
            ((0.02, 0.37), (0.02, 0.44), (0.55, 0.43), (0.55, 0.405), (0.3, 0.4)),
            ((0.02, 0.53), (0.02, 0.56), (0.45, 0.54), (0.45, 0.52)),
            ((0.02, 0.605), (0.02, 0.67), (0.4, 0.625), (0.4, 0.59)),
        ),
        "over bone": (((0.02, 0.46), (0.02, 0.51), (0.55, 0.505), (0.55, 0.46)),),
    },
    "cr_chest": {
        "soft tissue": (
            ((0.32, 0.01), (0.32, 0.09), (0.7, 0.05), (0.78, 0.01)),
            ((0.36, 0.93), (0.36, 0.985), (0.7, 0.985), (0.7, 0.94)),
            ((0.04, 0.2), (0.04, 0.32), (0.07, 0.28), (0.09, 0.14)),
            ((0.04, 0.68), (0.04, 0.78), (0.09, 0.86), (0.07, 0.72)),
        ),
        "over bone": (((0.13, 0.01), (0.13, 0.1), (0.17, 0.08), (0.17, 0.01)),),
        "over the chest": (
            ((0.15, 0.15), (0.12, 0.4), (0.68, 0.35), (0.68, 0.12)),
            ((0.12, 0.6), (0.15, 0.8), (0.7, 0.86), (0.55, 0.62)),
        ),
    },
    "cr_chest_nih": {
        "soft tissue": (
            ((0.03, 0.1), (0.03, 0.35), (0.08, 0.33), (0.06, 0.12)),
            ((0.03, 0.65), (0.03, 0.82), (0.09, 0.72), (0.08, 0.66)),
            ((0.35, 0.1), (0.3, 0.16), (0.6, 0.13), (0.6, 0.07)),
            ((0.34, 0.85), (0.34, 0.88), (0.55, 0.93), (0.55, 0.9)),
        ),
        "over bone": (((0.2, 0.03), (0.2, 0.09), (0.33, 0.045), (0.3, 0.03)),),
        "over the chest": (
            ((0.2, 0.3), (0.2, 0.44), (0.65, 0.4), (0.65, 0.2)),
            ((0.2, 0.62), (0.2, 0.72), (0.6, 0.82), (0.45, 0.65)),
        ),
    },
}
"""Places in real films, drawn by eye: corners as shares of the rows and columns. What is put over lungs
cannot be told from what lies in them, so there the ledger is where it belongs."""


@dataclass(frozen=True, kw_only=True)
class LesionScore:
    film: str
    label: int
    plane: str
    morphology: str
    volume_mm3: float
    area_mm2: float
    diameter_mm: float
    cnr: float
    bone_fraction: float
    is_found: bool
    is_alone: bool
    """No other shadow touches it, and it lies in the open field."""
    found_area_mm2: float
    is_in_profile: bool
    found_plane: str | None


@dataclass(frozen=True, kw_only=True)
class FilmScore:
    name: str
    lesions: tuple[LesionScore, ...]
    n_reported: int
    n_false: int


def score_film(phantom: FilmPhantom, result: RadiographResult) -> FilmScore:
    """Compare what was reported with the truth."""
    assert result.maps is not None
    name = f"{phantom.recipe.kind} {phantom.recipe.seed} {phantom.recipe.view}"
    labels, truth = result.maps.labels[0], phantom.truth_labels
    reported = ndimage.sum_labels(truth > 0, labels, np.arange(1, labels.max() + 1))
    sizes = np.bincount(labels.ravel(), minlength=labels.max() + 1)[1:]
    is_true = reported >= TRUE_SHARE * sizes
    scores = []
    for lesion in phantom.lesions:
        inside = labels[lesion.window][lesion.shadow]
        own = np.unique(inside[inside > 0])
        own = own[is_true[own - 1]] if len(own) else own
        covered = float(np.isin(inside, own).mean()) if len(own) else 0.0
        main = int(np.bincount(inside[inside > 0]).argmax()) if len(own) else 0
        near = ndimage.binary_dilation(lesion.shadow)
        others = np.unique(truth[lesion.window][near])
        scores.append(
            LesionScore(
                film=name,
                label=lesion.label,
                plane=str(lesion.tissue_plane),
                morphology=str(lesion.morphology),
                volume_mm3=lesion.volume_mm3,
                area_mm2=lesion.area_mm2,
                diameter_mm=lesion.max_diameter_mm,
                cnr=lesion.contrast_to_noise,
                bone_fraction=lesion.bone_fraction,
                is_found=covered >= COVERED,
                is_alone=set(others) <= {0, lesion.label} and lesion.open_fraction > 0.999,
                found_area_mm2=float(sizes[own - 1].sum() * lesion.area_mm2 / lesion.shadow.sum()),
                is_in_profile=lesion.is_in_profile,
                found_plane=str(result.lesions[main - 1].tissue_plane) if main else None,
            )
        )
    return FilmScore(
        name=name,
        lesions=tuple(
            score for score, lesion in zip(scores, phantom.lesions, strict=True) if lesion.open_fraction > 0.5
        ),
        n_reported=len(sizes),
        n_false=int((~is_true).sum()),
    )


def _score(recipe: FilmRecipe) -> FilmScore:
    phantom = make_film(recipe)
    return score_film(phantom, analyze_radiograph(phantom.radiograph, 1, Settings()))


def is_visible(lesion: LesionScore) -> bool:
    return lesion.cnr >= VISIBLE_CNR and lesion.diameter_mm >= VISIBLE_MM


def report(scores: list[FilmScore]) -> str:
    """Make the table."""
    lesions = [one for score in scores for one in score.lesions]
    visible = [one for one in lesions if is_visible(one)]
    lines = ["| | films | lesions | value |", "|---|---|---|---|"]

    def line(title: str, chosen: list[LesionScore], value: str) -> None:
        lines.append(f"| {title} | {len(scores)} | {len(chosen)} | {value} |")

    for title, chosen in (
        ("found, clear of bone", [one for one in visible if one.bone_fraction < CLEAR]),
        ("found, over bone", [one for one in visible if one.bone_fraction >= CLEAR]),
        ("found, contrast-to-noise below 5", [one for one in lesions if not is_visible(one)]),
    ):
        share = np.mean([one.is_found for one in chosen]) if chosen else np.nan
        line(title, chosen, f"{share:.2f}")
    false = [score.n_false for score in scores]
    line("false lesions a film, mean (most)", [], f"{np.mean(false):.2f} ({max(false)})")
    alone = [one for one in visible if one.is_found and one.is_alone]
    ratios = [one.found_area_mm2 / one.area_mm2 for one in alone]
    low, middle, high = np.percentile(ratios, (10, 50, 90)) if ratios else (np.nan,) * 3
    line("area / truth, 10th–50th–90th percentile", alone, f"{low:.2f}–{middle:.2f}–{high:.2f}")
    if len(alone) > 2:
        rho = spearmanr([one.found_area_mm2 for one in alone], [one.volume_mm3 for one in alone]).statistic
        line("area against true volume, Spearman ρ", alone, f"{rho:.2f}")
    shown = [one for one in visible if one.is_found and one.found_plane not in (None, "indeterminate")]
    right = np.mean([one.found_plane == one.plane for one in shown]) if shown else np.nan
    line("plane right, of those given one", shown, f"{right:.2f}")
    profile = [one for one in visible if one.is_found and one.is_in_profile]
    given = np.mean([one.found_plane != "indeterminate" for one in profile]) if profile else np.nan
    line("given a plane, of those in profile", profile, f"{given:.2f}")
    return "\n".join(lines)


def _seeds(text: str) -> list[int]:
    """Read "301,801-803"."""
    ends = [part.partition("-") for part in text.split(",")]
    return [seed for first, _, last in ends for seed in range(int(first), int(last or first) + 1)]


def phantoms(seeds: list[int], kinds: tuple[str, ...], n_jobs: int) -> None:
    recipes = [
        FilmRecipe(
            kind=kind, seed=seed, view="LAT" if kind in ("xr-thigh", "xr-forearm") and seed % 3 == 0 else "AP"
        )
        for seed in seeds
        for kind in kinds
    ]
    with ProcessPoolExecutor(n_jobs) as pool:
        scores = list(pool.map(_score, recipes))
    print(report(scores))
    for score in scores:
        missed = [
            f"{one.plane} {one.morphology} {one.diameter_mm:.0f} mm, {one.bone_fraction:.0%} over bone"
            for one in score.lesions
            if is_visible(one) and not one.is_found
        ]
        print(f"- {score.name}: {score.n_false} false; missed: {'; '.join(missed) or 'none'}")


def read_real(name: str) -> Radiograph:
    return read_study(Path(os.environ["CALCISEG_REAL_DATA"]) / name).radiographs[0]


def insert(
    film: Radiograph, places: tuple[tuple[tuple[float, float], ...], ...], seed: int, n_lesions: int
) -> tuple[Radiograph, list[NDArray[np.bool_]]]:
    """Put round and flat calcifications into a film, as attenuation, with their middles in given places."""
    rng = np.random.default_rng(seed)
    values = film.values.astype(np.float64)
    low, high = np.percentile(values, (1, 99))
    # A film without spacing is taken as 400 mm long, as the analysis does.
    pixel_mm = 400 / max(values.shape) if film.spacing_mm_yx is None else film.spacing_mm_yx[0]
    size = np.array(values.shape) - 1
    spots = np.concatenate([np.argwhere(polygon2mask(values.shape, np.array(one) * size)) for one in places])
    taken, shadows = np.zeros(values.shape, np.bool_), []
    rows, columns = np.indices(values.shape, sparse=True)
    for _ in range(1000):
        if len(shadows) == n_lesions:
            break
        row, column = spots[rng.integers(len(spots))]
        radius, flat, turn = rng.uniform(1.2, 5.0) / pixel_mm, rng.uniform(0.6, 1.0), rng.uniform(0, np.pi)
        down, right = rows - row, columns - column
        along = down * np.cos(turn) + right * np.sin(turn)
        across = (right * np.cos(turn) - down * np.sin(turn)) / flat
        chord = np.sqrt(np.clip(1 - (along**2 + across**2) / radius**2, 0, None))
        shadow = chord > 0.1
        if (ndimage.binary_dilation(shadow, iterations=round(4 / pixel_mm)) & taken).any():
            continue
        noise = np.abs(values - ndimage.gaussian_filter(values, 1))[shadow]
        contrast = max(rng.uniform(0.05, 0.15) * (high - low), 8 * np.median(noise))
        values += ndimage.gaussian_filter(chord, 0.2 / pixel_mm) * contrast
        taken |= shadow
        shadows.append(shadow)
    top = np.iinfo(np.uint16).max
    return replace(film, values=np.clip(np.rint(values), 0, top).astype(np.uint16)), shadows


def find_inserted(film: Radiograph, places: tuple, seeds: list[int]) -> tuple[int, int, int]:
    """Count calcifications put in, found, and named in the ledger as what lies in the chest."""
    n_inserted = n_found = n_visceral = 0
    for seed in seeds:
        touched, shadows = insert(film, places, seed, 6)
        result = analyze_radiograph(touched, 1, Settings())
        assert result.maps is not None
        lines = [one.label for one in result.excluded if one.reason is ExclusionReason.VISCERAL]
        is_visceral = np.isin(result.maps.excluded[0], [label for label in lines if label])
        n_inserted += len(shadows)
        n_found += sum((result.maps.labels[0][shadow] > 0).mean() >= COVERED for shadow in shadows)
        n_visceral += sum(is_visceral[shadow].mean() >= COVERED for shadow in shadows)
    return n_inserted, n_found, n_visceral


def real(seeds: list[int]) -> None:
    """Print what is found in real films, untouched and with calcifications put in."""
    print(
        "| film | lesions untouched | excluded | "
        + " | ".join(f"{place}: put in, found" for place in _PLACES)
    )
    print("|---|---|---|" + "---|" * len(_PLACES))
    for name, by_place in REAL.items():
        film = read_real(name)
        untouched = analyze_radiograph(film, 1, Settings())
        reasons: dict[str, int] = {}
        for line in untouched.excluded:
            reasons[str(line.reason)] = reasons.get(str(line.reason), 0) + line.n_components
        said = ", ".join(f"{reason} {n}" for reason, n in reasons.items())
        cells = []
        for place in _PLACES:
            if place not in by_place:
                cells.append("–")
                continue
            n_inserted, n_found, n_visceral = find_inserted(film, by_place[place], seeds)
            cells.append(f"{n_inserted}, {n_found}" + (f", {n_visceral} as visceral" if n_visceral else ""))
        print(f"| {name} | {len(untouched.lesions)} | {said} | " + " | ".join(cells) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("phantoms", "real"))
    parser.add_argument("--seeds", default="101-104", type=_seeds)
    parser.add_argument("--kinds", default=FILM_KINDS, type=lambda text: tuple(text.split(",")))
    parser.add_argument("--jobs", default=2, type=int)
    chosen = parser.parse_args()
    if chosen.what == "real":
        real(chosen.seeds)
    else:
        phantoms(chosen.seeds, chosen.kinds, chosen.jobs)


if __name__ == "__main__":
    main()
