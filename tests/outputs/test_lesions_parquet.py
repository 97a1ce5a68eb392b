"""``lesions.parquet`` says what ``lesions.csv`` says, with types."""

import csv
import dataclasses
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_films import film, film_result

from calciseg.model import StudyResult
from calciseg.outputs import lesions_csv, write


def both(result: StudyResult, folder: Path) -> tuple[pa.Table, list[dict[str, str]]]:
    write(result, folder, types=("parquet", "csv"))
    with (folder / "lesions.csv").open(encoding="utf-8", newline="") as file:
        return pq.read_table(folder / "lesions.parquet"), list(csv.DictReader(file))


def agree(result: StudyResult, folder: Path) -> pa.Table:
    table, rows = both(result, folder)
    assert tuple(table.column_names) == lesions_csv.COLUMNS
    assert len(rows) == table.num_rows > 0
    for typed, text in zip(table.to_pylist(), rows, strict=True):
        for name, value in typed.items():
            if isinstance(value, int | float):
                assert float(text[name]) == value, name
            else:
                # An empty list and nothing look alike in a CSV.
                assert text[name] == (value or ""), name
    return table


def test_every_cell_is_that_of_the_csv(two_images: StudyResult, tmp_path: Path) -> None:
    table = agree(two_images, tmp_path)
    assert table.schema.field("label").type == pa.int64()
    assert table.schema.field("volume_mm3").type == pa.float64()
    assert table.schema.field("tags").type == pa.string()
    assert table["plane_confidence"][0].as_py() is None


@pytest.mark.parametrize("spacing_mm", [0.2, None])
def test_a_radiograph_too(spacing_mm: float | None, tmp_path: Path) -> None:
    table = agree(film_result(film(spacing_mm)), tmp_path)
    assert table["volume_mm3"].null_count == table.num_rows
    assert table.schema.field("area_mm2").type == pa.float64()


def test_text_stays_as_it_is(result: StudyResult, tmp_path: Path) -> None:
    """No spreadsheet runs what stands in a Parquet file."""
    image = result.images[0]
    lesions = tuple(dataclasses.replace(lesion, site="=1+1") for lesion in image.lesions)
    changed = dataclasses.replace(result, images=(dataclasses.replace(image, lesions=lesions),))
    assert set(both(changed, tmp_path)[0]["site"].to_pylist()) == {"=1+1"}


def test_without_lesions_it_has_columns_only(
    nothing_found: StudyResult, result: StudyResult, tmp_path: Path
) -> None:
    write(nothing_found, tmp_path / "none", types=("parquet",))
    write(result, tmp_path / "some", types=("parquet",))
    none = pq.read_table(tmp_path / "none" / "lesions.parquet")
    assert none.num_rows == 0
    assert none.schema == pq.read_schema(tmp_path / "some" / "lesions.parquet")


def test_the_same_result_makes_the_same_bytes(two_images: StudyResult, tmp_path: Path) -> None:
    (one,) = write(two_images, tmp_path / "one", types=("parquet",))
    (other,) = write(two_images, tmp_path / "other", types=("parquet",))
    assert one.read_bytes() == other.read_bytes()
