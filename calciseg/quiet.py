"""pydicom and its decoders, without their warnings.

pydicom's warnings quote the offending values, which may be a name, so they are dropped, not passed to a log.
What they say about the image is found again by the checks of this package, in words for people.
"""

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydicom import config

__all__ = ["quiet_pydicom"]

_LOGGERS = ("pydicom", "highdicom", "pylibjpeg", "openjpeg", "rle")

_lock = threading.Lock()
_n_inside = 0
_before: "tuple[warnings.catch_warnings[Any], list[int], int] | None" = None


@contextmanager
def quiet_pydicom() -> Iterator[None]:
    """Silence pydicom while the block runs.

    Warning filters, log levels and pydicom's settings belong to the whole process: with several threads
    inside, the first one in changes them and the last one out restores them.
    """
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _n_inside, _before
    with _lock:
        _n_inside += 1
        if _n_inside > 1:
            return
        loggers = [logging.getLogger(name) for name in _LOGGERS]
        filters: warnings.catch_warnings[Any] = warnings.catch_warnings()
        _before = (filters, [logger.level for logger in loggers], config.settings.reading_validation_mode)
        filters.__enter__()
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.CRITICAL + 1)
        config.settings.reading_validation_mode = config.IGNORE


def _leave() -> None:
    global _n_inside, _before
    with _lock:
        _n_inside -= 1
        if _n_inside or _before is None:
            return
        filters, levels, mode = _before
        config.settings.reading_validation_mode = mode
        for name, level in zip(_LOGGERS, levels, strict=True):
            logging.getLogger(name).setLevel(level)
        filters.__exit__(None, None, None)
        _before = None
