"""``report.html``: one file that opens offline, for the screen and for paper."""

from pathlib import Path

from calciseg.model import StudyResult
from calciseg.outputs.atomic import whole_file
from calciseg.outputs.html_report.page import report_page

__all__ = ["NAME", "is_available", "write"]

NAME = "html"


def is_available() -> bool:
    """Whether everything that the writer needs is installed."""
    return True


def write(result: StudyResult, folder: Path) -> tuple[Path, ...]:
    """Write ``report.html``."""
    path = folder / "report.html"
    page = report_page(result)
    with whole_file(path) as file:
        file.write(page.encode())
    return (path,)
