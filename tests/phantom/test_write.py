"""Files: whole, valid, the same each time, and true to the phantom."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from calciseg.errors import OutputError, UsageError
from calciseg.model import Morphology, TissuePlane
from calciseg.phantom import LesionDesign, PhantomRecipe, make_phantom, write_phantom

_LESION = LesionDesign(tissue_plane=TissuePlane.INTRAMUSCULAR, morphology=Morphology.NODULE, size_mm=9.0)
_SMALL = {"spacing_mm_zyx": (3.0, 3.0, 3.0), "n_slices": 7, "lesions": (_LESION,)}


@pytest.fixture(scope="module")
def phantom():
    return make_phantom(PhantomRecipe(seed=1, **_SMALL))


@pytest.fixture(scope="module")
def folder(phantom, tmp_path_factory):
    folder = tmp_path_factory.mktemp("phantom")
    paths = write_phantom(phantom, folder)
    assert {p.relative_to(folder).as_posix() for p in paths} == _names(folder)
    return folder


def _names(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def _read_series(folder: Path) -> sitk.Image:
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    return reader.Execute()


def test_the_same_recipe_gives_the_same_bytes(folder, tmp_path):
    write_phantom(make_phantom(PhantomRecipe(seed=1, **_SMALL)), tmp_path)
    assert _names(folder) == _names(tmp_path)
    for name in _names(folder):
        assert (folder / name).read_bytes() == (tmp_path / name).read_bytes(), name


def test_phantoms_need_no_compiled_kernels():
    code = "import sys, calciseg.phantom; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_another_seed_is_another_study(phantom):
    other = make_phantom(PhantomRecipe(seed=2, **_SMALL))
    assert other.study_instance_uid != phantom.study_instance_uid
    assert not np.array_equal(other.volume.hu, phantom.volume.hu)


@pytest.mark.parametrize("compression", [None, "jpeg2000", "jpegls"])
def test_dicom_read_back_is_the_volume(phantom, tmp_path, compression):
    write_phantom(phantom, tmp_path, compression=compression)
    image = _read_series(tmp_path / "dicom")
    geometry = phantom.volume.geometry
    assert np.array_equal(sitk.GetArrayFromImage(image), phantom.volume.hu)
    assert image.GetSpacing() == pytest.approx(geometry.spacing_mm_zyx[::-1])
    assert image.GetOrigin() == pytest.approx(geometry.origin_lps_mm)
    assert image.GetDirection() == pytest.approx(geometry.direction)


def test_the_truth_map_lies_on_the_volume(phantom, folder):
    image = sitk.ReadImage(str(folder / "truth.nii.gz"))
    assert np.array_equal(sitk.GetArrayFromImage(image), phantom.truth_labels)
    assert image.GetOrigin() == pytest.approx(phantom.volume.geometry.origin_lps_mm)
    assert image.GetDirection() == pytest.approx(phantom.volume.geometry.direction)


def test_the_truth_document_names_lesions_and_distractors(phantom, folder):
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    assert truth["kind"] == "thigh"
    assert truth["seed"] == 1
    (lesion,) = truth["lesions"]
    assert lesion["tissue_plane"] == "intramuscular"
    assert lesion["volume_mm3"] == pytest.approx(phantom.lesions[0].volume_mm3, abs=1e-3)
    assert sum(lesion["plane_fractions"].values()) == pytest.approx(1, abs=1e-4)
    assert lesion["territory"] in truth["structures"]
    assert all(len(d["centroid_lps_mm"]) == 3 for d in truth["distractors"])


def test_dicom_is_complete_and_its_names_hide_the_order(phantom, folder):
    paths = sorted((folder / "dicom").glob("*.dcm"))
    headers = [pydicom.dcmread(path) for path in paths]
    heights = [float(h.ImagePositionPatient[2]) for h in headers]
    assert heights != sorted(heights)
    needed = [
        "SOPClassUID",
        "SOPInstanceUID",
        "StudyInstanceUID",
        "SeriesInstanceUID",
        "FrameOfReferenceUID",
        "PatientName",
        "PatientID",
        "PatientBirthDate",
        "PatientSex",
        "StudyDate",
        "StudyTime",
        "ReferringPhysicianName",
        "StudyID",
        "AccessionNumber",
        "Modality",
        "SeriesNumber",
        "Manufacturer",
        "PositionReferenceIndicator",
        "ImageType",
        "AcquisitionNumber",
        "InstanceNumber",
        "KVP",
        "PixelSpacing",
        "ImageOrientationPatient",
        "ImagePositionPatient",
        "SliceThickness",
        "SamplesPerPixel",
        "Rows",
        "Columns",
        "PhotometricInterpretation",
        "BitsAllocated",
        "BitsStored",
        "HighBit",
        "PixelRepresentation",
        "PixelData",
        "RescaleIntercept",
        "RescaleSlope",
    ]
    for header in headers:
        assert all(name in header for name in needed)
        assert str(header.PatientName) == "PHANTOM^CALCISEG"
        assert (header.BodyPartExamined, header.Laterality) == ("THIGH", "L")
        assert header.SOPInstanceUID in phantom.volume.header.sop_instance_uids
    assert len({h.SOPInstanceUID for h in headers}) == len(headers) == phantom.volume.geometry.shape_zyx[0]


def test_a_tilted_gantry_shears_the_stack(tmp_path):
    phantom = make_phantom(PhantomRecipe(seed=1, tilt_deg=15.0, **_SMALL))
    write_phantom(phantom, tmp_path)
    headers = [pydicom.dcmread(path) for path in (tmp_path / "dicom").glob("*.dcm")]
    headers.sort(key=lambda h: float(h.ImagePositionPatient[2]))
    first, second = (np.asarray(h.ImagePositionPatient, float) for h in headers[:2])
    assert second - first == pytest.approx([0, 0, 3.0], abs=1e-4)
    run = np.asarray(headers[0].ImageOrientationPatient[3:], float)
    assert run == pytest.approx([0, np.cos(np.radians(15)), np.sin(np.radians(15))])
    # The middle row stays where it is upright: the same anatomy but for noise.
    row = phantom.volume.geometry.shape_zyx[1] // 2
    assert phantom.tilted_hu is not None
    gap = phantom.tilted_hu[4, row].astype(float) - phantom.volume.hu[4, row]
    assert np.median(np.abs(gap)) < 25
    assert not np.array_equal(phantom.tilted_hu, phantom.volume.hu)


def test_an_older_phantom_is_replaced_and_other_files_stay(phantom, tmp_path):
    write_phantom(phantom, tmp_path)
    (tmp_path / "dicom" / "old.dcm").write_bytes(b"old")
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    write_phantom(phantom, tmp_path)
    assert not (tmp_path / "dicom" / "old.dcm").exists()
    assert (tmp_path / "notes.txt").read_text(encoding="utf-8") == "mine"
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


def test_a_dicom_folder_that_is_no_phantom_stays(phantom, tmp_path):
    (tmp_path / "dicom").mkdir()
    (tmp_path / "dicom" / "patient.dcm").write_bytes(b"real")
    with pytest.raises(OutputError, match="no phantom"):
        write_phantom(phantom, tmp_path)
    assert (tmp_path / "dicom" / "patient.dcm").read_bytes() == b"real"


def test_a_folder_that_cannot_be_written_is_one_sentence(phantom, tmp_path):
    blocker = tmp_path / "file"
    blocker.write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match="cannot be written") as caught:
        write_phantom(phantom, blocker / "out")
    assert "\n" not in str(caught.value)


def test_an_unknown_compression_is_refused(phantom, tmp_path):
    with pytest.raises(UsageError, match="jpegls"):
        write_phantom(phantom, tmp_path, compression="zip")
