"""The endpoints of pages."""

from __future__ import annotations

from typing import Any

from tests.fake_hydrus import arguments as reading
from tests.fake_hydrus.calls import Answer, Call, need
from tests.fake_hydrus.client import FakePage
from tests.fake_hydrus.errors import Refusal


def get_pages(call: Call) -> Answer:
    need(call, 4)
    return Answer({"pages": call.client.top_page.row()})


def _a_page(call: Call) -> FakePage:
    need(call, 4)
    page = call.client.top_page.find(call.args["page_key"])
    if page is None:
        raise Refusal(404, f'Did not find a page for "{call.args["page_key"]}"!')
    return page


def get_page_info(call: Call) -> Answer:
    page = _a_page(call)
    if page.searches:
        page.searches -= 1
    ids = [call.client.by_hash[one].file_id for one in page.hashes]
    media: dict[str, Any] = {"num_files": len(ids), "hash_ids": ids}
    if not call.args.get("simple", True):
        media["hashes"] = list(page.hashes)
    return Answer({"page_info": page.row() | {"management": {}, "media": media}})


def add_files_to_page(call: Call) -> Answer:
    page = _a_page(call)
    files = call.client.known(reading.hashes_of(call.args), "add_files to a page")
    page.hashes += [one.sha256 for one in files if one.sha256 not in page.hashes]
    return Answer()


def focus_page(call: Call) -> Answer:
    _a_page(call)
    return Answer()


def refresh_page(call: Call) -> Answer:
    """Search again: what somebody put on a page that searches for nothing is gone."""
    page = _a_page(call)
    page.hashes = list(page.finds)
    return Answer()


def new_page(call: Call) -> Answer:
    need(call, 4)
    if "page_type" not in call.args:
        raise Refusal(400, 'The required parameter "page_type" was missing!')
    page = call.client.add_page(call.args.get("page_name", "files"), type=call.args["page_type"])
    return Answer({"page_key": page.key, "page_type": page.type, "page_name": page.name})
