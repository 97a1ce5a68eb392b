"""The whole analysis of a radiograph of 2500 x 2000 pixels, from file to result.

    python -m benchmarks.film_time [--rounds N]

Of a projected hand, with direct exposure around it, and of a projected pelvis, which the body fills, each
enlarged as if it had been taken on a detector of 43 x 34 cm. ``calciseg.analyze`` and SimpleITK's reader take
turns in one process, files cached and kernels warm; the quickest, the middle and the slowest run are printed.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import SimpleITK
from scipy import ndimage

import calciseg
from calciseg.phantom import FilmRecipe, make_film
from calciseg.phantom.dicom import film_dataset

_SHAPE_YX = 2500, 2000
_PIXEL_MM = 0.172


def written_film(kind: str, folder: Path) -> Path:
    """Write a projected phantom of the wanted size as DICOM."""
    dataset = film_dataset(make_film(FilmRecipe(kind=kind, seed=1)))
    stored = np.frombuffer(dataset.PixelData, "<u2").reshape(dataset.Rows, dataset.Columns)
    factors = [wanted / side for wanted, side in zip(_SHAPE_YX, stored.shape, strict=True)]
    enlarged = ndimage.zoom(stored, factors, order=1)
    dataset.Rows, dataset.Columns = enlarged.shape
    dataset.PixelData = enlarged.tobytes()
    dataset.ImagerPixelSpacing = [_PIXEL_MM, _PIXEL_MM]
    dataset.save_as(folder / f"{kind}.dcm", enforce_file_format=True)
    return folder / f"{kind}.dcm"


def seconds_of(call: Callable[[], object]) -> float:
    """Time one call."""
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def times(path: Path, n_rounds: int) -> tuple[list[float], list[float]]:
    """Time both in turns, and order what they took."""
    calciseg.analyze(path)
    ours, theirs = [], []
    for _ in range(n_rounds):
        ours.append(seconds_of(lambda: calciseg.analyze(path)))
        theirs.append(seconds_of(lambda: SimpleITK.ReadImage(path)))
    return sorted(ours), sorted(theirs)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=14)
    n_rounds = parser.parse_args().rounds
    print("| film | quickest, s | middle, s | slowest, s | SimpleITK reads it in, s |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        for kind in ("xr-hand", "xr-pelvis"):
            ours, theirs = times(written_film(kind, Path(name)), n_rounds)
            print(
                f"| {kind} | {ours[0]:.2f} | {ours[n_rounds // 2]:.2f} | {ours[-1]:.2f} | "
                f"{theirs[n_rounds // 2]:.3f} |"
            )


if __name__ == "__main__":
    main()
