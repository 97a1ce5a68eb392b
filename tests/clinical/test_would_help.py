"""What is missing and would tell the leading categories apart."""

from made_cases import NORMAL_LABS, lab, verdict

from calciseg.clinical import load_knowledge


def items(result: object) -> list[str]:
    return [one.item for one in result.would_help]


def test_laboratory_is_asked_for_where_it_was_not_given() -> None:
    image = {"sites": ["hip"], "morphologies": ["mass"]}
    labels = {row.label for row in load_knowledge().tables.analyte}
    without = items(verdict(image, age_years=15, conditions=["swelling of the hip", "fracture"]))
    assert labels & set(without)
    assert not {"calcium", "phosphate"} & set(items(verdict(image, age_years=15, labs=NORMAL_LABS)))


def test_what_was_answered_with_no_is_not_asked_again() -> None:
    image = {"sites": ["hip"], "morphologies": ["mass"]}
    words = {row.asks or row.label: row.words[0] for row in load_knowledge().tables.concept}
    clinical = {"age_years": 15, "labs": NORMAL_LABS, "conditions": ["fracture"]}
    asked = [item for item in items(verdict(image, **clinical)) if item in words]
    assert asked
    for item in asked:
        told = {**clinical, "symptoms": [f"no {words[item]}"]}
        assert item not in items(verdict(image, **told))


def test_it_separates_the_leading_categories() -> None:
    result = verdict(
        {"sites": ["hip"], "morphologies": ["mass"]}, age_years=15, labs=[lab("phosphate", 8, "mg/dL")]
    )
    leading = {one.mechanism for one in result.ranking[: max(2, len(result.between))]} | set(result.between)
    for one in result.would_help:
        assert len(one.separates) == 2
        assert set(one.separates) <= leading


def test_the_answer_moves_as_promised() -> None:
    """The first item, once answered, changes the distance of the two that it separates."""
    clinical = {"age_years": 40, "conditions": ["chronic kidney disease"]}
    image = {"sites": ["thigh"], "tissue_planes": {"subcutaneous": 1.0}}
    before = verdict(image, **clinical)
    analyte = {row.label: row.id for row in load_knowledge().tables.analyte}
    item, (one, other) = next(
        (help_.item, help_.separates) for help_ in before.would_help if help_.item in analyte
    )
    moved = []
    for state in ("low", "normal", "high"):
        after = verdict(image, **clinical, labs=[lab(analyte[item], interpretation=state)])
        scores = [
            {ranked.mechanism: ranked.points for ranked in result.ranking} for result in (before, after)
        ]
        moved.append(abs((scores[1][one] - scores[1][other]) - (scores[0][one] - scores[0][other])))
    assert max(moved) >= 1


def test_disease_names_and_their_verdicts_are_not_asked() -> None:
    asked = items(verdict({"sites": ["thigh"]}, symptoms=["painful necrotic ulcers"]))
    assert "calciphylaxis" not in asked


def test_what_would_only_confirm_a_probable_verdict_is_not_asked() -> None:
    """A winner far ahead is not moved by what speaks for it: what could bring another forward is asked."""
    result = verdict({"patterns": ["universalis"]}, age_years=9, conditions=["juvenile dermatomyositis"])
    assert result.status == "probable"
    asked = items(result)
    assert asked[0] == "calcium"
    assert "creatine kinase" not in asked
    assert "burn at the site" not in asked
