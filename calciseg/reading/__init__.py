"""DICOM in, :class:`calciseg.model.Study` out.

The way of the data: ``finding`` (what lies there) → ``indexing`` (a record a slice) → ``grouping`` (studies
and series) → ``judging`` (usable? ``stacks``, ``geometry``; the best? ``choosing``) → ``volume`` (``pixels``
in Hounsfield units).
"""

from calciseg.reading.finding import Source
from calciseg.reading.listing import Listing, SeriesListing, StudyListing
from calciseg.reading.pixels import Progress
from calciseg.reading.study import inspect, read_study
from calciseg.reading.surveying import BrokenPart, StudyPart, Survey, survey_files
from calciseg.reading.walking import look, walk

__all__ = [
    "BrokenPart",
    "Listing",
    "Progress",
    "SeriesListing",
    "Source",
    "StudyListing",
    "StudyPart",
    "Survey",
    "inspect",
    "look",
    "read_study",
    "survey_files",
    "walk",
]
