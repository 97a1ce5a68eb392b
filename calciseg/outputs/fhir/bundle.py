"""The Bundle: a report that refers to an Observation for each image, each lesion and the ranking."""

from collections.abc import Iterator
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from fhir.resources.R4B.bundle import Bundle

from calciseg._version import __version__
from calciseg.model import (
    ImageResult,
    Lesion,
    PlaneAreas,
    PlaneTotals,
    RadiographResult,
    RadiographTotals,
    Shadow,
    StudyResult,
)
from calciseg.outputs.dicom_objects.codes import CALCIFICATION, LATERALITY, PLANES, PROCEDURES, own_code
from calciseg.outputs.dicom_objects.measurements import lesion_evaluations
from calciseg.outputs.dicom_objects.report_groups import (
    classification_texts,
    doubts,
    figures_of,
    sums_of,
)
from calciseg.outputs.fhir.concepts import components, concept, evaluated

__all__ = ["bundle_of"]

_Image = ImageResult | RadiographResult
_Resource = dict[str, Any]

_NOTICE = "Research use only, not a diagnosis."
_CATEGORY = {
    "coding": [
        {
            "system": "http://terminology.hl7.org/CodeSystem/observation-category",
            "code": "imaging",
            "display": "Imaging",
        }
    ]
}
_SECTION = {
    "coding": [
        {"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "RAD", "display": "Radiology"}
    ]
}


def bundle_of(result: StudyResult) -> Bundle:
    """Make the Bundle of a result.

    All statuses are *preliminary*: nobody has verified a thing. There is no Patient: who it is about, the
    study tells, which is referred to by its UID.

    Parameters
    ----------
    result : StudyResult

    Returns
    -------
    Bundle
        Of R4B, whose parts used here are those of R4.
    """
    resources = [*_observations(result)]
    report = _report(result, resources)
    return Bundle(
        type="collection",
        timestamp=result.created,
        entry=[
            {"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource}
            for resource in (report, _device(), *resources)
        ],
    )


def _id(result: StudyResult, *parts: object) -> str:
    """Return the id of a resource: the same part of the same study, the same id."""
    return str(uuid5(NAMESPACE_OID, "/".join([result.study_instance_uid, *map(str, parts)])))


_DEVICE_ID = str(uuid5(NAMESPACE_OID, f"calciseg {__version__}"))


def _device() -> _Resource:
    return {
        "resourceType": "Device",
        "id": _DEVICE_ID,
        "deviceName": [{"name": "calciseg", "type": "other"}],
        "version": [{"value": __version__}],
        "note": [{"text": _NOTICE}],
    }


def _study(result: StudyResult) -> _Resource:
    return {
        "type": "ImagingStudy",
        "identifier": {"system": "urn:dicom:uid", "value": f"urn:oid:{result.study_instance_uid}"},
    }


def _report(result: StudyResult, observations: list[_Resource]) -> _Resource:
    kinds = dict.fromkeys("CT" if image.kind == "ct_volume" else "radiograph" for image in result.all_images)
    code = concept(PROCEDURES[next(iter(kinds), "CT")])
    code["text"] = f"{code['text']}: soft-tissue calcifications"
    return {
        "resourceType": "DiagnosticReport",
        "id": _id(result, "report"),
        "status": "preliminary",
        "category": [_SECTION],
        "code": code,
        "issued": result.created,
        "imagingStudy": [_study(result)],
        "result": [{"reference": f"urn:uuid:{one['id']}"} for one in observations],
        "conclusion": " ".join([*_conclusions(result), _NOTICE]),
    }


def _conclusions(result: StudyResult) -> Iterator[str]:
    verdict = result.classification
    if verdict is not None:
        # Red flags stand before whatever else the report concludes.
        yield from (f"{alert.message} ({alert.observed})" for alert in verdict.alerts)
    for image in result.all_images:
        if image.totals is None:
            yield f"Image {image.n} could not be measured."
        else:
            n_lesions = image.totals.n_lesions
            yield f"Image {image.n}: {n_lesions} soft-tissue calcification{'' if n_lesions == 1 else 's'}."
    if verdict is not None:
        names = " or ".join(name.replace("_", " ") for name in verdict.between)
        is_named = verdict.status != "insufficient"
        yield f"Ranking of causes: {verdict.status}" + (f" ({names})." if is_named else ".")


def _observations(result: StudyResult) -> Iterator[_Resource]:
    for image in result.all_images:
        lesions = [_lesion(result, image, lesion) for lesion in image.lesions]
        yield _totals(result, image, lesions)
        yield from lesions
    if result.classification is not None:
        yield _ranking(result)


def _observation(result: StudyResult, name: str, *parts: object) -> _Resource:
    return {
        "resourceType": "Observation",
        "id": _id(result, name, *parts),
        "status": "preliminary",
        "category": [_CATEGORY],
        "derivedFrom": [_study(result)],
        "device": {"reference": f"urn:uuid:{_DEVICE_ID}"},
    }


def _totals(result: StudyResult, image: _Image, lesions: list[_Resource]) -> _Resource:
    """State the sums of an image, of its planes too; an image that failed has none, not zero."""
    code = concept(CALCIFICATION)
    code["text"] = f"Soft-tissue calcifications of image {image.n}"
    resource = {
        **_observation(result, "totals", image.n),
        "code": code,
        "note": [{"text": f"Series {image.header.series_instance_uid}. {_NOTICE}"}]
        + [{"text": issue.message} for issue in doubts(result, image)],
    }
    if image.totals is None:
        return {**resource, "dataAbsentReason": {"text": "the image could not be measured"}}
    figures = [*components(sums_of(image.totals))]
    parts: list[tuple[str, PlaneTotals | PlaneAreas]] = [*image.totals.by_plane.items()]
    if isinstance(image.totals, RadiographTotals):
        parts += image.totals.by_site.items()
    for part, totals in parts:
        for figure in components(sums_of(totals)):
            figure["code"]["text"] += f", {part}"
            figures.append(figure)
    resource["component"] = figures
    if lesions:
        resource["hasMember"] = [{"reference": f"urn:uuid:{one['id']}"} for one in lesions]
    return resource


def _lesion(result: StudyResult, image: _Image, lesion: Lesion | Shadow) -> _Resource:
    code = concept(CALCIFICATION)
    code["text"] = f"Soft-tissue calcification {lesion.label} of image {image.n}"
    site = concept(PLANES[lesion.tissue_plane], LATERALITY.get(lesion.laterality or ""))
    return {
        **_observation(result, "lesion", image.header.series_instance_uid, image.n, lesion.label),
        "code": code,
        "bodySite": site,
        "component": [*components(figures_of(lesion)), *evaluated(lesion_evaluations(lesion))],
    }


def _ranking(result: StudyResult) -> _Resource:
    """State the ranked causes with their points; doubts, reasons and what would help are notes."""
    verdict = result.classification
    assert verdict is not None
    return {
        **_observation(result, "ranking"),
        "code": concept(own_code("DIFFERENTIAL", "Ranked differential of calcification")),
        "valueCodeableConcept": {"text": verdict.status},
        "component": [
            {
                "code": {"text": one.mechanism.replace("_", " ")},
                "valueQuantity": {"value": one.points, "unit": "points"},
            }
            for one in verdict.ranking
        ],
        "note": [{"text": text} for _code, _meaning, text in classification_texts(result, verdict)]
        + [{"text": f"Points are no probabilities. {_NOTICE}"}],
    }
