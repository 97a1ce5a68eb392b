"""``calciseg.analyze`` inside somebody else's program: any source, any thread, silent, told and cancelled."""

import io
import threading
import zipfile
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pydicom
import pytest
from archive import put_study, thinned_slices

import calciseg
from calciseg.errors import CancelledError


@pytest.fixture(scope="module")
def studies(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three studies that differ: each lacks other slices."""
    slices = thinned_slices(repository / "sample_data" / "thigh_ct")
    folder = tmp_path_factory.mktemp("studies")
    for number in (1, 2, 3):
        put_study(slices[number : len(slices) + number - 4], folder / str(number), number)
    return [folder / str(number) for number in (1, 2, 3)]


@pytest.fixture(scope="module")
def expected(studies: list[Path]) -> list[tuple[object, ...]]:
    return [facts(path) for path in studies]


def facts(source: object) -> tuple[object, ...]:
    """All that a result says about lesions, comparable and picklable."""
    result = calciseg.analyze(source, n_threads=1)
    image = result.images[0]
    return result.study_instance_uid, repr(image.lesions), image.maps.planes.tobytes()


def test_the_studies_differ(expected: list[tuple[object, ...]]) -> None:
    assert len({one[1] for one in expected}) == 3


def test_every_kind_of_source_gives_the_same(studies: list[Path], expected: list[tuple[object, ...]]) -> None:
    paths = sorted(studies[0].iterdir())
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in paths:
            archive.write(path, path.name)
    packed.seek(0)
    on_disk = studies[0].with_suffix(".zip")
    on_disk.write_bytes(packed.getvalue())
    for source in (
        paths,
        str(studies[0]),
        packed,
        on_disk,
        [pydicom.dcmread(path) for path in paths],
        (io.BytesIO(path.read_bytes()) for path in paths),
        [io.BytesIO(paths[0].read_bytes()), pydicom.dcmread(paths[1]), *paths[2:]],
    ):
        assert facts(source) == expected[0]


@pytest.mark.slow
def test_threads_at_once_do_not_disturb_each_other(
    studies: list[Path], expected: list[tuple[object, ...]], capfd: pytest.CaptureFixture[str]
) -> None:
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(facts, studies * 2))
    assert found == expected * 2
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_processes_at_once_do_not_disturb_each_other(
    studies: list[Path], expected: list[tuple[object, ...]]
) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        assert list(pool.map(facts, studies)) == expected


def test_progress_counts_up_in_every_stage(studies: list[Path]) -> None:
    told: list[tuple[str, int, int]] = []
    calciseg.analyze(studies[0], progress=lambda *state: told.append(state))
    stages = list(dict.fromkeys(stage for stage, _, _ in told))
    assert stages == ["reading", "body", "bone and exclusions", "compartments", "lesions"]
    assert all(0 <= n_done <= n_total for _, n_done, n_total in told)
    lesions = [n_done for stage, n_done, _ in told if stage == "lesions"]
    assert lesions == sorted(lesions)


@pytest.mark.parametrize("stage", ["reading", "body", "compartments", "lesions"])
def test_cancel_stops_at_the_next_step(studies: list[Path], stage: str) -> None:
    cancelled = threading.Event()
    later: list[str] = []

    def progress(name: str, _n_done: int, _n_total: int) -> None:
        if cancelled.is_set():
            later.append(name)
        if name == stage:
            cancelled.set()

    n_threads = threading.active_count()
    with pytest.raises(CancelledError, match="cancelled by its caller"):
        calciseg.analyze(studies[0], progress=progress, is_cancelled=cancelled.is_set)
    assert later == []
    assert threading.active_count() == n_threads
    assert issubclass(CancelledError, calciseg.CalcisegError)


def test_an_error_in_the_callers_progress_is_the_callers(studies: list[Path]) -> None:
    def progress(*_state: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        calciseg.analyze(studies[0], progress=progress)


@pytest.mark.parametrize(
    "source",
    [
        "no/such/folder",
        [],
        io.BytesIO(b"this is no DICOM"),
        [pydicom.Dataset()],
        [io.BytesIO(b"")],
        [io.BytesIO(b"PK\x03\x04 no zip")],
    ],
    ids=["no path", "nothing", "no DICOM", "empty data set", "empty stream", "no zip"],
)
def test_only_calcisegs_errors_and_not_a_word_printed(
    source: object, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(calciseg.CalcisegError):
        calciseg.analyze(source)
    assert capfd.readouterr() == ("", "")


def test_the_callers_data_sets_stay_as_they_were(studies: list[Path]) -> None:
    datasets = [pydicom.dcmread(path) for path in sorted(studies[0].iterdir())]
    before = [dataset.to_json() for dataset in datasets]
    volume = calciseg.read_study(datasets).images[0]
    assert not volume.hu.flags.writeable
    assert np.ptp(volume.hu) > 1000
    calciseg.analyze(datasets)
    assert [dataset.to_json() for dataset in datasets] == before
