"""The spool is no archive: what is done leaves it after a while, or at once when it is nearly full."""

import time

from calciseg.pacs.queue import Queue
from calciseg.pacs.spool import OTHER_PREFIX, Spool

__all__ = ["tidy"]

_REMEMBERED_DAYS = 30


def tidy(spool: Spool, queue: Queue, keep_hours: float) -> None:
    """Clear objects of studies that are done; those of others stay, however full it is.

    Parameters
    ----------
    spool : Spool
    queue : Queue
        Remembers the names of what was cleared, so that what comes late is not taken for a whole study.
    keep_hours : float
        That objects stay after their study is done.
    """
    now = time.time()
    for row in queue.rows("done"):
        is_old = row.changed < now - keep_hours * 3600
        if not is_old and not spool.is_short():
            continue
        there = [path.name for path in spool.files(row.folder)]
        images = {name for name in there if name in row.names}
        if images:
            # Others than images are of no use without them; images that have come since stay.
            spool.remove(
                row.folder, [name for name in there if name in images or name.startswith(OTHER_PREFIX)]
            )
        elif not there and row.changed < now - _REMEMBERED_DAYS * 86400:
            queue.forget(row.folder)
