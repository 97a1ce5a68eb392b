"""An output that cannot be made of a result, while others can."""

from collections.abc import Iterator
from contextlib import contextmanager

from calciseg.errors import OutputError
from calciseg.model import ImageResult, RadiographResult

__all__ = ["NotMadeError", "made_of_headers"]

_UNFIT = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What the makers of DICOM objects raise where they cannot take over what a header holds."""


class NotMadeError(OutputError):
    """The headers or the lesions do not fit into one format; what else was asked for can be written."""


@contextmanager
def made_of_headers(name: str, image: ImageResult | RadiographResult) -> Iterator[None]:
    """Guard the making of a DICOM object out of the headers of its source.

    Parameters
    ----------
    name : str
        Of the file.
    image : ImageResult or RadiographResult
        What the object is about.

    Raises
    ------
    NotMadeError
        If the headers do not fit. What was raised instead may quote a name, so only its kind is told.
    """
    try:
        yield
    except _UNFIT as error:
        raise NotMadeError(
            f"{name} cannot be made: the headers of series {image.header.series_instance_uid} hold what no"
            f" DICOM object can take over ({type(error).__name__}); leave this output type out, or export the"
            " series again from the archive"
        ) from error
