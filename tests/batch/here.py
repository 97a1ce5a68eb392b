"""A crew without processes: what a test replaces is replaced for the analysis, too."""

from calciseg.workers import Ended, Job, Task
from calciseg.workers.work import do_study


class CrewHere:
    """Does a study when it is asked for what has ended."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self.running: tuple[Task, ...] = ()

    def has_room_for(self, _task: Task) -> bool:
        return not self.running

    def start(self, task: Task) -> None:
        self.running = (task,)

    def wait(self, _seconds: float) -> list[Ended]:
        tasks, self.running = self.running, ()
        return [Ended(task=task, outcome=do_study(task, self._job)) for task in tasks]

    def close(self) -> None:
        self.running = ()
