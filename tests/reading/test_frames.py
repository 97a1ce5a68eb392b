"""Enhanced multi-frame CT: geometry and rescale per frame, shared or at the top."""

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import EnhancedCTImageStorage, JPEG2000Lossless, RLELossless

from calciseg.errors import InputError
from calciseg.reading import read_study


def group(**attributes):
    item = Dataset()
    for keyword, value in attributes.items():
        setattr(item, keyword, value)
    return [item]


@pytest.fixture
def enhanced(make_slices):
    """One multi-frame object; frame ``z`` has slope ``z + 1`` if the rescale is per frame."""

    def make(stored, *, order, is_rescale_shared):
        slices = make_slices(stored)
        whole = slices[0]
        shared = Dataset()
        shared.PixelMeasuresSequence = group(PixelSpacing=whole.PixelSpacing, SliceThickness=3)
        shared.PlaneOrientationSequence = group(ImageOrientationPatient=whole.ImageOrientationPatient)
        shared.CTXRayDetailsSequence = group(KVP=100)
        shared.CTReconstructionSequence = group(ConvolutionKernel="Br40")
        if is_rescale_shared:
            shared.PixelValueTransformationSequence = group(RescaleSlope=1, RescaleIntercept=-1024)
        whole.SharedFunctionalGroupsSequence = [shared]
        whole.PerFrameFunctionalGroupsSequence = []
        for z in order:
            own = Dataset()
            own.PlanePositionSequence = group(ImagePositionPatient=slices[z].ImagePositionPatient)
            own.FrameContentSequence = group(FrameAcquisitionNumber=4)
            if not is_rescale_shared:
                own.PixelValueTransformationSequence = group(RescaleSlope=z + 1, RescaleIntercept=-1000)
            whole.PerFrameFunctionalGroupsSequence.append(own)
        for keyword in ("PixelSpacing", "SliceThickness", "KVP", "ConvolutionKernel", "RescaleSlope"):
            delattr(whole, keyword)
        del whole.RescaleIntercept, whole.ImagePositionPatient, whole.ImageOrientationPatient
        whole.SOPClassUID = EnhancedCTImageStorage
        whole.NumberOfFrames = len(stored)
        whole.PixelData = np.ascontiguousarray(stored[list(order)]).tobytes()
        return whole

    return make


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (3, 0, 4, 2, 1)])
def test_shared_rescale_and_order(order, enhanced, save, stored, hu, tmp_path):
    image = read_study(save([enhanced(stored, order=order, is_rescale_shared=True)], tmp_path)).images[0]
    np.testing.assert_array_equal(image.hu, hu)
    assert image.geometry.spacing_mm_zyx == pytest.approx((2.0, 0.8, 0.5))
    header = image.header
    assert (header.kvp, header.convolution_kernel, header.acquisition) == (100.0, "Br40", "4")
    assert len(header.sop_instance_uids) == 1


def test_rescale_per_frame(enhanced, stored):
    values = stored // 8
    image = read_study([enhanced(values, order=range(5), is_rescale_shared=False)]).images[0]
    slopes = np.arange(1, 6).reshape(5, 1, 1)
    np.testing.assert_array_equal(image.hu, values.astype(int) * slopes - 1000)


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless])
def test_compressed(syntax, enhanced, save, tmp_path):
    stored = np.random.default_rng(0).integers(0, 4096, size=(4, 40, 40), dtype=np.uint16)
    whole = enhanced(stored, order=(2, 1, 0, 3), is_rescale_shared=True)
    whole.compress(syntax, generate_instance_uid=False)
    image = read_study(save([whole], tmp_path)).images[0]
    np.testing.assert_array_equal(image.hu, stored.astype(int) - 1024)


def test_truncated(enhanced, save, stored, tmp_path):
    folder = save([enhanced(stored, order=range(5), is_rescale_shared=True)], tmp_path)
    path = folder / "IM0000.dcm"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(InputError, match=r"IM0000\.dcm is truncated: 10 bytes of its pixel data are missing"):
        read_study(folder)


@pytest.mark.parametrize(("n_described", "n_stated"), [(4, 5), (5, 4)])
def test_frames_that_are_not_described_are_not_lost_unseen(
    n_described, n_stated, enhanced, save, stored, tmp_path
):
    whole = enhanced(stored, order=range(5), is_rescale_shared=True)
    whole.PerFrameFunctionalGroupsSequence = whole.PerFrameFunctionalGroupsSequence[:n_described]
    whole.NumberOfFrames = n_stated
    folder = save([whole], tmp_path)
    words = rf"IM0000\.dcm states {n_stated} frames and has per-frame functional groups for {n_described}; "
    with pytest.raises(InputError, match=words):
        read_study(folder)


def test_frames_without_any_description(enhanced, save, stored, tmp_path):
    whole = enhanced(stored, order=range(5), is_rescale_shared=True)
    del whole.PerFrameFunctionalGroupsSequence
    folder = save([whole], tmp_path)
    with pytest.raises(
        InputError, match=r"IM0000\.dcm states 5 frames and has no per-frame functional groups"
    ):
        read_study(folder)


@pytest.mark.parametrize("syntax", [None, RLELossless])
def test_an_unstated_number_of_frames_is_that_of_those_described(syntax, enhanced, stored, hu):
    whole = enhanced(stored, order=range(5), is_rescale_shared=True)
    if syntax is not None:
        whole.compress(syntax, generate_instance_uid=False)
    del whole.NumberOfFrames
    np.testing.assert_array_equal(read_study([whole]).images[0].hu, hu)
