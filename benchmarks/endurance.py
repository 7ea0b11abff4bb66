"""Kills, power cuts and damaged pictures in full numbers: the suite's own tests of the feature store, with many more of each.

Kills a writer of the store 200 times at random moments, cuts the power at every write and sync with 100 random cuts each, kills
building and tagging jobs, and decodes 10,000 mutated pictures, whose slowest is told. Runs from a checkout, which has the tests.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import time
import warnings
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
STORE = "tests/unit/test_features_durability.py"
JOBS = "tests/e2e/test_killed_jobs.py"
# A picture that keeps the program longer than this hangs, as far as whoever waits can tell.
MOST_SECONDS = 10.0


def tested(tests: str, **numbers: int) -> tuple[bool, float]:
    """Run tests with these numbers; return whether all passed, and the seconds."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "--timeout", "7200", tests]
    environment = {**os.environ, **{name: str(number) for name, number in numbers.items()}}
    began = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=sys.stderr, check=False)
    return done.returncode == 0, time.monotonic() - began


def pictures(count: int, seed: int) -> tuple[dict[str, int], float]:
    """Decode so many mutated pictures; return how often each outcome came, and the seconds of the slowest."""
    from tests.unit.test_pictures_mutated import mutated, outcome_of, whole

    chance, kinds = random.Random(seed), whole()
    outcomes: Counter[str] = Counter()
    slowest = 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(count):
            content = mutated(chance.choice(kinds), chance)
            began = time.perf_counter()
            outcomes[outcome_of(content)] += 1
            slowest = max(slowest, time.perf_counter() - began)
    return dict(outcomes.most_common()), slowest


def main() -> int:
    parser = argparse.ArgumentParser(prog="endurance", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="kills of a writer of the store")
    parser.add_argument("--job-kills", type=int, default=20, help="kills of each kind of job")
    parser.add_argument("--cuts", type=int, default=100, help="cuts at each step of a write")
    parser.add_argument("--pictures", type=int, default=10_000, help="mutated pictures")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    outcomes, slowest = pictures(options.pictures, options.seed)
    store, store_seconds = tested(STORE, STORE_KILLS=options.kills, STORE_CUTS=options.cuts)
    jobs, jobs_seconds = tested(JOBS, HYAI_TEST_KILLS=options.job_kills, HYAI_TEST_SEED=options.seed)
    found = {
        "kills": options.kills,
        "cuts_a_step": options.cuts,
        "store_held": store,
        "store_seconds": round(store_seconds),
        "job_kills": options.job_kills,
        "jobs_held": jobs,
        "jobs_seconds": round(jobs_seconds),
        "pictures": options.pictures,
        "outcomes": outcomes,
        "slowest_picture_ms": round(1000 * slowest, 1),
        "ok": store and jobs and slowest < MOST_SECONDS,
    }
    print(json.dumps({"benchmark": "endurance", **found}))
    return 0 if found["ok"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
