import csv
import dataclasses
from pathlib import Path

from calciseg.model import StudyResult
from calciseg.outputs import lesions_csv, write

HEADER = (
    "study_instance_uid,series_instance_uid,n,label,tissue_plane,plane_fractions_cutaneous,"
    "plane_fractions_subcutaneous,plane_fractions_fascial,plane_fractions_intramuscular,"
    "plane_fractions_indeterminate,plane_confidence,tags,morphology,site,laterality,centroid_lps_mm_x,"
    "centroid_lps_mm_y,centroid_lps_mm_z,bbox_zyx_z0,bbox_zyx_z1,bbox_zyx_y0,bbox_zyx_y1,bbox_zyx_x0,"
    "bbox_zyx_x1,n_voxels,volume_mm3,volume_pv_mm3,surface_mm2,max_diameter_mm,hu_mean,hu_max,hu_sd,agatston,"
    "agatston_unnormalised,mass_mg,depth_from_skin_mm,distance_to_fascia_mm,distance_to_bone_mm,flags,"
    "hu_median,hu_p5,hu_p95,threshold_hu,volume_threshold_sensitivity,"
    "plane_reason,possible_planes,centroid_yx_y,centroid_yx_x,bbox_yx_y0,bbox_yx_y1,bbox_yx_x0,bbox_yx_x1,"
    "n_pixels,area_mm2,contrast_to_noise,density_grade,integrated_attenuation_mm2"
)


def rows_of(result: StudyResult, folder: Path) -> list[dict[str, str]]:
    (path,) = write(result, folder, types=("csv",))
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_header_is_the_contracts(nothing_found: StudyResult, tmp_path: Path) -> None:
    (path,) = write(nothing_found, tmp_path, types=("csv",))
    assert path.read_text() == HEADER + "\n"
    assert ",".join(lesions_csv.COLUMNS) == HEADER


def test_rows(two_images: StudyResult, tmp_path: Path) -> None:
    rows = rows_of(two_images, tmp_path)
    assert [(row["n"], row["label"]) for row in rows] == [(n, label) for n in "12" for label in "1234"]
    first, third = rows[0], rows[2]
    assert first["plane_confidence"] == first["surface_mm2"] == first["site"] == first["tags"] == ""
    assert first["flags"] == "small;mass_uncalibrated"
    assert third["tags"] == "periarticular;tendinous"
    assert third["plane_fractions_fascial"] == "0.666667"
    assert [third[f"bbox_zyx_{end}"] for end in ("z0", "z1", "y0", "y1", "x0", "x1")] == [
        "8", "11", "24", "26", "24", "44",
    ]  # fmt: skip


def test_text_that_a_spreadsheet_would_run_is_escaped(result: StudyResult, tmp_path: Path) -> None:
    image = result.images[0]
    texts = ("=1+1", "+1", "-1", "@x")
    lesions = tuple(
        dataclasses.replace(lesion, site=text) for lesion, text in zip(image.lesions, texts, strict=True)
    )
    changed = dataclasses.replace(result, images=(dataclasses.replace(image, lesions=lesions),))
    assert [row["site"] for row in rows_of(changed, tmp_path)] == ["'=1+1", "'+1", "'-1", "'@x"]


def test_a_negative_number_stays_a_number(result: StudyResult, tmp_path: Path) -> None:
    image = result.images[0]
    lesion = dataclasses.replace(image.lesions[0], distance_to_fascia_mm=-4.25)
    changed = dataclasses.replace(result, images=(dataclasses.replace(image, lesions=(lesion,)),))
    assert rows_of(changed, tmp_path)[0]["distance_to_fascia_mm"] == "-4.25"
