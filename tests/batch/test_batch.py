"""A folder of studies in, a folder of results out; once is enough."""

import csv
import json
import shutil
import signal
import sqlite3
import time
import zipfile
from collections import Counter
from contextlib import closing
from pathlib import Path

import psutil
import pydicom
import pytest
from answers import Command
from archive import ROOT_UID, batch_process, contents, damage, put_study, run_batch_command

import calciseg
from calciseg.batch.context_table import read_context
from calciseg.phantom import FilmRecipe, make_film
from calciseg.phantom.dicom import film_dataset
from calciseg.settings import CandidateSettings, Settings
from calciseg.workers import folder_of

TYPES = ("--output-type", "json,csv", "-q")

Ended = tuple[Path, list[calciseg.StudyResult | calciseg.StudyFailure]]


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def analysed(slices: list[pydicom.Dataset], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``root``, an archive of three studies and a damaged one, and what two workers made of it.

    That is ``out``, ``events.jsonl``, and, as printed, ``stdout`` and ``stderr``.
    """
    folder = tmp_path_factory.mktemp("analysed")
    for number in (1, 2, 3):
        put_study(slices, folder / "root" / f"Doe_Jane{number}" / "ct", number)
    damage(put_study(slices, folder / "root" / "Doe^Jane", 4), 0)
    done = run_batch_command(
        folder / "root",
        "-o",
        folder / "out",
        "--output-type",
        "json,csv,html",
        "--json",
        "--jobs",
        2,
        "--events",
        folder / "events.jsonl",
    )
    (folder / "stdout").write_text(done.stdout, encoding="utf-8")
    (folder / "stderr").write_text(done.stderr, encoding="utf-8")
    assert done.returncode == 3, done.stderr
    return folder


def test_every_study_is_analysed_once_and_whole(analysed: Path) -> None:
    out = analysed / "out"
    told = json.loads((analysed / "stdout").read_text(encoding="utf-8"))
    assert (told["n_studies"], told["n_done"], told["n_failed"]) == (4, 3, 1)
    *rows, failed = table(out / "studies.csv")
    assert [row["study_instance_uid"] for row in rows] == [f"{ROOT_UID}.1.{n}" for n in (1, 2, 3)]
    assert (failed["study_instance_uid"], failed["status"]) == (f"{ROOT_UID}.1.4", "failed")
    lesions = table(out / "lesions.csv")
    assert {lesion["study_instance_uid"] for lesion in lesions} == {row["study_instance_uid"] for row in rows}
    for row in rows:
        document = json.loads((out / row["folder"] / "result.json").read_text(encoding="utf-8"))
        assert row["status"] == "done"
        assert int(row["n_lesions"]) == document["images"][0]["totals"]["n_lesions"] > 0
        own = [lesion for lesion in lesions if lesion["study_instance_uid"] == row["study_instance_uid"]]
        assert own == table(out / row["folder"] / "lesions.csv")
    left = {path.name for path in out.iterdir()} - {row["folder"] for row in rows}
    assert left == {
        "studies.csv",
        "lesions.csv",
        "studies.parquet",
        "lesions.parquet",
        "cohort.html",
        "batch.sqlite",
    }


def test_the_result_is_that_of_analyze(analysed: Path, tmp_path: Path) -> None:
    alone = calciseg.analyze(analysed / "root" / "Doe_Jane2")
    calciseg.write(alone, tmp_path / "alone", types=("json", "csv", "html"))
    assert contents(analysed / "out" / folder_of(f"{ROOT_UID}.1.2")) == contents(tmp_path / "alone")


@pytest.mark.slow
def test_what_is_done_is_not_done_again_and_what_changed_is(
    root: Path, tmp_path: Path, slices: list[pydicom.Dataset]
) -> None:
    out = tmp_path / "out"
    run_batch_command(root, "-o", out, *TYPES)
    made = {path: path.stat().st_mtime_ns for path in out.rglob("result.json")}
    again = run_batch_command(root, "-o", out, *TYPES, "--json")
    assert json.loads(again.stdout)["n_done_before"] == 3
    assert made == {path: path.stat().st_mtime_ns for path in out.rglob("result.json")}

    put_study(slices, root / "new", 4)
    (root / "Doe_Jane1" / "ct" / "001.dcm").unlink()
    third = json.loads(run_batch_command(root, "-o", out, *TYPES, "--json").stdout)
    assert (third["n_done"], third["n_done_before"]) == (2, 2)

    settings = tmp_path / "own.toml"
    settings.write_text("[candidates]\ngrow_hu = 140\n")
    fourth = run_batch_command(root, "-o", out, *TYPES, "--json", "--settings", settings)
    assert json.loads(fourth.stdout)["n_done"] == 4


@pytest.mark.slow
@pytest.mark.parametrize("existing", ["overwrite", "fail"])
def test_existing(root: Path, tmp_path: Path, existing: str) -> None:
    out = tmp_path / "out"
    run_batch_command(root, "-o", out, *TYPES)
    (out / folder_of(f"{ROOT_UID}.1.1") / "notes.txt").write_text("a reader's own")
    again = run_batch_command(root, "-o", out, *TYPES, "--json", "--existing", existing)
    if existing == "overwrite":
        assert json.loads(again.stdout)["n_done"] == 3
    else:
        assert again.returncode == 2
        assert "holds the results of 3 studies" in again.stderr
    assert (out / folder_of(f"{ROOT_UID}.1.1") / "notes.txt").read_text() == "a reader's own"


@pytest.mark.slow
def test_damaged_studies_fail_alone_with_the_right_words(
    tmp_path: Path, slices: list[pydicom.Dataset]
) -> None:
    words = {}
    for number in range(1, 6):
        paths = put_study(slices, tmp_path / "root" / f"Doe_{number}", number)
        words[number] = damage(paths, number - 1)
    put_study(slices, tmp_path / "root" / "whole", 6)
    done = run_batch_command(tmp_path / "root", "-o", tmp_path / "out", *TYPES)
    assert done.returncode == 3
    assert "6 studies: 1 done, 5 failed" in done.stdout
    rows = table(tmp_path / "out" / "studies.csv")
    failed = [row for row in rows if row["status"] == "failed"]
    assert len(failed) == 5
    for word in words.values():
        assert sum(word in row["reason"] for row in failed) == 1, (word, [row["reason"] for row in failed])
    assert all(row["n_lesions"] == "" for row in failed)
    again = run_batch_command(tmp_path / "root", "-o", tmp_path / "out", *TYPES, "--json")
    assert again.returncode == 3
    assert json.loads(again.stdout)["n_done"] == 0


@pytest.mark.slow
def test_many_studies_and_some_damaged_among_them(tmp_path: Path, slices: list[pydicom.Dataset]) -> None:
    """A tenth of five hundred; all of them are a matter of benchmarks/README.md."""
    root, out = tmp_path / "root", tmp_path / "out"
    words = Counter[str]()
    for number in range(1, 51):
        paths = put_study(slices, root / f"{number:02}", number)
        if number % 10 == 0:
            words[damage(paths, number // 10 % 5)] += 1
    done = run_batch_command(root, "-o", out, *TYPES, "--json", "--jobs", 2)
    document = json.loads(done.stdout)
    assert done.returncode == 3
    assert (document["n_studies"], document["n_done"], document["n_failed"]) == (50, 45, 5)
    for word, n in words.items():
        assert sum(failure["n"] for failure in document["failures"] if word in failure["reason"]) == n
    before = contents(out)
    again = run_batch_command(root, "-o", out, *TYPES, "--json", "--jobs", 2)
    document = json.loads(again.stdout)
    assert again.returncode == 3
    assert (document["n_done"], document["n_done_before"], document["n_failed"]) == (0, 45, 5)
    assert contents(out) == before


def test_no_path_and_no_name_leave_the_terminal(analysed: Path) -> None:
    assert "Doe^Jane" in (analysed / "stderr").read_text(encoding="utf-8")
    events = (analysed / "events.jsonl").read_text(encoding="utf-8")
    told = [(analysed / "stdout").read_text(encoding="utf-8"), events]
    told += [content.decode(errors="replace") for content in contents(analysed / "out").values()]
    for text in told:
        assert "Doe^" not in text
        assert "Doe_" not in text
    happened = [json.loads(line)["event"] for line in events.splitlines()]
    assert {"found", "started", "done", "failed", "all_found", "finished"} <= set(happened)


@pytest.mark.slow
def test_a_scattered_study_is_whole_and_copies_count_once(
    tmp_path: Path, slices: list[pydicom.Dataset]
) -> None:
    root, out = tmp_path / "root", tmp_path / "root" / "results"
    paths = put_study(slices, root / "a" / "first", 1)
    (root / "z").mkdir()
    for path in paths[6:]:
        path.rename(root / "z" / path.name)
    put_study(slices, root / "m", 2)
    shutil.copytree(root / "m", root / "n")
    done = run_batch_command(root, "-o", out, *TYPES, "--json")
    assert json.loads(done.stdout)["n_studies"] == 2, done.stderr
    n_slices = {
        row["study_instance_uid"]: len(
            json.loads((out / row["folder"] / "result.json").read_text())["images"][0]["sop_instance_uids"]
        )
        for row in table(out / "studies.csv")
    }
    assert set(n_slices.values()) == {len(slices)}
    # The results below the root are no studies, also on the next run.
    again = run_batch_command(root, "-o", out, *TYPES, "--json")
    assert json.loads(again.stdout)["n_done_before"] == 2


@pytest.mark.slow
def test_own_objects_and_zips_in_the_archive(tmp_path: Path, slices: list[pydicom.Dataset]) -> None:
    """SEG and SR of calciseg lie beside the CT and elsewhere: they make no study, and none new."""
    root, out = tmp_path / "root", tmp_path / "out"
    put_study(slices, root / "ct", 1)
    with zipfile.ZipFile(root / "two.zip", "w") as archive:
        for path in put_study(slices, tmp_path / "two", 2):
            archive.write(path, path.name)
    first = run_batch_command(root, "-o", out, "--output-type", "json,seg,sr", "--json", "-q")
    assert json.loads(first.stdout)["n_done"] == 2, first.stderr
    made = sorted((out / folder_of(f"{ROOT_UID}.1.1")).glob("*.dcm"))
    assert len(made) == 2
    (root / "older").mkdir()
    for path in made:
        shutil.copy(path, root / "ct")
        shutil.copy(path, root / "older")
    again = run_batch_command(root, "-o", out, "--output-type", "json,seg,sr", "--json", "-q")
    document = json.loads(again.stdout)
    assert (document["n_studies"], document["n_done"], document["n_done_before"]) == (2, 0, 2)


@pytest.mark.slow
def test_radiographs_are_studies_like_others(tmp_path: Path) -> None:
    """Two films of one study: two rows, two pictures, one folder."""
    film = make_film(FilmRecipe(kind="xr-thigh", seed=3))
    datasets = [film_dataset(film) for _ in range(2)]
    (tmp_path / "root").mkdir()
    for n, dataset in enumerate(datasets):
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"{ROOT_UID}.4.{n}"
        dataset.save_as(tmp_path / "root" / f"{n}.dcm", enforce_file_format=True)
    out = tmp_path / "out"
    done = run_batch_command(tmp_path / "root", "-o", out, "-q", "--json")
    assert done.returncode == 0, done.stderr
    rows = table(out / "studies.csv")
    # The same film twice shows nothing twice.
    assert json.loads(done.stdout)["n_lesions"] == int(rows[0]["n_lesions"]) == int(rows[1]["n_lesions"]) > 0
    assert [(row["n"], row["kind"], row["image_status"]) for row in rows] == [
        (n, "radiograph", "measured") for n in ("1", "2")
    ]
    assert all(float(row["area_mm2"]) > 0 and row["volume_mm3"] == "" for row in rows)
    page = (out / "cohort.html").read_text(encoding="utf-8")
    assert "1 study measured" in page
    assert "Area by tissue plane" in page
    assert page.count("<img ") == 2


@pytest.fixture(scope="module")
def by_the_library(slices: list[pydicom.Dataset], tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """What ``analyze_folder`` wrote and yielded of two studies and a damaged one, with other settings."""
    folder = tmp_path_factory.mktemp("by_the_library")
    for number in (1, 2, 3):
        paths = put_study(slices, folder / "root" / f"Doe_Jane{number}" / "ct", number)
        if number == 2:
            damage(paths, 0)
    settings = Settings(candidates=CandidateSettings(grow_hu=140))
    out = folder / "out"
    return out, list(calciseg.analyze_folder(folder / "root", out, types=("json",), settings=settings))


def settings_in(catalogue: sqlite3.Connection) -> set[str]:
    return {settings for (settings,) in catalogue.execute("SELECT DISTINCT settings FROM study")}


def test_the_catalogue_says_how_each_study_was_done(analysed: Path) -> None:
    out = analysed / "out"
    with closing(sqlite3.connect(out / "batch.sqlite")) as catalogue:
        catalogue.row_factory = sqlite3.Row
        *rows, failed = map(dict, catalogue.execute("SELECT * FROM study ORDER BY study_instance_uid"))
    assert [row["study_instance_uid"] for row in rows] == [f"{ROOT_UID}.1.{n}" for n in (1, 2, 3)]
    assert failed["state"] == "failed"
    assert "bytes of its pixel data are missing" in failed["reason"]
    for row in rows:
        result = json.loads((out / row["folder"] / "result.json").read_text(encoding="utf-8"))
        assert (row["state"], row["reason"], row["attempts"]) == ("done", None, 1)
        assert row["started"] <= row["finished"]
        assert row["seconds"] > 0
        assert row["peak_mib"] > 50
        assert json.loads(row["versions"]) == result["provenance"]
        assert row["calciseg_version"] == calciseg.__version__


def test_the_catalogue_tells_other_settings_apart(analysed: Path, by_the_library: Ended) -> None:
    found = []
    for out in (analysed / "out", by_the_library[0]):
        with closing(sqlite3.connect(out / "batch.sqlite")) as catalogue:
            found.append(settings_in(catalogue))
    assert [len(one) for one in found] == [1, 1]
    assert found[0] != found[1]


@pytest.mark.slow
def test_interrupted_by_hand_and_gone_on_with(
    root: Path, slices: list[pydicom.Dataset], tmp_path: Path
) -> None:
    """Ctrl-C in a terminal reaches the workers, too."""
    for number in range(4, 13):  # so many that it is not over before a busy machine comes to the signal
        put_study(slices, root / str(number), number)
    out, events = tmp_path / "out", tmp_path / "events"
    undisturbed = tmp_path / "undisturbed"
    process = batch_process(root, "-o", out, *TYPES, "--events", events)
    while not events.exists() or '"done"' not in events.read_text(encoding="utf-8"):
        assert process.poll() is None
        time.sleep(0.02)
    for one in [*psutil.Process(process.pid).children(), psutil.Process(process.pid)]:
        one.send_signal(signal.SIGINT)
    printed, complaints = process.communicate()
    assert process.returncode == 130
    assert printed == ""
    assert complaints == "calciseg: interrupted\n"
    assert not (out / ".calciseg-batch").exists()
    again = run_batch_command(root, "-o", out, *TYPES, "--json")
    document = json.loads(again.stdout)
    assert document["n_done_before"] >= 1
    assert document["n_done"] + document["n_done_before"] == 12
    run_batch_command(root, "-o", undisturbed, *TYPES)
    assert contents(out) == contents(undisturbed)


def test_events_that_cannot_be_written_stop_in_one_line(root: Path, tmp_path: Path) -> None:
    done = run_batch_command(root, "-o", tmp_path / "out", *TYPES, "--events", "/dev/full")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "/dev/full (no space left on device)" in done.stderr


@pytest.mark.slow
def test_context_table_joins_and_votes(root: Path, tmp_path: Path) -> None:
    context = tmp_path / "context.csv"
    context.write_text(
        "study_instance_uid,sex,conditions,lab_calcium,arm\n"
        f"{ROOT_UID}.1.1,F,juvenile dermatomyositis;calcinosis,2.4 mmol/L,drug\n"
        f"{ROOT_UID}.1.2,,,,placebo\n"
    )
    out = tmp_path / "out"
    done = run_batch_command(root, "-o", out, *TYPES, "--context", context)
    assert done.returncode == 0, done.stderr
    rows = {row["study_instance_uid"]: row for row in table(out / "studies.csv")}
    assert [rows[f"{ROOT_UID}.1.{n}"]["context_arm"] for n in (1, 2, 3)] == ["drug", "placebo", ""]
    assert rows[f"{ROOT_UID}.1.1"]["mechanism"] == "dystrophic"
    assert rows[f"{ROOT_UID}.1.3"]["mechanism"] == ""
    assert table(out / "lesions.csv")[0]["context_arm"] == "drug"
    # A row that changes makes its own study new, and no other.
    context.write_text(context.read_text().replace("2.4 mmol/L", "low"))
    again = run_batch_command(root, "-o", out, *TYPES, "--context", context, "--json")
    assert json.loads(again.stdout)["n_done"] == 1


def test_context_in_a_file_for_each_study_or_one_for_all(tmp_path: Path) -> None:
    (tmp_path / "1.2.3.json").write_text('{"clinical": {"conditions": ["scleroderma"]}}')
    (tmp_path / "1.2.4.json").write_text('{"sex": "F"}')
    each, one = read_context(tmp_path), read_context(tmp_path / "1.2.4.json")
    assert each.case("1.2.3") == {"clinical": {"conditions": ["scleroderma"]}}
    assert each.case("1.2.9") is None
    assert one.case("1.2.9") == {"sex": "F"}
    (tmp_path / "1.2.5.json").write_text('{"sex": 5}')
    with pytest.raises(calciseg.CalcisegError, match=r"1\.2\.5\.json: clinical\.sex"):
        read_context(tmp_path)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("uid,sex\n1.2,F\n", "no column study_instance_uid"),
        ("study_instance_uid,sex\n1.2,F\n1.2,M\n", "line 3: study 1.2 has a row already"),
        (
            "study_instance_uid,lab_calcium\n1.2,2.3 furlong\n",
            "line 2: clinical.labs[0].unit: 'furlong' is not a unit of calcium",
        ),
        ("study_instance_uid,age_years\n1.2,old\n", "line 2: clinical.age_years"),
    ],
)
def test_a_wrong_context_table_is_refused_before_the_work(
    command: Command, root: Path, tmp_path: Path, text: str, word: str
) -> None:
    (tmp_path / "context.csv").write_text(text)
    code, _, err = command("batch", root, "-o", tmp_path / "out", "--context", tmp_path / "context.csv")
    assert code == 2
    assert word in err
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_shards_make_the_whole(root: Path, tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    run_batch_command(root, "-o", whole, *TYPES)
    n_done = 0
    for shard in ("1/2", "2/2"):
        done = run_batch_command(root, "-o", parts, *TYPES, "--shard", shard, "--json")
        n_done += json.loads(done.stdout)["n_done"]
    assert n_done == 3
    last = run_batch_command(root, "-o", parts, *TYPES, "--json")
    assert json.loads(last.stdout)["n_done_before"] == 3
    joined = {name: content for name, content in contents(parts).items() if not name.startswith("batch-")}
    assert joined == contents(whole)


@pytest.mark.slow
def test_parts_and_whole_know_of_each_other(root: Path, tmp_path: Path) -> None:
    """What the whole has done no part does again; what a part did last is not taken for the whole's."""
    out = tmp_path / "out"
    run_batch_command(root, "-o", out, *TYPES)
    part = json.loads(run_batch_command(root, "-o", out, *TYPES, "--shard", "1/1", "--json").stdout)
    assert part["n_done_before"] == 3
    halves = [
        json.loads(run_batch_command(root, "-o", out, *TYPES, "--shard", f"{n}/2", "--json").stdout)
        for n in (1, 2)
    ]
    assert sum(half["n_done_before"] for half in halves) == 3
    assert sum(half["n_done"] for half in halves) == 0
    settings = tmp_path / "own.toml"
    settings.write_text("[candidates]\ngrow_hu = 140\n")
    time.sleep(1.1)  # the catalogue's times are whole seconds
    for n in (1, 2):
        run_batch_command(root, "-o", out, *TYPES, "--shard", f"{n}/2", "--settings", settings)
    other = contents(out)
    last = run_batch_command(root, "-o", out, *TYPES, "--json", "--settings", settings)
    assert json.loads(last.stdout)["n_done_before"] == 3
    assert all(contents(out)[name] == content for name, content in other.items() if "/" in name)
    back = run_batch_command(root, "-o", out, *TYPES, "--json")
    assert json.loads(back.stdout)["n_done"] == 3


def test_analyze_folder_yields_results_and_failures(by_the_library: Ended) -> None:
    _, ended = by_the_library
    results = [one for one in ended if isinstance(one, calciseg.StudyResult)]
    (failure,) = [one for one in ended if isinstance(one, calciseg.StudyFailure)]
    assert {one.study_instance_uid for one in results} == {f"{ROOT_UID}.1.1", f"{ROOT_UID}.1.3"}
    assert results[0].images[0].totals is not None
    assert failure.code == "input_error"
    assert "truncated" in failure.reason
    assert "Doe" not in failure.reason


@pytest.mark.parametrize("what", ["missing", "file", "same"])
def test_what_is_no_archive_is_refused(command: Command, tmp_path: Path, what: str) -> None:
    (tmp_path / "file").write_text("text")
    out = tmp_path if what == "same" else tmp_path / "out"
    code, _, err = command("batch", tmp_path if what == "same" else tmp_path / what, "-o", out)
    assert code == 2
    assert err.count("\n") == 1


def test_an_empty_archive_is_refused(command: Command, tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    code, _, err = command("batch", tmp_path / "root", "-o", tmp_path / "out")
    assert code == 2
    assert "holds no DICOM" in err
