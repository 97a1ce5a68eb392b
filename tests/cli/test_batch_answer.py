"""The summary of a batch: failures in groups."""

import json

from calciseg_cli.batch_answer import Account
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
