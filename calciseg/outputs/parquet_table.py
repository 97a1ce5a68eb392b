"""Tables as Parquet, in pieces, so that a large cohort needs no memory."""

from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from calciseg.outputs.atomic import whole_file

__all__ = ["write_parquet"]

_ROWS_AT_ONCE = 50_000
_WHOLE = ("n", "label", "n_lesions", "n_voxels", "n_pixels")
_NUMBERS = (
    "volume",
    "agatston",
    "mass_mg",
    "_mm",
    "hu_",
    "threshold",
    "confidence",
    "plane_fractions",
    "centroid",
    "contrast_to_noise",
    "density_grade",
    "hand_index",
    "attenuation",
)


def write_parquet(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a table; its types come from the names of the columns, so that every cohort has the same.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    schema = pa.schema([(name, _type(name)) for name in columns])
    left = iter(rows)
    with whole_file(path) as file, pq.ParquetWriter(file, schema) as writer:
        while some := list(islice(left, _ROWS_AT_ONCE)):
            arrays = [
                pa.array([_as(value, one.type) for value in column], one.type)
                for column, one in zip(zip(*some, strict=True), schema, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


def _type(name: str) -> pa.DataType:
    if name.startswith("context_"):
        return pa.string()
    if name in _WHOLE or name.endswith("_n_lesions") or name.startswith("bbox_"):
        return pa.int64()
    return pa.float64() if any(part in name for part in _NUMBERS) else pa.string()


def _as(value: Any, kind: pa.DataType) -> Any:
    if value is None:
        return None
    return str(value) if kind == pa.string() else value
