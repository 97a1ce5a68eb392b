"""``calciseg info``."""

from typing import Annotated, Any

import typer

from calciseg.errors import UsageError

__all__ = ["info"]


def info(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    schema: Annotated[
        str | None, typer.Option(metavar="NAME", help="Print a JSON Schema instead: result or case.")
    ] = None,
) -> str:
    """Show version, default settings, decoders and kernel cache."""
    from json import dumps

    if schema is not None:
        return dumps(_schema(schema), indent=1) + "\n"
    from calciseg_cli.installation import Installation, installation_tables
    from calciseg_cli.terminal import rendered

    installation = Installation.found()
    if json:
        return dumps(installation.to_dict(), indent=1, ensure_ascii=False) + "\n"
    return rendered(installation_tables(installation))


def _schema(name: str) -> dict[str, Any]:
    if name == "case":
        from calciseg.clinical import case_json_schema

        return case_json_schema()
    if name != "result":
        raise UsageError(f"--schema {name}: is not known; give result or case")
    from calciseg.outputs.result_schema import result_json_schema

    return result_json_schema()
