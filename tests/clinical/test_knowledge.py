"""The tables: sourced, checked when loaded, extended by users, and the only place for names of diseases."""

import ast
import re
from pathlib import Path

import pytest
from made_cases import points

import calciseg
from calciseg.clinical import load_knowledge
from calciseg.clinical.words import tokens
from calciseg.errors import KnowledgeError


def file_with(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("evidence = [{ id = 1 }]", r"mine\.toml: evidence row 1 \(1\): source: Field required"),
        (
            'evidence = [{ id = "a", group = "g", criterion = "c", when = ["dialysis"], source = "nobody" }]',
            r"mine\.toml: evidence row 1 \(a\): source 'nobody'",
        ),
        (
            'evidence = [{ id = "a", group = "g", criterion = "c", when = ["has.nothing"], '
            'source = "kdoqi" }]',
            r"mine\.toml: evidence row 1 \(a\): finding 'has\.nothing' is not defined",
        ),
        (
            'evidence = [{ id = "a", group = "g", criterion = "c", when = ["dialysis"], source = "kdoqi", '
            "points = { dystrofic = 1 } }]",
            r"mine\.toml: evidence row 1 \(a\): 'dystrofic' is not defined",
        ),
        (
            'evidence = [{ id = "a", group = "g", criterion = "c", when = ["dialysis"], '
            'source = "background", '
            "points = { dystrophic = 3 } }]",
            r"mine\.toml: evidence row 1 \(a\): a row from background may count 1 point",
        ),
        (
            'composed = [{ id = "a", label = "a", when = ["a"] }]',
            r"composed row 1 \(a\): finding 'a' is defined",
        ),
        (
            'concept = [{ id = "x", label = "x", words = [], source = "kdoqi" }]',
            r"concept row 1 \(x\): words",
        ),
        ("nonsense = []", r"mine\.toml: table 'nonsense' is not known"),
        ("evidence = 3", r"mine\.toml: table 'evidence' must be a list"),
        ("x = ", r"mine\.toml: is not valid TOML"),
    ],
)
def test_an_error_names_file_and_row(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(KnowledgeError, match=message):
        load_knowledge([file_with(tmp_path, text)])


def test_a_file_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="cannot be read"):
        load_knowledge([tmp_path / "none.toml"])


def test_a_user_adds_a_disease_and_its_evidence(tmp_path: Path) -> None:
    text = """
    source = [{ id = "mine", kind = "published", cite = "Mine 2026" }]
    concept = [{ id = "blue_skin", label = "blue", words = ["blue skin"], entity = true, source = "mine" }]
    evidence = [{ id = "blue", group = "blue", criterion = "blue skin", when = ["has.blue_skin"],
                  points = { metastatic = 3 }, source = "mine" }]
    """
    knowledge = load_knowledge([file_with(tmp_path, text.replace("\n                  ", " "))])
    case = {"clinical": {"conditions": ["blue skin"]}}
    result = calciseg.classify(case, knowledge=knowledge)
    assert result.entities == ("blue_skin",)
    assert "Mine 2026" in [one.source for one in result.ranking[0].evidence]
    assert result.knowledge_version != load_knowledge().version
    assert [issue.code for issue in calciseg.classify(case).issues] == ["unknown_word"]


def test_a_user_replaces_a_row(tmp_path: Path) -> None:
    text = (
        'evidence = [{ id = "healthy", group = "healthy", criterion = "healthy", source = "reiter2011", '
        'when = ["has.otherwise_healthy"], points = { idiopathic = 1 } }]'
    )
    case = {"clinical": {"conditions": ["healthy"]}}
    shipped = points(calciseg.classify(case))["idiopathic"]
    mine = points(calciseg.classify(case, knowledge=load_knowledge([file_with(tmp_path, text)])))[
        "idiopathic"
    ]
    assert (shipped, mine) == (3, 1)


def test_every_row_of_the_package_has_a_source_and_its_kind() -> None:
    tables = load_knowledge().tables
    kinds = {row.id: row.kind for row in tables.source}
    assert set(kinds.values()) == {"published", "background", "design"}
    cited = {row.source for name in tables.origins if name != "source" for row in getattr(tables, name)}
    assert cited == set(kinds)
    assert re.fullmatch(r"\d+\.\d+", tables.version)


def test_every_scheme_names_every_mechanism() -> None:
    tables = load_knowledge().tables
    assert len(tables.scheme) == 4
    for scheme in tables.scheme:
        assert set(scheme.names) == {row.id for row in tables.mechanism}


def test_every_row_can_be_met() -> None:
    knowledge = load_knowledge()
    assert all(one.masks for one in (*knowledge.evidence, *knowledge.alerts, *knowledge.patterns))


def test_no_two_concepts_share_a_word() -> None:
    seen: dict[tuple[str, ...], str] = {}
    for row in load_knowledge().tables.concept:
        for words in row.words:
            assert seen.setdefault(tuple(tokens(words)), row.id) == row.id, words


_WORDS_OF_THE_CONTRACT = {
    # Fields, tags and reasons of the published documents, the name of a formula (CKD-EPI) and what is burned
    # into pixels, not diseases.
    "burned",
    "dialysis", "on dialysis", "ckd", "ossification", "foreign body", "phlebolith", "marker", "calcinosis",
    "soft tissue calcification",
    "soft tissue calcifications", "cartilage", "phleboliths",
}  # fmt: skip


def test_code_holds_no_name_of_a_disease(repository: Path) -> None:
    tables = load_knowledge().tables
    diseases = [row for row in tables.concept if row.entity or row.is_a or row.icd10]
    names = {words.lower() for row in diseases for words in (*row.words, row.id.replace("_", " "))}
    names |= {row.id.replace("_", " ") for row in tables.mimic}
    names -= _WORDS_OF_THE_CONTRACT
    pattern = re.compile(rf"\b({'|'.join(map(re.escape, sorted(names, key=len, reverse=True)))})\b")
    found = [
        f"{path.name}: {match.group()}"
        for folder in ("calciseg", "cli")
        for path in sorted((repository / folder).rglob("*.py"))
        if path.parent.name != "settings"  # its texts are reasons and sources of thresholds
        for text in _texts(path)
        if (match := pattern.search(text.lower().replace("_", " ")))
    ]
    assert found == []


def _texts(path: Path) -> list[str]:
    """All names and strings of a module that are not documentation."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node)
        if isinstance(node.body[0], ast.Expr)
    }
    texts = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            texts.append(node.value)
        elif isinstance(node, ast.Name):
            texts.append(node.id)
        elif isinstance(node, ast.Attribute):
            texts.append(node.attr)
    return texts
