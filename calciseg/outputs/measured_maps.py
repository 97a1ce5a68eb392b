"""The maps of what was measured, for the formats that are made of them."""

from collections.abc import Iterator

from calciseg.errors import OutputError
from calciseg.model import ImageResult, LesionMaps, RadiographResult, StudyResult

__all__ = ["measured_maps"]


def measured_maps(result: StudyResult) -> Iterator[tuple[ImageResult | RadiographResult, LesionMaps]]:
    """Yield every measured image with its maps.

    Parameters
    ----------
    result : StudyResult

    Yields
    ------
    image : ImageResult or RadiographResult
    maps : LesionMaps

    Raises
    ------
    OutputError
        If the maps of a measured image are not at hand. Written without them, a format would take its older
        files away, maps that were edited by hand among them.
    """
    for image in result.all_images:
        if image.status == "failed":
            continue
        if image.maps is None:
            raise OutputError(
                f"image {image.n} of study {result.study_instance_uid}: its label maps are not at hand, and"
                " nifti and seg are made of them; read the result together with its source, or leave these"
                " output types out"
            )
        yield image, image.maps
