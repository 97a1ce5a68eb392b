"""Accuracy on real CT with calcifications of known volume and plane put in.

    CALCISEG_REAL_DATA=<folder> python -m benchmarks.inserted --seeds 2 --jobs 2

prints the tables of benchmarks/README.md. The images stay where they are.
"""

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.inserted.designs import CLEAR, HARD
from benchmarks.inserted.lesions import Inserted, place
from benchmarks.inserted.render import render
from benchmarks.inserted.score import InsertedScore, print_tables, score_inserted
from benchmarks.inserted.studies import STUDIES, read_volume, thinned
from benchmarks.inserted.tissue import Tissue, find_tissue
from benchmarks.inserted.truth import true_labels
from calciseg.ct import analyze_volume
from calciseg.kernels import threads_at_most
from calciseg.model import CtVolume
from calciseg.settings import Settings

_HU_RANGE = (300.0, 1200.0)
DIFFICULTIES = {"clear": CLEAR, "hard": HARD}

Task = tuple[str, str, int]
"""Study, difficulty or "untouched", seed."""


@cache
def _study(name: str) -> tuple[CtVolume, Tissue]:
    volume = read_volume(STUDIES[name], Path(os.environ["CALCISEG_REAL_DATA"]))
    return volume, find_tissue(volume, STUDIES[name])


def insert(name: str, difficulty: str, seed: int) -> tuple[CtVolume, np.ndarray, list[Inserted]]:
    """Put the lesions of a seed into a study; returns it untouched, its new HU, and the lesions."""
    volume, tissue = _study(name)
    rng = np.random.default_rng([seed, list(STUDIES).index(name), list(DIFFICULTIES).index(difficulty)])
    lesions = place(rng, tissue, DIFFICULTIES[difficulty], _HU_RANGE)
    return volume, render(volume, tissue, lesions), lesions


def run(task: Task) -> list[InsertedScore]:
    """Analyse one study with the lesions of one seed, at each of its slice distances."""
    name, difficulty, seed = task
    if difficulty == "untouched":
        volume, hu, lesions = _study(name)[0], _study(name)[0].hu, []
    else:
        volume, hu, lesions = insert(name, difficulty, seed)
    scores = []
    for n in STUDIES[name].n_averaged:
        with threads_at_most(1):
            result = analyze_volume(thinned(volume, hu, n), 1, Settings())
        truth = true_labels(lesions, volume.hu.shape, n)
        scores.append(score_inserted(truth, lesions, result, name, difficulty, seed))
    return scores


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--studies", default=",".join(STUDIES))
    parser.add_argument("--difficulties", default="clear,hard")
    parser.add_argument("--seeds", type=int, default=2, help="seeds first-seed, first-seed + 1, ...")
    parser.add_argument("--first-seed", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--worst", type=int, default=10, help="list so many of the worst lesions")
    arguments = parser.parse_args()
    if not os.environ.get("CALCISEG_REAL_DATA"):
        sys.exit("CALCISEG_REAL_DATA is not set: name the folder that holds the real studies")
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    studies = arguments.studies.split(",")
    tasks: list[Task] = [
        *product(studies, arguments.difficulties.split(","), seeds),
        *((name, "untouched", 0) for name in studies),
    ]
    with ProcessPoolExecutor(arguments.jobs) as pool:
        scores = [score for several in pool.map(run, tasks) for score in several]
    print_tables(scores, arguments.worst)


if __name__ == "__main__":
    main()
