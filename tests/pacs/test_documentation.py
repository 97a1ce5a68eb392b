"""The page about the PACS names commands and options that there are."""

import re
from pathlib import Path

import pytest
import typer
from calciseg_cli.main import app

from calciseg.pacs.spool import StoreStatus


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    return (repository / "docs" / "pacs.md").read_text(encoding="utf-8")


def options_of(command: str) -> set[str]:
    return {name for one in typer.main.get_command(app).commands[command].params for name in one.opts}


def test_every_command_line_is_one(page: str) -> None:
    fenced = "\n".join(re.findall(r"^```\w+\n(.*?)^```$", page, re.MULTILINE | re.DOTALL))
    joined = fenced.replace("\\\n", " ").replace('["calciseg", "listen",', "calciseg listen")
    lines = re.findall(r"\bcalciseg (pull|push|listen|query|retrieve)\b([^\n]*)", joined)
    assert {command for command, _ in lines} >= {"pull", "push", "listen"}
    for command, rest in lines:
        assert set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", rest)) <= options_of(command), command


def test_every_option_that_is_explained_is_one(page: str) -> None:
    known = {option for command in ("pull", "push", "listen") for option in options_of(command)}
    for option in re.findall(r"`(--[a-z-]+)", page):
        assert option in known


def test_every_status_is_explained(page: str) -> None:
    for status in StoreStatus:
        assert status == StoreStatus.SUCCESS or f"{status:04X}H" in page


def test_recipes_are_there(repository: Path) -> None:
    names = {path.name for path in (repository / "docs" / "recipes").iterdir()}
    assert names >= {"orthanc_script.py", "store_handler.py", "notebook.ipynb", "mercure_module.py"}
