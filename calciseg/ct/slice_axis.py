"""Along which axis of the patient the scanner sliced."""

from math import isclose

__all__ = ["slice_axis"]

_SQUARE = 0.02
"""Spacings that differ by less are those of one slice's pixels."""


def slice_axis(spacing_mm_zyx: tuple[float, float, float]) -> int:
    """Tell along which axis the scanner sliced: the one whose spacing is not that of the other two.

    The voxels decide and not the way they were stored, which changes no measure. Cubes, and volumes with
    three spacings, count as axial.

    Parameters
    ----------
    spacing_mm_zyx : tuple of float

    Returns
    -------
    int
        0 for axial slices, 1 for coronal, 2 for sagittal ones.
    """
    dz, dy, dx = spacing_mm_zyx
    if isclose(dy, dx, rel_tol=_SQUARE):
        return 0
    if isclose(dz, dx, rel_tol=_SQUARE):
        return 1
    return 2 if isclose(dz, dy, rel_tol=_SQUARE) else 0
