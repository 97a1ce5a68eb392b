"""A night in small: ``python -m benchmarks.overnight [--studies 500] [--kills 20] [--jobs 2]``.

Small studies, every twentieth damaged in one of five ways, through ``calciseg batch``: once undisturbed, the
same command again, and once more into another folder with the parent and workers killed in turns at random
moments (SIGKILL) and the command repeated. Whatever does not hold ends it with an assertion: all whole
studies done, all damaged ones failed with the right words, exit code 3, nothing done again, and the same
bytes after the kills, with nothing left over.
"""

import argparse
import json
import random
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

import psutil

from tests.archive import batch_process, contents, damage, put_study, run_batch_command, thinned_slices

_SAMPLE = Path(__file__).parents[1] / "sample_data" / "thigh_ct"
_EVERY = 20
_KINDS_OF_DAMAGE = 5
_TYPES = ("--output-type", "json,csv,nifti", "-q")
_SOME_FAILED = 3


def archive(root, n_studies):
    """Write the studies; return how many are damaged, by a word of the reason."""
    slices = thinned_slices(_SAMPLE)
    words = Counter()
    for number in range(1, n_studies + 1):
        paths = put_study(slices, root / f"{number:04}", number)
        if number % _EVERY == 0:
            words[damage(paths, number // _EVERY % _KINDS_OF_DAMAGE)] += 1
    return words


def command(root, out, jobs):
    return root, "-o", out, *_TYPES, "--json", "--jobs", jobs


def checked(done, n_studies, words):
    """Return what the command says, after a look at its code, its counts and its reasons."""
    assert done.returncode == _SOME_FAILED, done.stderr
    document = json.loads(done.stdout)
    n_damaged = words.total()
    counts = document["n_done"] + document["n_done_before"], document["n_failed"]
    assert counts == (n_studies - n_damaged, n_damaged), document
    for word, n in words.items():
        assert sum(one["n"] for one in document["failures"] if word in one["reason"]) == n, word
    return document


def timed(root, out, jobs, n_studies, words):
    begun = time.perf_counter()
    done = run_batch_command(*command(root, out, jobs))
    return checked(done, n_studies, words), time.perf_counter() - begun


def with_kills(root, out, jobs, n_kills, longest_seconds):
    """Kill the parent and workers in turns, and repeat; return the last repetition, and who was killed."""
    moment = random.Random(20)
    killed = Counter()
    while killed.total() < n_kills:
        process = batch_process(*command(root, out, jobs))
        while process.poll() is None and killed.total() < n_kills:
            try:
                process.communicate(timeout=moment.uniform(0.3, longest_seconds))
            except subprocess.TimeoutExpired:
                workers = psutil.Process(process.pid).children()
                if killed.total() % 2 and workers:
                    moment.choice(workers).kill()
                    killed["worker"] += 1
                else:
                    process.kill()
                    process.communicate()
                    killed["parent"] += 1
        process.kill()
        process.communicate()
    return run_batch_command(*command(root, out, jobs)), killed


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--studies", type=int, default=500)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root, out, disturbed = (Path(folder) / name for name in ("root", "out", "disturbed"))
        words = archive(root, asked.studies)
        first, seconds = timed(root, out, asked.jobs, asked.studies, words)
        print(
            f"{asked.studies} studies, {asked.jobs} workers: {first['n_done']} done, {first['n_failed']}"
            f" failed, exit 3, {seconds:.0f} s"
        )
        undisturbed = contents(out)
        again, seconds_again = timed(root, out, asked.jobs, asked.studies, words)
        assert again["n_done"] == 0
        assert contents(out) == undisturbed
        print(f"the same again: {again['n_done']} done, {seconds_again:.1f} s")
        last, killed = with_kills(root, disturbed, asked.jobs, asked.kills, 2.0 * seconds / asked.kills)
        document = checked(last, asked.studies, words)
        assert contents(disturbed) == undisturbed
        assert not (disturbed / ".calciseg-batch").exists()
        print(
            f"killed {asked.kills} times ({dict(killed)}): {document['n_done_before']} done before the last"
            f" repetition, {document['n_done']} in it; the same {len(undisturbed)} files to the byte, nothing"
            " left over"
        )


if __name__ == "__main__":
    main()
