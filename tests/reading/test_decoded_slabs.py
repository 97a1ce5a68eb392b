"""Slabs are handed on while others are decoded: every slice once, and decoded."""

import threading

import numpy as np
import pytest

from calciseg.reading import pixels, read_study


class Collected:
    """Copies what is handed on, at the time that it is handed on."""

    def __init__(self):
        self.slabs, self.asked, self._lock = [], [], threading.Lock()

    def watch(self, header, geometry):
        self.asked.append((header, geometry))
        return self.add

    def add(self, slab_hu, first_slice):
        with self._lock:
            self.slabs.append((first_slice, slab_hu.copy()))

    def volume(self):
        return np.concatenate([slab for _, slab in sorted(self.slabs, key=lambda one: one[0])])


@pytest.fixture
def long_stack():
    return np.random.default_rng(5).integers(0, 4096, size=(41, 14, 9), dtype=np.uint16)


UPWARDS = ((1, 0, 0), (0, 1, 0))
DOWNWARDS = ((1, 0, 0), (0, -1, 0))
SAGITTAL = ((0, 1, 0), (0, 0, -1))


@pytest.mark.parametrize("n_threads", [1, 4])
@pytest.mark.parametrize(("row", "column"), [UPWARDS, DOWNWARDS, SAGITTAL])
def test_every_slice_is_handed_on_once_and_decoded(make_slices, long_stack, row, column, n_threads):
    seen = Collected()
    slices = make_slices(long_stack, row=row, column=column)
    (image,) = read_study(slices, n_threads=n_threads, watch=seen.watch).images
    np.testing.assert_array_equal(seen.volume(), image.hu)
    assert seen.asked == [(image.header, image.geometry)]


def test_slabs_are_handed_on_before_later_slices_are_decoded(make_slices, long_stack, monkeypatch):
    n_read, told = [0], []
    read_slice = pixels._read_slice

    def counted(*arguments):
        n_read[0] += 1
        return read_slice(*arguments)

    monkeypatch.setattr(pixels, "_read_slice", counted)

    def watch(_header, _geometry):
        return lambda slab_hu, first: told.append((first, len(slab_hu), n_read[0]))

    read_study(make_slices(long_stack), n_threads=1, watch=watch)
    assert told == [(0, 16, 16), (16, 16, 32), (32, 9, 41)]


def test_slices_at_uneven_heights_are_handed_on_as_they_end_up(make_slices, long_stack):
    seen = Collected()
    heights_mm = [2.0 * z + (0.5 if z > 20 else 0.0) for z in range(len(long_stack))]
    (image,) = read_study(make_slices(long_stack, heights_mm=heights_mm), watch=seen.watch).images
    np.testing.assert_array_equal(seen.volume(), image.hu)


def test_a_leaning_stack_is_handed_on_with_its_air(make_slices, long_stack):
    seen = Collected()
    slices = make_slices(long_stack, shift_mm_per_slice=(0, 0.4, 0))
    (image,) = read_study(slices, watch=seen.watch).images
    assert image.is_resampled
    np.testing.assert_array_equal(seen.volume(), image.hu)
