"""``--output-type`` is one option, whatever the command."""

import re

import pytest
import typer
from calciseg_cli.main import app
from calciseg_cli.output_types import DEFAULT_TYPES, listed

from calciseg import outputs
from calciseg.errors import UsageError


@pytest.mark.parametrize("command", ["analyze", "batch", "pull", "listen"])
def test_the_help_names_every_type(command: str) -> None:
    parameters = typer.main.get_command(app).commands[command].params
    (option,) = (one for one in parameters if "--output-type" in one.opts)
    with pytest.raises(UsageError) as refused:
        outputs.check(("nonsense",))
    known = re.split(r", | and ", str(refused.value).rpartition("choose from ")[2])
    assert "json" in known
    assert set(re.findall(r"\w+", option.help.partition(": ")[2])) == set(known)
    assert set(listed(option.default)) >= set(outputs.DEFAULT_TYPES)


def test_the_default_is_the_library_s() -> None:
    assert listed(DEFAULT_TYPES) == outputs.DEFAULT_TYPES
