"""What lesions of every kind of image share in ``result.json``."""

from typing import Any

from pydantic import model_validator

from calciseg.model import PlaneFractions, TissuePlane
from calciseg.outputs.schema_figures import Entry, Fraction

__all__ = ["PlaneFractionsEntry"]


class PlaneFractionsEntry(Entry):
    """The fraction of the lesion's volume in each plane; they sum to 1."""

    cutaneous: Fraction
    subcutaneous: Fraction
    fascial: Fraction
    intramuscular: Fraction
    indeterminate: Fraction

    @model_validator(mode="before")
    @classmethod
    def _round_to_a_sum_of_one(cls, value: Any) -> Any:
        """Give the largest fraction what rounding takes from the sum."""
        if not isinstance(value, PlaneFractions):
            return value
        rounded = {plane.value: round(getattr(value, plane.value), 6) for plane in TissuePlane}
        largest = max(rounded, key=lambda name: rounded[name])
        rest = sum(fraction for name, fraction in rounded.items() if name != largest)
        return {**rounded, largest: 1.0 - rest}
