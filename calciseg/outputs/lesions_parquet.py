"""``lesions.parquet``: the rows of ``lesions.csv`` with their types, for data frames."""

from importlib.util import find_spec
from pathlib import Path

from calciseg.model import StudyResult
from calciseg.outputs.lesions_csv import COLUMNS, joined_rows

__all__ = ["NAME", "is_available", "write"]

NAME = "parquet"


def is_available() -> bool:
    """Whether everything that the writer needs is installed."""
    return find_spec("pyarrow") is not None


def write(result: StudyResult, folder: Path) -> tuple[Path, ...]:
    """Write ``lesions.parquet``; its columns are those of ``lesions.csv``, and what was not measured is null.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    from calciseg.outputs.parquet_table import write_parquet

    path = folder / "lesions.parquet"
    write_parquet(path, COLUMNS, joined_rows(result))
    return (path,)
