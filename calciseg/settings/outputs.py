"""How results are written."""

from typing import Literal

from pydantic import Field

from calciseg.settings.threshold import Group

__all__ = ["OutputSettings"]


class OutputSettings(Group):
    """Choices between ways to write the same result."""

    seg_type: Literal["binary", "labelmap"] = Field(
        "binary",
        description=(
            "DICOM SEG: 'binary' has a segment for each tissue plane and opens in every viewer, 'labelmap'"
            " has one for each lesion and opens in few"
        ),
        json_schema_extra={"unit": "word", "source": "DICOM PS3.3 A.51"},
    )
