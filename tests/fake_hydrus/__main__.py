"""`python -m tests.fake_hydrus --pictures DIR`: a fake client to try the program on by hand."""

from __future__ import annotations

import argparse
import json
import threading
from pathlib import Path

from tests.fake_hydrus import AccessKey, Client, FakeHydrus, drawn_picture, file_from_bytes, fill_from_folder
from tests.fake_hydrus.generated import GeneratedClient
from tests.fake_hydrus.services import fresh_services


def main() -> None:
    """Serve until interrupted; print the address and the key as one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.fake_hydrus", description=__doc__)
    parser.add_argument("--port", type=int, default=45869)
    parser.add_argument("--pictures", type=Path, help="a tree; files below archive/ and trash/ get that state")
    parser.add_argument("--drawn", type=int, default=0, help="so many drawn pictures instead")
    parser.add_argument("--generated", type=int, default=0, help="so many files that are made up when asked for")
    parser.add_argument("--trash", type=int, help="how many of those are in the trash; a tenth without it")
    parser.add_argument("--key", default="ab" * 32, help="access key that permits everything")
    parser.add_argument("--repository", action="store_true", help="with a tag repository, as the PTR is one")
    parser.add_argument("--drop-every", type=int, default=0)
    parser.add_argument("--rows-per-second", type=int, default=0, help="most metadata rows that it gives in a second")
    parser.add_argument("--delay", type=float, default=0.0)
    options = parser.parse_args()
    keys = [AccessKey(options.key, "hyai", everything=True)]
    client = Client(fresh_services(repository=options.repository), keys)
    if options.generated:
        client = GeneratedClient(options.generated, keys, options.trash)
    if options.pictures:
        fill_from_folder(client, options.pictures)
    for seed in range(options.drawn):
        file_from_bytes(client, drawn_picture(seed), ("inbox", "archive", "trash")[seed % 3])
    with FakeHydrus(client, port=options.port) as fake:
        fake.faults.rows_per_second = options.rows_per_second
        fake.remember = not options.generated
        fake.faults.drop_every, fake.faults.delay = options.drop_every, options.delay
        print(json.dumps({"url": fake.url, "key": options.key, "files": len(client.files)}), flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print(json.dumps({"writes": len(fake.writes), "violations": fake.violations}), flush=True)


if __name__ == "__main__":
    main()
