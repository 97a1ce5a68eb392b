"""Short ways to write a case."""

from typing import Any

from calciseg.clinical import classify
from calciseg.model import Classification


def lab(analyte: str, value: float | None = None, unit: str | None = None, **more: Any) -> dict[str, Any]:
    return {"analyte": analyte, "value": value, "unit": unit, **more}


NORMAL_LABS = [lab(analyte, interpretation="normal") for analyte in ("calcium", "phosphate", "pth")]


def verdict(imaging: dict[str, Any] | None = None, **clinical: Any) -> Classification:
    return classify({"clinical": clinical, "imaging": imaging})


def points(result: Classification) -> dict[str, float]:
    return {one.mechanism: one.points for one in result.ranking}


def first(result: Classification) -> str:
    return result.ranking[0].mechanism


def names(found: Any) -> set[str]:
    """The names of alerts or mimics."""
    return {one.name for one in found}
