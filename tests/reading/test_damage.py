"""Damaged files give a result or an InputError: never a crash, a hang or gigabytes of memory."""

import io
import random
import resource
from collections import Counter

import numpy as np
import pytest
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from calciseg.errors import InputError
from calciseg.reading import read_study

MOST_KILOBYTES_MORE = 500_000
WRONG_VRS = [b"SQ", b"UN", b"OB", b"FD", b"ZZ", b"\0\0", b"US", b"DS", b"AT"]
WRONG_LENGTHS = [b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f", b"\0\0\0\x80"]
WRONG_VALUES = [
    (b"(\0\x10\0US\x02\0\x28\0", b"(\0\x10\0US\x02\0\x27\0"),
    (b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.2\0"),
    (b"1.2.840.10008.1.2.5\0", b"1.2.840.10008.1.2.1\0"),
    (b"0.8\\0.5 ", b"0.0\\NaN "),
    (b"B30f", b"\xff\xfe\0\\"),
    (b"1\\0\\0\\0\\1\\0", b"1\\0\\0\\1\\1e9"),
    (b"-33.0", b"1e400"),
    (b"120 ", b"inf "),
    (b"-1024", b"1e308"),
    (b"MONOCHROME2", b"PALETTE COL"),
    (b"(\0\x10\0US\x02\0\x28\0", b"(\0\x10\0US\x02\0\xff\xff"),
    (b"(\0\x11\0US\x02\0\x28\0", b"(\0\x11\0US\x02\0\0\0"),
    (b"(\0\0\x01US\x02\0\x10\0", b"(\0\0\x01US\x02\0\x40\0"),
]


def cut(content, dice):
    del content[dice.randrange(len(content)) :]


def change_bytes(content, dice):
    for _ in range(dice.randint(1, 20)):
        content[dice.randrange(128, 1500)] = dice.randrange(256)


def change_lengths(content, dice):
    start = dice.randrange(132, 1500)
    content[start : start + 4] = dice.choice(WRONG_LENGTHS)


def lose_bytes(content, dice):
    start = dice.randrange(len(content))
    del content[start : start + dice.randint(1, 40)]


def insert_bytes(content, dice):
    start = dice.randrange(132, 1500)
    content[start:start] = dice.randbytes(dice.randint(1, 40))


def change_vr(content, dice):
    start = content.find(dice.choice([b"DS", b"US", b"UI", b"IS", b"CS", b"OW", b"LO", b"SH"]), 132)
    if start > 0:
        content[start : start + 2] = dice.choice(WRONG_VRS)


def change_value(content, dice):
    old, new = dice.choice(WRONG_VALUES)
    start = content.find(old)
    if start > 0:
        content[start : start + len(old)] = new


MUTATIONS = [cut, change_bytes, change_lengths, lose_bytes, insert_bytes, change_vr, change_value]


SYNTAXES = [
    None,
    ImplicitVRLittleEndian,
    DeflatedExplicitVRLittleEndian,
    RLELossless,
    JPEG2000Lossless,
    JPEGLSLossless,
]


@pytest.fixture(params=SYNTAXES, ids=["explicit", "implicit", "deflated", "rle", "jpeg2000", "jpegls"])
def contents(request, make_slices):
    """Three small slices as they lie on disk."""
    stored = np.random.default_rng(7).integers(0, 4096, size=(3, 40, 40), dtype=np.uint16)
    found = []
    for dataset in make_slices(stored, PatientName="DOE^SECRET", PatientAge="050Y"):
        if request.param is not None and request.param.is_encapsulated:
            dataset.compress(request.param, generate_instance_uid=False)
        elif request.param is not None:
            dataset.file_meta.TransferSyntaxUID = request.param
        stream = io.BytesIO()
        dataset.save_as(stream, enforce_file_format=True)
        found.append(stream.getvalue())
    return found


@pytest.mark.parametrize("n_mutations", [80, pytest.param(350, marks=pytest.mark.slow)])
def test_a_result_or_one_sentence(contents, n_mutations, tmp_path, capfd):
    dice = random.Random(11)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outcomes = Counter()
    for _ in range(n_mutations):
        for n, content in enumerate(contents):
            damaged = bytearray(content)
            if n == 1:
                dice.choice(MUTATIONS)(damaged, dice)
            (tmp_path / f"{n}.dcm").write_bytes(damaged)
        try:
            read_study(tmp_path)
            outcomes["read"] += 1
        except InputError as error:
            assert "\n" not in str(error)  # noqa: PT017
            assert "SECRET" not in str(error)  # noqa: PT017
            outcomes["refused"] += 1
    assert outcomes["refused"] > n_mutations // 3
    assert capfd.readouterr() == ("", "")  # decoders written in C or Rust have a way of their own to complain
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_KILOBYTES_MORE
