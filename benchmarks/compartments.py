"""Subcutaneous fat and muscle against masks of real CT.

    CALCISEG_REAL_DATA=<folder> python -m benchmarks.compartments

prints the Dice of benchmarks/README.md. The folder holds ``ct_tissue_reference``.
"""

import argparse
import os
import sys
from pathlib import Path

import numpy as np
import SimpleITK
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks.inserted.studies import RealStudy, read_volume
from calciseg.ct.footprints import closed
from calciseg.ct.survey import Survey, survey
from calciseg.settings import Settings

_FOLDER = "ct_tissue_reference"
_SPECK_MM3 = 220.0
_STUDY = RealStudy(name="trunk", path=f"{_FOLDER}/ct.nii.gz", boxes=(), n_averaged=(1,))


def main() -> None:
    """Run the benchmark from the command line."""
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    if not os.environ.get("CALCISEG_REAL_DATA"):
        sys.exit("CALCISEG_REAL_DATA is not set: name the folder that holds the real studies")
    folder = Path(os.environ["CALCISEG_REAL_DATA"])
    seen = survey(read_volume(_STUDY, folder), Settings(), lambda _stage, _done, _total: None)
    if not isinstance(seen, Survey):
        sys.exit("no body was found in the image")
    print("| tissue | Dice | of the mask found | of what was found in the mask |\n|---|---|---|---|")
    for name, found in _found(seen).items():
        true = _read_mask(folder / _FOLDER / f"{name}.nii.gz")
        common = np.count_nonzero(found & true)
        print(
            f"| {name.replace('_', ' ')} | {2 * common / (found.sum() + true.sum()):.3f} "
            f"| {common / true.sum():.3f} | {common / found.sum():.3f} |"
        )


def _found(seen: Survey) -> dict[str, NDArray[np.bool_]]:
    """Expand the layers to the volume's own voxels; the deep fascia parts them, and skin is no fat.

    Specks of fat within muscle count as muscle, as in the masks.
    """
    layers, grid = seen.anatomy.compartments, seen.anatomy.grid
    is_inside = layers.inside_fascia_mm > 0
    # A voxel that is part skin is no fat.
    skin_mm = Settings().skin.default_mm + max(grid.spacing_mm_zyx[1:]) / 2
    is_below_skin = seen.anatomy.body.depth_mm > skin_mm
    is_muscle = layers.is_muscle & is_inside
    seams = closed(is_muscle, max(grid.spacing_mm_zyx), grid.spacing_mm_zyx) & layers.is_fat
    labels, _ = ndimage.label(seams)
    is_speck = seams & (np.bincount(labels.reshape(-1))[labels] * grid.voxel_volume_mm3 <= _SPECK_MM3)
    return {
        "subcutaneous_fat": grid.expand(layers.is_fat & is_below_skin & ~is_inside),
        "skeletal_muscle": grid.expand(is_muscle | is_speck),
    }


def _read_mask(path: Path) -> NDArray[np.bool_]:
    return SimpleITK.GetArrayFromImage(SimpleITK.DICOMOrient(SimpleITK.ReadImage(str(path)), "LPS")) > 0


if __name__ == "__main__":
    main()
