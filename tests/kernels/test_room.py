import mmap

import numpy as np
import pytest

from calciseg.kernels import _memory, _slabs, connected_components, sparse_zeros


@pytest.mark.parametrize("n", [0, 1, 2**17 - 1, 2**17, 2**20])
def test_large_arrays_lie_in_mappings_of_their_own(n):
    array = _memory.empty_apart((n, 2), np.int32)
    assert array.shape == (n, 2)
    assert array.dtype == np.int32
    array[:] = 7
    base = array
    while isinstance(base, np.ndarray) and base.base is not None:
        base = base.base
    is_mapping = isinstance(base.obj if isinstance(base, memoryview) else base, mmap.mmap)
    assert is_mapping == (n >= 2**17)


def test_rows_in_mappings_change_nothing(monkeypatch):
    image = (np.random.default_rng(5).random((6, 50, 200)) < 0.3).astype(np.int16)
    usual = connected_components(image, 1, connectivity=6)
    monkeypatch.setattr(_memory, "_LARGE_BYTES", 1)
    monkeypatch.setattr(_slabs, "_USUAL_SHARE", 10**6)  # so that every slab needs the whole room
    apart = connected_components(image, 1, connectivity=6)
    np.testing.assert_array_equal(apart.labels(), usual.labels())
    for name in usual.table:
        np.testing.assert_array_equal(apart.table[name], usual.table[name])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint32])
def test_sparse_zeros_are_zeros_to_be_written_to(dtype):
    zeros = sparse_zeros((3, 4, 5), dtype)
    assert (zeros.shape, zeros.dtype) == ((3, 4, 5), dtype)
    assert not zeros.any()
    zeros[1, 2, 3] = 7
    assert zeros.sum() == 7
