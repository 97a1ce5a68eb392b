"""From a :class:`~calciseg.model.StudyResult` to files; a format is a module and a line in the registry."""

from calciseg.outputs.palette import PLANE_COLOURS
from calciseg.outputs.registry import DEFAULT_TYPES, check, write

__all__ = ["DEFAULT_TYPES", "PLANE_COLOURS", "check", "write"]
