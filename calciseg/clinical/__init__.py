"""The clinical classifier: case and lesions in, a ranked differential with its reasons out."""

from calciseg.clinical.case_document import case_json_schema
from calciseg.clinical.context import CaseSource, classify, read_case
from calciseg.clinical.knowledge import Knowledge, load_knowledge
from calciseg.clinical.study_context import classify_study

__all__ = [
    "CaseSource",
    "Knowledge",
    "case_json_schema",
    "classify",
    "classify_study",
    "load_knowledge",
    "read_case",
]
