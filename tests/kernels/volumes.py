"""Images to label: random ones, and the shapes that labelling algorithms get wrong."""

import numpy as np
from hypothesis import strategies as st

INT_TYPES = (np.int16, np.uint16)


@st.composite
def images(draw, ndim=None, longest=(7, 9, 140)):
    """Random int16 or uint16 images of 2 or 3 dimensions, sparse to dense, some of them smooth."""
    ndim = draw(st.sampled_from((2, 3))) if ndim is None else ndim
    shape = tuple(draw(st.integers(1, n)) for n in longest[3 - ndim :])
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    dtype = draw(st.sampled_from(INT_TYPES))
    limits = np.iinfo(dtype)
    image = rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)
    if draw(st.booleans()):
        image = np.maximum(image, np.roll(image, 1, axis=-1))
    fraction = draw(st.sampled_from((0.02, 0.1, 0.3, 0.5, 0.6, 0.75, 0.9, 0.98)))
    return image, float(np.quantile(image.astype(np.float64), 1 - fraction))


def connectivities(ndim):
    """Return the connectivities of a dimension."""
    return (4, 8) if ndim == 2 else (6, 18, 26)


def hard_cases():
    """Return named binary volumes as int16."""
    spiral = np.zeros((3, 41, 131), np.int16)
    for k in range(0, 20, 2):
        spiral[1, k, k : 131 - k] = spiral[1, 40 - k, k : 131 - k] = 1
        spiral[1, k : 41 - k, 130 - k] = 1
        spiral[1, k + 2 : 41 - k, k] = 1
        spiral[1, k + 2, k : k + 2] = 1
    comb = np.zeros((4, 20, 129), np.int16)
    comb[:, :, ::2] = 1
    comb[-1, -1, :] = 1
    rake = np.zeros((40, 3, 66), np.int16)
    rake[:, 1, ::2] = 1
    rake[-1, 1, :] = 1
    board = np.indices((5, 12, 130)).sum(axis=0) % 2
    columns = np.zeros((2, 3, 256), np.int16)
    columns[:, 1, 63:65] = columns[:, 0, 127] = columns[:, 2, 128] = columns[:, 1, 191:] = 1
    return {
        "spiral": spiral,
        "comb": comb,
        "comb across slices": rake,
        "checkerboard": board.astype(np.int16),
        "word ends": columns,
        "one voxel": np.ones((1, 1, 1), np.int16),
        "empty": np.zeros((3, 4, 70), np.int16),
        "full": np.ones((3, 4, 128), np.int16),
        "no voxels": np.zeros((0, 4, 5), np.int16),
        "no columns": np.zeros((2, 4, 0), np.int16),
    }
