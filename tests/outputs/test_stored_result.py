"""``result.json`` read back says what it said."""

import json

import pytest
from made_films import film, film_result

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
