"""Messages are one line, whatever the names in them hold."""

import io
import pickle
import zipfile

import pytest

import calciseg
from calciseg.errors import CalcisegError, InputError, OutputError


@pytest.mark.parametrize("kind", [CalcisegError, InputError, OutputError])
def test_line_breaks_and_control_characters_are_escaped(kind):
    error = kind("a\nb\r\x1b[31m\u2028.dcm: é is damaged; send it again")
    assert str(error) == "a\\nb\\r\\x1b[31m\\u2028.dcm: é is damaged; send it again"
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_a_member_of_a_zip_with_a_line_break_in_its_name():
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("1.\ncm", b"no DICOM")
    archive.seek(0)
    with pytest.raises(InputError) as caught:
        calciseg.read_study(archive)
    assert "\n" not in str(caught.value)
