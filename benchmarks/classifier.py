"""How well the clinical classifier ranks cases from published reports, and how fast it is.

``python -m benchmarks.classifier`` prints the tables of the README. The cases of ``published_cases.json``
are written from what could be read of each report (its abstract or opening), in other words. Within
a category they are ordered by source: the first, third … were looked at while weights were set, the second,
fourth … were kept aside (``--half tuned`` and ``--half kept`` show one of the two).
"""

import argparse
import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from calciseg.clinical import classify, load_knowledge

CASES = Path(__file__).with_name("published_cases.json")


def halves(cases: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Split the cases by the fixed rule: every second one of a category, ordered by source, is kept aside."""
    by_category = defaultdict(list)
    for case in sorted(cases, key=lambda case: case["source"]):
        by_category[case["category"]].append(case)
    return {
        "tuned": [case for listed in by_category.values() for case in listed[::2]],
        "kept": [case for listed in by_category.values() for case in listed[1::2]],
    }


def without_labs(case: dict[str, Any]) -> dict[str, Any]:
    return {**case, "clinical": {key: value for key, value in case["clinical"].items() if key != "labs"}}


def verdict_of(case: dict[str, Any]) -> tuple[str, list[str]]:
    result = classify({"clinical": case["clinical"], "imaging": case.get("imaging")})
    return result.status, [ranked.mechanism for ranked in result.ranking]


def accuracy_table(cases: list[dict[str, Any]]) -> str:
    rows = [
        "| category | cases | top-1 | top-2 | top-1, labs hidden | top-2, labs hidden |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    seen = defaultdict(list)
    for case in cases:
        with_labs, hidden = verdict_of(case)[1], verdict_of(without_labs(case))[1]
        rank = with_labs.index(case["category"]), hidden.index(case["category"])
        seen[case["category"]].append(rank)
        seen["all"].append(rank)
    for category in (*sorted(set(seen) - {"all"}), "all"):
        ranks = seen[category]
        cells = [sum(r[k] < n for r in ranks) for k in (0, 1) for n in (1, 2)]
        rows.append(f"| {category} | {len(ranks)} | " + " | ".join(str(cell) for cell in cells) + " |")
    return "\n".join(rows)


def confusion_table(cases: list[dict[str, Any]]) -> str:
    names = [row.id for row in load_knowledge().tables.mechanism]
    counts = Counter((case["category"], verdict_of(case)[1][0]) for case in cases)
    rows = ["| true \\ first | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for true in names:
        rows.append(f"| {true} | " + " | ".join(str(counts[true, first] or "·") for first in names) + " |")
    return "\n".join(rows)


def status_table(cases: list[dict[str, Any]]) -> str:
    """How often the first is right, by what the classifier says of its own verdict."""
    counts: Counter[tuple[str, bool]] = Counter()
    for case in cases:
        status, ranking = verdict_of(case)
        counts[status, ranking[0] == case["category"]] += 1
    rows = ["| status | cases | first is right |", "|---|--:|--:|"]
    for status in ("probable", "indeterminate", "insufficient"):
        n = counts[status, True] + counts[status, False]
        rows.append(f"| {status} | {n} | {counts[status, True]} |")
    return "\n".join(rows)


def made_cases(n_findings: int, n_cases: int, seed: int) -> Iterable[tuple[str, int, int]]:
    """Draw findings that speak for a mechanism and yield it with the bits: cases made from the knowledge."""
    knowledge = load_knowledge()
    generator = random.Random(seed)
    mechanisms = [row.id for row in knowledge.tables.mechanism]
    speaks_for = {
        mechanism: [
            one.masks[0]
            for one in knowledge.evidence
            if one.row.points.get(mechanism, 0) >= 1 or (mechanism == mechanisms[-1] and one.row.mimics)
        ]
        for mechanism in mechanisms
    }
    for _ in range(n_cases):
        mechanism = generator.choice(mechanisms)
        chosen = generator.sample(speaks_for[mechanism], min(n_findings, len(speaks_for[mechanism])))
        bits = 0
        for mask in chosen:
            bits |= mask
        yield mechanism, bits, len(chosen)


def made_table(n_cases: int = 2000) -> str:
    from calciseg.clinical.findings import Findings
    from calciseg.clinical.ranking import fire, rank

    rows = [
        "| findings drawn | top-1 | top-2 | margin of 3 or more | of these right |",
        "|--:|--:|--:|--:|--:|",
    ]
    for n_findings in (1, 2, 3, 4):
        top = Counter[int]()
        n_wide = n_right = 0
        for mechanism, bits, _ in made_cases(n_findings, n_cases, seed=n_findings):
            findings = Findings(load_knowledge(), sure=bits)
            ranked = rank(findings, fire(findings), 3.0).mechanisms
            position = [one.mechanism for one in ranked].index(mechanism)
            top[position] += 1
            if ranked[0].points - ranked[1].points >= 3:
                n_wide += 1
                n_right += position == 0
        rows.append(
            f"| {n_findings} | {top[0] / n_cases:.3f} | {(top[0] + top[1]) / n_cases:.3f} "
            f"| {n_wide / n_cases:.3f} | {n_right / max(n_wide, 1):.3f} |"
        )
    return "\n".join(rows)


def cases_a_second(cases: list[dict[str, Any]], seconds: float = 3.0) -> float:
    """Count by the processor's time, so that others on the machine do not count."""
    documents = [{"clinical": case["clinical"], "imaging": case.get("imaging")} for case in cases]
    classify(documents[0])
    n_done, start = 0, time.process_time()
    while time.process_time() - start < seconds:
        for document in documents:
            classify(document)
        n_done += len(documents)
    return n_done / (time.process_time() - start)


def misses(cases: list[dict[str, Any]]) -> str:
    lines = []
    for case in cases:
        status, ranking = verdict_of(case)
        if ranking[0] != case["category"]:
            lines.append(f"{case['category']} called {ranking[:2]} ({status}): {case['source']}")
    return "\n".join(lines) or "none"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--half", choices=["tuned", "kept"], help="one half alone")
    arguments = parser.parse_args()
    cases = json.loads(CASES.read_text(encoding="utf-8"))
    parts = halves(cases)
    for half in [arguments.half] if arguments.half else ["tuned", "kept"]:
        chosen = parts[half]
        print(
            f"\n## {half}\n\n{accuracy_table(chosen)}\n\n{confusion_table(chosen)}\n\n{status_table(chosen)}"
        )
        print(f"\nMissed:\n{misses(chosen)}")
    if not arguments.half:
        print(f"\n## made from the knowledge\n\n{made_table()}")
        print(f"\n{cases_a_second(cases):.0f} cases a second of one core")


if __name__ == "__main__":
    main()
