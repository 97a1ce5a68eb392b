"""How a command ends: its text on stdout, or one line on stderr, and an exit code."""

import json
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from enum import IntEnum
from errno import EBADF
from typing import TextIO

import typer

from calciseg.errors import (
    CalcisegError,
    InputError,
    KnowledgeError,
    OutputError,
    SettingsError,
    kind_and_place,
    lacks_memory,
)
from calciseg_cli.privacy import public_message

__all__ = ["ExitCode", "run"]

# typer does not name the root of its errors about usage in every version it may be installed in.
_WrongUsage: type[BaseException] = typer.BadParameter.__bases__[0]

_CODES = {
    InputError: "input_error",
    KnowledgeError: "knowledge_error",
    OutputError: "output_error",
    SettingsError: "settings_error",
}

_NO_MEMORY = "not enough memory for this study; choose a smaller series with --series"
_VERBOSE = frozenset({"-v", "--verbose"})


class ExitCode(IntEnum):
    """What ``calciseg`` answers to the shell."""

    DONE = 0
    BUG = 1
    REFUSED = 2
    SOME_FAILED = 3
    INTERRUPTED = 130


def run(app: typer.Typer, arguments: Sequence[str] | None = None) -> int:
    """Run a command and turn what happens into text and an exit code.

    Parameters
    ----------
    app : typer.Typer
        Its commands return what goes to stdout, or that with an exit code of their own.
    arguments : sequence of str, optional
        Without the program's name; by default those of the process.

    Returns
    -------
    int
        An :class:`ExitCode`.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    is_json = "--json" in arguments
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A terminal that knows no "mm³" shows a question mark; it must not stop the work.
            stream.reconfigure(errors="replace")
    program = typer.main.get_command(app)
    try:
        answer = program.main(list(arguments), prog_name="calciseg", standalone_mode=False)
        return _finish(answer)
    except CalcisegError as error:
        return _refuse(_code(error), str(error), public_message(error), is_json=is_json)
    except (typer.Abort, KeyboardInterrupt):
        return _finish(ExitCode.INTERRUPTED)
    except _WrongUsage as error:
        message = _usage_message(error)
        return _refuse("usage_error", message, message, is_json=is_json)
    except Exception as error:
        if lacks_memory(error):
            return _refuse("input_error", _NO_MEMORY, _NO_MEMORY, is_json=is_json)
        if isinstance(error, OSError) and _is_of_echo(error):
            _give_up(sys.stdout)
            return _refuse("output_error", _unprinted(error), _unprinted(error), is_json=is_json)
        return _report_bug(error, program, arguments, is_json=is_json)


def _finish(answer: str | int | tuple[str, ExitCode] | None) -> int:
    """Print a command's text; typer itself answers with a number after ``--help`` and Ctrl-C."""
    if answer == ExitCode.INTERRUPTED:
        _say("interrupted")
    if isinstance(answer, int):
        return answer
    if isinstance(answer, tuple):
        text, code = answer
        _print(text)
        return code
    _print(answer or "")
    return ExitCode.DONE


def _refuse(code: str, message: str, public: str, *, is_json: bool) -> int:
    _say(_one_line(message))
    if is_json:
        _print_error(code, _one_line(public))
    return ExitCode.REFUSED


def _report_bug(error: Exception, program: object, arguments: Sequence[str], *, is_json: bool) -> int:
    if not _VERBOSE.isdisjoint(arguments):
        traceback.print_exc()
    what, remedy = type(error).__name__, "run again with -v and report what it says"
    if _VERBOSE.isdisjoint(_options_of(program, arguments)):
        what, remedy = kind_and_place(error), "report this line"
    line = f"this is a bug in calciseg ({what}); {remedy}"
    _say(line)
    if is_json:
        _print_error("bug", line)
    return ExitCode.BUG


def _options_of(program: object, arguments: Sequence[str]) -> set[str]:
    """Return the options that the command knows."""
    commands = getattr(program, "commands", {})
    command = next((commands[word] for word in arguments if word in commands), program)
    return {option for parameter in getattr(command, "params", ()) for option in parameter.opts}


def _print_error(code: str, message: str) -> None:
    # Where stdout takes nothing, stderr and the exit code have said it.
    with suppress(OutputError):
        _print(json.dumps({"error": {"code": code, "message": message}}, ensure_ascii=False) + "\n")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _say(line: str) -> None:
    """Say a line on stderr; where that takes nothing either, the exit code must do."""
    if sys.stderr is None:
        return
    try:
        print(f"calciseg: {line}", file=sys.stderr, flush=True)  # noqa: T201
    except OSError:
        _give_up(sys.stderr)


def _print(text: str) -> None:
    """Print on stdout, or raise an OutputError where it takes nothing: full, closed or for reading only."""
    if not text:
        return
    try:
        if sys.stdout is None:
            raise OSError(EBADF, os.strerror(EBADF))
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has seen enough, as in "calciseg info | head".
        _give_up(sys.stdout)
    except OSError as error:
        _give_up(sys.stdout)
        raise OutputError(_unprinted(error)) from error


def _is_of_echo(error: OSError) -> bool:
    """Whether an error arose where typer prints the texts of --help and --version itself."""
    return traceback.extract_tb(error.__traceback__)[-1].name == "echo"


def _unprinted(error: OSError) -> str:
    reason = (error.strerror or type(error).__name__).lower()
    return (
        f"the answer cannot be written to standard output ({reason}); send it elsewhere and run again:"
        " files already written are whole"
    )


def _give_up(stream: TextIO | None) -> None:
    """Let what is left go nowhere: Python would try again at its end, and end with another code."""
    if stream is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _code(error: CalcisegError) -> str:
    return next((code for kind, code in _CODES.items() if isinstance(error, kind)), "usage_error")


def _usage_message(error: BaseException) -> str:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "calciseg"
    text = error.format_message() if hasattr(error, "format_message") else str(error)
    return f"{text.rstrip('.')}; see '{command} --help'"
