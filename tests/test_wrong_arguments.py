"""A wrong argument of a public function is refused in a sentence; a string is one word, not its letters."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from archive import put_study, thinned_slices

import calciseg
from calciseg.errors import InputError, SettingsError, UsageError
from calciseg.kernels import connected_components
from calciseg.model import PatientFacts, StudyResult
from calciseg.settings import CandidateSettings

RESULT = StudyResult(
    study_instance_uid="1.2",
    patient=PatientFacts(),
    images=(),
    issues=(),
    settings=calciseg.Settings(),
    created="2026-01-01T00:00:00+00:00",
)
SETTINGS: Any = {"grid": {}}
NOTHING: Any = None
WORD: Any = "2"
LIST: Any = [6]
RAGGED: Any = [[1], [2, 3]]
IMAGE = np.ones((2, 3), np.int16)


@pytest.fixture(scope="module")
def study(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    put_study(thinned_slices(repository / "sample_data" / "thigh_ct"), folder, 1)
    return folder


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda _: calciseg.analyze(NOTHING), "the source is of type NoneType"),
        (lambda _: calciseg.analyze(5), "the source is of type int;"),
        (lambda _: calciseg.inspect(NOTHING), "the source is of type NoneType"),
        (lambda here: calciseg.analyze(here, settings=SETTINGS), "settings must be a Settings, not of"),
        (lambda here: calciseg.analyze(here, series_uids=[5]), "series_uids must hold strings"),
        (lambda here: calciseg.read_study(here, series_uids=NOTHING), "series_uids must hold strings"),
        (lambda here: calciseg.write(NOTHING, here), "result must be a StudyResult, not None"),
        (lambda _: calciseg.write(RESULT, NOTHING), "folder must be a path, not None"),
        (lambda here: calciseg.write(RESULT, here, types=5), "types must hold strings"),
        (lambda here: list(calciseg.analyze_folder(NOTHING, here)), "root must be a path"),
        (lambda here: list(calciseg.analyze_folder(here, NOTHING)), "out must be a path"),
        (lambda here: list(calciseg.analyze_folder(here, "out", settings=SETTINGS)), "settings must be"),
        (lambda here: calciseg.analyze(here, n_threads=-3), "n_threads must be at least 1, not -3"),
        (lambda here: calciseg.analyze(here, n_threads=0), "n_threads must be at least 1, not 0"),
        (lambda here: calciseg.analyze(here, n_threads=WORD), "n_threads must be a whole number, not of"),
        (lambda here: calciseg.read_study(here, n_threads=WORD), "n_threads must be a whole number"),
        (lambda here: calciseg.analyze_folder(here, "out", jobs=WORD), "jobs must be a whole number"),
        (lambda here: calciseg.analyze_folder(here, "out", jobs=0), "jobs must be at least 1"),
        (lambda here: calciseg.analyze_folder(here, "out", jobs=True), "jobs must be a whole number"),
        (lambda here: calciseg.analyze_folder(here, "out", seconds=WORD), "seconds must be a number"),
        (lambda here: calciseg.analyze_folder(here, "out", seconds=math.inf), "seconds must be more than"),
        (lambda here: calciseg.analyze_folder(here, "out", seconds=10**400), "seconds must be more than"),
        (lambda here: calciseg.analyze_folder(here, "out", seconds=math.nan), "seconds must be more than"),
        (lambda here: calciseg.analyze_folder(here, "out", memory_bytes=-1), "memory_bytes must be more"),
        (lambda here: calciseg.analyze_folder(here, "out", memory_bytes=0), "memory_bytes must be more"),
        (lambda here: calciseg.analyze_folder(here, "out", existing=WORD), "must be one of skip, overwrite"),
        (lambda here: calciseg.analyze_folder(here, "out", existing=LIST), "must be one of skip, overwrite"),
        (lambda _: connected_components(IMAGE, NOTHING), "threshold is of type NoneType"),
        (lambda _: connected_components(IMAGE, WORD), "threshold is of type str"),
        (lambda _: connected_components(IMAGE, math.nan), "threshold is NaN"),
        (lambda _: connected_components(IMAGE, 1j), "threshold is of type complex"),
        (lambda _: connected_components(IMAGE, 1, seed_threshold=WORD), "seed_threshold is of type str"),
        (lambda _: connected_components(IMAGE, 1, n_threads=WORD), "n_threads must be a whole number"),
        (lambda _: connected_components(IMAGE, 1, min_voxels=WORD), "min_voxels must be a whole number"),
        (lambda _: connected_components(IMAGE, 1, connectivity=LIST), "connectivity .* does not fit"),
        (lambda _: connected_components(RAGGED, 1), "the image is no array"),
        (lambda _: calciseg.read_result(NOTHING), "folder must be a path"),
        (lambda here: calciseg.measure(NOTHING, here), "folder must be a path"),
    ],
)  # fmt: skip
def test_it_is_the_callers_error(call: Callable[[Path], object], said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=said):
        call(tmp_path)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: calciseg.Settings(foo=1), "^foo: Extra inputs are not permitted; see"),
        (lambda: calciseg.Settings(candidates=5), "^candidates: "),
        (lambda: calciseg.Settings(candidates={"grow_hu": -1e9}), r"^candidates\.grow_hu: "),
        (lambda: CandidateSettings(grow_hu=WORD), "^grow_hu: "),
    ],
)  # fmt: skip
def test_settings_that_do_not_exist_are_the_callers_error(make: Callable[[], object], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        make()


@pytest.mark.parametrize("mode", ["rb", "wb", "r"], ids=["closed", "for writing", "of text"])
def test_a_stream_that_gives_no_bytes_is_the_callers_error(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "1.dcm"
    path.write_text("some text")
    with path.open(mode) as stream:
        if mode == "rb":
            stream.close()
        for source in (stream, [stream]):
            with pytest.raises(InputError, match=r"1\.dcm .*; give a file opened in binary mode"):
                calciseg.analyze(source)


def test_a_threshold_beyond_all_numbers_is_never_reached() -> None:
    assert connected_components(IMAGE, 10**400).n_components == 0
    assert connected_components(IMAGE, -(10**400)).n_components == 1


def test_one_type_alone(tmp_path: Path) -> None:
    assert [path.name for path in calciseg.write(RESULT, tmp_path, types="json")] == ["result.json"]


def test_one_series_alone(study: Path) -> None:
    uid = calciseg.inspect(study).studies[0].series[0].series_instance_uid
    assert calciseg.read_study(study, series_uids=uid).images[0].header.series_instance_uid == uid
    with pytest.raises(calciseg.CalcisegError, match=r"has no series 1\.2;"):
        calciseg.read_study(study, series_uids="1.2")
