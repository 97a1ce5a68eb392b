"""A wrong argument of a public function is refused in a sentence; a string is one word, not its letters."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from archive import put_study, thinned_slices

import calciseg
from calciseg.errors import UsageError
from calciseg.model import PatientFacts, StudyResult

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
        (lambda _: calciseg.read_result(NOTHING), "folder must be a path"),
        (lambda here: calciseg.measure(NOTHING, here), "folder must be a path"),
    ],
)  # fmt: skip
def test_it_is_the_callers_error(call: Callable[[Path], object], said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=said):
        call(tmp_path)


def test_one_type_alone(tmp_path: Path) -> None:
    assert [path.name for path in calciseg.write(RESULT, tmp_path, types="json")] == ["result.json"]


def test_one_series_alone(study: Path) -> None:
    uid = calciseg.inspect(study).studies[0].series[0].series_instance_uid
    assert calciseg.read_study(study, series_uids=uid).images[0].header.series_instance_uid == uid
    with pytest.raises(calciseg.CalcisegError, match=r"has no series 1\.2;"):
        calciseg.read_study(study, series_uids="1.2")
