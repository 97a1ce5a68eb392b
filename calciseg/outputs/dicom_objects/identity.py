"""What makes an object the same object: UIDs from its content, dates from its source."""

from collections.abc import Iterable
from hashlib import sha256

from pydicom.dataset import Dataset

from calciseg.model import ImageResult, RadiographResult, StudyResult

__all__ = [
    "SERIES_DESCRIPTION",
    "date_like_source",
    "image_identity",
    "lesion_tracking",
    "made_uid",
    "seg_name",
]

SERIES_DESCRIPTION = "calciseg (research)"
_NO_DATE, _NO_TIME = "19000101", "000000"
_DATES = ("SeriesDate", "AcquisitionDate", "ContentDate", "StudyDate")
_TIMES = ("SeriesTime", "AcquisitionTime", "ContentTime", "StudyTime")


def made_uid(*parts: memoryview | str) -> str:
    """Make a UID of the 2.25 root from parts: the same parts, the same UID, whenever and wherever."""
    digest = sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(memoryview(content).nbytes.to_bytes(8, "little"))
        digest.update(content)
    return f"2.25.{int.from_bytes(digest.digest()[:16], 'big') >> 1}"


def seg_name(image: ImageResult | RadiographResult) -> str:
    """Return the name of an image's segmentation."""
    return f"seg-{image.n}.dcm"


def image_identity(result: StudyResult, image: ImageResult | RadiographResult) -> str:
    """Return a UID of an image, the same whatever else of its study was analysed with it.

    Of several images of one series, and of several that an anonymiser gave one UID, each has its own.
    """
    uids = _uids(image)
    alike = [one.n for one in result.all_images if _uids(one) == uids]
    return made_uid("image", result.study_instance_uid, *uids, str(alike.index(image.n)))


def _uids(image: ImageResult | RadiographResult) -> tuple[str, ...]:
    return (image.header.series_instance_uid, *image.header.sop_instance_uids)


def lesion_tracking(image_uid: str, label: int) -> tuple[str, str]:
    """Return the tracking identifier and UID of a lesion, the same in every object about it."""
    return f"Lesion {label}", made_uid("lesion", image_uid, str(label))


def date_like_source(dataset: Dataset, source: Dataset) -> None:
    """Give an object the date and time of its source, so that writing it again makes the same bytes."""
    date = _first(source, _DATES) or _NO_DATE
    time = _first(source, _TIMES) or _NO_TIME
    for keyword in ("InstanceCreation", "Content", "Series"):
        setattr(dataset, f"{keyword}Date", date)
        setattr(dataset, f"{keyword}Time", time)
    for item in dataset.get("ContributingEquipmentSequence") or ():
        item.ContributionDateTime = date + time


def _first(source: Dataset, keywords: Iterable[str]) -> str | None:
    return next((str(source.get(keyword)) for keyword in keywords if source.get(keyword)), None)
