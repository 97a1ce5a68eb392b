"""``result.json`` read back says what it said."""

import copy
import dataclasses
import json

import numpy as np
import pytest
from made_films import film, film_result

import calciseg
from calciseg.errors import InputError
from calciseg.outputs import read_document, write
from calciseg.outputs.result_document import result_document
from calciseg.outputs.result_json import json_text


def test_the_document_comes_out_as_it_was(two_images, tmp_path):
    write(two_images, tmp_path, types=("json",))
    again = json_text(result_document(read_document(tmp_path)))
    assert again == (tmp_path / "result.json").read_text()


@pytest.mark.parametrize("spacing_mm", [0.2, None])
def test_a_radiograph_comes_out_as_it_was(spacing_mm, tmp_path):
    write(film_result(film(spacing_mm)), tmp_path, types=("json",))
    again = json_text(result_document(read_document(tmp_path)))
    assert again == (tmp_path / "result.json").read_text()


def test_a_ledger_written_before_it_held_evidence_is_read(two_images, tmp_path):
    written = dataclasses.replace(two_images, radiographs=film_result(film(0.2)).radiographs)
    write(written, tmp_path, types=("json",))
    path = tmp_path / "result.json"
    document = json.loads(path.read_text())
    lines = [line for image in document["images"] for line in image["excluded"]]
    assert lines
    for line in lines:
        assert line.pop("evidence")
    path.write_text(json.dumps(document))
    again = read_document(tmp_path)
    for image in (*again.images, *again.radiographs):
        assert {line.evidence for line in image.excluded} <= {()}


def test_a_failed_image_stays_failed(failed, tmp_path):
    write(failed, tmp_path, types=("json",))
    (image,) = read_document(tmp_path).images
    assert image.status == "failed"
    assert image.totals is None


def test_what_is_no_result_is_refused(two_images, tmp_path):
    with pytest.raises(InputError, match=r"holds no result\.json; give the folder"):
        read_document(tmp_path)
    path = tmp_path / "result.json"
    for text, words in (
        ("{", "Invalid JSON"),
        ("{}", "schema_version"),
        ('{"schema_version": "2.0"}', "1.0"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=words) as caught:
            read_document(tmp_path)
        assert str(path) in str(caught.value)
    write(two_images, tmp_path, types=("json",))
    document = json.loads(path.read_text())
    document["settings"]["of_tomorrow"] = {}
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match="settings that calciseg no longer knows"):
        read_document(tmp_path)


@pytest.fixture
def mirrored_twins():
    """Two films that an anonymiser gave one UID."""
    one = film()
    two = copy.deepcopy(one)
    two.PixelData = one.pixel_array[:, ::-1].tobytes()
    return one, two


def test_films_of_one_uid_each_get_their_own_pixels(mirrored_twins, tmp_path):
    results = [film_result(one) for one in mirrored_twins]
    films = [dataclasses.replace(one.radiographs[0], n=n) for n, one in enumerate(results, start=1)]
    write(dataclasses.replace(results[0], radiographs=tuple(films)), tmp_path, types=("json", "nifti"))
    again = calciseg.read_result(tmp_path, mirrored_twins).radiographs
    for stored, joined in zip(films, again, strict=True):
        np.testing.assert_array_equal(joined.values, stored.values)
    with pytest.raises(InputError, match=r"no longer holds image 1 .*, no others"):
        calciseg.read_result(tmp_path, mirrored_twins[:1])


@pytest.mark.parametrize("other_mm", [0.3, None])
def test_a_film_of_another_spacing_is_refused(other_mm, tmp_path):
    write(film_result(film()), tmp_path, types=("json", "nifti"))
    with pytest.raises(InputError, match=r"image 1 .* lies on another grid"):
        calciseg.read_result(tmp_path, [film(other_mm)])


def test_lesions_written_before_they_had_a_threshold_are_read(two_images, tmp_path):
    added = ("hu_median", "hu_p5", "hu_p95", "threshold_hu", "volume_threshold_sensitivity")
    write(two_images, tmp_path, types=("json",))
    path = tmp_path / "result.json"
    document = json.loads(path.read_text())
    for image in document["images"]:
        for lesion in image["lesions"]:
            for name in added:
                del lesion[name]
    path.write_text(json.dumps(document))
    lesions = [lesion for image in read_document(tmp_path).images for lesion in image.lesions]
    assert lesions
    assert {getattr(lesion, name) for lesion in lesions for name in added} == {None}
