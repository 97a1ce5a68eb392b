import dataclasses

import pytest
from calciseg_cli.answers import as_summary
from calciseg_cli.lesion_table import LESIONS_SHOWN
from made_results import image_result, study_result, totals_of

import calciseg
from calciseg.model import FlagCode, ImageHeader, ImageResult, Issue, IssueCode, StudyResult
from calciseg.outputs.figures import counted, length, volume


def with_many_lesions(n: int) -> ImageResult:
    image = image_result(1)
    lesions = tuple(
        dataclasses.replace(image.lesions[i % 4], label=i + 1, volume_mm3=float(1 + (i * 7) % n))
        for i in range(n)
    )
    return dataclasses.replace(image, lesions=lesions, totals=totals_of(lesions))


def lesion_labels(text: str) -> list[int]:
    lines = iter(text.splitlines())
    for line in lines:
        if line.endswith("Flags"):
            break
    labels = []
    for line in lines:
        if not line.strip():
            return labels
        labels.append(int(line.split()[0]))
    return labels


@pytest.mark.parametrize("n_columns", [80, 118, 140, 300])
def test_no_line_is_wider_than_the_terminal(
    result: StudyResult, monkeypatch: pytest.MonkeyPatch, n_columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(n_columns))
    assert max(map(len, as_summary(result).splitlines())) <= n_columns


def test_study_image_and_totals(result: StudyResult) -> None:
    lines = as_summary(result).splitlines()
    assert lines[0] == "Study 1.2.826.0.1.3680043.10.1"
    assert lines[1] == "12 years, female"
    assert lines[3].startswith("CT image 1 of 1 · 16 slices of 60 × 72 · 2.5 × 0.7 × 0.8 mm · 120 kV · B30f")
    assert lines[4] == "4 soft-tissue calcifications · 0.41 ml · Agatston-type 545 · mass 123 mg"
    assert lines[-1] == "Research use only — not a diagnosis."


def test_planes_come_from_the_outside_inwards(result: StudyResult) -> None:
    lines = [line for line in as_summary(result).splitlines() if line.startswith("■")]
    assert [line.split()[1] for line in lines] == ["cutaneous", "subcutaneous", "fascial", "intramuscular"]
    assert lines[1].split()[2:5] == ["1", "168", "224"]
    assert lines[1].endswith(" 41%")


def test_a_plane_without_a_lesion_of_its_own_has_no_score(shared: StudyResult) -> None:
    """Volumes go by the voxel, scores by the plane of the lesion: nothing was scored there."""
    text = as_summary(shared)
    (line,) = (line for line in text.splitlines() if line.startswith("■ fascial"))
    assert line.split()[2:5] == ["0", "168", "–"]
    assert "Lesions and scores by the lesion's plane, volumes by the plane of each voxel" in text


def test_lesions_come_largest_first(result: StudyResult) -> None:
    assert lesion_labels(as_summary(result)) == [2, 3, 4, 1]


def test_a_lesion_in_full(result: StudyResult) -> None:
    (line,) = (line for line in as_summary(result).splitlines() if line.startswith("3 ■"))
    assert " ".join(line.split()) == "3 ■ fascial 67 sheet 168 16.0 420 433 9.0 0.0 12.5"


def test_many_lesions_are_capped_and_counted() -> None:
    text = as_summary(study_result(with_many_lesions(40)))
    assert len(lesion_labels(text)) == LESIONS_SHOWN == 30
    assert "and 10 more in lesions.csv" in text


def test_flags_are_letters_where_there_is_no_room(
    result: StudyResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow = as_summary(result)
    assert "h small: a few voxels or pixels only" in narrow
    monkeypatch.setenv("COLUMNS", "140")
    wide = as_summary(result)
    (line,) = (line for line in wide.splitlines() if line.startswith("1  ■"))
    assert line.endswith("  small")


def test_a_flag_on_every_lesion_is_said_once(result: StudyResult, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    text = as_summary(result)
    assert text.count(FlagCode.MASS_UNCALIBRATED.meaning) == 1
    assert "mass uncalibrated" not in text


def test_ledger(result: StudyResult) -> None:
    text = as_summary(result)
    assert "bone             1       2,000     940  skeleton" in text
    assert "noise           17        1.40     150  does not stand out of the noise" in text


def test_issues_of_image_and_study(result: StudyResult) -> None:
    issue = Issue(code=IssueCode.FILES_IGNORED, message="3 files [bold]were[/bold] left out")
    text = as_summary(dataclasses.replace(result, issues=(issue,)))
    assert "! slice positions deviate by up to 0.02 mm" in text
    assert "! 3 files [bold]were[/bold] left out" in text


def test_a_scanner_that_says_little(result: StudyResult) -> None:
    image = result.images[0]
    bare = dataclasses.replace(
        image.image, header=ImageHeader(series_instance_uid="1", sop_instance_uids=(), contrast_agent=True)
    )
    text = as_summary(study_result(dataclasses.replace(image, image=bare)))
    assert "kV not stated" in text
    assert "contrast medium" in " ".join(text.split())


def test_a_failed_image(failed: StudyResult) -> None:
    assert "Could not be measured." in as_summary(failed)


def test_nothing_is_coloured_off_a_terminal(result: StudyResult) -> None:
    assert "\x1b" not in as_summary(result)


@pytest.mark.parametrize(
    ("amount", "text"), [(12345.6, "12,346"), (168.0, "168"), (22.44, "22.4"), (1.4, "1.40"), (0.0, "0.00")]
)
def test_volume(amount: float, text: str) -> None:
    assert volume(amount) == text


@pytest.mark.parametrize(("mm", "text"), [(None, "–"), (-0.01, "0.0"), (-4.25, "-4.2"), (7.5, "7.5")])
def test_length(mm: float | None, text: str) -> None:
    assert length(mm) == text


def test_counted() -> None:
    assert counted(1, "lesion") == "1 lesion"
    assert counted(2000, "lesion") == "2,000 lesions"


@pytest.mark.parametrize("is_case_missing", [True, False])
def test_a_context_is_asked_for_where_none_was_given(result: StudyResult, is_case_missing: bool) -> None:
    undecided = dataclasses.replace(result, classification=calciseg.classify({}))
    text = as_summary(undecided, is_case_missing=is_case_missing)
    assert ("give --context" in text) is is_case_missing
    assert ("too little, or too contradictory, is known" in text) is not is_case_missing


def test_no_context_is_asked_for_where_nothing_was_found(nothing_found: StudyResult) -> None:
    undecided = dataclasses.replace(nothing_found, classification=calciseg.classify({}))
    text = as_summary(undecided, is_case_missing=True)
    assert "no calcification was found whose cause could be ranked" in text
    assert "--context" not in text
