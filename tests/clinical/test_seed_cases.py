"""Cases that the classifier must get right as a whole, and the rows of conflicting textbooks."""

import json

import pytest
from made_cases import NORMAL_LABS, first, lab, names, points, verdict

from calciseg.model import Classification

UNIVERSALIS = {
    "age_years": 38,
    "sex": "F",
    "conditions": ["juvenile dermatomyositis", "calcinosis universalis"],
    "symptoms": ["drainage from the right elbow for three days, erythema, diffuse firm subcutaneous nodules"],
    "labs": NORMAL_LABS,
}
SHEETS = {
    "age_years": 54,
    "sex": "F",
    "conditions": ["dermatomyositis"],
    "symptoms": ["progressive proximal muscle weakness of both legs", "no trauma"],
    "labs": [
        lab("calcium", interpretation="normal"),
        lab("phosphate", interpretation="normal"),
        lab("ck", interpretation="normal"),
        lab("esr", interpretation="normal"),
    ],
}


def test_universalis_in_juvenile_dermatomyositis() -> None:
    image = {"modality": "CR", "sites": ["elbow", "forearm"], "morphologies": ["nodule"]}
    result = verdict(image, **UNIVERSALIS)
    assert (result.status, first(result)) == ("probable", "dystrophic")
    assert "universalis" in result.patterns
    assert result.entities == ("juvenile_dermatomyositis",)
    assert names(result.alerts) == {"possible_infection"}


def test_sheets_in_dermatomyositis() -> None:
    image = {
        "sites": ["pelvis", "thigh", "popliteal"],
        "morphologies": ["sheet"],
        "tissue_planes": {"subcutaneous": 0.6, "fascial": 0.4, "intramuscular": 0.0},
    }
    result = verdict(image, **SHEETS)
    assert (result.status, first(result)) == ("probable", "dystrophic")
    assert result.patterns == ("sheet_like",)
    assert result.entities == ("dermatomyositis",)
    observed = " ".join(one.observed for one in result.ranking[0].evidence)
    assert "intramuscular" not in observed


def test_dialysis_with_a_periarticular_mass_is_metastatic_with_a_tumoral_pattern() -> None:
    result = verdict({"morphologies": ["mass"], "features": ["periarticular"]}, dialysis=True, age_years=50)
    assert first(result) == "metastatic"
    assert "tumoral_mass" in result.patterns
    assert "secondary_tumoral_calcinosis" in result.entities


def test_teenager_with_high_phosphate_and_normal_calcium_and_kidneys() -> None:
    labs = [lab("phosphate", 7.2, "mg/dL"), lab("calcium", 9.9, "mg/dL"), lab("egfr", 110, "mL/min/1.73m2")]
    alone, with_mass = (
        verdict(image, age_years=15, sex="M", labs=labs)
        for image in (None, {"sites": ["hip"], "morphologies": ["mass"]})
    )
    assert (alone.status, first(alone)) == ("indeterminate", "tumoral")
    assert (with_mass.status, first(with_mass)) == ("probable", "tumoral")


# Rows in which textbooks contradict each other


@pytest.mark.parametrize(
    "labs",
    [
        [lab("calcium", 12.5, "mg/dL")],
        [lab("phosphate", 6.5, "mg/dL"), lab("pth", 200, "pg/mL")],
        [lab("calcium", 10.4, "mg/dL"), lab("phosphate", 5.6, "mg/dL")],
    ],
    ids=["calcium", "phosphate", "product"],
)
def test_metastatic_by_calcium_or_phosphate_or_product(labs: list[dict]) -> None:
    with_labs, without = (points(verdict(None, age_years=60, labs=one)) for one in (labs, []))
    assert with_labs["metastatic"] > without["metastatic"]


def test_both_high_speak_louder_than_one() -> None:
    calcium, phosphate = lab("calcium", 12.5, "mg/dL"), lab("phosphate", 6.5, "mg/dL")
    both, one, other = (
        points(verdict(None, age_years=60, labs=labs))["metastatic"]
        for labs in ([calcium, phosphate], [calcium], [phosphate])
    )
    assert both > max(one, other)
    assert both > one + other


def test_universalis_is_dystrophic_with_disease_and_open_without() -> None:
    image = {"patterns": ["universalis"]}
    known = verdict(image, conditions=["dermatomyositis"], labs=NORMAL_LABS)
    unknown = verdict(image, conditions=["otherwise healthy"], labs=NORMAL_LABS)
    assert first(known) == "dystrophic"
    assert points(unknown)["idiopathic"] > points(known)["idiopathic"]


@pytest.mark.parametrize("plane", ["subcutaneous", "intramuscular"])
@pytest.mark.parametrize("age_years", [3, 17, 45])
def test_tumoral_in_either_plane_and_at_any_age(plane: str, age_years: float) -> None:
    labs = [
        lab("phosphate", 8.5, "mg/dL"),
        lab("calcium", interpretation="normal"),
        lab("egfr", interpretation="normal"),
    ]
    image = {"sites": ["hip"], "morphologies": ["mass"], "tissue_planes": {plane: 1.0}}
    assert first(verdict(image, age_years=age_years, labs=labs)) == "tumoral"


def test_idiopathic_forms_are_leaves_of_their_own() -> None:
    scrotal = verdict({"sites": ["scrotum"]}, sex="M", age_years=30, labs=NORMAL_LABS)
    facial = verdict({"sites": ["face"]}, age_years=5, labs=NORMAL_LABS)
    assert scrotal.entities != facial.entities
    assert first(scrotal) == first(facial) == "idiopathic"


def test_bone_in_skin_is_a_mimic_and_named_where_a_list_has_it_as_a_type() -> None:
    result = verdict(
        {"features": ["ossified"], "tissue_planes": {"cutaneous": 1}}, conditions=["osteoma cutis"]
    )
    assert first(result) == "non_calcinosis"
    assert "osteoma_cutis" in names(result.mimics)
    assert any("osteoma cutis" in name for name in result.schemes.values())


@pytest.mark.parametrize("site", ["elbow", "knee", "forearm", "fingertip"])
def test_sites_of_crest_are_the_union(site: str) -> None:
    here = verdict({"sites": [site]}, conditions=["CREST syndrome"])
    nowhere = verdict({}, conditions=["CREST syndrome"])
    assert points(here)["dystrophic"] > points(nowhere)["dystrophic"]


def test_muscle_is_no_argument_in_dermatomyositis() -> None:
    with_muscle, without = (
        points(verdict({"tissue_planes": planes}, conditions=["dermatomyositis"]))["dystrophic"]
        for planes in ({"subcutaneous": 0.5, "intramuscular": 0.5}, {"subcutaneous": 1.0})
    )
    assert with_muscle == without


def test_frequency_in_children_is_no_evidence_without_the_disease() -> None:
    child, adult = (points(verdict(None, age_years=age, conditions=["fracture"])) for age in (9, 40))
    assert child["dystrophic"] == adult["dystrophic"]


@pytest.mark.parametrize(("morphology", "leaf"), [("nodule", "nodules"), ("plaque", "plaques")])
def test_electrode_paste_leaves_nodules_or_plaques(morphology: str, leaf: str) -> None:
    image = {"sites": ["scalp"], "morphologies": [morphology]}
    result = verdict(image, age_years=30, procedures=["electrode paste"])
    assert first(result) == "iatrogenic"
    assert result.entities == (f"electrode_{leaf}",)


def test_both_statements_on_radiographs_are_kept() -> None:
    from calciseg.clinical import load_knowledge

    texts = [row.text for row in load_knowledge().tables.complication]
    assert any("detection on a radiograph is easy, typing is not" in text for text in texts)
    assert any("variable, usually refractory" in text for text in texts)


# What the answer may not do


def words_of(result: Classification) -> str:
    return json.dumps(result.to_dict()).lower()


def test_the_answer_names_no_treatment() -> None:
    from calciseg.clinical import load_knowledge

    tables = load_knowledge().tables
    assert len(tables.treatment) > 10
    for clinical in (UNIVERSALIS, SHEETS, {"dialysis": True, "symptoms": ["necrotic ulcer"]}):
        said = words_of(verdict({"features": ["net_like"]}, **clinical))
        assert [row.name for row in tables.treatment if row.name.lower() in said] == []


def test_treatments_carry_what_speaks_against_them() -> None:
    from calciseg.clinical import load_knowledge

    against = {row.name: row.against for row in load_knowledge().tables.treatment}
    assert "has.calciphylaxis" in against["warfarin"]
    assert "kidney_disease" in against["aluminium hydroxide"]
    assert "kidney_disease" in against["magnesium antacids"]


def test_an_image_without_a_case_is_insufficient() -> None:
    image = {"features": ["periarticular"], "morphologies": ["mass"], "n_lesions": 3}
    for clinical in ({}, {"age_years": 15, "sex": "F"}):
        result = verdict(image, **clinical)
        assert result.status == "insufficient"
        assert result.would_help
    assert verdict(None).status == "insufficient"


def test_an_empty_image_excludes_nothing_and_no_finding_removes_an_alert() -> None:
    clinical = {"symptoms": ["painful necrotic ulcers"], "age_years": 60}
    empty = {"n_lesions": 0}
    alone = verdict(None, **clinical)
    assert names(verdict(empty, **clinical).alerts) == names(alone.alerts) == {"possible_calciphylaxis"}
    much = verdict(empty, **clinical, conditions=["normal kidney function", "healthy"], labs=NORMAL_LABS)
    assert "possible_calciphylaxis" in names(much.alerts)
    assert points(verdict(empty, **clinical))["calciphylaxis"] == points(alone)["calciphylaxis"]


@pytest.mark.parametrize(
    ("alert", "clinical"),
    [
        ("possible_malignancy", {"symptoms": ["rapidly enlarging mass"]}),
        ("possible_infection", {"symptoms": ["abscess"]}),
        ("possible_calciphylaxis", {"conditions": ["suspected calciphylaxis"]}),
    ],
)
def test_alerts_come_by_name(alert: str, clinical: dict) -> None:
    assert alert in names(verdict(None, **clinical).alerts)


@pytest.mark.parametrize(
    ("alert", "text", "is_raised"),
    [
        ("possible_malignancy", "enlarging painful mass", True),
        ("possible_malignancy", "growing lump", True),
        ("possible_malignancy", "a lump of the thigh that keeps growing", True),
        ("possible_malignancy", "size increased over six months", True),
        ("possible_malignancy", "mass, increasing in size", True),
        ("possible_malignancy", "no increase in size", False),
        ("possible_malignancy", "mass, not growing", False),
        ("possible_malignancy", "growing pains", False),
        ("possible_malignancy", "stable mass", False),
        ("possible_infection", "redness, warmth and swelling", True),
        ("possible_infection", "swollen red hot knee", True),
        ("possible_infection", "warm, erythematous skin over the nodule", True),
        ("possible_infection", "no redness or warmth", False),
        ("possible_infection", "heliotrope erythema of the eyelids", False),
        ("possible_infection", "red blood cells and hot flushes", False),
    ],
)
def test_red_flags_in_other_words(alert: str, text: str, is_raised: bool) -> None:
    assert (alert in names(verdict(None, symptoms=[text]).alerts)) == is_raised


def test_what_grows_slowly_is_flagged_and_not_ranked() -> None:
    image = {"sites": ["hip"], "morphologies": ["mass"]}
    grows, silent = (
        verdict(image, age_years=15, symptoms=[text]) for text in ("slowly growing mass", "knee pain")
    )
    assert grows.ranking == silent.ranking


def test_alerts_come_first_in_the_answer_for_people() -> None:
    from calciseg_cli.classification_table import classification_page
    from calciseg_cli.terminal import rendered

    page = rendered(classification_page(verdict(None, symptoms=["painful necrotic ulcers"])))
    assert page.startswith("! Possible calciphylaxis")
    assert page.count("\n") <= 24


def test_evidence_cites_publications_and_no_mark() -> None:
    import re

    result = verdict({"morphologies": ["sheet"], "sites": ["thigh"]}, **SHEETS)
    sources = [one.source for ranked in result.ranking for one in ranked.evidence] + list(result.schemes)
    assert any("Eurorad case 8744" in source for source in sources)
    assert any("doi" in source for source in sources)
    assert [source for source in sources if re.search(r"\b[SVBD]\d*\[|\bV\[?\d|^S\d\b", source)] == []
