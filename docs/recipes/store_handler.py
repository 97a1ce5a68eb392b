"""Analyse a study inside your own pynetdicom application, from memory, when its association ends.

It keeps nothing on disk and answers for nothing: ``calciseg listen`` is the storage SCP that loses nothing.
"""

from collections import defaultdict
from collections.abc import Callable

from pydicom.dataset import Dataset
from pynetdicom import AE, AllStoragePresentationContexts, evt
from pynetdicom.transport import ThreadedAssociationServer

import calciseg

SUCCESS = 0x0000


def start(port: int, take: Callable[[calciseg.StudyResult], None]) -> ThreadedAssociationServer:
    """Start the application; ``take`` gets every result."""
    received: dict[object, list[Dataset]] = defaultdict(list)

    def store(event: evt.Event) -> int:
        dataset = event.dataset
        dataset.file_meta = event.file_meta
        received[event.assoc].append(dataset)
        return SUCCESS

    def analyze(event: evt.Event) -> None:
        by_study: dict[str, list[Dataset]] = defaultdict(list)
        for dataset in received.pop(event.assoc, []):
            by_study[dataset.StudyInstanceUID].append(dataset)
        for datasets in by_study.values():
            try:
                take(calciseg.analyze(datasets))
            except calciseg.CalcisegError as error:
                print(error)

    ae = AE("CALCISEG")
    ae.supported_contexts = AllStoragePresentationContexts
    handlers = [(evt.EVT_C_STORE, store), (evt.EVT_RELEASED, analyze)]
    return ae.start_server(("127.0.0.1", port), block=False, evt_handlers=handlers)


if __name__ == "__main__":
    start(11112, lambda result: print(result.study_instance_uid))
