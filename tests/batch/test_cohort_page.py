import json
import re
from pathlib import Path

from calciseg.batch.catalogue import opened
from calciseg.batch.cohort_page import write_cohort_page

FILES = {"parts": [], "broken": {}, "n_voxels": 1, "n_film_pixels": 0}


def page_of(tmp_path: Path, volumes_mm3: list[float]) -> str:
    with opened(tmp_path / "batch.sqlite") as catalogue:
        run = catalogue.begin_run("2026-01-01")
        for number, volume_mm3 in enumerate(volumes_mm3):
            uid = f"1.2.{number}"
            catalogue.enter(uid, f"folder{number}", FILES, "", run)
            image = {"n": 1, "kind": "ct_volume", "n_lesions": 4, "volume_mm3": volume_mm3}
            catalogue.finish(
                uid, "done", images=json.dumps([{**image, "picture": "data:image/jpeg;base64,AA"}])
            )
        catalogue.enter("1.2.99", "folder99", FILES, "", run)
        reason = f"{tmp_path}/archive/Doe^Jane <script>alert(1)</script> is truncated"
        catalogue.finish("1.2.99", "failed", reason=reason)
        (tmp_path / "archive").mkdir()
        (tmp_path / "folder3").mkdir()
        (tmp_path / "folder3" / "report.html").touch()
        write_cohort_page(tmp_path, tmp_path / "archive", catalogue)
    return (tmp_path / "cohort.html").read_text(encoding="utf-8")


def test_what_stands_out_comes_first_and_links_lead_to_reports(tmp_path: Path) -> None:
    volumes = [900.0, 1000.0, 1100.0, 500_000.0, 950.0, 1050.0, 1000.0, 980.0]
    page = page_of(tmp_path, volumes)
    first = page[page.index("Look at these first") : page.index("<h2>Failed")]
    assert re.findall(r"1\.2\.\d+", first) == ["1.2.3"]
    assert 'href="folder3/report.html"' in first
    assert page.count("href=") == 2
    assert page.count("<img ") == len(volumes)
    assert "8 studies measured, 1 failed" in page


def test_alike_studies_have_no_outlier(tmp_path: Path) -> None:
    assert "Look at these first" not in page_of(tmp_path, [1000.0] * 8)


def test_nothing_from_outside_runs_or_is_asked_for(tmp_path: Path) -> None:
    page = page_of(tmp_path, [1.0, 2.0])
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert not re.search(r"(src|href)=\"(https?:)?//", page)


def test_nothing_measured(tmp_path: Path) -> None:
    page = page_of(tmp_path, [])
    assert "0 studies measured, 1 failed" in page
    assert "Distributions" not in page
