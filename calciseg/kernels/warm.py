"""Compile every kernel ahead of time, for containers and after an install."""

import numpy as np
from numpy.typing import NDArray

from calciseg.kernels.behind import bridge
from calciseg.kernels.blocks import sum_in_blocks
from calciseg.kernels.bodies import WAYS_ZYX, around_body, heart_of, look_out
from calciseg.kernels.components import connected_components
from calciseg.kernels.convolution import Convolution
from calciseg.kernels.distance import distance_mm, geodesic_distance_mm, nearest_label
from calciseg.kernels.extent import feret_mm
from calciseg.kernels.holes import fill_holes_in_slices
from calciseg.kernels.lines import open_along_lines
from calciseg.kernels.means import mean_in_window
from calciseg.kernels.morphology import dilate_mm
from calciseg.kernels.relaxation import relax
from calciseg.kernels.shells import shells_of
from calciseg.kernels.smoothing import smooth
from calciseg.kernels.tube import TubeLook, TubeSection, fit_tube, follow_tube
from calciseg.kernels.watershed import basins_around_peaks, joined_basins, passages_between


def warmup() -> None:
    """Call every kernel once with every type that calciseg uses, so that all are compiled and cached.

    int16 and uint16 images share one compiled kernel. Rows of more than 65 535 voxels, and label arrays of
    eight bytes, are left to be compiled when somebody needs them.
    """
    warm_components()
    warm_distances()


def _image() -> NDArray[np.int16]:
    image = np.zeros((2, 3, 70), np.int16)
    image[:, 1, 5:9] = 2
    return image


def warm_components() -> None:
    """Call what labels, paints, follows, fills and smooths: about half of the work."""
    image = _image()
    found = connected_components(image, 1, min_voxels=2, n_threads=1)
    for dtype in (np.uint16, np.uint32):
        found.labels(dtype)
    found.foreground()
    found.labels_in(found.table["bbox"][0])
    sum_in_blocks(image, found.table["bbox"][0], (1, 1, 1))
    found.blocks_in(found.table["bbox"][0], (1, 1, 1))
    found.keep([True])
    for name in found.table:
        found.table[name]
    look = TubeLook(dense=2.0, low=0.0, high=1.0, dark=-1.0, step=1.0, min_radius=1.0, max_radius=2.0)
    fit_tube(image[0], (1.0, 1.0), (1.0, 1.0), 0.0, look)
    follow_tube(image, (1.0, 1.0, 1.0), (0, TubeSection(1.0, 1.0, 1.0, 0.0, 0.0)), 1, look)
    fill_holes_in_slices(image > 0)
    open_along_lines(image[0], 3.0)
    smooth(image[0], 1.0)
    Convolution(np.zeros((1, 2, 3, 3)), (0.0,))(np.zeros((1, 4, 4)), np.zeros((1, 3, 3)), n_threads=1)


def warm_distances() -> None:
    """Call what measures distances and what needs them: the other half."""
    image = _image()
    mask = image > 0
    dilate_mm(mask, (1.0, 1.0, 1.0), 1.0)
    dilate_mm(np.zeros((2, 130, 130), np.bool_), (1.0, 1.0, 1.0), 1.0)
    distance_mm(mask, (1.0, 1.0, 1.0))
    feret_mm(mask, (1.0, 1.0, 1.0))
    nearest_label(mask.astype(np.uint16), (1.0, 1.0, 1.0))
    geodesic_distance_mm(mask, mask, (1.0, 1.0, 1.0))
    bridge(image, ~mask, mask, mask, (1.0, 1.0, 1.0), agree=1.0, lonely=1.0)
    steps = np.ones(len(WAYS_ZYX), np.int64)
    look_out(mask, mask, mask, image, steps, 1.0)
    heart_of(mask, image, (1.0, 1.0, 1.0), least=1, share=0.5, percent=80.0)
    around_body(mask, mask, (mask, mask), (1.0, 1.0, 1.0), rim_mm=1.0, shell_mm=1.0)
    found = connected_components(image, 1, n_threads=1)
    shells_of(found, image, (1.0, 1.0, 1.0), inner_mm=1.0, outer_mm=2.0, low=0.0, high=1.0)
    relax(mask.astype(np.float32), mask, (1.0, 1.0, 1.0), 1)
    depths = mask.astype(np.float32)
    joined_basins(*passages_between(basins_around_peaks(depths, mask), depths), 0.5)
    mean_in_window(image, (1, 3, 3))
