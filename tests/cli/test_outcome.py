"""Exit codes, and what goes where."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from errno import ENOMEM
from pathlib import Path

import pytest
from answers import Command
from calciseg_cli import analyze, info, inspect, phantom, warmup

import calciseg
from calciseg.errors import InputError, OutputError, SettingsError, UsageError

LISTEN_NUMBERS = (
    "--memory", "--time-limit", "--spool-gib", "--object-mib", "--quiet-seconds", "--idle-seconds",
    "--free-gib", "--keep-hours", "--grace-seconds",
)  # fmt: skip
PROGRAM = [sys.executable, "-c", "import sys; from calciseg_cli.main import main; sys.exit(main())"]


def is_one_line(text: str) -> bool:
    return text.startswith("calciseg: ") and text.count("\n") == 1 and text.endswith("\n")


def test_version(command: Command) -> None:
    assert command("--version") == (0, f"calciseg {calciseg.__version__}\n", "")


@pytest.mark.parametrize("name", [(), ("analyze",), ("inspect",), ("phantom",), ("warmup",), ("info",)])
def test_help(command: Command, name: tuple[str, ...]) -> None:
    code, out, err = command(*name, "--help")
    assert (code, err) == (0, "")
    assert out.startswith(" ".join(("Usage: calciseg", *name)))


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys; from calciseg_cli.main import main; sys.argv = ['calciseg', '--help']; main();"
        "print('heavy:', {name.partition('.')[0] for name in sys.modules}"
        " & {'numpy', 'pydicom', 'numba', 'pydantic', 'rich', 'scipy', 'SimpleITK', 'jinja2', 'matplotlib'})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("heavy: set()\n")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("no-such-command",),
        ("analyze",),
        ("analyze", "x", "--no-such-option"),
        ("analyze", "x", "--threads", "0"),
        ("analyze", "x", "--threads", "many"),
        ("analyze", "x", "--context", "case.json"),
        ("analyze", "x", "--output-type", "xml"),
        ("analyze", "x", "--output-type", ""),
        ("analyze", "x", "--output-type", "json,seg"),
        ("analyze", "x", "--settings", "no-such-file.toml"),
        ("phantom", "x", "--spacing-mm", "3,1"),
        ("phantom", "x", "--spacing-mm", "a,b,c"),
        ("phantom", "x", "--seed", "-1"),
        ("info", "--schema", "nothing"),
        ("batch", ".", "-o", "x", "--existing", "foo"),
        ("query", "A@b:1", "--query", "PixelData=1"),
        ("query", "A@b:1", "--query", "Rows=70000"),
        ("retrieve", "A@b:1", "--study", "1.2", "--send-to", "WAYTOOLONGAETITLE12"),
        ("retrieve", "A@b:1", "--study", "1.2", "--send-to", ""),
        *(
            (command, "-o", "x", *rest, option, number)
            for command, rest, options in (
                ("batch", (".",), ("--memory", "--time-limit")),
                ("listen", ("--spool", "y", "--any-calling"), LISTEN_NUMBERS),
            )
            for option in options
            for number in ("nan", "inf", "-1", "1e300")
        ),
        *(
            ("listen", "-o", "x", "--spool", "y", "--any-calling", option, "0")
            for option in LISTEN_NUMBERS[:6]
        ),
        ("batch", ".", "-o", "x", "--memory", "0"),
        ("batch", ".", "-o", "x", "--time-limit", "0"),
    ],
)
def test_wrong_usage_is_one_line(command: Command, arguments: tuple[str, ...]) -> None:
    code, out, err = command(*arguments)
    assert (code, out) == (2, "")
    assert is_one_line(err)


def test_wrong_usage_with_json(command: Command) -> None:
    code, out, err = command("analyze", "--json")
    assert code == 2
    assert is_one_line(err)
    assert json.loads(out)["error"]["code"] == "usage_error"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("a.dcm: is truncated;\nsend it again"), "input_error"),
        (OutputError("out: no space; free some"), "output_error"),
        (SettingsError("s.toml: grow_hu; correct it"), "settings_error"),
        (UsageError("these do not fit; choose one"), "usage_error"),
        (MemoryError(), "input_error"),
        (RuntimeError("can't start new thread"), "input_error"),
        (OSError(ENOMEM, "Cannot allocate memory"), "input_error"),
    ],
)
def test_what_a_caller_can_cause_is_refused(
    command: Command, analyzed: Callable[..., object], error: Exception, code: str
) -> None:
    analyzed(error)
    answer = command("analyze", "x", "--json")
    assert answer.code == 2
    assert is_one_line(answer.err)
    document = json.loads(answer.out)
    assert list(document) == ["error"]
    assert list(document["error"]) == ["code", "message"]
    assert document["error"]["code"] == code
    assert answer.err == f"calciseg: {document['error']['message']}\n"


def test_a_bug_is_called_one(command: Command, analyzed: Callable[..., object]) -> None:
    analyzed(ZeroDivisionError("by zero"))
    code, out, err = command("analyze", "x")
    assert (code, out) == (1, "")
    assert is_one_line(err)
    assert "this is a bug in calciseg (ZeroDivisionError)" in err


def test_a_bug_shows_its_traceback_when_asked(command: Command, analyzed: Callable[..., object]) -> None:
    analyzed(ZeroDivisionError("by zero"))
    code, out, err = command("analyze", "x", "-v", "--json")
    assert code == 1
    assert "Traceback" in err
    assert json.loads(out)["error"]["code"] == "bug"


def test_a_bug_advises_no_option_that_the_command_does_not_have(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def buggy(_: object) -> None:
        raise ZeroDivisionError("Doe^Jane")

    monkeypatch.setattr("calciseg.inspect", buggy)
    code, out, err = command("inspect", "x")
    assert (code, out) == (1, "")
    assert is_one_line(err)
    assert re.search(r"bug in calciseg \(ZeroDivisionError, test_outcome.py:\d+\); report this line", err)


def test_interrupted(command: Command, analyzed: Callable[..., object]) -> None:
    analyzed(KeyboardInterrupt())
    assert command("analyze", "x") == (130, "", "calciseg: interrupted\n")


def test_a_reader_that_goes_away_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed:
        done = subprocess.run([*PROGRAM, "info", "--json"], stdout=closed, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (0, "")


needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a file that is always full")


@pytest.fixture(params=["", "1"], ids=["buffered", "unbuffered"])
def environment(request: pytest.FixtureRequest) -> dict[str, str]:
    """What cannot be written stays in a buffer, if there is one, and Python tries again at its end."""
    return {**os.environ, "PYTHONUNBUFFERED": request.param}


def is_refused_output(done: "subprocess.CompletedProcess[str]") -> bool:
    return done.returncode == 2 and is_one_line(done.stderr) and "standard output" in done.stderr


@pytest.mark.slow
@needs_full
@pytest.mark.parametrize("arguments", [("info",), ("info", "--json"), ("--version",), ("info", "--help")])
def test_a_full_stdout_is_no_bug(arguments: tuple[str, ...], environment: dict[str, str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*PROGRAM, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, env=environment
        )
    assert is_refused_output(done), done
    assert "no space left" in done.stderr


def test_a_stdout_for_reading_only_is_no_bug(environment: dict[str, str]) -> None:
    with Path(os.devnull).open() as reading:
        done = subprocess.run(
            [*PROGRAM, "info"], stdout=reading, stderr=subprocess.PIPE, text=True, env=environment
        )
    assert is_refused_output(done), done


def test_a_closed_stdout_is_no_bug() -> None:
    done = subprocess.run(["sh", "-c", '"$@" >&-', "sh", *PROGRAM, "info"], capture_output=True, text=True)
    assert is_refused_output(done), done


@pytest.mark.slow
@needs_full
def test_an_error_is_told_once_where_stdout_is_full(tmp_path: Path, environment: dict[str, str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*PROGRAM, "inspect", str(tmp_path / "missing"), "--json"],
            stdout=full, stderr=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip
    assert (done.returncode, is_one_line(done.stderr)) == (2, True)
    assert "does not exist" in done.stderr


@pytest.mark.slow
@needs_full
def test_the_exit_code_stands_where_stderr_is_full(tmp_path: Path, environment: dict[str, str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*PROGRAM, "inspect", str(tmp_path / "missing")], stderr=full, env=environment)
    assert done.returncode == 2


@pytest.mark.parametrize("name", ["nothing-there", "empty", "text.dcm"])
def test_input_that_cannot_be_read(command: Command, tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.dcm").write_text("no DICOM")
    code, out, err = command("inspect", tmp_path / name, "--json")
    assert code == 2
    assert is_one_line(err)
    assert str(tmp_path / name) in err
    message = json.loads(out)["error"]["message"]
    assert message.startswith("PATH ")
    assert str(tmp_path) not in message


@pytest.mark.parametrize("module", [analyze, info, inspect, phantom, warmup])
def test_a_command_is_a_file_of_its_name(module: object) -> None:
    name = module.__name__.rpartition(".")[2]
    assert module.__all__ == [name]
    assert module.__doc__ == f"``calciseg {name}``."
