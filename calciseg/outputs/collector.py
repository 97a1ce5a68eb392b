"""Python's cycle collector, out of the way while results are written."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["paused_collector"]


@contextmanager
def paused_collector() -> Iterator[None]:
    """Pause the collector while the block runs.

    DICOM objects are made of hundreds of thousands of small ones that all live until they are written. The
    collector would walk them again and again, and find nothing: a quarter of the time of a segmentation with
    thousands of segments. With several threads inside, the one that
    paused it lets it run again.
    """
    was_running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_running:
            gc.enable()
