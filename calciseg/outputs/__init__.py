"""From a :class:`~calciseg.model.StudyResult` to files; a format is a module and a line in the registry."""

from calciseg.outputs.atomic import output_error, sync_folder, whole_file
from calciseg.outputs.palette import PLANE_COLOURS
from calciseg.outputs.registry import DEFAULT_TYPES, check, remove_older, types_in, write
from calciseg.outputs.result_document import label_map_name
from calciseg.outputs.stored_maps import read_map
from calciseg.outputs.stored_result import read_document

__all__ = [
    "DEFAULT_TYPES",
    "PLANE_COLOURS",
    "check",
    "label_map_name",
    "output_error",
    "read_document",
    "read_map",
    "remove_older",
    "sync_folder",
    "types_in",
    "whole_file",
    "write",
]
