"""`hyai doctor --terminal`: what this terminal can do, seen and measured, and what to change."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import click

from hyai_tui.cli.output import emit
from hyai_tui.cli.tmux import Tmux
from hyai_tui.errors import Exit, WrongUse
from hyai_tui.pictures.terminal.colours import colours
from hyai_tui.pictures.terminal.conversation import Conversation
from hyai_tui.pictures.terminal.probe import Terminal, probe
from hyai_tui.pictures.terminal.survey import Survey, survey
from hyai_tui.text import visible

_CARD_BOX = (40, 10)
_DISTANT_SECONDS = 0.12
SLOW_BYTES = 400_000
_PROTOCOLS = {
    "tgp": "kitty graphics",
    "sixel": "Sixel",
    "halfcell": "half cells",
    "ascii": "characters",
}


@dataclass(frozen=True)
class Seen:
    """All that was found out about one terminal.

    Attributes:
        survey: what it answered.
        used: what the app will draw with.
        tmux: the multiplexer in front of it, if there is one.
        environment: of this process.
    """

    survey: Survey
    used: Terminal
    tmux: Tmux | None
    environment: Mapping[str, str]

    @property
    def ssh(self) -> bool:
        """True where the terminal is at the other end of a line."""
        return bool(self.environment.get("SSH_CONNECTION") or self.environment.get("SSH_TTY"))

    def offered(self, protocol: str) -> bool:
        """Return whether the terminal says that it draws so."""
        said = {"tgp": self.survey.kitty, "sixel": self.survey.sixel, "halfcell": self.colours != "none"}
        return said.get(protocol, True)

    @property
    def colours(self) -> str:
        """How many colours the app will use."""
        return colours(self.environment, self.survey.answers.get("colour kept", ""))


def doctor_terminal(*, as_json: bool) -> int:
    """Look at the terminal of this process, draw what it can draw, and say what to change.

    Raises:
        WrongUse: there is no terminal.
    """
    seen = _look(os.environ)
    data = _data(seen)
    emit(data, as_json, lambda: _lines(seen))
    if not as_json:
        for protocol in _PROTOCOLS:
            _draw(seen, protocol)
        for line in _advice_lines(seen):
            click.echo(visible(line))
    return Exit.DONE


def _look(environment: Mapping[str, str]) -> Seen:
    multiplexed = bool(environment.get("TMUX"))
    try:
        with Conversation() as line:
            used = probe(line.fileno(), line.fileno(), environment)
            # The probe leaves the line as it found it: quiet.
            found = survey(line, multiplexed=multiplexed)
    except OSError as error:
        raise WrongUse("There is no terminal to look at", "Run it in the terminal that you mean") from error
    return Seen(found, used, Tmux.read() if multiplexed else None, environment)


def _data(seen: Seen) -> dict[str, Any]:
    found = seen.survey
    return {
        "term": seen.environment.get("TERM", ""),
        "name": found.answers.get("name and version", ""),
        "answered": found.answered,
        "protocol": seen.used.protocol,
        "protocols": {name: seen.offered(name) for name in _PROTOCOLS},
        "cell": [seen.used.cell_width, seen.used.cell_height],
        "attributes": list(found.attributes),
        "answers": dict(found.answers),
        "colours": seen.colours,
        "synchronized": found.synchronized,
        "ssh": seen.ssh,
        "tmux": None if seen.tmux is None else seen.tmux.as_dict(),
        "round_trip_ms": None if found.round_trip is None else round(found.round_trip * 1000, 2),
        "throughput_bytes_s": None if found.throughput is None else round(found.throughput),
        "advice": [{"what": what, "paste": paste} for what, paste in advice(seen)],
    }


def _lines(seen: Seen) -> Iterator[str]:
    found, used = seen.survey, seen.used
    named = found.answers.get("name and version") or "a terminal that does not say its name"
    yield f"terminal     {named} (TERM={seen.environment.get('TERM', '')})"
    if not found.answered:
        yield "answers      none: it is used without graphics, and decisions wait a moment after each picture"
    yield f"pictures     drawn as {_PROTOCOLS.get(used.protocol, used.protocol)}"
    assumed = (used.cell_width, used.cell_height) == (Terminal().cell_width, Terminal().cell_height) and not found.cell
    yield f"cell         {used.cell_width} × {used.cell_height} pixels{' (assumed)' if assumed else ''}"
    yield f"colours      {seen.colours}"
    if found.answered:
        yield f"attributes   {' '.join(map(str, found.attributes))}{' (4 is Sixel)' if found.sixel else ''}"
        yield f"one frame    {'drawn at once' if found.synchronized else 'may be seen half drawn'}"
    yield f"line         {'SSH' if seen.ssh else 'this machine'}{' through tmux' if seen.tmux else ''}"
    if seen.tmux is not None:
        yield from seen.tmux.lines()
    if found.round_trip is not None:
        yield f"round trip   {found.round_trip * 1000:.1f} ms"
    if found.throughput is not None:
        yield f"throughput   {found.throughput / 1e6:.2f} MB/s, {30_000 / found.throughput * 1000:.0f} ms for a picture of 30 kB"


def _draw(seen: Seen, protocol: str) -> None:
    """Draw the test picture in one protocol, if the terminal offers it."""
    from hyai_tui.pictures.terminal.card import drawn_card
    from hyai_tui.pictures.terminal.cells import sequences
    from hyai_tui.pictures.terminal.encoding import Encoder

    used = "  ← used" if seen.used.protocol == protocol else ""
    if not seen.offered(protocol):
        click.echo(f"\n{_PROTOCOLS[protocol]}: not offered here")
        return
    click.echo(f"\n{_PROTOCOLS[protocol]}:{used}")
    encoded = Encoder(replace(seen.used, protocol=protocol)).encode(drawn_card(), _CARD_BOX)
    if encoded is None:
        return
    out = "".join(encoded.transmission)
    if encoded.rows:
        out += "".join(f"{sequences(row)}\n" for row in encoded.rows)
    else:
        # Room first, so that nothing scrolls under the picture; then back up, draw, and down again.
        rows = encoded.fit.rows
        out += "\n" * (rows + 1) + f"\x1b[{rows + 1}A\x1b7{encoded.overlay}\x1b8\x1b[{rows + 1}B\r"
    click.echo(out, nl=False, color=True)


def _advice_lines(seen: Seen) -> Iterator[str]:
    found = advice(seen)
    yield ""
    if not found:
        yield "Nothing to change."
        return
    for what, paste in found:
        yield f"→ {what}"
        if paste:
            yield f"    {paste}"


def advice(seen: Seen) -> list[tuple[str, str]]:
    """Return (what would be better, the line to paste) of all that could be better."""
    found: list[tuple[str, str]] = []
    survey = seen.survey
    if seen.tmux is not None:
        found += seen.tmux.advice(graphics=survey.kitty or survey.sixel)
    elif seen.environment.get("TERM", "").startswith("screen"):
        found.append(("GNU screen draws no pictures: tmux does, or leave it out", ""))
    elif survey.answered and not (survey.kitty or survey.sixel):
        found.append(("No graphics here: kitty, foot, WezTerm, Ghostty, and xterm -ti vt340 draw real pictures", ""))
    if seen.colours in {"16", "256"} and seen.environment.get("TERM") != "linux":
        found.append(("If this terminal shows 16 million colours, say so", "export COLORTERM=truecolor"))
    slow = survey.throughput is not None and survey.throughput < SLOW_BYTES
    if slow or (survey.round_trip or 0) > _DISTANT_SECONDS:
        found.append(("A slow line: smaller pictures and no animation", "hyai --slow"))
    return found
