"""Field by field against the contract."""

import dataclasses
import json
from pathlib import Path

import pytest
from pydantic import ValidationError

import calciseg.model
from calciseg.model import PlaneFractions, StudyResult
from calciseg.outputs import result_json, result_schema, write
from calciseg.outputs.result_document import result_document
from calciseg.outputs.result_schema import PlaneFractionsEntry, ResultDocument

TOP = """schema_version calciseg_version created study_instance_uid patient images classification issues
settings provenance"""
IMAGE = """n series_instance_uid sop_instance_uids modality kind status acquisition laterality view geometry
label_map lesions excluded totals issues"""
GEOMETRY = "shape_zyx spacing_mm_zyx origin_lps_mm direction is_resampled"
LESION = """label tissue_plane plane_fractions plane_confidence tags morphology site laterality
centroid_lps_mm bbox_zyx n_voxels volume_mm3 volume_pv_mm3 surface_mm2 max_diameter_mm hu_mean hu_max hu_sd
agatston agatston_unnormalised mass_mg depth_from_skin_mm distance_to_fascia_mm distance_to_bone_mm flags
hu_median hu_p5 hu_p95 threshold_hu volume_threshold_sensitivity"""
EXCLUDED = "label reason centroid_lps_mm volume_mm3 hu_max n_components evidence"
TOTALS = "n_lesions volume_mm3 volume_pv_mm3 agatston mass_mg by_plane"
PLANES = "cutaneous subcutaneous fascial intramuscular indeterminate"
FRACTIONS_OF_ZERO = dict.fromkeys(PLANES.split(), 0.0)


def document_of(result: StudyResult, folder: Path) -> dict:
    write(result, folder, types=("json", "nifti"))
    return json.loads((folder / "result.json").read_text())


def test_names_are_those_of_the_contract_in_its_order(result: StudyResult, tmp_path: Path) -> None:
    document = document_of(result, tmp_path)
    image = document["images"][0]
    assert list(document) == TOP.split()
    assert list(document["patient"]) == ["age_years", "sex"]
    assert list(image) == IMAGE.split()
    assert list(image["geometry"]) == GEOMETRY.split()
    assert list(image["lesions"][0]) == LESION.split()
    assert list(image["lesions"][0]["plane_fractions"]) == PLANES.split()
    assert list(image["excluded"][0]) == EXCLUDED.split()
    assert list(image["totals"]) == TOTALS.split()
    assert list(image["totals"]["by_plane"]) == PLANES.split()
    assert list(image["totals"]["by_plane"]["fascial"]) == ["n_lesions", "volume_mm3", "volume_pv_mm3"]
    assert list(image["issues"][0]) == ["code", "message"]


def test_values(result: StudyResult, tmp_path: Path) -> None:
    document = document_of(result, tmp_path)
    image = document["images"][0]
    first, second, third, _fourth = image["lesions"]
    assert document["schema_version"] == "1.0"
    assert document["classification"] is None
    assert document["created"] == "2026-01-02T03:04:05Z"
    assert document["settings"] == result.settings.model_dump(mode="json")
    assert image["label_map"] == "labels-1.nii.gz"
    assert image["geometry"]["spacing_mm_zyx"] == [2.5, 0.7, 0.8]
    assert image["geometry"]["direction"] == [1, 0, 0, 0, 1, 0, 0, 0, 1]
    assert first["tissue_plane"] == "cutaneous"
    assert first["plane_confidence"] is None
    assert first["surface_mm2"] is None
    assert first["bbox_zyx"] == [[4, 6], [12, 14], [34, 38]]
    assert first["volume_mm3"] == pytest.approx(16 * 2.5 * 0.7 * 0.8, abs=1e-6)
    assert first["hu_mean"] == 420.12
    assert first["depth_from_skin_mm"] == 3.0
    assert first["flags"] == ["small", "mass_uncalibrated"]
    assert str(second["distance_to_fascia_mm"]) == "0.0"
    assert third["tags"] == ["periarticular", "tendinous"]
    assert image["excluded"][1]["label"] is None
    assert image["excluded"][1]["centroid_lps_mm"] is None
    assert image["excluded"][1]["evidence"] == ["peaks below 160 HU"]


def test_a_classification_is_written_as_it_is(result: StudyResult, tmp_path: Path) -> None:
    clinical = {"conditions": ["lupus"], "symptoms": ["necrotic ulcer"]}
    verdict = calciseg.classify({"clinical": clinical, "imaging": {"tissue_planes": {"fascial": 1.0}}})
    document = document_of(dataclasses.replace(result, classification=verdict), tmp_path)
    assert document["classification"] == json.loads(json.dumps(verdict.to_dict()))
    assert list(document["classification"])[:2] == ["status", "ranking"]


def test_totals_add_up(result: StudyResult, tmp_path: Path) -> None:
    image = document_of(result, tmp_path)["images"][0]
    totals = image["totals"]
    assert totals["n_lesions"] == len(image["lesions"]) == 4
    for name in ("volume_mm3", "volume_pv_mm3"):
        by_plane = sum(plane[name] for plane in totals["by_plane"].values())
        assert by_plane == pytest.approx(totals[name], abs=1e-4)


def test_the_document_obeys_its_schema_and_comes_back_the_same(result: StudyResult) -> None:
    document = result_document(result)
    text = result_json.json_text(document)
    assert ResultDocument.model_validate_json(text, extra="forbid") == document
    assert result_json.json_text(ResultDocument.model_validate_json(text)) == text


def test_the_schema_asks_for_every_field() -> None:
    schema = result_schema.result_json_schema()
    assert set(schema["required"]) == set(TOP.split())
    for entry in schema["$defs"].values():
        if entry["type"] == "object":
            assert set(entry["required"]) == set(entry["properties"])
    assert schema["$defs"]["LesionEntry"]["properties"]["volume_mm3"]["unit"] == "mm3"


@pytest.mark.parametrize("name", ["Lesion", "Exclusion", "PlaneTotals", "Totals", "PlaneFractions", "Issue"])
def test_the_schema_drops_no_field_of_the_model(name: str) -> None:
    fields = [field.name for field in dataclasses.fields(getattr(calciseg.model, name))]
    assert list(getattr(result_schema, f"{name}Entry").model_fields) == fields


def test_a_failed_image_has_no_totals_and_no_map(failed: StudyResult, tmp_path: Path) -> None:
    image = document_of(failed, tmp_path)["images"][0]
    assert (image["status"], image["totals"], image["label_map"]) == ("failed", None, None)
    assert image["lesions"] == []


def test_a_label_map_that_was_not_written_is_not_named(result: StudyResult, tmp_path: Path) -> None:
    write(result, tmp_path, types=("json",))
    assert json.loads((tmp_path / "result.json").read_text())["images"][0]["label_map"] is None


def test_the_same_result_gives_the_same_bytes(result: StudyResult, tmp_path: Path) -> None:
    first = write(result, tmp_path / "a")
    second = write(result, tmp_path / "b")
    assert [path.name for path in first] == [path.name for path in second]
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_not_a_number_is_refused(result: StudyResult) -> None:
    image = result.images[0]
    lesion = dataclasses.replace(image.lesions[0], hu_mean=float("nan"))
    broken = dataclasses.replace(result, images=(dataclasses.replace(image, lesions=(lesion,)),))
    with pytest.raises(ValidationError, match="hu_mean"):
        result_document(broken)


@pytest.mark.parametrize(
    "fractions",
    [
        {"cutaneous": 1 / 3, "subcutaneous": 1 / 3, "fascial": 1 / 3},
        {"fascial": 2 / 3, "intramuscular": 1 / 6, "indeterminate": 1 / 6},
        {"indeterminate": 1.0},
    ],
)
def test_fractions_sum_to_one_after_rounding(fractions: dict[str, float]) -> None:
    entry = PlaneFractionsEntry.model_validate(PlaneFractions(**{**FRACTIONS_OF_ZERO, **fractions}))
    assert sum(entry.model_dump().values()) == pytest.approx(1, abs=1e-12)
