"""A worker process: takes tasks from its standard input, and ends when that does.

Started as ``python -m calciseg.workers.worker``: a caller's script needs no guard around its main part.
"""

import faulthandler
import os
import queue
import signal
import sys
import threading
from typing import cast

from calciseg.workers.messages import receive, send
from calciseg.workers.task import Job, Task

_GRACE_SECONDS = 30.0
"""After the parent should have ended a study that takes too long, the worker ends itself."""


def main() -> None:
    """Do studies until there are no more, or nobody who asks for them."""
    # Ctrl-C reaches the whole process group; the parent decides what it means. It is blocked since the start.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb")
    _silence()
    job, seconds = cast(tuple[Job, float], receive(sys.stdin.buffer))
    tasks: queue.SimpleQueue[Task] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(tasks,), daemon=True).start()
    from calciseg.workers.work import do_study

    while True:
        task = tasks.get()
        # Also when compiled code holds the interpreter for ever and no thread of Python can run.
        faulthandler.dump_traceback_later(min(seconds + _GRACE_SECONDS, threading.TIMEOUT_MAX), exit=True)
        outcome = do_study(task, job)
        faulthandler.cancel_dump_traceback_later()
        send(answers, outcome)


def _listen(tasks: "queue.SimpleQueue[Task]") -> None:
    while True:
        task = receive(sys.stdin.buffer)
        if not isinstance(task, Task):
            # Nobody is left to take an answer; what lies on the stage is swept by who comes next.
            os._exit(0)
        tasks.put(task)


def _silence() -> None:
    """Let nothing that a library prints reach the answers, or the terminal: it may quote a header."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)


if __name__ == "__main__":
    main()
