"""What a result is made of, as hashes: a study whose hash is the same need not be done again."""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from calciseg._version import __version__
from calciseg.outputs.provenance import provenance
from calciseg.workers import Job

__all__ = ["Wanted"]


class Wanted:
    """What is the same for every study of a run.

    Parameters
    ----------
    job : Job

    Attributes
    ----------
    settings : str
        Hash of the settings.
    versions : str
        JSON: of calciseg, Python and the libraries that shape figures. They are noted, and of them only
        calciseg's own makes a study worth doing again.
    """

    def __init__(self, job: Job) -> None:
        self.settings = _hash(job.settings.model_dump(mode="json"))
        self.versions = json.dumps(provenance())
        knowledge = [sha256(Path(path).read_bytes()).hexdigest() for path in job.knowledge]
        self._common = [__version__, self.settings, sorted(job.types), knowledge]

    def of(self, files: Mapping[str, Any], case: Mapping[str, Any] | None) -> str:
        """Hash all that the result of a study depends on.

        Parameters
        ----------
        files : mapping
            As the catalogue keeps them. A file that only moved to another folder is the same.
        case : mapping, optional
        """
        stated = [
            sorted((*part[1:3], part[0].rpartition("/")[2]) for part in files["parts"]),
            sorted(identity for part in files["parts"] for identity in part[3]),
            sorted(what for what in files["broken"].values()),
            self._common,
            case,
        ]
        return _hash(stated)


def _hash(content: Any) -> str:
    return sha256(json.dumps(content, sort_keys=True).encode(errors="surrogateescape")).hexdigest()
