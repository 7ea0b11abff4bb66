"""A Hydrus client without Hydrus: an HTTP server in this process that answers as recordings of a real client do.

`FakeHydrus` is the server, `Faults` what may go wrong with it, `Client` its state. It is stricter than a real client
in one way: what would do harm there (a ghost file, deleted bytes) is done as there and also noted in `violations`,
which tests assert to be empty. `python -m tests.fake_hydrus --pictures DIR` runs it alone.
"""

from tests.fake_hydrus.client import Client, FakeFile
from tests.fake_hydrus.keys import ALL_PERMISSIONS, AccessKey
from tests.fake_hydrus.pictures import drawn_picture, file_from_bytes, fill_from_folder
from tests.fake_hydrus.recordings import client_of_recordings, recordings
from tests.fake_hydrus.server import FakeHydrus, Faults, Request
from tests.fake_hydrus.services import MY_TAGS, Service, fresh_services

__all__ = [
    "ALL_PERMISSIONS",
    "MY_TAGS",
    "AccessKey",
    "Client",
    "FakeFile",
    "FakeHydrus",
    "Faults",
    "Request",
    "Service",
    "client_of_recordings",
    "drawn_picture",
    "file_from_bytes",
    "fill_from_folder",
    "fresh_services",
    "recordings",
]
