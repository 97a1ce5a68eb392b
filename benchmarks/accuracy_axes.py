"""Accuracy against phantoms as the scanner's settings change, one at a time.

    python -m benchmarks.accuracy_axes --kinds thigh,sheet-thigh --seeds 2 --jobs 2

prints a table of benchmarks/README.md: a column for each setting, all others at 1 x 0.8 x 0.8 mm, 120 kV,
noise of 11 HU, a standard kernel, no contrast. Gantry tilt is not among them: it is in files alone.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

from benchmarks.accuracy import print_rows, print_worst, score_recipe
from calciseg.phantom import PhantomRecipe

_AXES: tuple[tuple[str, dict[str, object]], ...] = (
    ("as stated", {}),
    ("80 kV", {"kvp": 80.0}),
    ("100 kV", {"kvp": 100.0}),
    ("140 kV", {"kvp": 140.0}),
    ("noise 5 HU", {"noise_hu": 5.0}),
    ("noise 25 HU", {"noise_hu": 25.0}),
    ("sharp kernel", {"blur_mm": 0.35}),
    ("soft kernel", {"blur_mm": 0.7}),
    ("contrast", {"contrast": True}),
    ("0.5 mm slices", {"spacing_mm_zyx": (0.5, 0.8, 0.8)}),
    ("5 mm slices", {"spacing_mm_zyx": (5.0, 0.8, 0.8)}),
    ("0.5 mm pixels", {"spacing_mm_zyx": (1.0, 0.5, 0.5)}),
    ("1 mm pixels", {"spacing_mm_zyx": (1.0, 1.0, 1.0)}),
)


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kinds", default="thigh,sheet-thigh")
    parser.add_argument("--seeds", type=int, default=2, help="seeds first-seed, first-seed + 1, ...")
    parser.add_argument("--first-seed", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    bases = [
        PhantomRecipe(kind=kind, seed=seed, spacing_mm_zyx=(1.0, 0.8, 0.8))
        for kind in arguments.kinds.split(",")
        for seed in range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    ]
    recipes = [replace(base, **change) for _, change in _AXES for base in bases]
    with ProcessPoolExecutor(arguments.jobs) as pool:
        scores = list(pool.map(score_recipe, recipes))
    n = len(bases)
    columns = [(name, scores[at * n : (at + 1) * n]) for at, (name, _) in enumerate(_AXES)]
    print_rows(columns)
    for name, column in columns:
        print(f"\n{name}", end="")
        print_worst([lesion for score in column for lesion in score.lesions], 5)


if __name__ == "__main__":
    main()
