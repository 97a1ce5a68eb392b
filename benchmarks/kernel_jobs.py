"""What the kernels are timed at, and what their peers do for the same answer."""

import importlib.util
from collections.abc import Callable
from functools import partial

import numpy as np

from calciseg.kernels import connected_components, dilate_mm, distance_mm, fill_holes_in_slices

Job = Callable[[], object]


def our_table(image, threshold, connectivity, threads):
    """Label, and read every column of the table."""
    found = connected_components(image, threshold, connectivity=connectivity, n_threads=threads)
    return found, [found.table[name] for name in found.table]


def our_labels(image, threshold, connectivity, threads, dtype=None):
    """Label, and paint dense labels."""
    found = connected_components(image, threshold, connectivity=connectivity, n_threads=threads)
    return found.labels(dtype, n_threads=threads)


def our_table_and_labels(image, threshold, connectivity, threads):
    """Label, read every column, and paint uint32 labels."""
    found, columns = our_table(image, threshold, connectivity, threads)
    return columns, found.labels(np.uint32, n_threads=threads)


def cc3d_labels(image, threshold, connectivity):
    """Label with cc3d."""
    import cc3d

    return cc3d.connected_components(image >= threshold, connectivity=connectivity, binary_image=True)


def cc3d_statistics(image, threshold, connectivity):
    """Label and measure the geometry with cc3d, its fastest way."""
    import cc3d

    labels = cc3d_labels(image, threshold, connectivity)
    return labels, cc3d.statistics(labels, no_slice_conversion=True)


def cc3d_and_numpy(image, threshold, connectivity):
    """Add sum, sum of squares and maximum of the values: the best composition known of cc3d and numpy."""
    labels, geometry = cc3d_statistics(image, threshold, connectivity)
    at = np.flatnonzero(labels)
    names, values = labels.ravel()[at], image.ravel()[at].astype(np.float64)
    highest = np.full(int(labels.max()) + 1, -np.inf)
    np.maximum.at(highest, names, values)
    return geometry, np.bincount(names, values), np.bincount(names, values * values), highest


def scipy_labels(image, threshold, connectivity):
    """Label with scipy."""
    from scipy import ndimage

    rank = {4: 1, 8: 2, 6: 1, 18: 2, 26: 3}[connectivity]
    return ndimage.label(image >= threshold, ndimage.generate_binary_structure(image.ndim, rank))


def sitk_labels(image, threshold, connectivity):
    """Label with SimpleITK."""
    import SimpleITK as sitk

    mask = sitk.GetImageFromArray((image >= threshold).astype(np.uint8))
    return sitk.ConnectedComponent(mask, connectivity in (8, 26))


def opencv_statistics(image, threshold, connectivity):
    """Label and measure an image of two dimensions with OpenCV."""
    import cv2

    return cv2.connectedComponentsWithStats((image >= threshold).astype(np.uint8), connectivity=connectivity)


def component_jobs(image, threshold, connectivity, threads, is_with_all_peers) -> dict[str, Job]:
    """Return our jobs and those of the peers that are there."""
    asked = (image, threshold, connectivity)
    jobs: dict[str, Job] = {
        "read floor": lambda: image.max(),
        "calciseg runs + table": lambda: our_table(*asked, threads),
        "calciseg runs + table, 1 thread": lambda: our_table(*asked, 1),
        "calciseg table + uint32 labels": lambda: our_table_and_labels(*asked, threads),
        "calciseg labels": lambda: our_labels(*asked, threads),
    }
    if has("cc3d"):
        jobs["cc3d labels"] = lambda: cc3d_labels(*asked)
        jobs["cc3d + statistics"] = lambda: cc3d_statistics(*asked)
        jobs["cc3d + statistics + numpy"] = lambda: cc3d_and_numpy(*asked)
    if image.ndim == 2 and has("cv2"):
        jobs["OpenCV labels + statistics"] = lambda: opencv_statistics(*asked)
    if is_with_all_peers:
        jobs["scipy labels"] = lambda: scipy_labels(*asked)
    if is_with_all_peers and has("SimpleITK"):
        jobs["SimpleITK labels"] = lambda: sitk_labels(*asked)
    return jobs


def distance_jobs(image, threshold, threads) -> dict[str, Job]:
    """Return distance jobs on the foreground of a volume."""
    mask, spacing = image >= threshold, (1.0, 0.78, 0.78)
    jobs: dict[str, Job] = {
        "read floor": lambda: image.max(),
        "calciseg distance": lambda: distance_mm(mask, spacing, n_threads=threads),
        "calciseg distance to 10 mm": lambda: distance_mm(
            mask, spacing, max_distance_mm=10, n_threads=threads
        ),
        "calciseg distance to 3 mm": lambda: distance_mm(mask, spacing, max_distance_mm=3, n_threads=threads),
    }
    if has("edt"):
        import edt

        jobs["edt"] = lambda: edt.edt(~mask, anisotropy=spacing, parallel=threads)
    return jobs


def morphology_jobs(image, threshold) -> dict[str, Job]:
    """Return dilations by balls of a mask in the size of an anatomy grid."""
    import SimpleITK as sitk
    from scipy import ndimage

    mask, spacing = np.ascontiguousarray(image[:, ::2, ::2]) >= threshold, (1.0, 1.5, 1.5)
    jobs: dict[str, Job] = {"read floor": lambda: mask.max()}
    for radius in (2.0, 7.0):
        reach = [int(radius / step) for step in spacing]
        grid = np.meshgrid(*(np.arange(-n, n + 1) * step for n, step in zip(reach, spacing, strict=True)))
        ball = (sum(one**2 for one in grid) <= radius**2).transpose(1, 0, 2)
        as_sitk = sitk.GetImageFromArray(mask.astype(np.uint8))
        jobs |= {
            f"calciseg dilation, {radius:g} mm": partial(dilate_mm, mask, spacing, radius),
            f"calciseg distance to {radius:g} mm": partial(
                distance_mm, mask, spacing, max_distance_mm=radius
            ),
            f"SimpleITK dilation, {radius:g} mm": partial(
                sitk.BinaryDilate, as_sitk, reach[::-1], sitk.sitkBall
            ),
            f"scipy dilation, {radius:g} mm": partial(ndimage.binary_dilation, mask, ball),
        }
    return jobs


def hole_jobs(image, threshold, threads) -> dict[str, Job]:
    """Return jobs that fill the holes of every slice."""
    from scipy import ndimage

    mask = image >= threshold
    return {
        "read floor": lambda: image.max(),
        "calciseg holes": lambda: fill_holes_in_slices(mask, n_threads=threads),
        "scipy holes": lambda: np.stack([ndimage.binary_fill_holes(one_slice) for one_slice in mask]),
    }


def has(module):
    """Say whether a peer is installed, and say so once when it is not."""
    is_there = importlib.util.find_spec(module) is not None
    if not is_there and module not in MISSING:
        MISSING.add(module)
        print(f"{module} is not installed: left out\n")
    return is_there


MISSING: set[str] = set()
