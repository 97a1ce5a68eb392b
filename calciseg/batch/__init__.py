"""Many studies: found below a folder, analysed in processes of their own, written down in a catalogue.

The way of a study: ``survey`` (which files it has) → ``catalogue`` (is it done already?) → ``crew`` (a worker
process does ``work``) → ``publish`` (its files take their place) → ``tables``. ``run`` is the loop over them.
"""

from calciseg.batch.folder import BatchPlan, Existing, analyze_folder, make_plan, run_batch
from calciseg.workers.task import StudyFailure

__all__ = ["BatchPlan", "Existing", "StudyFailure", "analyze_folder", "make_plan", "run_batch"]
