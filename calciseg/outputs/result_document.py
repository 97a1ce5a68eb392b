"""From what the chains measured to the document that callers read."""

from collections.abc import Callable
from typing import Any

from calciseg._version import __version__
from calciseg.model import ImageResult, RadiographResult, StudyResult
from calciseg.outputs.provenance import provenance
from calciseg.outputs.result_schema import ResultDocument

__all__ = ["label_map_name", "result_document"]


def label_map_name(image: ImageResult | RadiographResult) -> str:
    """Return the name of the file that holds the lesions of an image."""
    return f"labels-{image.n}.nii.gz"


def result_document(
    result: StudyResult, has_file: Callable[[str], bool] = lambda _name: False
) -> ResultDocument:
    """Make the document that is ``result.json``.

    Parameters
    ----------
    result : StudyResult
    has_file : callable
        Whether a file of that name goes with the document; a label map that does not is not named.

    Returns
    -------
    ResultDocument
        Figures rounded as :mod:`calciseg.outputs.schema_figures` says.
    """
    return ResultDocument.model_validate(
        {
            "schema_version": "1.0",
            "calciseg_version": __version__,
            "created": result.created,
            "study_instance_uid": result.study_instance_uid,
            "patient": result.patient,
            "images": [
                *(_image_fields(image, has_file) for image in result.images),
                *(_radiograph_fields(image, has_file) for image in result.radiographs),
            ],
            "classification": result.classification,
            "issues": result.issues,
            "settings": result.settings.model_dump(mode="json"),
            "provenance": provenance(),
        }
    )


def _image_fields(image: ImageResult, has_file: Callable[[str], bool]) -> dict[str, Any]:
    geometry = image.geometry
    return {
        **_common_fields(image, has_file),
        "geometry": {
            "shape_zyx": geometry.shape_zyx,
            "spacing_mm_zyx": geometry.spacing_mm_zyx,
            "origin_lps_mm": geometry.origin_lps_mm,
            "direction": geometry.direction,
            "is_resampled": image.image.is_resampled,
        },
    }


def _radiograph_fields(image: RadiographResult, has_file: Callable[[str], bool]) -> dict[str, Any]:
    film = image.image
    return {
        **_common_fields(image, has_file),
        "geometry": {
            "shape_yx": film.shape_yx,
            "spacing_mm_yx": film.spacing_mm_yx,
            "spacing_basis": film.spacing_basis,
        },
    }


def _common_fields(image: ImageResult | RadiographResult, has_file: Callable[[str], bool]) -> dict[str, Any]:
    header = image.header
    name = label_map_name(image)
    return {
        "n": image.n,
        "series_instance_uid": header.series_instance_uid,
        "sop_instance_uids": header.sop_instance_uids,
        "modality": header.modality,
        "kind": image.kind,
        "status": image.status,
        "acquisition": header.acquisition,
        "laterality": header.laterality,
        "view": header.view,
        "label_map": name if image.status == "measured" and has_file(name) else None,
        "lesions": image.lesions,
        "excluded": image.excluded,
        "totals": image.totals,
        "issues": image.issues,
    }
