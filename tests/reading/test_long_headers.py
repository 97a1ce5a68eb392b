"""A header is read alike whether it ends within the first bytes of its file or goes on beyond them.

It ends where pixels of any kind begin.
"""

import pytest

from calciseg.reading.files import disk_file
from calciseg.reading.headers import read_slices


@pytest.mark.parametrize("n_bytes", [0, 200, 1000, 1300, 10**6])
def test_a_header_of_any_length_is_read(n_bytes, make_slices, stored, save, tmp_path, monkeypatch):
    path = min(save(make_slices(stored), tmp_path / "dicom").iterdir())
    whole = read_slices(disk_file(path))
    monkeypatch.setattr("calciseg.reading.files._FIRST_BYTES", n_bytes)
    assert read_slices(disk_file(path)) == whole


@pytest.mark.parametrize("keyword", ["FloatPixelData", "DoubleFloatPixelData"])
def test_a_header_ends_before_floating_pixels(keyword, make_slices, stored, save, tmp_path):
    slices = make_slices(stored[:1])
    setattr(slices[0], keyword, bytes(8))
    (path,) = save(slices, tmp_path / "dicom").iterdir()
    (header,) = read_slices(disk_file(path))
    assert header.pixel_code.place is None
