"""The measurement groups of a structured report, DICOM PS3.16 TID 1500."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from highdicom.sr import (
    CodedConcept,
    FindingSite,
    Measurement,
    MeasurementsAndQualitativeEvaluations,
    QualitativeEvaluation,
    ReferencedSegment,
    RelationshipTypeValues,
    SourceSeriesForSegmentation,
    TextContentItem,
    TrackingIdentifier,
    VolumetricROIMeasurementsAndQualitativeEvaluations,
)
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code

from calciseg.model import (
    Classification,
    Evidence,
    ImageResult,
    Issue,
    Lesion,
    PlaneAreas,
    PlaneTotals,
    RadiographResult,
    RadiographTotals,
    Shadow,
    StudyResult,
    TissuePlane,
    Totals,
)
from calciseg.outputs.dicom_objects.codes import CALCIFICATION, CATEGORY, LATERALITY, PLANES, own_code
from calciseg.outputs.dicom_objects.identity import image_identity, lesion_tracking, made_uid
from calciseg.outputs.dicom_objects.measurements import (
    lesion_evaluations,
    lesion_measurements,
    totals_measurements,
)
from calciseg.outputs.dicom_objects.shadow_measurements import area_totals, shadow_measurements

__all__ = [
    "classification_group",
    "classification_texts",
    "doubts",
    "figures_of",
    "lesion_groups",
    "sums_of",
    "totals_groups",
]

_Image = ImageResult | RadiographResult
Group = MeasurementsAndQualitativeEvaluations | VolumetricROIMeasurementsAndQualitativeEvaluations


def lesion_groups(result: StudyResult, image: _Image, segmentation: Dataset | None) -> Iterator[Group]:
    """Yield a group for each lesion, tied to its segment where a segmentation lies beside the report."""
    image_uid = image_identity(result, image)
    for lesion in image.lesions:
        identifier, uid = lesion_tracking(image_uid, lesion.label)
        common: dict[str, Any] = {
            "tracking_identifier": TrackingIdentifier(uid=uid, identifier=identifier),
            "finding_type": CALCIFICATION,
            "finding_category": CATEGORY,
            "finding_sites": [_site(lesion)],
            "measurements": figures_of(lesion),
            "qualitative_evaluations": lesion_evaluations(lesion),
        }
        if segmentation is None:
            yield MeasurementsAndQualitativeEvaluations(**common)
        else:
            segment = _referenced_segment(lesion, segmentation, image)
            yield VolumetricROIMeasurementsAndQualitativeEvaluations(referenced_segment=segment, **common)


def figures_of(lesion: Lesion | Shadow) -> list[Measurement]:
    """Return the figures of a lesion of any kind of image."""
    return lesion_measurements(lesion) if isinstance(lesion, Lesion) else shadow_measurements(lesion)


def _site(lesion: Lesion | Shadow) -> FindingSite:
    return FindingSite(
        anatomic_location=PLANES[lesion.tissue_plane], laterality=LATERALITY.get(lesion.laterality or "")
    )


def _referenced_segment(lesion: Lesion | Shadow, segmentation: Dataset, image: _Image) -> ReferencedSegment:
    """Refer to the lesion's own segment, or to that of the plane in which most of it lies.

    A lesion over several planes lies in several segments, and a group may name but one. The background of a
    label map is a segment, too, and tracks nothing.
    """
    tracked = (item for item in segmentation.SegmentSequence if "TrackingID" in item)
    numbers = {str(item.TrackingID): int(item.SegmentNumber) for item in tracked}
    by_share = sorted(TissuePlane, key=lambda plane: -getattr(lesion.plane_fractions, plane))
    names = [f"Lesion {lesion.label}", *(f"Calcification, {plane}" for plane in by_share)]
    return ReferencedSegment(
        sop_class_uid=segmentation.SOPClassUID,
        sop_instance_uid=segmentation.SOPInstanceUID,
        segment_number=next(numbers[name] for name in names if name in numbers),
        source_series=SourceSeriesForSegmentation(image.header.series_instance_uid),
    )


def totals_groups(result: StudyResult, image: _Image) -> Iterator[Group]:
    """Yield the totals of an image, of each of its planes and of each site of a radiograph."""
    if image.totals is None:
        return
    named: list[tuple[str, Code | CodedConcept | None, list[Measurement]]]
    named = [("Total", None, sums_of(image.totals))]
    for plane, totals in image.totals.by_plane.items():
        named.append((f"Total, {plane}", PLANES[plane], sums_of(totals)))
    if isinstance(image.totals, RadiographTotals):
        for site, areas in image.totals.by_site.items():
            place = own_code(f"SITE_{site.upper()}", site.replace("_", " "))
            named.append((f"Total, {site}", place, sums_of(areas)))
    image_uid = image_identity(result, image)
    for name, code, measurements in named:
        uid = made_uid("totals", image_uid, name)
        group = MeasurementsAndQualitativeEvaluations(
            tracking_identifier=TrackingIdentifier(uid=uid, identifier=name),
            finding_type=CALCIFICATION,
            finding_sites=None if code is None else [FindingSite(anatomic_location=code)],
            measurements=measurements,
        )
        if code is None:
            _add_texts(group, (("ISSUE", "Issue", issue.message) for issue in doubts(result, image)))
        yield group


def doubts(result: StudyResult, image: _Image) -> tuple[Issue, ...]:
    """Return the issues that stand beside an image's totals: those of the study stand beside its ranking."""
    return image.issues if result.classification is not None else (*image.issues, *result.issues)


def _add_texts(group: Group, texts: Iterable[tuple[str, str, str]]) -> None:
    """Add sentences to a group: TID 1501 has no row for them, but is extensible."""
    for name, meaning, text in texts:
        item = TextContentItem(
            name=own_code(name, meaning), value=text, relationship_type=RelationshipTypeValues.CONTAINS
        )
        group[0].ContentSequence.append(item)


def sums_of(totals: Totals | PlaneTotals | RadiographTotals | PlaneAreas) -> list[Measurement]:
    """Return the sums of any kind of image, or of one of its planes."""
    if isinstance(totals, (RadiographTotals, PlaneAreas)):
        return area_totals(totals)
    return totals_measurements(totals)


def classification_group(result: StudyResult, classification: Classification) -> Group:
    """Return the ranked differential: codes for the verdict, text for its reasons."""
    uid = made_uid("classification", result.study_instance_uid)
    words = [
        ("STATUS", "Status of the differential", classification.status),
        *_leading(classification),
        *(("PATTERN", "Pattern", name) for name in classification.patterns),
        *(("ENTITY", "Named disease", name) for name in classification.entities),
        ("USE", "Intended use", "research_only_not_a_diagnosis"),
    ]
    group = MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(uid=uid, identifier="Differential"),
        finding_type=own_code("DIFFERENTIAL", "Ranked differential of calcification"),
        qualitative_evaluations=[
            QualitativeEvaluation(own_code(name, meaning), own_code(word.upper(), word.replace("_", " ")))
            for name, meaning, word in words
        ],
    )
    _add_texts(group, classification_texts(result, classification))
    return group


def _leading(classification: Classification) -> Iterator[tuple[str, str, str]]:
    """Yield what the verdict names: one mechanism, several that it does not tell apart, or none."""
    if classification.status == "probable":
        yield "PROBABLE", "Probable mechanism", classification.between[0]
    elif classification.status == "indeterminate":
        yield from (("BETWEEN", "Not told apart", name) for name in classification.between)


def classification_texts(
    result: StudyResult, classification: Classification
) -> Iterator[tuple[str, str, str]]:
    """Yield code, meaning and text of every sentence of a differential, and of every doubt about it."""
    for issue in result.issues:
        yield "ISSUE", "Issue", issue.message
    for alert in classification.alerts:
        yield "ALERT", "Alert", f"{alert.message}: {alert.observed} ({alert.source})"
    for one in classification.ranking:
        if one.evidence:
            yield "MECHANISM", "Mechanism with its points", _reasons(one.mechanism, one.points, one.evidence)
    for mimic in classification.mimics:
        yield "MIMIC", "Mimic with its points", _reasons(mimic.name, mimic.points, mimic.evidence)
    for missing in classification.would_help:
        yield "WOULD_HELP", "Would help", f"{missing.item}: {', '.join(missing.separates)}"


def _reasons(name: str, points: float, evidence: Sequence[Evidence]) -> str:
    reasons = (f"{one.criterion}: {one.observed} ({one.points:+g}; {one.source})" for one in evidence)
    return f"{name.replace('_', ' ')}, {points:g} points. " + ". ".join(reasons)
