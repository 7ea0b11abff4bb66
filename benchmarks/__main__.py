"""Run the benchmarks: all of them, or those named. Options of a single one go to it: `python -m benchmarks features --count 100`."""

from __future__ import annotations

import argparse
import importlib
import inspect
import os
import pkgutil
import signal
import sys
from types import ModuleType

import benchmarks


def available() -> dict[str, ModuleType]:
    """Return the modules of this package that have a `main`, by name."""
    names = sorted(one.name for one in pkgutil.iter_modules(benchmarks.__path__) if not one.name.startswith("_"))
    modules = {name: importlib.import_module(f"benchmarks.{name}") for name in names}
    return {name: module for name, module in modules.items() if hasattr(module, "main")}


def main() -> int:
    """Run them one after the other, each in this process; 1 if one says that its budget is not met."""
    found = available()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(found)}; all without one")
    parser.add_argument("--list", action="store_true", help="print names and what they measure")
    chosen, options = parser.parse_known_args()
    if options and len(chosen.names) != 1:
        parser.error(f"{' '.join(options)} can be given to one benchmark only")
    if unknown := [name for name in chosen.names if name not in found]:
        parser.error(f"there is no benchmark {', '.join(unknown)}; it is one of {', '.join(found)}")
    if chosen.list:
        for name, module in found.items():
            print(f"{name:20} {(inspect.getdoc(module) or '').splitlines()[0]}")
        return 0
    # As on the machine of a user: what was compiled once is not compiled again by each process that is started.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    # Whoever ends a benchmark by a signal gets the disk back too: temporary directories go as after an error.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    missed = 0
    for name in chosen.names or found:
        print(f"== {name}", file=sys.stderr, flush=True)
        # A benchmark reads its own options from the command line; it sees none of ours.
        sys.argv = [name, *options]
        missed |= int(found[name].main() or 0)
    return missed


if __name__ == "__main__":
    raise SystemExit(main())
