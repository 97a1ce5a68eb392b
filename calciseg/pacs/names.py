"""File names for objects: hashes of their UIDs, for what a peer sends makes no path."""

from hashlib import sha256

from calciseg.workers import folder_of

__all__ = ["file_of", "folder_of"]


def file_of(sop_instance_uid: str) -> str:
    """Name the file of an object."""
    return f"{sha256(sop_instance_uid.encode()).hexdigest()[:32]}.dcm"
