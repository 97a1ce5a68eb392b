"""From a :class:`~calciseg.model.StudyResult` to files; a format is a module and a line in the registry."""

from calciseg.outputs.atomic import output_error, whole_file
from calciseg.outputs.palette import PLANE_COLOURS
from calciseg.outputs.registry import DEFAULT_TYPES, check, remove_older, write

__all__ = [
    "DEFAULT_TYPES",
    "PLANE_COLOURS",
    "check",
    "output_error",
    "remove_older",
    "whole_file",
    "write",
]
