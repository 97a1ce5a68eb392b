"""``calciseg classify``."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["classify"]


def classify(
    case: Annotated[
        Path, typer.Argument(metavar="CASE.json", help="A case, or a FHIR R4 Bundle; see 'calciseg info'.")
    ],
    knowledge: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE.toml", help="Rows of your own over those of the package; repeatable."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the classification as one document.")] = False,
) -> str:
    """Rank what may have caused the calcifications of a case. Never a diagnosis."""
    from json import dumps

    from calciseg import clinical
    from calciseg_cli.classification_table import classification_page
    from calciseg_cli.privacy import hiding
    from calciseg_cli.terminal import rendered

    with hiding(case):
        result = clinical.classify(case, knowledge=clinical.load_knowledge(knowledge or ()))
    if json:
        return dumps(result.to_dict(), indent=1, ensure_ascii=False) + "\n"
    return rendered(classification_page(result))
