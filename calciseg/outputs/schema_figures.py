"""The figures of the published documents: their units, their rounding, and what every part of them shares.

Lengths are rounded to 0.001 mm, areas to 0.001 mm2, HU statistics to 0.01 HU, scores to 0.01, masses to
0.001 mg, fractions and volumes to 0.000001 (so that a volume can be checked against its voxel count).
"""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from calciseg.model import IssueCode

__all__ = [
    "Count",
    "CubicMillimetres",
    "Entry",
    "Fraction",
    "Hounsfield",
    "IssueEntry",
    "Milligrams",
    "Millimetres",
    "PointLps",
    "PointYx",
    "Range",
    "Ratio",
    "Score",
    "SquareMillimetres",
]


def _rounded(n_decimals: int) -> AfterValidator:
    """Round a figure; adding 0.0 turns a negative zero into zero."""
    return AfterValidator(lambda value: round(value, n_decimals) + 0.0)


def _unit(unit: str) -> Any:
    return Field(json_schema_extra={"unit": unit})


Millimetres = Annotated[float, _rounded(3), _unit("mm")]
SquareMillimetres = Annotated[float, _rounded(3), _unit("mm2")]
CubicMillimetres = Annotated[float, _rounded(6), _unit("mm3")]
Hounsfield = Annotated[float, _rounded(2), _unit("HU")]
Score = Annotated[float, _rounded(2), _unit("1")]
Milligrams = Annotated[float, _rounded(3), _unit("mg")]
Ratio = Annotated[float, _rounded(4), _unit("1")]
Pixels = Annotated[float, _rounded(3), _unit("pixels")]
Fraction = Annotated[float, Field(ge=0, le=1), _rounded(6), _unit("1")]

Count = Annotated[int, Field(ge=0)]
Range = tuple[int, int]
PointYx = tuple[Pixels, Pixels]
PointLps = tuple[Millimetres, Millimetres, Millimetres]


class Entry(BaseModel):
    """A part of a document: frozen, made from objects or dictionaries, without NaN."""

    model_config = ConfigDict(
        frozen=True,
        from_attributes=True,
        allow_inf_nan=False,
        json_schema_serialization_defaults_required=True,  # what older documents lack is written all the same
    )


class IssueEntry(Entry):
    """A doubt about the study or an image."""

    code: IssueCode
    message: str
