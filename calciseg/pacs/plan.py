"""What a listener is to do, checked before it opens a port."""

from dataclasses import dataclass, field
from pathlib import Path

from calciseg.arguments import count_of, positive
from calciseg.errors import UsageError
from calciseg.pacs.association import Limits
from calciseg.pacs.peers import Peer, TlsFiles, read_ae_title
from calciseg.workers import Job

__all__ = ["ListenPlan"]

_GIB = 1 << 30
_POSITIVE = ("quiet_seconds", "most_spool_bytes", "most_object_bytes", "memory_bytes", "study_seconds")
_ZERO_OR_MORE = ("least_free_bytes", "keep_hours", "grace_seconds")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ListenPlan:
    """What a listener is to do.

    Attributes
    ----------
    out : Path
        Gets a folder of results a study.
    spool : Path
        Holds what was received until it is done; nobody else's.
    job : Job
    ae_title : str
        Ours.
    calling : tuple of str
        The AE titles that may call; empty only with `is_anybody_allowed`.
    is_anybody_allowed : bool
    host : str
        The address to listen on; only this machine unless told otherwise.
    port : int
        0: any that is free.
    tls : TlsFiles, optional
        With them, peers must show a certificate of that authority.
    destination : Peer, optional
        Gets the DICOM objects of the results.
    limits : Limits
    quiet_seconds : float
        A study is complete when so long nothing of it came, after the end of its associations.
    most_spool_bytes, most_object_bytes, least_free_bytes : int
    keep_hours : float
        How long objects stay in the spool after their study is done, for those that come late.
    n_workers : int
    memory_bytes : int
        That all workers may use together.
    study_seconds : float
        The longest that one study may take.
    audit : Path, optional
        Gets a line for each connection.
    health_port : int, optional
        Answers about health, to this machine only.
    grace_seconds : float
        How long associations may go on when the listener stops.

    Raises
    ------
    UsageError
        If something does not fit.
    """

    out: Path
    spool: Path
    job: Job
    ae_title: str = "CALCISEG"
    calling: tuple[str, ...] = ()
    is_anybody_allowed: bool = False
    host: str = "127.0.0.1"
    port: int = 11112
    tls: TlsFiles | None = None
    destination: Peer | None = None
    limits: Limits = field(default_factory=Limits)
    quiet_seconds: float = 30.0
    most_spool_bytes: int = 100 * _GIB
    most_object_bytes: int = 2 * _GIB
    least_free_bytes: int = _GIB
    keep_hours: float = 24.0
    n_workers: int = 1
    memory_bytes: int
    study_seconds: float = 3600.0
    audit: Path | None = None
    health_port: int | None = None
    grace_seconds: float = 30.0

    def __post_init__(self) -> None:
        for title in (self.ae_title, *self.calling):
            read_ae_title(title)
        if not self.calling and not self.is_anybody_allowed:
            raise UsageError("nobody may call; name who may with --calling AET, or give --any-calling")
        if self.spool.resolve() == self.out.resolve():
            raise UsageError(f"{self.spool}: results cannot go where objects come in; choose two folders")
        count_of(self.n_workers, "n_workers")
        count_of(self.limits.n_associations, "n_associations")
        for name in _POSITIVE:
            positive(getattr(self, name), name)
        for name in _ZERO_OR_MORE:
            positive(getattr(self, name), name, or_zero=True)
