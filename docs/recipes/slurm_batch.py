"""Run ``calciseg batch`` on the nodes of a SLURM cluster: ``python slurm_batch.py ROOT OUT --n-jobs 20``.

Start it where jobs may be submitted, as a job of its own or in a session that lasts. It needs
``calciseg[dask]`` and ``dask-jobqueue``, and the same versions on the nodes. Arguments that it does not know
go to ``calciseg batch``.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from dask_jobqueue import SLURMCluster


def main() -> int:
    """Submit jobs with a worker each, analyse with those that have started, and end them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("root")
    parser.add_argument("out")
    parser.add_argument("--n-jobs", type=int, default=10, help="workers, each a job of one core")
    parser.add_argument("--memory-of-job", default="8GB", help="of which calciseg uses four fifths")
    parser.add_argument("--walltime", default="12:00:00", help="of each job")
    parser.add_argument("--partition")
    parser.add_argument("--account")
    asked, more = parser.parse_known_args()
    with SLURMCluster(
        cores=1,
        processes=1,
        memory=asked.memory_of_job,
        walltime=asked.walltime,
        queue=asked.partition,
        account=asked.account,
        # calciseg sees to its own studies; a nanny beside it would be one process more.
        nanny=False,
    ) as cluster:
        cluster.scale(jobs=asked.n_jobs)
        # The first job may wait in the queue for hours; the others join while it works.
        cluster.wait_for_workers(1)
        calciseg = Path(sys.executable).with_name("calciseg")
        command = [calciseg, "batch", asked.root, "-o", asked.out, "--scheduler", cluster.scheduler_address]
        return subprocess.run([*command, *more]).returncode


if __name__ == "__main__":
    sys.exit(main())
