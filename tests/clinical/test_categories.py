"""Every category of the textbooks comes out first for a patient in whom it is described."""

from typing import Any

import pytest
from made_cases import NORMAL_LABS, first, lab, names, points, verdict

RENAL_LABS = [lab("phosphate", 7.4, "mg/dL"), lab("pth", 900, "pg/mL"), lab("calcium", 9.0, "mg/dL")]
BENEATH = {"tissue_planes": {"subcutaneous": 1.0}}


@pytest.mark.parametrize(
    ("mechanism", "clinical", "imaging"),
    [
        pytest.param(
            "dystrophic",
            {"age_years": 45, "conditions": ["mixed connective tissue disease"], "labs": NORMAL_LABS},
            {"sites": ["buttock", "forearm"], "morphologies": ["nodule", "plaque"]},
            id="dystrophic",
        ),
        pytest.param(
            "metastatic",
            {"age_years": 60, "conditions": ["chronic renal failure"], "labs": RENAL_LABS},
            {"sites": ["lung", "kidney"], "features": ["visceral"]},
            id="metastatic",
        ),
        pytest.param(
            "calciphylaxis",
            {"age_years": 60, "conditions": ["chronic renal failure"], "symptoms": ["painful black eschar"]},
            {"sites": ["thigh"], "features": ["net_like"]},
            id="calciphylaxis",
        ),
        pytest.param(
            "tumoral",
            {
                "age_years": 15,
                "conditions": ["otherwise healthy"],
                "family_history": ["tumoral calcinosis"],
                "labs": [lab("phosphate", 7.0, "mg/dL"), lab("calcium", 9.9, "mg/dL")],
            },
            {"sites": ["hip"], "morphologies": ["mass"], "features": ["periarticular"]},
            id="tumoral",
        ),
        pytest.param(
            "idiopathic",
            {"age_years": 20, "conditions": ["healthy"], "labs": NORMAL_LABS},
            {"morphologies": ["nodule"], **BENEATH},
            id="idiopathic",
        ),
        pytest.param(
            "iatrogenic",
            {"age_years": 50, "procedures": ["calcium gluconate infusion with extravasation"]},
            {"sites": ["forearm"], "morphologies": ["nodule"]},
            id="iatrogenic",
        ),
        pytest.param(
            "iatrogenic",
            {"age_years": 30, "procedures": ["EEG with calcium chloride electrode paste"]},
            {"sites": ["scalp"], "morphologies": ["plaque"], "tissue_planes": {"cutaneous": 1.0}},
            id="electrodes",
        ),
        pytest.param(
            "iatrogenic",
            {"age_years": 0.7, "procedures": ["heel sticks after birth"]},
            {"sites": ["heel"]},
            id="heel-sticks",
        ),
        pytest.param(
            "traumatic",
            {"age_years": 40, "exposures": ["oil field worker"], "labs": NORMAL_LABS},
            {"sites": ["hand"], "tissue_planes": {"cutaneous": 1.0}},
            id="traumatic",
        ),
        pytest.param(
            "idiopathic",
            {"age_years": 24, "sex": "M", "labs": NORMAL_LABS},
            {"sites": ["scrotum"], "morphologies": ["nodule"]},
            id="scrotal",
        ),
        pytest.param(
            "idiopathic",
            {"age_years": 30, "sex": "M", "labs": NORMAL_LABS},
            {"sites": ["penis"], "morphologies": ["nodule"]},
            id="penile",
        ),
        pytest.param(
            "idiopathic",
            {"age_years": 6, "labs": NORMAL_LABS},
            {"sites": ["face"], "morphologies": ["nodule"], "n_lesions": 1},
            id="subepidermal",
        ),
        pytest.param(
            "non_calcinosis",
            {"age_years": 30, "conditions": ["osteoma cutis"]},
            {"features": ["ossified"], "tissue_planes": {"cutaneous": 1.0}},
            id="osteoma-cutis",
        ),
        pytest.param(
            "dystrophic",
            {"age_years": 38, "conditions": ["juvenile dermatomyositis"], "labs": NORMAL_LABS},
            {"patterns": ["universalis"], "sites": ["elbow"]},
            id="universalis",
        ),
        pytest.param(
            "dystrophic",
            {"age_years": 58, "conditions": ["CREST syndrome"], "labs": NORMAL_LABS},
            {"sites": ["fingertip", "forearm"], "patterns": ["circumscripta"]},
            id="crest",
        ),
        pytest.param(
            "dystrophic",
            {"age_years": 12, "conditions": ["dermatomyositis"], "labs": NORMAL_LABS},
            {"sites": ["thigh", "popliteal"], "morphologies": ["sheet"]},
            id="dermatomyositis",
        ),
        pytest.param(
            "dystrophic",
            {"age_years": 40, "conditions": ["systemic lupus erythematosus"]},
            {"sites": ["buttock"]},
            id="lupus",
        ),
        pytest.param(
            "non_calcinosis",
            {"age_years": 45, "symptoms": ["acute shoulder pain"]},
            {"features": ["tendinous", "periarticular"], "sites": ["shoulder"]},
            id="calcific-periarthritis",
        ),
    ],
)
def test_category(mechanism: str, clinical: dict[str, Any], imaging: dict[str, Any]) -> None:
    result = verdict(imaging, **clinical)
    assert first(result) == mechanism
    assert result.status in ("probable", "indeterminate")


@pytest.mark.parametrize(
    ("entity", "clinical", "imaging"),
    [
        ("idiopathic_scrotal", {"age_years": 24, "sex": "M"}, {"sites": ["scrotum"]}),
        (
            "idiopathic_penile",
            {"age_years": 24, "sex": "M"},
            {"sites": ["penis"], "morphologies": ["nodule"]},
        ),
        ("subepidermal_calcified_nodule", {"age_years": 5}, {"sites": ["eyelid"]}),
        ("crest", {"conditions": [{"icd10": "M34.1"}]}, None),
        ("dermatomyositis", {"age_years": 50, "conditions": [{"icd10": "M33.13"}]}, None),
        ("juvenile_dermatomyositis", {"age_years": 9, "conditions": ["dermatomyositis"]}, None),
        ("systemic_lupus_erythematosus", {"conditions": ["lupus nephritis"]}, None),
        ("secondary_tumoral_calcinosis", {"dialysis": True}, {"morphologies": ["mass"], "sites": ["hip"]}),
        ("subepidermal_calcified_nodule", {"conditions": [{"snomed": "703086002"}]}, None),
    ],
)
def test_entity(entity: str, clinical: dict[str, Any], imaging: dict[str, Any] | None) -> None:
    assert verdict(imaging, **clinical).entities == (entity,)


@pytest.mark.parametrize(
    ("name", "clinical", "imaging"),
    [
        ("idiopathic scrotal calcinosis", {"sex": "M", "labs": NORMAL_LABS}, {"sites": ["scrotum"]}),
        ("subepidermal calcified nodule", {"age_years": 5, "labs": NORMAL_LABS}, {"sites": ["face"]}),
        ("osteoma cutis", {"conditions": ["osteoma cutis"]}, None),
        ("not in this list", {"conditions": ["gout", "tophi"]}, {"features": ["bone_erosion"]}),
        ("dystrophic", {"conditions": ["lupus"]}, {"sites": ["scrotum", "buttock"]}),
    ],
)
def test_the_list_of_nine_calls_a_form_by_its_own_name(
    name: str, clinical: dict[str, Any], imaging: dict[str, Any] | None
) -> None:
    schemes = verdict(imaging, **clinical).schemes
    assert len(schemes) == 4
    assert next(called for label, called in schemes.items() if "ncyclop" in label) == name


@pytest.mark.parametrize("pattern", ["universalis", "circumscripta"])
def test_extent_is_a_pattern_and_no_cause(pattern: str) -> None:
    result = verdict(None, conditions=[f"calcinosis {pattern}"])
    assert result.patterns == (pattern,)
    assert pattern not in {one.mechanism for one in result.ranking}


def test_signs_and_antibodies_speak_for_a_disease_that_nobody_named() -> None:
    child = verdict(None, age_years=8, antibodies=["anti-NXP2"], symptoms=["heliotrope rash"])
    assert child.entities == ("juvenile_dermatomyositis",)
    assert first(child) == "dystrophic"
    adult = verdict(None, age_years=60, antibodies=["anticentromere"], symptoms=["Raynaud phenomenon"])
    assert "crest" in adult.entities


def test_antibodies_seen_less_often_with_calcinosis_name_the_disease_and_weigh_less() -> None:
    seldom, often = (verdict(None, age_years=60, antibodies=[name]) for name in ("anti-TIF1-gamma", "NXP2"))
    assert seldom.entities == often.entities == ("dermatomyositis",)
    assert points(seldom)["dystrophic"] < points(often)["dystrophic"]


def test_a_negated_sign_speaks_not_at_all() -> None:
    silent = verdict(None, age_years=60, conditions=["knee pain"])
    negated = verdict(
        None,
        age_years=60,
        conditions=["knee pain"],
        symptoms=["no heliotrope rash"],
        antibodies=["NXP2 negative"],
    )
    assert silent.ranking == negated.ranking


@pytest.mark.parametrize(
    "site_event",
    [
        {"procedures": ["calcium gluconate infusion"]},
        {"procedures": ["injections at the injection site"]},
        {"conditions": ["burn"]},
    ],
)
def test_what_happened_at_the_site_weighs_more_than_chemistry(site_event: dict[str, Any]) -> None:
    background = {"dialysis": True, "age_years": 60, "labs": [*RENAL_LABS, lab("egfr", 6, "mL/min")]}
    result = verdict({"sites": ["forearm"]}, **background, **site_event)
    assert first(result) in ("iatrogenic", "dystrophic")


def test_disease_in_the_background_yields_to_what_happened_at_the_site() -> None:
    result = verdict(
        {"sites": ["abdominal_wall"]},
        conditions=["systemic sclerosis"],
        medications=["nadroparin calcium injections"],
    )
    assert first(result) == "iatrogenic"


def test_calciphylaxis_without_uraemia() -> None:
    result = verdict(
        {"sites": ["thigh"]},
        age_years=55,
        conditions=["obesity", "alcoholic liver disease", "normal kidney function"],
        medications=["warfarin"],
        symptoms=["livedo and painful necrotic ulcers"],
        labs=NORMAL_LABS,
    )
    assert first(result) == "calciphylaxis"
    assert result.status == "probable"
    assert names(result.alerts) == {"possible_calciphylaxis"}


def test_a_dense_spot_in_the_belly_is_often_a_stone() -> None:
    alone = points(verdict({"features": ["visceral"]}, age_years=60, conditions=["hypertension"]))
    named = points(verdict({"sites": ["lung"]}, age_years=60, conditions=["hypertension"]))
    with_kidneys = points(verdict({"features": ["visceral"]}, age_years=60, dialysis=True))
    without = points(verdict(None, age_years=60, dialysis=True))
    assert alone["metastatic"] == 1
    assert named["metastatic"] == with_kidneys["metastatic"] - without["metastatic"] == 3


FLAT = ("linear", "sheet", "plaque", "reticular")


@pytest.mark.parametrize("shape", FLAT)
@pytest.mark.parametrize("site", ["forearm", "elbow", "hip"])
def test_a_long_line_or_sheet_is_no_mass(shape: str, site: str) -> None:
    for words in ({"morphologies": [shape]}, {"patterns": [{"sheet": "sheet_like"}.get(shape, shape)]}):
        long, short = (
            [
                verdict({"sites": [site], "largest_mm": largest_mm, **words}, **clinical)
                for clinical in (
                    {"age_years": 60, "dialysis": True},
                    {"age_years": 20, "conditions": ["healthy"]},
                )
            ]
            for largest_mm in (40, 8)
        )
        assert [one.ranking for one in long] == [one.ranking for one in short]
        assert [one.entities for one in long] == [(), ()]
        assert all("tumoral_mass" not in one.patterns for one in long)


@pytest.mark.parametrize("image", [{}, {"morphologies": ["nodule"]}, {"morphologies": ["mass", "linear"]}])
def test_what_is_large_and_not_known_to_be_flat_may_be_a_mass(image: dict[str, Any]) -> None:
    result = verdict({"sites": ["hip"], "largest_mm": 60, **image}, age_years=60, dialysis=True)
    assert result.entities == ("secondary_tumoral_calcinosis",)


@pytest.mark.parametrize(
    "image",
    [
        {"sites": ["shoulder"], "features": ["tendinous", "periarticular"], "largest_mm": 8},
        {"sites": ["hand"], "tags": ["periarticular"], "morphologies": ["punctate"]},
        {"sites": ["thigh"], "largest_mm": 60},
    ],
)
def test_calcinosis_of_dialysis_is_tumoral_by_a_mass_beside_a_joint(image: dict[str, Any]) -> None:
    assert verdict(image, age_years=60, dialysis=True).entities == ()


MAN, WOMAN, CHILD = {"age_years": 40, "sex": "M"}, {"age_years": 40, "sex": "F"}, {"age_years": 6}
SKIN = {"morphologies": ["nodule"]}


@pytest.mark.parametrize(
    ("clinical", "imaging"),
    [
        (
            {**CHILD, "conditions": ["dermatomyositis"]},
            {"sites": ["face", "thigh"], "morphologies": ["sheet"]},
        ),
        ({**CHILD}, {"sites": ["face", "thigh"], **SKIN}),
        ({**CHILD}, {"sites": ["face"], "morphologies": ["sheet"]}),
        (
            {**MAN, "conditions": ["dermatomyositis"]},
            {"sites": ["scrotum", "thigh"], "morphologies": ["sheet"]},
        ),
        ({**MAN}, {"sites": ["scrotum", "elbow"], **SKIN}),
        ({**MAN, "dialysis": True, "symptoms": ["eschar of the glans"]}, {"sites": ["penis"], **SKIN}),
        ({**MAN, "symptoms": ["livedo"]}, {"sites": ["scrotum"], **SKIN}),
        ({**WOMAN}, {"sites": ["scrotum"], **SKIN}),
        ({**WOMAN}, {"sites": ["penis"], **SKIN}),
        ({"age_years": 0.1, "sex": "M"}, {"sites": ["scrotum"], **SKIN}),
        ({**MAN}, {"sites": ["vulva"], **SKIN}),
        (
            {**CHILD, "conditions": ["pseudohypoparathyroidism"]},
            {"sites": ["scalp"], "morphologies": ["plaque"]},
        ),
        ({**CHILD}, {"sites": ["scalp"], "features": ["ossified"], **SKIN}),
    ],
)
def test_idiopathic_forms_of_a_site_are_nodules_there_and_nowhere_else(
    clinical: dict[str, Any], imaging: dict[str, Any]
) -> None:
    of_sites = {
        "idiopathic_scrotal",
        "idiopathic_penile",
        "idiopathic_vulvar",
        "subepidermal_calcified_nodule",
    }
    result = verdict(imaging, **clinical)
    assert of_sites.isdisjoint(result.entities)
    assert all("only" not in one.criterion for ranked in result.ranking for one in ranked.evidence)


@pytest.mark.parametrize(
    ("entity", "clinical", "imaging"),
    [
        ("idiopathic_scrotal", {}, {"sites": ["scrotum"]}),
        ("idiopathic_scrotal", {"conditions": ["scrotal calcinosis"]}, {"sites": ["scrotum", "thigh"]}),
        ("idiopathic_penile", MAN, {"sites": ["penis", "scrotum"], **SKIN}),
        ("idiopathic_vulvar", WOMAN, {"sites": ["vulva"]}),
        ("subepidermal_calcified_nodule", CHILD, {"sites": ["face", "ear"], **SKIN}),
    ],
)
def test_idiopathic_forms_where_they_are_described(
    entity: str, clinical: dict[str, Any], imaging: dict[str, Any]
) -> None:
    assert entity in verdict(imaging, **clinical).entities


@pytest.mark.parametrize(
    ("sex", "site", "is_doubtful"),
    [("F", "scrotum", True), ("F", "penis", True), ("M", "vulva", True), ("M", "scrotum", False),
     ("F", "vulva", False), (None, "scrotum", False), ("F", "groin", False)],
)  # fmt: skip
def test_a_site_that_does_not_fit_the_sex_is_told(sex: str | None, site: str, is_doubtful: bool) -> None:
    result = verdict({"sites": [site]}, age_years=40, sex=sex, conditions=["lupus"])
    assert ("contradictory_case" in [issue.code for issue in result.issues]) == is_doubtful
