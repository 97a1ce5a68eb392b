"""Accuracy under other scanners: spacing, voltage, noise, kernel, contrast, tilt, one changed at a time.

    python -m benchmarks.scanners --kinds thigh,forearm,pelvis,sheet-thigh --seeds 3 --jobs 2

prints the table of benchmarks/README.md.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import product

import numpy as np
import SimpleITK

from benchmarks.accuracy import StudyScore, print_confusion, print_rows, print_worst, score_phantom
from calciseg.model import VolumeGeometry
from calciseg.phantom import Phantom, PhantomRecipe, as_study, make_phantom
from calciseg.phantom.dicom import image_datasets
from calciseg.pipeline import analyze

_STANDARD = {"spacing_mm_zyx": (1.0, 0.8, 0.8)}
VARIANTS = {
    "standard": {},
    "0.5 mm slices": {"spacing_mm_zyx": (0.5, 0.8, 0.8)},
    "1.5 mm slices": {"spacing_mm_zyx": (1.5, 0.8, 0.8)},
    "5 mm slices": {"spacing_mm_zyx": (5.0, 0.8, 0.8)},
    "0.5 mm pixels": {"spacing_mm_zyx": (1.0, 0.5, 0.5)},
    "1.0 mm pixels": {"spacing_mm_zyx": (1.0, 1.0, 1.0)},
    "80 kV": {"kvp": 80.0},
    "140 kV": {"kvp": 140.0},
    "noise 25 HU": {"noise_hu": 25.0},
    "sharp kernel": {"blur_mm": 0.35, "noise_hu": 20.0},
    "soft kernel": {"blur_mm": 0.8, "noise_hu": 6.0},
    "contrast": {"contrast": True},
    "tilt 15 degrees": {"tilt_deg": 15.0, "spacing_mm_zyx": (1.5, 0.8, 0.8)},
}


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kinds", default="thigh,forearm,pelvis,sheet-thigh")
    parser.add_argument("--variants", default=",".join(VARIANTS))
    parser.add_argument("--seeds", type=int, default=3, help="seeds first-seed, first-seed + 1, ...")
    parser.add_argument("--first-seed", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--worst", type=int, default=10, help="list so many of the worst lesions")
    arguments = parser.parse_args()
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    variants = arguments.variants.split(",")
    tasks = list(product(variants, arguments.kinds.split(","), seeds))
    with ProcessPoolExecutor(arguments.jobs) as pool:
        scores = list(pool.map(_score, tasks))
    columns = [
        (name, [score for score, (variant, *_) in zip(scores, tasks, strict=True) if variant == name])
        for name in variants
    ]
    print_rows(columns)
    lesions = [lesion for score in scores for lesion in score.lesions]
    print_confusion(lesions)
    print_worst(lesions, arguments.worst)


def _score(task: tuple[str, str, int]) -> StudyScore:
    variant, kind, seed = task
    recipe = PhantomRecipe(kind=kind, seed=seed, **(_STANDARD | VARIANTS[variant]))
    phantom = make_phantom(recipe)
    study = as_study(phantom) if recipe.tilt_deg == 0 else image_datasets(phantom)
    result = analyze(study, n_threads=1).images[0]
    if recipe.tilt_deg:
        phantom = _on_grid(phantom, result.geometry)
    return score_phantom(phantom, result, f"{kind} seed {seed}, {variant}")


def _on_grid(phantom: Phantom, geometry: VolumeGeometry) -> Phantom:
    """Look the truth up on the grid on which a tilted scan was analysed."""
    truth = SimpleITK.Resample(
        _image(phantom.truth_labels, phantom.volume.geometry),
        _image(np.zeros(geometry.shape_zyx, np.uint16), geometry),
        SimpleITK.Transform(),
        SimpleITK.sitkNearestNeighbor,
    )
    return replace(phantom, truth_labels=SimpleITK.GetArrayFromImage(truth))


def _image(voxels: np.ndarray, geometry: VolumeGeometry) -> SimpleITK.Image:
    image = SimpleITK.GetImageFromArray(voxels)
    image.SetSpacing(geometry.spacing_mm_zyx[::-1])
    image.SetOrigin(geometry.origin_lps_mm)
    image.SetDirection(geometry.direction)
    return image


if __name__ == "__main__":
    main()
