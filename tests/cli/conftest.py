import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import calciseg
from calciseg.model import ImageResult, StudyResult

sys.path.insert(0, str(Path(__file__).parents[1] / "outputs"))
from made_results import image_result, image_that_reaches_into_fascia, study_result, totals_of


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def result() -> StudyResult:
    return study_result(image_result(1))


@pytest.fixture
def shared() -> StudyResult:
    return study_result(image_that_reaches_into_fascia())


@pytest.fixture
def failed() -> StudyResult:
    return study_result(ImageResult(n=1, image=image_result(1).image, status="failed"))


@pytest.fixture
def nothing_found() -> StudyResult:
    return study_result(dataclasses.replace(image_result(1), lesions=(), totals=totals_of(())))


@pytest.fixture
def analyzed(monkeypatch: pytest.MonkeyPatch) -> Callable[[StudyResult | Exception], dict[str, object]]:
    """Put a result, or an error, where the analysis would be; what it was called with is returned."""

    def put(outcome: StudyResult | BaseException) -> dict[str, object]:
        call: dict[str, object] = {}

        def analyze(source: Path, **options: object) -> StudyResult:
            call.update(options, source=source)
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome

        monkeypatch.setitem(vars(calciseg), "analyze", analyze)
        return call

    return put
