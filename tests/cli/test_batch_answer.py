"""What a batch says: on its way, and its failures in groups at the end."""

import json

import pytest
from calciseg_cli.batch_answer import Account
from calciseg_cli.batch_progress import shown_batch
from calciseg_cli.outcome import ExitCode


def account(*reasons: str) -> Account:
    counts = Account()
    for n, reason in enumerate(reasons):
        counts.note("failed", {"study_instance_uid": f"1.2.{n}", "code": "input_error", "reason": reason})
    return counts


def test_reasons_are_one_where_they_differ_in_numbers_and_keep_what_they_share() -> None:
    counts = account(
        "series 1.2.3 of PATH cannot be analysed: it has only 1 usable slice",
        "series 1.2.4 of PATH cannot be analysed: it has only 1 usable slice",
        "PATH holds no CT",
    )
    text, code = counts.answer(is_json=True)
    assert code == ExitCode.SOME_FAILED
    assert [(one["n"], one["reason"]) for one in json.loads(text)["failures"]] == [
        (2, "series … of PATH cannot be analysed: it has only 1 usable slice"),
        (1, "PATH holds no CT"),
    ]


def test_a_single_reason_is_told_whole() -> None:
    text, _ = account("series 1.2.3 has 14 slices").answer(is_json=False)
    assert "series 1.2.3 has 14 slices" in text


def test_the_pace_is_that_of_what_was_worked_on(capsys: pytest.CaptureFixture[str]) -> None:
    counts = account("cannot be opened")
    counts.note("kept_failed", {"study_instance_uid": "1.3", "code": "input_error", "reason": "no CT"})
    counts.note("kept_done", {"study_instance_uid": "1.4"})
    for uid in ("1.5", "1.6"):
        counts.note("found", {"study_instance_uid": uid})
    counts.note("started", {"study_instance_uid": "1.5", "folder": "0123456789abcdef"})
    counts.note("all_found", {})
    with shown_batch(is_quiet=False, is_verbose=False) as (show, _):
        show("finished", {}, counts)
        assert capsys.readouterr().err == "calciseg: 1 done, 2 failed, 2 left, now 01234567 0 s\n"
        counts.note("done", {"study_instance_uid": "1.5", "n_lesions": 3})
        show("finished", {}, counts)
    line = capsys.readouterr().err
    assert line.startswith("calciseg: 2 done, 2 failed, 1 left, ")
    assert line.endswith(" to go\n")
    assert counts.n_worked == 1


@pytest.mark.parametrize("what", ["root", "context"])
def test_an_input_of_a_batch_is_not_named_on_stdout(command, tmp_path, what):
    context = tmp_path / "Roe John.json"
    context.write_text("{" if what == "context" else "{}")
    root = tmp_path / "Doe Jane"
    if what == "context":
        root.mkdir()
    answer = command("batch", root, "-o", tmp_path / "out", "--context", context, "--json")
    assert answer.code == 2
    assert str(context if what == "context" else root) in answer.err
    message = json.loads(answer.out)["error"]["message"]
    assert "PATH" in message
    assert "Doe" not in message
    assert "Roe" not in message
