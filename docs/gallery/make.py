"""Take the pictures of all pages: the real app on a drawn demo library, in real terminals on a display of their own.

    python docs/gallery/make.py OUT [NAME ...] [--demo DIR] [--kitty COMMAND] [--patience SECONDS]

`make pictures` takes all of them into docs/images, and the film of the tutorial. Needs Debian's packages xvfb, xterm, foot,
weston, tmux, kitty, chromium, xdotool, imagemagick and fonts-dejavu-core; a picture whose program is not installed is
left out, and the one that was there stays. Takes every picture, or those that are named. Ends only the programs that it
started.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, ImageChops

FONT, POINTS = "DejaVu Sans Mono", 10
# Pixels of a cell of that font.
CELL = (8, 17)
DISPLAY_SIZE = "1900x1300"
# Pixels of the browser's window.
WINDOW = "1100,700"


@dataclass(frozen=True)
class Shot:
    """One picture.

    Attributes:
        name: of the file, without its suffix.
        terminal: `xterm`, `foot`, `kitty`, or `chromium` for the app in a browser.
        keys: names of xdotool, `wait:SECONDS` and `text:WORDS`.
        size: columns and rows.
        tmux: lines of its settings where the app runs inside tmux.
        theme: of the app.
        options: further arguments of the terminal.
        variables: of the app, besides the usual ones.
        folder: below OUT; that of the gallery, unless another page shows the picture.
    """

    name: str
    terminal: str
    keys: str = ""
    size: tuple[int, int] = (120, 40)
    tmux: tuple[str, ...] | None = None
    theme: str = ""
    options: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)
    folder: str = "gallery"


# To a picture that shows what a terminal can do.
SEA = "j j j j j wait:2"
SIXTEEN = (
    "-tn",
    "linux",
    "-xrm",
    "XTerm*decTerminalID:100",
    "-xrm",
    "XTerm*background:black",
    "-xrm",
    "XTerm*foreground:white",
)
SHOTS = (
    # README, index and tutorial; then the pages on the app.
    Shot("review", "xterm", "j j j t wait:1 j wait:2", folder="."),
    Shot("jobs", "xterm", "r wait:7 J wait:1", folder="."),
    Shot("browser", "chromium", "j j j j j wait:3", folder="."),
    Shot("xterm", "xterm", SEA),
    Shot("foot", "foot", SEA),
    Shot("kitty", "kitty", SEA),
    Shot("tmux-kitty", "kitty", SEA, tmux=("set -g allow-passthrough on",)),
    Shot("tmux-halfcells", "xterm", SEA, tmux=()),
    Shot("small", "xterm", SEA, size=(80, 24)),
    Shot("phone", "xterm", SEA, size=(45, 35)),
    Shot("sixteen", "xterm", SEA, size=(80, 25), options=SIXTEEN, variables={"TERM": "linux", "COLORTERM": ""}),
    Shot("grid", "xterm", "g wait:5 space l space l wait:1"),
    Shot("preview", "foot", f"{SEA} z wait:3"),
    Shot("compare", "foot", "c wait:3"),
    Shot("panel", "xterm", f"{SEA} question wait:2"),
    Shot("light", "kitty", SEA, theme="paper"),
)


def main() -> int:
    """Take the pictures and say which."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--demo", type=Path, help="a workspace that 'hyai demo' made; a new one without it")
    parser.add_argument("--kitty", default="kitty", help="how kitty is started")
    parser.add_argument("--patience", type=float, default=8.0, help="seconds until an app has drawn its first picture")
    chosen = parser.parse_args()
    with ExitStack() as stack:
        room = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        room.chmod(0o755)
        demo = chosen.demo or room / "demo"
        if not demo.exists():
            subprocess.run([sys.executable, "-m", "hyai_tui", "demo", str(demo), "--no-app"], check=True)
        for shot in SHOTS:
            if chosen.names and shot.name not in chosen.names:
                continue
            programs = [shlex.split(chosen.kitty)[0] if shot.terminal == "kitty" else shot.terminal]
            programs += ["tmux"] if shot.tmux is not None else []
            missing = [program for program in programs if shutil.which(program) is None]
            if not missing and shot.terminal == "kitty" and shot.tmux is not None and not _placeholders(chosen.kitty):
                missing = ["a kitty from 0.28 on"]
            if missing:
                sys.stderr.write(f"{shot.name}: left out, {missing[0]} is not installed\n")
                continue
            one = room / shot.name
            one.mkdir()
            # Each on a copy, so that none finds what another left.
            shutil.copytree(demo, one / "demo")
            path = chosen.out / shot.folder / f"{shot.name}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            take(shot, one, path, chosen.kitty, chosen.patience)
            sys.stderr.write(f"{path} {path.stat().st_size:,} bytes\n")
    return 0


def _placeholders(kitty: str) -> bool:
    """Return whether this kitty draws pictures through Unicode placeholders, as it has to inside tmux."""
    told = subprocess.run([*shlex.split(kitty), "--version"], capture_output=True, text=True, check=True).stdout
    major, minor, *_ = told.split()[1].split(".")
    return (int(major), int(minor)) >= (0, 28)


def take(shot: Shot, room: Path, path: Path, kitty: str, patience: float) -> None:
    """Run the app in its terminal, press the keys, and write what the terminal shows."""
    with display() as number:
        environment = {name: text for name, text in os.environ.items() if name not in {"TMUX", "WAYLAND_DISPLAY"}}
        environment |= {"DISPLAY": number, "XDG_RUNTIME_DIR": str(room), "LIBGL_ALWAYS_SOFTWARE": "1"}
        script = _script(shot, room)
        with ExitStack() as stack:
            if shot.tmux is not None:
                # Its server outlives the terminal.
                stop = ["tmux", "-S", str(room / "tmux"), "kill-server"]
                stack.callback(subprocess.run, stop, check=False, stderr=subprocess.DEVNULL)
            address = stack.enter_context(_served(script, environment)) if shot.terminal == "chromium" else ""
            for command in _commands(shot, script, room, kitty, address):
                started = stack.enter_context(_started(command, environment))
                if command[0] == "weston":
                    _wait_for(room / "gallery")
                    environment["WAYLAND_DISPLAY"] = "gallery"
                assert started.poll() is None
            time.sleep(patience)
            _press(shot, environment)
            raw = room / "raw.png"
            subprocess.run(["import", "-window", "root", str(raw)], env=environment, check=True)
    _save(raw, path)


@contextmanager
def display() -> Iterator[str]:
    """Start a display without a screen and return its name."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{DISPLAY_SIZE}x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL) as server:
        os.close(writing)
        with os.fdopen(reading) as pipe:
            name = f":{pipe.readline().strip()}"
        try:
            yield name
        finally:
            server.terminate()


@contextmanager
def _started(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as program:
        try:
            yield program
        finally:
            program.terminate()


@contextmanager
def _served(script: Path, environment: dict[str, str]) -> Iterator[str]:
    """Serve the app to browsers of this machine, and return the address."""
    command = [str(script), "serve", "--port", "0"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.send_signal(signal.SIGINT)


def _script(shot: Shot, room: Path) -> Path:
    """Write what the terminal runs."""
    configuration = room / "config"
    (configuration / "hyai").mkdir(parents=True)
    variables = {"HYAI_HOME": str(room / "demo"), "XDG_CONFIG_HOME": str(configuration), "LANG": "C.UTF-8"}
    variables |= {"COLORTERM": "truecolor", "HOME": str(room)} | shot.variables
    app = f"{shlex.quote(sys.executable)} -m hyai_tui"
    lines = [
        "#!/bin/sh",
        f"cd {room}",
        "unset TMUX",
        *(f"export {name}={shlex.quote(text)}" for name, text in variables.items()),
    ]
    if shot.theme:
        (configuration / "hyai" / "config.toml").write_text(f'[app]\ntheme = "{shot.theme}"\n')
    if shot.tmux is None:
        lines.append(f'exec {app} "$@"')
    else:
        (room / "tmux.conf").write_text("\n".join(["set -g default-terminal tmux-256color", *shot.tmux, ""]))
        lines.append(f"exec tmux -S {room}/tmux -f {room}/tmux.conf new-session {shlex.quote(app)}")
    script = room / "run"
    script.write_text("\n".join([*lines, ""]))
    script.chmod(0o755)
    return script


def _commands(shot: Shot, script: Path, room: Path, kitty: str, address: str) -> list[list[str]]:
    """Return what is started, in order."""
    columns, rows = shot.size
    if shot.terminal == "chromium":
        window = ["--window-position=0,0", f"--window-size={WINDOW}", f"--user-data-dir={room / 'chromium'}"]
        quiet = [
            "--no-sandbox",
            "--test-type",
            "--no-first-run",
            "--disable-gpu",
            "--disable-sync",
            "--disable-background-networking",
        ]
        return [["chromium", *window, *quiet, f"--app={address}"]]
    if shot.terminal == "xterm":
        graphics = ["-tn", "xterm-256color", "-xrm", "XTerm*decTerminalID:vt340", "-xrm", "XTerm*numColorRegisters:256"]
        if shot.tmux is not None:
            graphics = ["-tn", "xterm-256color"]
        options = list(shot.options) or graphics
        size = ["-geometry", f"{columns}x{rows}+0+0", "-fa", FONT, "-fs", str(POINTS), "-u8", "-b", "0"]
        return [["xterm", *size, *options, "-e", str(script)]]
    if shot.terminal == "kitty":
        settings = {
            "font_family": FONT,
            "font_size": f"{POINTS}",
            "initial_window_width": f"{columns}c",
            "initial_window_height": f"{rows}c",
            "remember_window_size": "no",
            "window_padding_width": "0",
            "enable_audio_bell": "no",
            "update_check_interval": "0",
            "linux_display_server": "x11",
        }
        chosen = [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]
        return [[*shlex.split(kitty), "--config", "NONE", *chosen, *shot.options, str(script)]]
    weston = ["weston", "--backend=x11-backend.so", "--use-pixman", "--socket=gallery", "--idle-time=0", "--no-config"]
    window = ["--shell=kiosk-shell.so", f"--width={columns * CELL[0]}", f"--height={rows * CELL[1]}"]
    sized = [f"--window-size-chars={columns}x{rows}", f"--font={FONT}:size={POINTS}", "-o", "pad=0x0"]
    return [[*weston, *window], ["foot", *sized, *shot.options, str(script)]]


def _wait_for(path: Path) -> None:
    until = time.monotonic() + 60
    while not path.exists():
        if time.monotonic() > until:
            raise SystemExit(f"{path} never came")
        time.sleep(0.1)
    time.sleep(1)


def _press(shot: Shot, environment: dict[str, str]) -> None:
    found = subprocess.run(
        ["xdotool", "search", "--onlyvisible", "--name", "."],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if windows := found.stdout.split():
        subprocess.run(["xdotool", "windowfocus", windows[-1]], env=environment, check=False, stderr=subprocess.DEVNULL)
    # The pointer stands aside: in weston at the last dot of its window, which hears keys only while it is there.
    corner = (shot.size[0] * CELL[0] - 1, shot.size[1] * CELL[1] - 1) if shot.terminal == "foot" else (1899, 1299)
    subprocess.run(["xdotool", "mousemove", *map(str, corner)], env=environment, check=True)
    time.sleep(0.5)
    for key in shot.keys.split():
        if key.startswith("wait:"):
            time.sleep(float(key[5:]))
        elif key.startswith("text:"):
            subprocess.run(["xdotool", "type", "--delay", "40", "--", key[5:]], env=environment, check=True)
        else:
            subprocess.run(["xdotool", "key", key], env=environment, check=True)
            time.sleep(0.7)


def _save(raw: Path, path: Path) -> None:
    """Cut the terminal out of the empty screen, and write it with as few colours as it can do with."""
    with Image.open(raw) as screen:
        shown = screen.convert("RGB")
    empty = Image.new("RGB", shown.size, (0, 0, 0))
    box = ImageChops.difference(shown, empty).getbbox()
    if box is None:
        raise SystemExit(f"{path.stem}: the terminal shows nothing")
    shown = shown.crop((0, 0, box[2], box[3]))
    shown.quantize(256, Image.Quantize.MEDIANCUT, kmeans=1, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    raise SystemExit(main())
