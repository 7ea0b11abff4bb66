"""What changed from one model to another, as lines for people: those of `hyai models compare` and of the app."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from hyai_tui.learning.bundle import Bundle
from hyai_tui.learning.comparing import Move, SideBySide
from hyai_tui.learning.probing import Probe
from hyai_tui.learning.promotion import Comparison
from hyai_tui.learning.report_lines import ReportLine, probe_lines
from hyai_tui.text import count, short_hash, table

_SHOWN = 5
_CALLED = {"macro_f1": "macro F1", "auc": "AUC", "ece": "ECE"}


def change_lines(
    before: Bundle, after: Bundle, found: SideBySide, probes: Sequence[Probe] = (), *, pinned: bool = False
) -> Iterator[ReportLine]:
    """Yield what changed: on the same held-out samples, mistakes fixed and broken, files that moved, probes."""
    names = f"#{before.number}", f"#{after.number}"
    yield from map(ReportLine, same_items(names, found.comparison))
    yield ReportLine("")
    yield from _moves(f"{count(len(found.fixed), 'mistake')} fixed", "fixed", found.fixed)
    yield from _moves(f"{count(len(found.broken), 'new mistake')}", "broken", found.broken)
    yield ReportLine("")
    if found.files:
        title = f"moved most, of {count(found.files, 'file')}"
        yield from _moves(f"{title} that neither was trained on", "", found.farthest, narrow=f"{title} new to both")
        yield _behind(f"{len(found.flipped):,} of them get another label", found.flipped)
        yield from _directions(found.flipped)
    else:
        yield ReportLine("one of them has scored no file, so files are not compared: 'hyai score' scores them")
    if probes:
        yield ReportLine("")
        yield from probe_lines(names, probes, pinned=pinned)


def same_items(names: tuple[str, str], compared: Comparison | None) -> Iterator[str]:
    """Yield the four numbers of both models on the held-out samples that both have."""
    if compared is None:
        yield "no held-out samples in common"
        return
    yield f"on the same {count(compared.items, 'held-out sample')}:"
    called = {key: _CALLED.get(key, key) for key in compared.new}
    rows = [
        {"": name, **{called[key]: "–" if value is None else f"{value:.3f}" for key, value in numbers.items()}}
        for name, numbers in zip(names, (compared.previous, compared.new), strict=True)
    ]
    yield from table(rows, ["", *called.values()])
    yield f"macro F1 {compared.difference:+.3f}, 95 % interval {compared.low:+.3f} to {compared.high:+.3f}"


def _moves(title: str, kind: str, moves: Sequence[Move], narrow: str = "") -> Iterator[ReportLine]:
    yield _behind(title, moves, narrow)
    for one in moves[:_SHOWN]:
        said = f"{one.before} → {one.after}" if one.before != one.after else f"{one.after} as before"
        yield ReportLine(
            f"  {f'{kind:7}' if kind else ''}{short_hash(one.identity)}  {said}  moved {one.moved:.2f}",
            (one.identity,),
            (_reason(one),),
            f"  {f'{kind:7}' if kind else ''}{short_hash(one.identity)} {said} {one.moved:.2f}",
        )
    if len(moves) > _SHOWN:
        yield _behind(f"  … and {len(moves) - _SHOWN:,} more", moves)


def _directions(flipped: Sequence[Move]) -> Iterator[ReportLine]:
    ways: dict[tuple[str, str], list[Move]] = defaultdict(list)
    for one in flipped:
        ways[one.before, one.after].append(one)
    for (was, now), moves in sorted(ways.items(), key=lambda way: (-len(way[1]), way[0])):
        yield _behind(f"  {was} → {now}: {len(moves):,}", moves)


def _behind(text: str, moves: Sequence[Move], narrow: str = "") -> ReportLine:
    return ReportLine(text, tuple(one.identity for one in moves), tuple(map(_reason, moves)), narrow)


def _reason(move: Move) -> str:
    turned = f"{move.before} before, {move.after} now" if move.before != move.after else f"{move.after} as before"
    return f"{turned}; moved {move.moved:.2f}"
