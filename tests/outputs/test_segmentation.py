"""DICOM SEG: every voxel at its place in the patient, judged by other people's readers."""

import dataclasses
import subprocess
import sys
from itertools import cycle, permutations, product
from pathlib import Path
from shutil import which

import highdicom
import numpy as np
import pytest
import SimpleITK as sitk
from made_films import film, film_result
from made_sources import NAME, anonymised, enhanced, result_of, stored_slices
from pydicom import dcmread

from calciseg.errors import OutputError
from calciseg.model import Issue, IssueCode, SourceHeaders, TissuePlane
from calciseg.outputs import write
from calciseg.settings import OutputSettings, Settings

AXES, FLIPS = list(permutations(range(3))), list(product((False, True), repeat=3))
# Each order of axes and each way to turn them is among these.
QUICK = list(zip(cycle(AXES), FLIPS, strict=False))
ORDERS = [
    pytest.param(*order, id=f"{order}", marks=() if order in QUICK else pytest.mark.slow)
    for order in product(AXES, FLIPS)
]
KINDS = {
    "plain": lambda: stored_slices(),
    "tilted": lambda: stored_slices(tilt_mm_per_slice=0.7),
    "multi-frame": lambda: enhanced(stored_slices()),
    "anonymised": lambda: anonymised(stored_slices()),
}


def written(result, folder: Path):
    (path,) = write(result, folder, types=("seg",))
    assert path.name == "seg-1.dcm"
    return path


def as_labelmap(result):
    settings = Settings(outputs=OutputSettings(seg_type="labelmap"))
    return dataclasses.replace(result, settings=settings)


def places(path: Path) -> dict[tuple[float, ...], str]:
    """Every voxel of a segmentation: where its frame says that it lies, and the label of its segment."""
    dataset = dcmread(path)
    labels = {int(item.SegmentNumber): str(item.SegmentLabel) for item in dataset.SegmentSequence}
    shared = dataset.SharedFunctionalGroupsSequence[0]
    found = {}
    pixels = highdicom.seg.segread(path).pixel_array.reshape(-1, dataset.Rows, dataset.Columns)
    for pixels_yx, group in zip(pixels, dataset.PerFrameFunctionalGroupsSequence, strict=True):
        row, column = np.reshape(shared.PlaneOrientationSequence[0].ImageOrientationPatient, (2, 3))
        row_mm, column_mm = shared.PixelMeasuresSequence[0].PixelSpacing
        corner = np.array(group.PlanePositionSequence[0].ImagePositionPatient, dtype=float)
        for y, x in np.argwhere(pixels_yx):
            point = corner + x * column_mm * row + y * row_mm * column
            number = (
                int(pixels_yx[y, x])
                if "SegmentIdentificationSequence" not in group
                else int(group.SegmentIdentificationSequence[0].ReferencedSegmentNumber)
            )
            found[tuple(np.round(point, 2) + 0.0)] = labels[number]
    return found


def expected(result, name_of) -> dict[tuple[float, ...], str]:
    image = result.images[0]
    voxels = np.argwhere(image.maps.labels)
    points = image.geometry.lps_mm_from_zyx(voxels.astype(float))
    return {
        tuple(np.round(point, 2) + 0.0): name_of(tuple(voxel))
        for point, voxel in zip(points, voxels, strict=True)
    }


@pytest.mark.parametrize(("axes", "is_reversed"), ORDERS)
def test_every_voxel_lies_where_it_was_found(axes, is_reversed, tmp_path):
    result = result_of(stored_slices(axes, is_reversed))
    planes = {plane.map_value: f"Calcification, {plane}" for plane in TissuePlane}
    maps = result.images[0].maps
    assert places(written(result, tmp_path)) == expected(result, lambda voxel: planes[maps.planes[voxel]])


@pytest.mark.parametrize("kind", ["multi-frame", "anonymised"])
def test_other_sources(kind, tmp_path):
    result = result_of(KINDS[kind]())
    path = written(result, tmp_path)
    assert set(places(path)) == set(expected(result, lambda _: ""))
    dataset = dcmread(path)
    assert str(dataset.PatientName) == ("" if kind == "anonymised" else NAME)
    assert dataset.StudyInstanceUID == result.study_instance_uid


def test_tilted_slices_get_the_nearest_voxels(tmp_path):
    result = result_of(KINDS["tilted"]())
    image = result.images[0]
    assert image.image.is_resampled
    found = places(written(result, tmp_path))
    to_zyx = np.linalg.inv(image.geometry.affine_lps_mm_from_zyx)
    indices = np.array([to_zyx[:3, :3] @ point + to_zyx[:3, 3] for point in found])
    assert np.abs(indices - np.rint(indices)).max() <= 0.51
    nearest = {tuple(index) for index in np.rint(indices).astype(int)}
    assert nearest == {tuple(voxel) for voxel in np.argwhere(image.maps.labels)}


@pytest.mark.parametrize("spacing_mm", [0.2, None])
def test_a_radiograph_keeps_its_pixels(spacing_mm, tmp_path):
    result = film_result(film(spacing_mm))
    path = written(result, tmp_path)
    seen = highdicom.seg.segread(path).pixel_array.reshape(result.radiographs[0].image.shape_yx)
    np.testing.assert_array_equal(seen, result.radiographs[0].maps.labels[0])
    (item,) = dcmread(path).ReferencedSeriesSequence[0].ReferencedInstanceSequence
    assert item.ReferencedSOPInstanceUID == result.radiographs[0].header.sop_instance_uids[0]


def test_a_label_map_has_a_segment_for_each_lesion(tmp_path):
    result = as_labelmap(result_of(KINDS["plain"]()))
    path = written(result, tmp_path)
    names = {one.label: f"Lesion {one.label}, {one.tissue_plane}" for one in result.images[0].lesions}
    maps = result.images[0].maps
    assert places(path) == expected(result, lambda voxel: names[maps.labels[voxel]])
    assert dcmread(path).SegmentationType == "LABELMAP"


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_result_makes_the_same_bytes(kind, tmp_path):
    results = [result_of(KINDS[kind]()) for _ in range(2)]
    later = dataclasses.replace(results[1], created="2027-01-01T00:00:00Z")
    one, two = written(results[0], tmp_path / "1"), written(later, tmp_path / "2")
    assert one.read_bytes() == two.read_bytes()
    other = dataclasses.replace(later, settings=Settings(outputs=OutputSettings(seg_type="labelmap")))
    assert dcmread(written(other, tmp_path / "3")).SOPInstanceUID != dcmread(one).SOPInstanceUID


def test_header(tmp_path):
    result = result_of(KINDS["plain"]())
    dataset = dcmread(written(result, tmp_path))
    assert str(dataset.SeriesDescription).startswith("calciseg (research)")
    assert (dataset.ContentDate, dataset.SeriesDate) == ("20260102", "20260102")
    assert dataset.SegmentationType == "BINARY"
    items = dataset.ReferencedSeriesSequence[0].ReferencedInstanceSequence
    referenced = {item.ReferencedSOPInstanceUID for item in items}
    assert referenced == set(result.images[0].header.sop_instance_uids)
    for item in dataset.SegmentSequence:
        assert item.SegmentAlgorithmName == "calciseg"
        assert item.SegmentedPropertyTypeCodeSequence[0].CodeValue == "18115005"
        assert item.TrackingUID.startswith("2.25.")
        assert len(item.RecommendedDisplayCIELabValue) == 3


def test_what_was_edited_by_hand_is_not_called_automatic(tmp_path):
    result = result_of(KINDS["plain"]())
    edited = Issue(code=IssueCode.LABELS_EDITED, message="the label map was changed by hand")
    changed = dataclasses.replace(result.images[0], issues=(edited,))
    one, two = (
        dcmread(written(each, tmp_path / str(n)))
        for n, each in enumerate((result, dataclasses.replace(result, images=(changed,))))
    )
    assert {item.SegmentAlgorithmType for item in one.SegmentSequence} == {"AUTOMATIC"}
    assert {item.SegmentAlgorithmType for item in two.SegmentSequence} == {"SEMIAUTOMATIC"}
    assert one.SOPInstanceUID != two.SOPInstanceUID


def test_without_lesions_none_is_written(tmp_path):
    result = result_of(KINDS["plain"]())
    empty = dataclasses.replace(result.images[0], lesions=())
    assert write(dataclasses.replace(result, images=(empty,)), tmp_path, types=("seg",)) == ()


def test_without_its_source_it_says_so(result, tmp_path):
    assert result.source.is_empty
    with pytest.raises(OutputError, match="its source is not at hand"):
        write(result, tmp_path, types=("seg",))
    other = dataclasses.replace(result, source=SourceHeaders(lambda: iter(stored_slices()[:3])))
    with pytest.raises(OutputError, match="its source is not at hand"):
        write(other, tmp_path, types=("seg",))
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def dciodvfy():
    program = which("dciodvfy")
    if program is None:
        pytest.skip("dciodvfy (Debian package dicom3tools) is not installed")

    def errors(path: Path) -> list[str]:
        said = subprocess.run([program, str(path)], capture_output=True, text=True).stderr
        return [line for line in said.splitlines() if line.startswith("Error")]

    return errors


RESULTS = {
    **{name: lambda make=make: result_of(make()) for name, make in KINDS.items()},
    "radiograph": lambda: film_result(film()),
    "radiograph without spacing": lambda: film_result(film(None)),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", RESULTS)
def test_dciodvfy_finds_no_error(kind, dciodvfy, tmp_path):
    result = RESULTS[kind]()
    for path in write(result, tmp_path, types=("seg", "sr")):
        assert dciodvfy(path) == []


@pytest.mark.parametrize("kind", ["plain", "multi-frame"])
@pytest.mark.parametrize("is_labelmap", [False, True], ids=["binary", "labelmap"])
def test_dcmqi_reads_the_same_voxels(kind, is_labelmap, tmp_path):
    result = result_of(KINDS[kind]())
    path = written(as_labelmap(result) if is_labelmap else result, tmp_path)
    program = Path(sys.executable).with_name("segimage2itkimage")
    subprocess.run(
        [program, "--inputDICOM", path, "--outputDirectory", tmp_path, "-t", "nrrd", "--mergeSegments"],
        check=True,
        capture_output=True,
    )
    (seen,) = tmp_path.glob("*.nrrd")
    judged = sitk.ReadImage(str(seen))
    image = result.images[0]
    truth = sitk.GetImageFromArray(np.array(image.maps.labels > 0, dtype=np.uint8))
    truth.SetSpacing(image.geometry.spacing_mm_zyx[::-1])
    truth.SetOrigin(image.geometry.origin_lps_mm)
    truth.SetDirection(image.geometry.direction)
    onto = sitk.Resample(judged, truth, sitk.Transform(), sitk.sitkNearestNeighbor)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(onto) > 0, image.maps.labels > 0)
