"""Stored results read back and measured anew: what nobody changed comes out as it was, edits are measured."""

import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from made_phantoms import small_film, small_phantom

import calciseg
from calciseg.errors import InputError
from calciseg.phantom import write_phantom

TYPES = ("json", "csv", "nifti", "html", "seg", "sr")


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    folder = tmp_path_factory.mktemp("source")
    write_phantom(small_phantom("thigh"), folder)
    return folder / "dicom"


@pytest.fixture(scope="module")
def stored(source, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stored")
    case = {"conditions": ["dermatomyositis"], "labs": [{"analyte": "calcium", "interpretation": "normal"}]}
    result = calciseg.analyze(source, context=case)
    calciseg.write(result, folder, TYPES)
    return folder


@pytest.fixture
def copy(stored, tmp_path):
    for path in stored.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def edit(folder: Path, change) -> np.ndarray:
    path = folder / "labels-1.nii.gz"
    image = sitk.ReadImage(str(path))
    labels = sitk.GetArrayFromImage(image).astype(np.int16)
    change(labels)
    edited = sitk.GetImageFromArray(labels)
    edited.CopyInformation(image)
    sitk.WriteImage(edited, str(path))
    return labels


def document(folder: Path) -> dict:
    return json.loads((folder / "result.json").read_text())


def same_but_created(one: Path, two: Path) -> None:
    created = [document(folder)["created"].encode() for folder in (one, two)]
    assert sorted(path.name for path in one.iterdir()) == sorted(path.name for path in two.iterdir())
    for path in one.iterdir():
        first, second = path.read_bytes(), (two / path.name).read_bytes()
        assert first.replace(created[0], b"") == second.replace(created[1], b""), path.name


def test_measured_again_nothing_changes(stored, source, copy):
    calciseg.write(calciseg.measure(copy, source), copy, TYPES)
    same_but_created(stored, copy)


def test_written_again_nothing_changes(stored, source, copy):
    calciseg.write(calciseg.read_result(copy, source), copy, ("csv", "html", "seg", "sr"))
    same_but_created(stored, copy)


def test_a_lesion_taken_out_goes_into_the_ledger(stored, source, copy):
    before = document(stored)["images"][0]
    gone = max(before["lesions"], key=lambda lesion: lesion["n_voxels"])
    edit(copy, lambda labels: labels.__setitem__(labels == gone["label"], 0))
    calciseg.write(calciseg.measure(copy, source), copy, TYPES)
    after = document(copy)["images"][0]
    assert [one["label"] for one in after["lesions"]] == [
        one["label"] for one in before["lesions"] if one["label"] != gone["label"]
    ]
    assert after["totals"]["volume_mm3"] == pytest.approx(before["totals"]["volume_mm3"] - gone["volume_mm3"])
    (line,) = after["excluded"][len(before["excluded"]) :]
    assert (line["reason"], line["n_components"]) == ("other", 1)
    assert line["evidence"] == ["was a lesion, and its label was taken away by hand"]
    assert line["volume_mm3"] == pytest.approx(gone["volume_mm3"])
    assert line["hu_max"] == gone["hu_max"]
    excluded = sitk.GetArrayFromImage(sitk.ReadImage(str(copy / "excluded-1.nii.gz")))
    assert (excluded == line["label"]).sum() == gone["n_voxels"]
    assert "labels_edited" in [issue["code"] for issue in after["issues"]]
    assert "classification_kept" in [issue["code"] for issue in document(copy)["issues"]]
    # Measured once more, it stays as it is, and still says that somebody changed it.
    first = (copy / "result.json").read_text()
    calciseg.write(calciseg.measure(copy, source), copy, TYPES)
    assert document(copy)["images"] == json.loads(first)["images"]
    assert document(copy)["issues"] == json.loads(first)["issues"]


def test_two_lesions_joined_under_one_label_are_one_of_two_parts(stored, source, copy):
    one, two = sorted(document(stored)["images"][0]["lesions"], key=lambda lesion: -lesion["n_voxels"])[:2]
    edit(copy, lambda labels: labels.__setitem__(labels == two["label"], one["label"]))
    (image,) = calciseg.measure(copy, source).images
    joined = next(lesion for lesion in image.lesions if lesion.label == one["label"])
    assert joined.n_voxels == one["n_voxels"] + two["n_voxels"]
    assert joined.hu_max == max(one["hu_max"], two["hu_max"])
    assert joined.agatston_unnormalised == pytest.approx(
        one["agatston_unnormalised"] + two["agatston_unnormalised"], abs=0.02
    )
    assert two["label"] not in [lesion.label for lesion in image.lesions]


def test_what_is_drawn_over_an_exclusion_leaves_it(stored, source, copy):
    before = document(stored)["images"][0]
    bone = max((line for line in before["excluded"] if line["label"]), key=lambda line: line["volume_mm3"])
    excluded = sitk.GetArrayFromImage(sitk.ReadImage(str(stored / "excluded-1.nii.gz")))
    drawn = (excluded == bone["label"]) & (np.arange(excluded.shape[0]) < 3)[:, None, None]
    edit(copy, lambda labels: labels.__setitem__(drawn, 4321))
    (image,) = calciseg.measure(copy, source).images
    lesion = next(one for one in image.lesions if one.label == 4321)
    assert lesion.n_voxels == drawn.sum()
    left = next(line for line in image.excluded if line.label == bone["label"])
    assert left.volume_mm3 == pytest.approx(bone["volume_mm3"] - lesion.volume_mm3)
    assert image.maps is not None
    assert not (image.maps.excluded[drawn] > 0).any()


def test_a_context_ranks_anew(source, copy):
    edit(copy, lambda labels: labels.__setitem__(labels == 1, 0))
    calciseg.write(calciseg.measure(copy, source), copy, "json")
    assert "classification_kept" in [issue["code"] for issue in document(copy)["issues"]]
    context = {"conditions": ["hypercalcemia", "hyperparathyroidism"], "dialysis": True}
    result = calciseg.measure(copy, source, context=context)
    assert result.classification is not None
    assert result.classification.ranking[0].mechanism == "metastatic"
    assert "classification_kept" not in [issue.code for issue in result.issues]


def test_without_the_source_only_figures_are_at_hand(stored):
    result = calciseg.read_result(stored)
    (image,) = result.images
    assert image.lesions
    assert image.maps is None
    assert image.hu is None


def test_another_study_is_refused(stored, tmp_path):
    phantom = small_phantom("forearm")
    with pytest.raises(InputError, match="give the images that the result was made from"):
        calciseg.measure(stored, phantom.study())
    write_phantom(phantom, tmp_path)
    with pytest.raises(InputError, match="holds no study"):
        calciseg.measure(stored, tmp_path / "dicom")


def test_a_source_with_a_slice_less_is_refused(stored, source):
    files = sorted(source.iterdir())[1:]
    with pytest.raises(InputError, match="no longer holds image 1 as it was analysed"):
        calciseg.measure(stored, files)


@pytest.mark.parametrize("n_left", [100, -1])
@pytest.mark.parametrize("name", ["labels-1.nii.gz", "planes-1.nii.gz", "excluded-1.nii.gz"])
def test_a_map_that_was_cut_off_is_named(source, copy, name, n_left):
    path = copy / name
    path.write_bytes(path.read_bytes()[:n_left])
    before = (copy / "result.json").read_bytes()
    for call in (calciseg.measure, calciseg.read_result):
        with pytest.raises(InputError, match=f"{name} is damaged or was cut off"):
            call(copy, source)
    assert (copy / "result.json").read_bytes() == before


@pytest.mark.parametrize("what", ["emptied", "one gone", "one more"])
def test_a_map_of_exclusions_that_contradicts_its_ledger_is_refused(source, copy, what):
    path = copy / "excluded-1.nii.gz"
    image = sitk.ReadImage(str(path))
    excluded = sitk.GetArrayFromImage(image)
    label = int(excluded.max())
    if what == "one more":
        excluded[0, 0, 0] = label + 1
    else:
        excluded[excluded == label if what == "one gone" else excluded > 0] = 0
    changed = sitk.GetImageFromArray(excluded)
    changed.CopyInformation(image)
    sitk.WriteImage(changed, str(path))
    for call in (calciseg.measure, calciseg.read_result):
        with pytest.raises(InputError, match=r"excluded-1\.nii\.gz is not the map .*edit labels-1\.nii\.gz"):
            call(copy, source)


def test_a_map_with_a_flipped_bit_is_named(source, copy):
    path = copy / "labels-1.nii.gz"
    content = bytearray(path.read_bytes())
    content[-6] ^= 1  # of the checksum
    path.write_bytes(content)
    with pytest.raises(InputError, match="damaged"):
        calciseg.measure(copy, source)


@pytest.mark.slow
def test_outputs_of_an_edited_map_wait_for_its_measures(source, copy):
    gone = document(copy)["images"][0]["lesions"][0]["label"]
    edit(copy, lambda labels: labels.__setitem__(labels == gone, 0))
    with pytest.raises(InputError, match=f"labels-1.nii.gz was changed.*differ: {gone}\\).*calciseg measure"):
        calciseg.read_result(copy, source)
    calciseg.write(calciseg.measure(copy, source), copy, TYPES)
    assert calciseg.read_result(copy, source).images[0].maps is not None


def test_what_was_drawn_where_nothing_is_dense_has_a_volume_and_no_calcium(source, copy):
    drawn = 900
    labels = edit(copy, lambda labels: draw_dark(labels, source, drawn))
    result = calciseg.measure(copy, source)
    for one in result.images[0].lesions:
        if one.label < drawn:
            continue
        assert one.n_voxels == (labels == one.label).sum()
        assert one.hu_mean < 0
        assert one.mass_mg == 0
        assert one.volume_pv_mm3 == one.volume_mm3 > 0
    kept = sum(one.mass_mg for one in result.images[0].lesions if one.label < drawn)
    assert result.images[0].totals.mass_mg == pytest.approx(kept)


def draw_dark(labels: np.ndarray, source: Path, first: int) -> None:
    """Label the darkest voxel of the fat, and a block of fat that is darker than what is around it."""
    hu = calciseg.read_study(source).images[0].hu
    is_fat = (hu > -150) & (hu < -50) & (labels == 0)
    blocks = np.lib.stride_tricks.sliding_window_view(is_fat, (3, 7, 7)).all(axis=(3, 4, 5))
    z, y, x = np.argwhere(blocks)[0]
    labels[z : z + 3, y : y + 7, x : x + 7] = first
    where = np.where(is_fat & (labels == 0), hu, 0)
    labels[np.unravel_index(where.argmin(), hu.shape)] = first + 1


def test_a_missing_map_is_named(source, copy):
    (copy / "planes-1.nii.gz").unlink()
    with pytest.raises(InputError, match=r"planes-1\.nii\.gz is missing; analyse the study again"):
        calciseg.measure(copy, source)


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    folder = tmp_path_factory.mktemp("film")
    write_phantom(small_film(), folder)
    return folder / "dicom"


@pytest.fixture(scope="module")
def stored_film(film, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stored_film")
    calciseg.write(calciseg.analyze(film), folder, TYPES)
    return folder


@pytest.fixture
def film_copy(stored_film, tmp_path):
    for path in stored_film.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def test_a_film_measured_again_does_not_change(stored_film, film, film_copy):
    calciseg.write(calciseg.measure(film_copy, film), film_copy, TYPES)
    same_but_created(stored_film, film_copy)


def test_edits_of_a_film_are_measured(stored_film, film, film_copy):
    before = document(stored_film)["images"][0]
    gone = before["lesions"][0]
    new = max(label["label"] for label in before["lesions"]) + 5

    def change(labels):
        labels[labels == gone["label"]] = 0
        labels[0, 100:104, 60:66] = new

    labels = edit(film_copy, change)
    (image,) = calciseg.measure(film_copy, film).radiographs
    drawn = next(lesion for lesion in image.lesions if lesion.label == new)
    assert drawn.n_pixels == (labels == new).sum() == 24
    assert drawn.area_mm2 == pytest.approx(24 * 0.4**2)
    assert gone["label"] not in [lesion.label for lesion in image.lesions]
    line = image.excluded[-1]
    assert (line.reason, line.n_pixels) == ("other", gone["n_pixels"])
    assert line.evidence == ("was a lesion, and its label was taken away by hand",)
    assert "labels_edited" in [issue.code for issue in image.issues]


def test_a_label_in_the_air_beside_a_limb_has_no_plane_and_is_named(film, film_copy):
    values = calciseg.read_study(film).radiographs[0].values
    is_air = values < np.percentile(values, 5)
    blocks = np.lib.stride_tricks.sliding_window_view(is_air, (6, 6)).all(axis=(2, 3))
    row, column = np.argwhere(blocks)[0]
    edit(film_copy, lambda labels: labels.__setitem__(np.s_[0, row : row + 6, column : column + 6], 77))
    (image,) = calciseg.measure(film_copy, film).radiographs
    drawn = next(lesion for lesion in image.lesions if lesion.label == 77)
    assert (drawn.tissue_plane, drawn.plane_reason) == ("indeterminate", "outside_body")
    assert drawn.depth_from_skin_mm is drawn.plane_confidence is None
    (issue,) = (one for one in image.issues if one.code == "labels_outside_body")
    assert issue.message.endswith(": 77")
