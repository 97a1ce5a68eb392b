"""A study in, a result out: the same bytes on any number of threads, in a document that its schema allows."""

import json
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta

import numpy as np
import pytest
from made_phantoms import small_phantom
from scipy import ndimage

import calciseg
from calciseg.model import CtVolume, ImageHeader, Study, VolumeGeometry
from calciseg.outputs import write
from calciseg.outputs.result_schema import ResultDocument
from calciseg.phantom import write_phantom
from calciseg.pipeline import analyze
from calciseg.settings import CandidateSettings, MeasureSettings, Settings


@pytest.fixture(scope="module")
def thigh():
    return small_phantom("thigh")


@pytest.fixture(scope="module")
def found(thigh):
    return analyze(thigh.study(), n_threads=1)


def test_every_plane_is_found(thigh, found):
    (image,) = found.images
    assert image.status == "measured"
    planes = Counter(lesion.tissue_plane.value for lesion in image.lesions)
    assert set(planes) >= {"cutaneous", "subcutaneous", "fascial", "intramuscular"}
    large = [lesion for lesion in thigh.lesions if lesion.volume_mm3 >= 50]
    covered = [(image.maps.labels[thigh.truth_labels == one.label] > 0).mean() for one in large]
    assert np.mean(np.array(covered) > 0.2) >= 0.9


@pytest.mark.parametrize("seed", [3, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 5, 8))])
def test_a_normal_thigh_has_no_lesion(seed):
    result = analyze(small_phantom("normal-thigh", seed).study())
    assert result.images[0].lesions == ()
    assert result.images[0].totals.n_lesions == 0
    assert {"bone", "vascular"} <= {line.reason.value for line in result.images[0].excluded}


def test_threads_change_no_byte(thigh, found, tmp_path):
    other = analyze(thigh.study(), n_threads=2)
    folders = tmp_path / "one", tmp_path / "two"
    for result, folder in zip((found, other), folders, strict=True):
        write(result, folder, types=("json", "csv", "nifti"))
    names = sorted(path.name for path in folders[0].iterdir())
    assert names == sorted(path.name for path in folders[1].iterdir())
    assert {"result.json", "lesions.csv", "labels-1.nii.gz"} <= set(names)
    for name in names:
        one, two = ((folder / name).read_bytes() for folder in folders)
        one, two = one.replace(found.created.encode(), b""), two.replace(other.created.encode(), b"")
        assert one == two, name


def test_the_document_obeys_the_published_schema(found, tmp_path):
    write(found, tmp_path, types=("json", "nifti"))
    text = (tmp_path / "result.json").read_text()
    ResultDocument.model_validate_json(text, extra="forbid", strict=True)
    image = json.loads(text)["images"][0]
    assert len(image["lesions"]) == len(found.images[0].lesions) > 5
    for lesion in image["lesions"]:
        assert sum(lesion["plane_fractions"].values()) == pytest.approx(1, abs=1e-9)
    assert json.loads(text)["settings"] == Settings().model_dump(mode="json")


def test_settings_take_effect_and_are_kept(thigh, found):
    higher = Settings(candidates=CandidateSettings(grow_hu=400.0, seed_hu=500.0))
    result = analyze(thigh.study(), settings=higher)
    labels = result.images[0].maps.labels
    assert result.settings is higher
    assert thigh.volume.hu[labels > 0].min() >= 400
    assert (labels > 0).sum() < (found.images[0].maps.labels > 0).sum()
    larger = analyze(thigh.study(), settings=Settings(measures=MeasureSettings(min_volume_mm3=500.0)))
    lesions = larger.images[0].lesions
    assert [one.n_voxels for one in lesions] == [
        one.n_voxels for one in found.images[0].lesions if one.volume_mm3 >= 500
    ]


def test_created_is_now_in_utc(found):
    created = datetime.fromisoformat(found.created)
    assert created.utcoffset() == timedelta(0)
    assert abs(datetime.now(created.tzinfo) - created) < timedelta(hours=1)


def nothing(n):
    geometry = VolumeGeometry(shape_zyx=(6, 40, 40), spacing_mm_zyx=(3.0, 1.0, 1.0))
    header = ImageHeader(series_instance_uid=f"1.2.{n}", sop_instance_uids=(f"1.2.{n}.1",), kvp=120.0)
    return CtVolume(header=header, geometry=geometry, hu=np.full(geometry.shape_zyx, -1000, np.int16))


def test_an_image_without_a_body_fails_and_others_do_not(thigh):
    study = Study(study_instance_uid="1.2", images=(nothing(1), thigh.volume))
    first, second = analyze(study).images
    assert (first.n, first.status, first.totals, first.maps) == (1, "failed", None, None)
    assert [issue.code.value for issue in first.issues] == ["no_body_found"]
    assert (second.n, second.status) == (2, "measured")
    assert second.lesions


def test_files_and_memory_give_the_same(tmp_path):
    phantom = small_phantom("forearm")
    write_phantom(phantom, tmp_path)
    told = []
    read = calciseg.analyze(tmp_path / "dicom", progress=lambda *state: told.append(state[0]))
    held = calciseg.analyze(phantom.study())
    assert told[0] == "reading"
    assert "lesions" in told
    assert read.study_instance_uid == held.study_instance_uid
    np.testing.assert_array_equal(read.images[0].maps.planes, held.images[0].maps.planes)
    assert [one.tissue_plane for one in read.images[0].lesions] == [
        one.tissue_plane for one in held.images[0].lesions
    ]


_PEAK = """
import sys
import numpy as np
from calciseg.kernels import warmup
from calciseg.model import Study
from calciseg.outputs import write
from calciseg.phantom import PhantomRecipe, make_phantom
from calciseg.pipeline import analyze
import scipy.spatial, skimage.measure, skimage.segmentation

def kib(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name))

warmup()
first = PhantomRecipe(kind="hand", spacing_mm_zyx=(3.0, 2.0, 2.0), n_slices=8)
analyze(make_phantom(first).study(), n_threads=2)
before_kib = kib("VmRSS")
volume = np.load(sys.argv[1], mmap_mode=None)
recipe = PhantomRecipe(kind="thigh", seed=3, spacing_mm_zyx=(3.0, 1.2, 1.2), n_slices=8)
example = make_phantom(recipe).volume
from dataclasses import replace
geometry = replace(example.geometry, shape_zyx=volume.shape, spacing_mm_zyx=(1.0, 0.6, 0.6))
study = Study(study_instance_uid="1.2", images=(replace(example, hu=volume, geometry=geometry),))
with open("/proc/self/clear_refs", "w") as clear:
    clear.write("5")
result = analyze(study, n_threads=2)
assert result.images[0].lesions
print((kib("VmHWM") - before_kib) * 1024 / volume.size)
"""


def enlarged(hu):
    """Interpolate slices of 3 mm to thirds and pixels of 1.2 mm to halves, sooner than a phantom is made."""
    return ndimage.zoom(hu, (3, 2, 2), order=1)


@pytest.mark.slow
def test_peak_memory(tmp_path):
    """Input and maps included, above what the process holds after imports and loading the kernels."""
    hu = enlarged(small_phantom("thigh").volume.hu)
    np.save(tmp_path / "hu.npy", hu)
    assert hu.size > 5_000_000  # small volumes would measure the process, not the method
    done = subprocess.run(
        [sys.executable, "-c", _PEAK, str(tmp_path / "hu.npy")], capture_output=True, text=True, check=True
    )
    assert 2 < float(done.stdout) < 25  # the volume itself takes two
