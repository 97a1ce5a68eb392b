"""Which voxels of thick slices belong to an inserted calcification."""

import numpy as np

from benchmarks.inserted.lesions import Inserted
from benchmarks.inserted.studies import averaged

__all__ = ["true_labels"]


def true_labels(lesions: list[Inserted], shape: tuple[int, ...], n_averaged: int) -> np.ndarray:
    """Label the voxels that a lesion fills by half or more, or else its fullest."""
    nz, ny, nx = shape
    labels = np.zeros((nz // n_averaged, ny, nx), np.uint16)
    for one in lesions:
        share = np.zeros((nz, *one.share.shape[1:]), np.float32)
        share[one.box[0]] = one.share
        share = averaged(share, n_averaged)
        is_voxel = share >= min(0.5, float(share.max()))
        labels[:, one.box[1], one.box[2]][is_voxel] = one.label
    return labels
