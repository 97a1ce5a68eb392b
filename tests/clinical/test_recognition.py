"""Free text: terms, negation, family, suspicion and history."""

import pytest
from made_cases import verdict

from calciseg.clinical import load_knowledge
from calciseg.clinical.recognition import mentions


def found(text: str) -> set[tuple[str, str]]:
    return {(one.concept, one.qualifier) for one in mentions(text, load_knowledge())}


LUPUS = "systemic_lupus_erythematosus"


@pytest.mark.parametrize(
    ("text", "qualifier"),
    [
        ("lupus", "stated"),
        ("known Systemic Lupus Erythematosus since 1994", "stated"),
        ("no evidence of lupus", "negated"),
        ("Lupus was ruled out", "negated"),
        ("denies lupus", "negated"),
        ("negative for lupus", "negated"),
        ("without rash, fever or lupus", "negated"),
        ("neither gout nor lupus", "negated"),
        ("no medical history of lupus", "negated"),
        ("no family history of lupus", "negated"),
        ("family history of lupus", "family"),
        ("mother has lupus", "family"),
        ("lupus in the family", "family"),
        ("suspected lupus", "suspected"),
        ("possible SLE", "suspected"),
        ("lupus cannot be excluded", "suspected"),
        ("lupus not ruled out", "suspected"),
        ("rule out lupus", "suspected"),
        ("lupus?", "suspected"),
        ("history of lupus", "history"),
        ("h/o SLE", "history"),
        ("no fever but lupus", "stated"),
        ("no fever. Lupus.", "stated"),
        ("no diabetes, lupus since 2001", "stated"),
        ("doesn't have lupus", "negated"),
        ("patient doesn’t have lupus", "negated"),
        ("can't exclude lupus", "suspected"),
        ("lupus w/o nephritis", "stated"),
        ("unlikely to be lupus", "negated"),
        ("lacks any sign of lupus", "negated"),
        ("no medical history other than lupus", "stated"),
        ("no past medical history except lupus", "stated"),
        ("mother had lupus", "family"),
        ("mother, who has lupus", "family"),
        ("mother of two with lupus", "stated"),
        ("her mother had gout but she has lupus", "stated"),
        ("resolved lupus", "history"),
        ("lupus resolved", "history"),
        ("lupus in the past", "history"),
    ],
)
def test_qualifier(text: str, qualifier: str) -> None:
    assert (LUPUS, qualifier) in found(text)


def test_longest_term_wins_and_plurals_and_hyphens_do_not_matter() -> None:
    assert found("limited cutaneous systemic sclerosis") == {("crest", "stated")}
    assert found("juvenile-onset dermatomyositis") == {("juvenile_dermatomyositis", "stated")}
    assert found("END-STAGE RENAL DISEASE") == {("kidney_failure", "stated")}
    assert found("burn scars") == {("burn", "stated")}
    assert found("Sjögren's syndrome") == {("sjogren", "stated")}
    assert found("sublupus") == set()


@pytest.mark.parametrize(
    ("text", "qualifier"),
    [
        ("anti-NXP2 negative", "negated"),
        ("anti-NXP2: neg", "negated"),
        ("anti-NXP2 (-)", "negated"),
        ("anti-NXP2 (–)", "negated"),
        ("anti-NXP2 -ve", "negated"),
        ("anti-NXP2 (+)", "stated"),
        ("anti-NXP2 +ve", "stated"),
        ("NXP2 (pos.)", "stated"),
    ],
)
def test_results_of_antibodies_as_laboratories_write_them(text: str, qualifier: str) -> None:
    assert found(text) == {("antibody_nxp2", qualifier)}


NEGATIVE, POSITIVE, OPEN = "negated", "stated", "unjudged"


@pytest.mark.parametrize(
    ("text", "qualifier"),
    [
        ("anti-NXP2 <1:20", NEGATIVE),
        ("anti-NXP2 < 5 U/mL", NEGATIVE),
        ("anti-NXP2 titre ≤ 1:40", NEGATIVE),
        ("anti-NXP2 nonreactive", NEGATIVE),
        ("anti-NXP2 non-reactive", NEGATIVE),
        ("NXP2 normal", NEGATIVE),
        ("NXP2 antibodies within normal limits", NEGATIVE),
        ("NXP2 undetectable", NEGATIVE),
        ("undetectable NXP2", NEGATIVE),
        ("NXP2 below the cut-off", NEGATIVE),
        ("NXP2 0.2 (normal < 1.0)", NEGATIVE),
        ("NXP2 3.2 (normal < 1.0)", POSITIVE),
        ("NXP2 0,3 (cut-off 1,0)", NEGATIVE),
        ("NXP2 12 U/mL (ref. 0-20)", NEGATIVE),
        ("NXP2 45 U/mL (ref. 0-20)", POSITIVE),
        ("NXP2 1:40 (normal <1:80)", NEGATIVE),
        ("NXP2 1:640 (normal <1:80)", POSITIVE),
        ("NXP2 1:320 positive", POSITIVE),
        ("NXP2 positive (ref. <20)", POSITIVE),
        ("NXP2 elevated", POSITIVE),
        ("NXP2 not elevated", NEGATIVE),
        ("NXP2 borderline", "suspected"),
        ("NXP2 1:640", OPEN),
        ("NXP2 antibody 45 U/mL", OPEN),
        ("NXP2 pending", OPEN),
        ("NXP2 since 2019", POSITIVE),
        ("NXP2 45 U/mL, seen in 2019", OPEN),
        ("NXP2 and normal creatine kinase", POSITIVE),
        ("NXP2, others negative", POSITIVE),
    ],
)
def test_how_an_antibody_came_out(text: str, qualifier: str) -> None:
    assert found(text) == {("antibody_nxp2", qualifier)}


@pytest.mark.parametrize(
    ("text", "nxp2", "mda5"),
    [
        ("negative: NXP2, MDA5", NEGATIVE, NEGATIVE),
        ("no anti-NXP2, anti-MDA5", NEGATIVE, NEGATIVE),
        ("anti-NXP2, anti-MDA5: negative", NEGATIVE, NEGATIVE),
        ("anti-Jo-1, anti-NXP2 and anti-MDA5 negative", NEGATIVE, NEGATIVE),
        ("NXP2, MDA5, all negative", NEGATIVE, NEGATIVE),
        ("myositis panel negative (NXP2, MDA5)", NEGATIVE, NEGATIVE),
        ("myositis panel negative (Jo-1, MDA5) except NXP2", POSITIVE, NEGATIVE),
        ("negative MDA5 and positive NXP2", POSITIVE, NEGATIVE),
        ("NXP2 and negative MDA5", POSITIVE, NEGATIVE),
        ("anti-MDA5 negative; anti-NXP2", POSITIVE, NEGATIVE),
        ("ANA 1:640, NXP2 positive, MDA5 <1:20", POSITIVE, NEGATIVE),
        ("NXP2 1:320, MDA5 negative", OPEN, NEGATIVE),
        ("no MDA5 but NXP2", POSITIVE, NEGATIVE),
    ],
)
def test_a_result_holds_for_the_list_of_antibodies_that_it_belongs_to(
    text: str, nxp2: str, mda5: str
) -> None:
    assert {("antibody_nxp2", nxp2), ("antibody_mda5", mda5)} <= found(text)


def test_whose_result_it_is_may_be_open_outside_the_list_of_antibodies() -> None:
    text = "dermatomyositis with anti-NXP2, ANA negative"
    assert ("antibody_nxp2", OPEN) in found(text)
    listed = verdict(None, age_years=50, antibodies=["anti-NXP2, anti-MDA5 negative"], conditions=["gout"])
    assert listed.issues == ()
    told = verdict(None, age_years=50, conditions=[text])
    assert [(issue.code, "conditions[0]" in issue.message) for issue in told.issues] == [
        ("unknown_word", True)
    ]


def test_a_negative_antibody_speaks_not_at_all_and_a_bare_figure_is_reported() -> None:
    silent = verdict(None, age_years=8, conditions=["knee pain"])
    for text in ("anti-NXP2 <1:20", "Jo-1, Mi-2, NXP2: all negative", "anti-NXP2 nonreactive"):
        negative = verdict(None, age_years=8, conditions=["knee pain"], antibodies=[text])
        assert (negative.ranking, negative.entities, negative.issues) == (silent.ranking, (), silent.issues)
    measured = verdict(None, age_years=8, conditions=["knee pain"], antibodies=["anti-NXP2 1:320"])
    assert (measured.ranking, measured.entities) == (silent.ranking, ())
    (reported,) = set(measured.issues) - set(silent.issues)
    assert (reported.code, "antibodies[0]" in reported.message) == ("unknown_word", True)


@pytest.mark.parametrize(
    "text",
    [
        "iliac crest biopsy",
        "tumor necrosis factor inhibitor",
        "avascular necrosis of the hip",
        "acute kidney injury",
        "acute renal failure in 1999",
        "MI 2 years ago",
        "Henoch-Schönlein purpura",
        "diabetes insipidus",
        "cerebrovascular accident",
        "in the fall of 2019",
        "fall in hemoglobin",
        "fall in serum phosphate",
        "trauma surgeon",
        "rheumatic fever as a child",
    ],
)
def test_words_of_another_meaning_name_nothing_and_are_listed(text: str) -> None:
    assert found(text) == set()
    result = verdict(None, conditions=[text])
    assert [issue.code for issue in result.issues] == ["unknown_word"]
    assert result.alerts == ()


def test_an_examination_with_electrodes_is_no_paste() -> None:
    examined = verdict(None, age_years=50, conditions=["dermatomyositis"], procedures=["EMG: myopathic"])
    assert examined.ranking[0].mechanism == "dystrophic"
    scalp = verdict({"sites": ["scalp"]}, age_years=50, procedures=["EEG"])
    thigh = verdict({"sites": ["thigh"]}, age_years=50, procedures=["EEG"])
    on_skin, elsewhere = ({one.mechanism: one.points for one in r.ranking} for r in (scalp, thigh))
    assert on_skin["iatrogenic"] >= elsewhere["iatrogenic"] + 2


def test_no_medical_history_is_a_statement_of_its_own() -> None:
    assert found("no past medical history") == {("otherwise_healthy", "stated")}


def test_several_terms_each_with_its_own_qualifier() -> None:
    text = "history of burns; father with gout, no evidence of lupus"
    assert found(text) == {("burn", "history"), ("gout", "family"), (LUPUS, "negated")}


def test_what_was_not_recognised_is_listed_and_takes_no_part() -> None:
    result = verdict(None, conditions=["wibble wobble"], symptoms=["lupus"])
    assert [(one.code, "wibble" in one.message) for one in result.issues] == [("unknown_word", True)]
    assert "clinical.conditions[0]" in result.issues[0].message
    assert result.ranking == verdict(None, symptoms=["lupus"]).ranking


def test_the_clauses_that_name_nothing_are_listed_too() -> None:
    result = verdict(None, conditions=["lupus, wibble wobble; no gout. 1,25 wobbles"])
    assert [issue.message.split("'")[1] for issue in result.issues] == ["wibble wobble", "1,25 wobbles"]


@pytest.mark.parametrize("nothing", ["none", "", "nil", "Unremarkable."])
def test_saying_nothing_is_no_unknown_word(nothing: str) -> None:
    assert verdict(None, conditions=[nothing]).issues == ()


def test_a_suspected_disease_counts_half_and_is_no_entity() -> None:
    sure, maybe = (
        verdict(None, conditions=[text]) for text in ("dermatomyositis", "suspected dermatomyositis")
    )
    (reason, *_), (half, *_) = sure.ranking[0].evidence, maybe.ranking[0].evidence
    assert half.points == reason.points / 2
    assert maybe.entities == ()


def test_disease_in_the_family_is_no_disease_of_the_patient() -> None:
    for clinical in ({"family_history": ["lupus"]}, {"conditions": ["family history of lupus"]}):
        result = verdict(None, **clinical)
        assert result.entities == ()
        assert all(one.points == 0 or one.points == verdict(None).ranking[n].points
                   for n, one in enumerate(result.ranking))  # fmt: skip


def test_a_word_among_exposures_is_an_exposure() -> None:
    given = verdict(None, medications=["calcium chloride"])
    handled = verdict(None, exposures=["calcium chloride"])
    assert (given.ranking[0].mechanism, handled.ranking[0].mechanism) == ("iatrogenic", "traumatic")


INFUSED = "infusion of calcium or phosphate"


def criteria(**clinical: list[str]) -> set[str]:
    result = verdict(None, age_years=40, **clinical)
    return {evidence.criterion for one in result.ranking for evidence in one.evidence}


@pytest.mark.parametrize(
    "text",
    [
        "extravasation of calcium gluconate in the NICU",
        "intravenous calcium gluconate",
        "extravasation",
        "potassium phosphate infusion",
        "calcium chloride drip",
        "calcium gluconate",
    ],
)
@pytest.mark.parametrize("part", ["exposures", "procedures"])
def test_an_infusion_is_none_of_work_wherever_it_stands(part: str, text: str) -> None:
    found = criteria(**{part: [text]})
    assert INFUSED in found
    assert "exposure to calcium salts at work" not in found


@pytest.mark.parametrize(
    ("text", "is_infused"),
    [
        ("calcium gluconate tablets 500 mg", False),
        ("calcium gluconate 1 g by mouth", False),
        ("calcium gluconate", False),
        ("potassium phosphate tablets", False),
        ("oral potassium phosphate", False),
        ("sodium phosphate", False),
        ("calcium gluconate 10 % 10 mL IV", True),
        ("calcium gluconate infused over an hour", True),
        ("calcium gluconate, extravasated", True),
        ("IV potassium phosphate", True),
        ("calcium chloride", True),
    ],
)
def test_a_salt_among_drugs_was_infused_if_the_case_says_so(text: str, is_infused: bool) -> None:
    assert (INFUSED in criteria(medications=[text])) == is_infused
    result = verdict(None, medications=[text], conditions=["knee pain"])
    assert [issue.message for issue in result.issues if "medications" in issue.message] == []


def test_calcium_by_mouth_is_calcium_by_mouth() -> None:
    assert criteria(medications=["calcium gluconate tablets"]) == criteria(medications=["calcium carbonate"])


@pytest.mark.parametrize(
    ("code", "entity"),
    [("M33.02", "juvenile_dermatomyositis"), ("m34.1", "crest"), ("M34.9", "systemic_sclerosis")],
)
def test_codes_hold_for_all_below_them(code: str, entity: str) -> None:
    assert verdict(None, conditions=[{"icd10": code}]).entities == (entity,)


def test_a_code_is_shown_with_what_it_means() -> None:
    (first, *_) = verdict(None, conditions=[{"icd10": "N18.6"}]).ranking
    assert "kidney failure (N18.6)" in [one.observed for one in first.evidence]


@pytest.mark.parametrize("code", ["L98.8", "E83.59", "Q82.8"])
def test_codes_that_gather_other_diseases_name_none_of_them(code: str) -> None:
    result = verdict(None, conditions=[{"icd10": code}])
    assert (result.entities, result.alerts) == ((), ())
    assert [issue.code for issue in result.issues] == ["unknown_word"]


def test_too_little_calcium_is_no_disorder_that_calcifies() -> None:
    low = verdict(None, conditions=[{"icd10": "E83.51"}])
    assert [issue.code for issue in low.issues] == ["unknown_word"]


@pytest.mark.parametrize(
    ("dialysis", "condition", "is_contradictory"),
    [
        (False, "ESRD on hemodialysis", True),
        (False, {"icd10": "Z99.2"}, True),
        (False, "peritoneal dialysis since 2019", True),
        (False, "ESRD", False),
        (False, "predialysis kidney disease", False),
        (False, "history of hemodialysis, kidney transplant", False),
        (False, "no dialysis", False),
        (False, "mother on dialysis", False),
        (True, "never on dialysis", True),
        (True, "ESRD on hemodialysis", False),
        (None, "ESRD on hemodialysis", False),
    ],
)
def test_what_is_said_of_dialysis_twice_must_agree(
    dialysis: bool | None, condition: object, is_contradictory: bool
) -> None:
    result = verdict(None, age_years=60, dialysis=dialysis, conditions=[condition])
    assert ("contradictory_case" in [issue.code for issue in result.issues]) == is_contradictory
    assert result.status == "insufficient" or not is_contradictory


@pytest.mark.parametrize("text", ["hemodialysis", "CAPD", "CKD 5D", "ESRD"])
def test_dialysis_is_kidney_failure(text: str) -> None:
    assert "kidney failure or dialysis" in criteria(conditions=[text])


@pytest.mark.parametrize("text", ["fall in the bathroom", "a fall in 2019", "fall on the hip", "fall"])
def test_a_fall_of_the_patient_is_an_injury(text: str) -> None:
    assert found(text) == {("trauma", "stated")}
