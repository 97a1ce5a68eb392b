"""DICOM's codes as FHIR says them."""

from collections.abc import Iterable, Iterator
from typing import Any, cast

from highdicom.sr import CodedConcept, Measurement, QualitativeEvaluation
from pydicom.sr.coding import Code

__all__ = ["components", "concept", "evaluated"]

_SYSTEMS = {
    "SCT": "http://snomed.info/sct",
    "DCM": "http://dicom.nema.org/resources/ontology/DCM",
    "LN": "http://loinc.org",
    "UCUM": "http://unitsofmeasure.org",
}
"""Of HL7's list of external code systems (https://terminology.hl7.org)."""
_OTHERS = "urn:x-calciseg:"
"""IBSI's codes and calciseg's own have no registered URI: a name that nobody else uses, and the words."""


def concept(code: Code | CodedConcept, *more: Code | CodedConcept | None) -> dict[str, Any]:
    """Return a CodeableConcept; what modifies the code stands in its text."""
    # SNOMED's fully specified names end with their kind, which is nothing to read.
    name = str(code.meaning).removesuffix(" (observable entity)")
    words = [name, *(str(one.meaning).lower() for one in more if one is not None)]
    scheme = str(code.scheme_designator)
    coding = {
        "system": _SYSTEMS.get(scheme, _OTHERS + scheme.lower()),
        "code": str(code.value),
        "display": str(code.meaning),
    }
    return {"coding": [coding], "text": ", ".join(words)}


def components(measurements: Iterable[Measurement]) -> Iterator[dict[str, Any]]:
    """Yield a component of an Observation for each measurement of a structured report."""
    for measurement in measurements:
        unit = measurement.unit
        yield {
            "code": concept(measurement.name, measurement.derivation, measurement.method),
            "valueQuantity": {
                "value": float(measurement.value),
                "unit": str(unit.meaning),
                "system": _SYSTEMS["UCUM"],
                "code": str(unit.value),
            },
        }


def evaluated(evaluations: Iterable[QualitativeEvaluation]) -> Iterator[dict[str, Any]]:
    """Yield a component for each word of a structured report."""
    for evaluation in evaluations:
        word = cast(CodedConcept, evaluation.value)
        yield {"code": concept(evaluation.name), "valueCodeableConcept": {"text": str(word.meaning)}}
