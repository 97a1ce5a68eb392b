"""``studies.csv`` and ``lesions.csv`` of a batch, and the same as Parquet where that can be written."""

import csv
import io
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from calciseg.batch.catalogue import Catalogue, CatalogueRow
from calciseg.batch.context_table import ContextTable
from calciseg.outputs import whole_file
from calciseg.outputs.lesions_csv import safe_cell
from calciseg.privacy import without_path
from calciseg.workers.rows import LESION_COLUMNS, TOTALS_COLUMNS

__all__ = ["write_tables"]

_STUDY_COLUMNS = ("study_instance_uid", "folder", "status", "reason")


def write_tables(out: Path, root: Path, catalogue: Catalogue, context: ContextTable) -> None:
    """Write the tables of all studies that ended, in the order of their UIDs.

    Raises
    ------
    OutputError
        If a table cannot be written; the older one then stays.
    """
    joined = tuple(f"context_{name}" for name in context.columns)
    studies = (*_STUDY_COLUMNS, *TOTALS_COLUMNS, *joined)
    lesions = (*LESION_COLUMNS, *joined)
    _write_csv(out / "studies.csv", studies, _study_rows(catalogue, root, context))
    _write_csv(out / "lesions.csv", lesions, _lesion_rows(catalogue, context))
    if find_spec("pyarrow") is not None:
        from calciseg.outputs.parquet_table import write_parquet

        write_parquet(out / "studies.parquet", studies, _study_rows(catalogue, root, context))
        write_parquet(out / "lesions.parquet", lesions, _lesion_rows(catalogue, context))


def _study_rows(catalogue: Catalogue, root: Path, context: ContextTable) -> Iterator[list[Any]]:
    for study in catalogue.ended():
        cells = context.cells(study.study_instance_uid)
        images = catalogue.tables_of(study.study_instance_uid)[0] if study.state == "done" else []
        for image in images or [{}]:
            totals = [image.get(name) for name in TOTALS_COLUMNS]
            yield [*_study_cells(study, root), *totals, *cells]


def _study_cells(study: CatalogueRow, root: Path) -> list[Any]:
    reason = None if study.reason is None else without_path(study.reason, root.resolve())
    folder = study.folder if study.state == "done" else None
    return [study.study_instance_uid, folder, study.state, reason]


def _lesion_rows(catalogue: Catalogue, context: ContextTable) -> Iterator[list[Any]]:
    for study in catalogue.ended(("done",)):
        cells = context.cells(study.study_instance_uid)
        for row in catalogue.tables_of(study.study_instance_uid)[1]:
            yield [*row, *cells]


def _write_csv(path: Path, columns: Iterable[str], rows: Iterable[list[Any]]) -> None:
    with whole_file(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
        table = csv.writer(text, lineterminator="\n")
        table.writerow(columns)
        table.writerows([safe_cell(value) for value in row] for row in rows)
        text.detach()
