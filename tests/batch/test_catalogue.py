"""The catalogue with very many studies."""

import sqlite3
from contextlib import closing
from pathlib import Path

from calciseg.batch.catalogue import opened

FILES = {"parts": [], "broken": {}, "n_voxels": 1, "n_film_pixels": 0}


def test_the_next_study_is_found_without_a_look_at_all_that_wait(tmp_path: Path) -> None:
    """Asked for twice a study: sorting a hundred thousand each time would take longer than small studies."""
    path = tmp_path / "batch.sqlite"
    with opened(path) as catalogue:
        run = catalogue.begin_run("2026-01-01")
        for number in (3, 1, 2):
            catalogue.enter(f"1.2.{number}", "folder", FILES, "", run)
        rows = catalogue.next_queued(run, 2, leave_out=["1.2.1"])
    assert [row.study_instance_uid for row in rows] == ["1.2.2", "1.2.3"]
    with closing(sqlite3.connect(path)) as database:
        plan = database.execute(
            "EXPLAIN QUERY PLAN SELECT study_instance_uid FROM study WHERE state = 'queued' AND found_by = 1"
            " ORDER BY study_instance_uid LIMIT 4"
        ).fetchall()
    told = " ".join(str(step) for step in plan)
    assert "study_by_state" in told
    assert "TEMP B-TREE" not in told
