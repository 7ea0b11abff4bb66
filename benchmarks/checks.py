"""How well the checks find planted faults, and what they cost: recall and precision of each kind, time, memory, cancelling.

`python -m benchmarks checks` draws a library with ten faults of each kind (`hyai_tui.library.demo.faults`, which knows
nothing of the checks), trains a model on it and runs every check. With `HYAI_WEIGHTS` the encoder is MobileNetV2, else the
small one. `--large 100000` runs them on so many files as well, half of them tagged, and cancels once.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import numpy as np
from PIL import Image

from hyai_tui.checks import registry, results
from hyai_tui.library.base import TagChange
from hyai_tui.library.demo.faults import FEWEST, MOST, NEEDS, OPPOSITES, Faulty, draw_faulty
from hyai_tui.workspace import Workspace, open_workspace

_LEAST_RECALL, _LEAST_PRECISION = 0.9, 0.8


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks checks")
    parser.add_argument("--files", type=int, default=720)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--large", type=int, default=0, metavar="N", help="measure on so many files instead")
    parser.add_argument("--keep", type=Path, help="build it here and leave it there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        root = options.keep or Path(temporary) / "faulty"
        return large(root, options.large) if options.large else judge(root, options.files, options.seed)


def judge(root: Path, files: int, seed: int) -> int:
    """Build the library below a folder, run the checks, print the table; 1 if a check misses its numbers."""
    pictures = root / "pictures"
    faulty = draw_faulty(pictures, seed=seed, files=files)
    (root / "hyai.toml").write_text(
        f'[library]\npath = "pictures"\n[features]\nencoder = "{"auto" if "HYAI_WEIGHTS" in os.environ else "small"}"\n'
        f'[checks]\nneeds = ["{NEEDS}"]\nfewest_tags = {FEWEST}\nmost_tags = {MOST}\n'
        f'[queues]\nopposites = ["{" | ".join(OPPOSITES)}"]\n'
    )
    workspace = open_workspace(root)
    hyai(root, "scan")
    by_path = hashes(workspace)
    tag(workspace, faulty, by_path)
    put_samples(workspace, faulty, by_path)
    for step in (["scan"], ["cache", "build"], ["train"], ["score"], ["queues", "--prepare"]):
        hyai(root, *step)
    began = time.monotonic()
    hyai(root, "check")
    print(f"all checks: {time.monotonic() - began:.1f} s for {len(by_path):,} files, processes included")
    return table(workspace, faulty, by_path)


def large(root: Path, files: int) -> int:
    """Run every check on so many small pictures, and print time and memory; then cancel one run."""
    if not (root / "hyai.toml").exists():
        _make_large(root, files)
    missed = 0
    print(f"{'check':16} {'seconds':>8} {'MiB':>6} {'findings':>9}   of {files:,} files")
    whole = 0.0
    for check in registry.OWN:
        seconds, memory = _measured(root, check)
        kept = results.read(open_workspace(root), check)
        print(f"{check:16} {seconds:8.1f} {memory:6.0f} {len(kept.result.findings) if kept else 0:9,}", flush=True)
        whole += seconds
        missed |= int(memory > 2048)
    began = time.monotonic()
    with _started(root, "files") as process:
        while not list((root / ".hyai" / "jobs").glob("*-check-*/events.jsonl")) or time.monotonic() - began < 8:
            time.sleep(0.1)
        asked = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.wait()
        cancelled = time.monotonic() - asked
    print(f"all checks one after the other: {whole:.0f} s; a cancelled one ended after {cancelled:.1f} s")
    return missed | int(whole > 600 or cancelled > 2)


def _measured(root: Path, check: str) -> tuple[float, float]:
    """Return the seconds of a check by command, and the most memory of any of its processes in MiB."""
    began = time.monotonic()
    most = 0.0
    with _started(root, check) as process:
        while process.poll() is None:
            most = max([most, *(_memory(pid) for pid in _below(process.pid))])
            time.sleep(0.05)
    return time.monotonic() - began, most


def _started(root: Path, check: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "HYAI_HOME": str(root), "HYAI_CHECKS_LIMIT_SECONDS": "1800"}
    command = [sys.executable, "-m", "hyai_tui", "check", check]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _below(pid: int) -> list[int]:
    """Return a process and all that it has started; a job runs in a session of its own, so it is found by its parent."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            number, rest = int(entry.parent.name), entry.read_text().rpartition(")")[2].split()
        except (OSError, ValueError):
            continue
        parents.setdefault(int(rest[1]), []).append(number)
    found, waiting = [], [pid]
    while waiting:
        found.append(one := waiting.pop())
        waiting += parents.get(one, [])
    return found


def _memory(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 0.0)


def _make_large(root: Path, files: int) -> None:
    """Draw small pictures of large spots, tag half of them, make some samples, encode and train."""
    rng = np.random.default_rng(1)
    for number in range(files):
        state = ("inbox", "archive", "trash")[number % 3]
        target = root / "pictures" / state / f"{number // 1000:03d}" / f"{number:06d}.jpg"
        target.parent.mkdir(parents=True, exist_ok=True)
        spots = rng.integers(0, 255, (5, 6, 3), np.uint8)
        Image.fromarray(spots).resize((128, 96), Image.Resampling.BICUBIC).save(target, quality=70)
        if number % 3 and number < 1200:
            sample = root / "data" / ("archive" if number % 3 == 1 else "trash") / target.name
            sample.parent.mkdir(parents=True, exist_ok=True)
            sample.write_bytes(target.read_bytes())
    (root / "hyai.toml").write_text(
        '[library]\npath = "pictures"\n[features]\nencoder = "hog"\n[checks]\nneeds = ["series > person"]\n'
    )
    hyai(root, "scan")
    workspace = open_workspace(root)
    # A few dozen sets of tags: equal changes of many files are one write.
    words = [f"word {number}" for number in range(500)]
    sets = [frozenset({"series:one", *rng.choice(words, size=int(rng.integers(1, 12)))}) for _ in range(40)]
    with closing(workspace.open_library()) as library, workspace.open_catalog() as catalog:
        names = [one.sha256 for one in catalog.files()][::2]
        for start in range(0, len(names), 256):
            tags = sets[start // 256 % len(sets)]
            library.change_tags([TagChange(name, add=tags) for name in names[start : start + 256]])
    for step in (["scan"], ["cache", "build"], ["train"], ["score"]):
        hyai(root, *step)


def hyai(root: Path, *words: str) -> None:
    """Run a command in the workspace."""
    environment = {**os.environ, "HYAI_HOME": str(root)}
    command = [sys.executable, "-m", "hyai_tui", *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"hyai {' '.join(words)} exited with {done.returncode}\n{done.stdout}\n{done.stderr}")


def hashes(workspace: Workspace) -> dict[str, str]:
    """Return the SHA-256 of every file by path."""
    with workspace.open_catalog() as catalog:
        return {path: one.sha256 for one in catalog.files() for path in one.paths}


def tag(workspace: Workspace, faulty: Faulty, by_path: Mapping[str, str]) -> None:
    """Give every file its tags, those of ours among them."""
    with closing(workspace.open_library()) as library:
        changes = [
            TagChange(by_path[path], add=frozenset(tags)) for path, tags in faulty.tags.items() if path in by_path
        ]
        for start in range(0, len(changes), 256):
            library.change_tags(changes[start : start + 256])


def put_samples(workspace: Workspace, faulty: Faulty, by_path: Mapping[str, str]) -> None:
    """Copy the samples into the training folders."""
    for path, label in faulty.samples:
        target = workspace.data / label / f"{by_path[path]}.jpg"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((workspace.library_root / path).read_bytes())


def table(workspace: Workspace, faulty: Faulty, by_path: Mapping[str, str]) -> int:
    """Print what each check found of what was planted; returns 1 if one misses its numbers."""
    names = {sha: path for path, sha in by_path.items()}
    missed = 0
    print(f"{'check':16} {'kind':22} {'planted':>8} {'found':>6} {'recall':>7} {'others':>7} {'precision':>9}")
    # Of checks of which nothing is planted nothing can be said here.
    for check in [name for name in registry.OWN if any(of == name for of, _ in faulty.planted)]:
        kept = results.read(workspace, check)
        assert kept is not None, check
        found: dict[str, set[tuple[str, ...]]] = {}
        for one in kept.result.findings:
            pair = [names[file] for file in (one.file, one.other) if file is not None and file in names]
            if one.kind == "listed-twice":
                pair = [path for path, sha in by_path.items() if sha == one.file]
            kind = "unreadable" if (check, one.kind) not in faulty.planted and check == "files" else one.kind
            found.setdefault(kind, set()).add(tuple(sorted(set(pair))))
        hits = all_planted = wrong = 0
        kinds = sorted({kind for of, kind in faulty.planted if of == check} | found.keys())
        for kind in kinds:
            planted = faulty.planted.get((check, kind), set())
            seen = found.get(kind, set())
            right = planted & seen
            others = seen - planted - faulty.also.get((check, kind), set())
            row(check, kind, len(planted), len(right), len(others))
            hits, all_planted, wrong = hits + len(right), all_planted + len(planted), wrong + len(others)
            if os.environ.get("CHECKS_SHOW_OTHERS"):
                print(json.dumps({"missed": sorted(planted - seen)[:5], "others": sorted(others)[:8]}), file=sys.stderr)
        row(check, "all", all_planted, hits, wrong)
        recall, precision = hits / max(1, all_planted), hits / max(1, hits + wrong)
        missed |= int(recall < _LEAST_RECALL or precision < _LEAST_PRECISION)
    return missed


def row(check: str, kind: str, planted: int, hits: int, others: int) -> None:
    recall = f"{hits / planted:.2f}" if planted else "—"
    precision = f"{hits / (hits + others):.2f}" if hits + others else "—"
    print(f"{check:16} {kind:22} {planted:8} {hits:6} {recall:>7} {others:7} {precision:>9}")


if __name__ == "__main__":
    raise SystemExit(main())
