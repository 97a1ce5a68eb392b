"""What looks like calcinosis and is none."""

from typing import Any

import pytest
from made_cases import first, lab, names, verdict


@pytest.mark.parametrize(
    ("mimic", "clinical", "imaging"),
    [
        pytest.param(
            "gouty_tophus",
            {"age_years": 60, "conditions": ["gout"], "labs": [lab("uric_acid", 10, "mg/dL")]},
            {"sites": ["toe"], "features": ["bone_erosion"]},
            id="gout",
        ),
        pytest.param(
            "progressive_osseous_heteroplasia",
            {"age_years": 4, "conditions": ["progressive osseous heteroplasia"]},
            {"features": ["ossified"], "tissue_planes": {"cutaneous": 0.5, "subcutaneous": 0.5}},
            id="heteroplasia",
        ),
        pytest.param(
            "progressive_osseous_heteroplasia",
            {"age_years": 4, "conditions": ["progressive osseous hyperplasia"]},
            None,
            id="heteroplasia-by-its-other-name",
        ),
        pytest.param(
            "osteoma_cutis",
            {
                "age_years": 12,
                "conditions": ["Albright hereditary osteodystrophy"],
                "labs": [
                    lab("calcium", 7.0, "mg/dL"),
                    lab("phosphate", 7.5, "mg/dL"),
                    lab("pth", 300, "pg/mL"),
                ],
            },
            {"features": ["ossified"], "tissue_planes": {"cutaneous": 0.5, "subcutaneous": 0.5}},
            id="albright",
        ),
        pytest.param("cholesterol_crystals", {"conditions": ["xanthomas"]}, None, id="cholesterol"),
        pytest.param("hyperoxaluria", {"conditions": ["primary hyperoxaluria"]}, None, id="oxalate"),
        pytest.param(
            "osteoma_cutis",
            {"conditions": ["osteocytes in lacunae on biopsy"]},
            {"tissue_planes": {"cutaneous": 1.0}, "features": ["ossified"]},
            id="osteoma-cutis",
        ),
        pytest.param(
            "malignant_mineralisation",
            {"symptoms": ["rapidly enlarging mass"]},
            {"features": ["bone_erosion"], "largest_mm": 60.0},
            id="tumour",
        ),
        pytest.param(
            "calcific_periarthritis",
            {"symptoms": ["painful periarticular swelling"]},
            {"features": ["tendinous"]},
            id="periarthritis",
        ),
        pytest.param(
            "myositis_ossificans",
            {"conditions": ["trauma"], "age_years": 22},
            {"features": ["peripheral_rim", "ossified"], "tissue_planes": {"intramuscular": 1.0}},
            id="myositis-ossificans",
        ),
        pytest.param(
            "fibrodysplasia_ossificans_progressiva",
            {"age_years": 6, "conditions": ["malformed great toes"]},
            {"features": ["ossified"], "tissue_planes": {"intramuscular": 1.0}},
            id="fibrodysplasia",
        ),
        pytest.param(
            "synovial_osteochondromatosis",
            {"age_years": 40, "symptoms": ["locking of the knee"]},
            {"features": ["ring_and_arc", "intra_articular"], "sites": ["knee"]},
            id="chondromatosis",
        ),
        pytest.param(
            "chondrocalcinosis", {"conditions": ["pseudogout"]}, {"features": ["intra_articular"]}, id="cppd"
        ),
        pytest.param(
            "arterial_calcification",
            {"conditions": ["peripheral artery disease"]},
            {"features": ["tram_track", "vascular"]},
            id="artery",
        ),
        pytest.param(
            "phlebolith",
            {"conditions": ["venous malformation"]},
            {"features": ["phlebolith", "lucent_center"], "sites": ["pelvis"]},
            id="phlebolith",
        ),
        pytest.param("foreign_body", {"conditions": ["shrapnel"]}, None, id="foreign-body"),
    ],
)
def test_mimic(mimic: str, clinical: dict[str, Any], imaging: dict[str, Any] | None) -> None:
    result = verdict(imaging, **clinical)
    assert first(result) == "non_calcinosis"
    assert result.mimics[0].name == mimic


@pytest.mark.parametrize(
    ("mechanism", "clinical"),
    [
        ("metastatic", {"conditions": ["hyperparathyroidism"], "labs": [lab("calcium", 12, "mg/dL")]}),
        ("iatrogenic", {"procedures": ["calcium gluconate infusion"]}),
    ],
)
def test_metastatic_and_iatrogenic_are_told_by_laboratory_and_history(mechanism: str, clinical: dict) -> None:
    assert first(verdict(None, **clinical)) == mechanism


def test_a_destructive_mass_raises_the_flag_whatever_else_is_known() -> None:
    image = {"features": ["bone_erosion"], "largest_mm": 70.0, "morphologies": ["mass"]}
    for conditions in ([], ["systemic sclerosis"], ["healthy"]):
        assert "possible_malignancy" in names(verdict(image, conditions=conditions).alerts)


def test_breast_and_animals_are_not_spoken_of() -> None:
    result = verdict({"sites": ["breast"]}, conditions=["canine Cushing disease"])
    assert result.mimics == ()
    assert [issue.code for issue in result.issues] == ["unknown_word"]
