"""From the file: either photometric interpretation gives the same lesions; other modalities are refused."""

import numpy as np
import pydicom
import pytest
from pydicom.uid import UID

from calciseg import CalcisegError, Settings, analyze, read_study
from calciseg.phantom import write_phantom
from calciseg.radiograph import analyze_radiograph

_OTHER = {"MG": "1.2.840.10008.5.1.4.1.1.1.2", "RF": "1.2.840.10008.5.1.4.1.1.12.2"}


@pytest.fixture(scope="module")
def dataset(forearm, tmp_path_factory):
    folder = tmp_path_factory.mktemp("film")
    write_phantom(forearm, folder)
    return pydicom.dcmread(next(path for path in sorted((folder / "dicom").rglob("*")) if path.is_file()))


def copied(dataset, **changes):
    other = pydicom.Dataset(dataset)
    other.file_meta = dataset.file_meta
    for name, value in changes.items():
        setattr(other, name, value)
    return other


def test_monochrome1_and_2_give_exactly_the_same_lesions(dataset):
    assert dataset.PhotometricInterpretation == "MONOCHROME2"
    top = np.uint16(2**dataset.BitsStored - 1)
    inverse = copied(
        dataset,
        PhotometricInterpretation="MONOCHROME1",
        PresentationLUTShape="INVERSE",
        PixelData=(top - dataset.pixel_array).astype(np.uint16).tobytes(),
    )
    first, second = (
        analyze_radiograph(read_study([one]).radiographs[0], 1, Settings()) for one in (dataset, inverse)
    )
    assert first.lesions
    np.testing.assert_array_equal(first.maps.labels, second.maps.labels)
    np.testing.assert_array_equal(first.maps.excluded, second.maps.excluded)
    assert [one.area_mm2 for one in first.lesions] == [one.area_mm2 for one in second.lesions]


@pytest.mark.parametrize("modality", sorted(_OTHER))
def test_mammograms_and_fluoroscopy_are_refused(dataset, modality):
    other = copied(dataset, Modality=modality, SOPClassUID=UID(_OTHER[modality]))
    with pytest.raises(CalcisegError, match=modality):
        analyze(read_study([other]), settings=Settings())
