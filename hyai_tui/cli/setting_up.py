"""The guided set-up of a workspace beside a Hydrus client: address, key, tag service, search, and what the key may do.

Nothing is written to the client. The answers go to `hyai init`, which makes the workspace and keeps the key.
"""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import click

from hyai_tui import credentials
from hyai_tui.credentials import AccessKey
from hyai_tui.effects import first_copy, first_write
from hyai_tui.errors import HyaiError, LibraryDown, NotNow
from hyai_tui.library.base import Rights
from hyai_tui.library.hydrus import setup
from hyai_tui.library.hydrus.address import Address, parse_address
from hyai_tui.library.hydrus.services import MY_TAGS
from hyai_tui.library.presets import PRESETS, search_of
from hyai_tui.settings import Settings
from hyai_tui.text import count, visible

_PERMISSIONS = """\
hyai needs an access key. In Hydrus: services > review services > local > client api > add. Tick

  edit file tags + search for and fetch files    to review, learn and write our tags: this is enough to begin
  import and delete files                        only to archive, trash and rescue files from here
  see local file paths                           only to read pictures straight from disk, on this machine
  manage pages                                   only to show files in a page of Hydrus

and let it search all tags. Hydrus can also take a request for the first line: choose add > from api request there."""
_OWN_SERVICE = (
    "A tag service of its own is recommended for our tags: taking millions of tags out of my tags leaves as many records "
    "of deleted tags there for ever, and a service of their own can simply be removed. To make one: services > manage "
    "services > add > local tag domain, called hyai; then r looks again."
)


_LEAST_COLUMNS = 40
_COLUMN = re.compile(r" *\S.*? {3,}(?=\S)")


class Asker(Protocol):
    """Talks to the person; a test gives one with the answers."""

    def say(self, text: str) -> None:
        """Say something."""
        ...

    def ask(self, question: str, default: str = "", *, hidden: bool = False) -> str:
        """Return an answer; the default where Enter alone was pressed."""
        ...


class TerminalAsker:
    """Asks on the terminal, on standard error: standard output is for data."""

    def say(self, text: str) -> None:
        """Say something, wrapped between words: a terminal alone would break them where its last column is."""
        width = max(_LEAST_COLUMNS, shutil.get_terminal_size().columns - 1)
        for line in text.split("\n"):
            click.echo(wrapped(visible(line), width), err=True)

    def ask(self, question: str, default: str = "", *, hidden: bool = False) -> str:
        """Return an answer."""
        answer: str = click.prompt(question, default=default, show_default=bool(default), hide_input=hidden, err=True)
        return answer.strip()


@dataclass(frozen=True, slots=True)
class Answers:
    """What was chosen.

    Attributes:
        url: address of the client.
        key: a new access key; None where one is known, or is to be given later.
        tag_service: key of the tag service; empty for my tags.
        criteria: the search; None for the default.
        sample_pixels: longest side of samples, 0 for originals; None where it was not asked.
    """

    url: str
    key: AccessKey | None = None
    tag_service: str = ""
    criteria: tuple[str, ...] | None = None
    sample_pixels: int | None = None


def wrapped(line: str, width: int) -> str:
    """Return a line in rows of at most `width` cells; what follows stands under the second column, where there is one."""
    column = _COLUMN.match(line)
    indent = len(line) - len(line.lstrip())
    hang = len(column[0]) if column is not None and len(column[0]) <= width * 2 // 3 else indent
    rows = textwrap.wrap(line, width, subsequent_indent=" " * hang, break_on_hyphens=False)
    return "\n".join(rows)


def guide(asker: Asker, url: str = "") -> Answers:
    """Ask step by step, and return the answers; what cannot be asked now is left to be set later."""
    address = _address(asker, url)
    if address is None:
        return Answers(url or setup.USUAL_ADDRESS)
    # Whoever names an address here means it: a key in the environment may go there.
    credentials.remember_address(address.url)
    known = credentials.key_for(address.url)
    key = _working(asker, address, known) if known is not None else None
    if key is None and (key := _key(asker, address)) is None:
        return Answers(address.url)
    service = _tag_service(asker, address, key)
    criteria = _search(asker, address, key)
    pixels = _sample_pixels(asker, address, key)
    _say_rights(asker, setup.rights_of(address, key, service))
    new = None if key == known else key
    return Answers(address.url, new, "" if service == MY_TAGS else service, criteria, pixels)


def _address(asker: Asker, url: str) -> Address | None:
    """Return an address at which a client answers; None where the person goes on without."""
    text = url or setup.USUAL_ADDRESS
    given = bool(url)
    while True:
        try:
            if not given:
                text = asker.ask("Address of the Client API", text)
            address = parse_address(text)
            asker.say(f"{setup.find(address)} answers at {address}")
        except HyaiError as error:
            asker.say(f"{error.what}. {error.fix}".strip())
            if isinstance(error, LibraryDown):
                asker.say(
                    "Is it on? In Hydrus: services > manage services > client api; 'run the client api' is ticked."
                )
            if asker.ask("t tries again, Enter goes on without the client", "on").lower() != "t":
                return None
            given = False
        else:
            if warning := credentials.warning_about(address.url):
                asker.say(f"warning: {warning}")
            return address


def _key(asker: Asker, address: Address) -> AccessKey | None:
    """Return a key that works; None where it is to be given later."""
    asker.say("")
    asker.say(_PERMISSIONS)
    while True:
        text = asker.ask("Paste the key (not shown), r requests one from Hydrus, Enter gives it later", hidden=True)
        if not text:
            return None
        try:
            key = _requested(asker, address) if text.lower() == "r" else AccessKey(text)
        except (HyaiError, NotNow) as error:
            asker.say(f"{error.what}. {error.fix}".strip())
            continue
        if (working := _working(asker, address, key)) is not None:
            return working


def _requested(asker: Asker, address: Address) -> AccessKey:
    key = setup.request_key(address)
    asker.say("Hydrus has the request: confirm it there.")
    asker.ask("Enter when you have", "done")
    return key


def _working(asker: Asker, address: Address, key: AccessKey) -> AccessKey | None:
    """Return the key if it can read the library; say what is in the way otherwise."""
    try:
        rights = setup.rights_of(address, key)
    except HyaiError as error:
        asker.say(f"{error.what}. {error.fix}".strip())
        return None
    if not rights.read:
        asker.say("; ".join(f"this key cannot {one}" for one in rights.cannot) or "this key can read nothing")
        return None
    return key


def _tag_service(asker: Asker, address: Address, key: AccessKey) -> str:
    """Return the key of the tag service for our tags."""
    asker.say("")
    asker.say(_OWN_SERVICE)
    while True:
        with setup.connected(address, key) as library:
            services = setup.tag_services(library)
        for number, one in enumerate(services, 1):
            asker.say(f"  {number}  {one.name}{'  (its own)' if one.own else ''}")
        answer = asker.ask("Which tag service", "1").lower()
        if answer.isdecimal() and 1 <= int(answer) <= len(services):
            return services[int(answer) - 1].key
        if answer != "r":
            asker.say(f"a number from 1 to {len(services)}, or r")


def _search(asker: Asker, address: Address, key: AccessKey) -> tuple[str, ...] | None:
    """Return the predicates of the files that may be tagged, seen with their count; None for the default."""
    with setup.connected(address, key) as library:
        total = library.count() or 0
    asker.say("")
    asker.say(f"Which files may get our tags? All {count(total, 'file')} can be reviewed in any case.")
    names = list(PRESETS)
    for number, name in enumerate(names, 1):
        asker.say(f"  {number}  {name}: {', '.join(PRESETS[name])}")
    asker.say(f"  {len(names) + 1}  your own: tags and system: predicates, separated by commas")
    while True:
        answer = asker.ask("Which", "1")
        if answer.isdecimal() and 1 <= int(answer) <= len(names):
            criteria = PRESETS[names[int(answer) - 1]]
        else:
            text = asker.ask("Predicates") if answer == str(len(names) + 1) else answer
            criteria = search_of(text.split(","))
        try:
            with setup.connected(address, key) as library:
                number = setup.count_of(library, criteria)
        except HyaiError as error:
            asker.say(f"{error.what}. {error.fix}".strip())
            continue
        if asker.ask(f"That is {count(number, 'file')} now. Enter takes it, n chooses another", "yes").lower() != "n":
            return None if criteria == PRESETS["everything"] else criteria


def _sample_pixels(asker: Asker, address: Address, key: AccessKey) -> int:
    """Return the longest side of the copies that training needs; 0 for originals."""
    with setup.connected(address, key) as library:
        mean = library.mean_size()
    asker.say("")
    for line in first_copy.lines(mean):
        asker.say(line)
    asker.say(f"  1  copies of {first_copy.SMALL_PIXELS} pixels")
    asker.say("  2  originals")
    proposed = "1" if first_copy.spares(mean) else "2"
    while (answer := asker.ask("Which", proposed)) not in {"1", "2"}:
        asker.say("1 or 2")
    return first_copy.SMALL_PIXELS if answer == "1" else 0


def _say_rights(asker: Asker, rights: Rights) -> None:
    lines: Sequence[str] = first_write.panel(Settings(), rights)
    asker.say("")
    asker.say(f"{rights.name}, with this key")
    for line in lines:
        asker.say(f"  {line}" if line else "")
    asker.say("")
