"""Examples at the end of each verb's help; a test reads every one with the verb's own parser."""

from __future__ import annotations

import click

# Verb, without `hyai`, to what people type after it.
EXAMPLES: dict[str, tuple[str, ...]] = {
    "demo": ("", "~/try --files 200"),
    "init": ("~/art --library ~/Pictures", "~/art --hydrus", "--from-hyai settings.py"),
    "status": ("", "--line"),
    "doctor": ("", "--terminal", "--runtimes"),
    "scan": ("",),
    "cache build": ("", "--limit 1000", "--source thumbnail", "--download-weights"),
    "cache export": ("features.parquet",),
    "train": (
        "",
        "--head linear --seed 3",
        "--subset 500",
        "--until-stopped --target .95",
        "--resume 3 --epochs 20",
        "--namespace series",
    ),
    "score": ("", "--batch 500 --priority oldest", "--split validation"),
    "retrain": ("", "--if-due"),
    "evaluate": ("", "--baseline", "--html report.html", "--split test", "--namespace series"),
    "thresholds": ("", "trash=.8 archive=.2", "--precision .95 --save"),
    "tag": ("--dry-run", "", "--rescore --batch 500"),
    "eval": ("", "--yes"),
    "untag": ("--dry-run", "", "--undo"),
    "queues list": ("", "--prepare"),
    "queues save": ("large-trash --queue mistakes state=trash 'size>1MB' sort=-size",),
    "queues drop": ("large-trash",),
    "queue": ("mistakes --limit 20", "mistakes,low-confidence --json", "band --label trash --low .4 --high .6"),
    "map": ("--json", "--prepare", "--part .2,.4,.3,.5"),
    "check": ("all", "near-duplicates", "--if-due"),
    "findings list": ("tags --confidence high",),
    "findings report": ("all --html report.html",),
    "files": ("--where state=trash", "--where label=archive tag=hyai:trash"),
    "label": ("3f8a archive", "a.jpg b.jpg trash", "3f8a --unsure"),
    "labels import": ("labels.csv --validate-only", "labels.csv --labeler ann"),
    "labels import-folder": ("~/sorted/cats --as cats --new",),
    "labels export": ("labels.csv", "project.zip --with-images"),
    "labels rename": ("trash delete",),
    "labels preset": ("", "photos"),
    "labels describe": ("screenshot 'the screen of a computer'",),
    "labels map": ("content=content_subject", "--preset taxonomy-v2 --dry-run"),
    "undo": ("", "3"),
    "redo": ("",),
    "decisions": ("--limit 10",),
    "suggest": ("picture.jpg --json",),
    "similar": ("3f8a -k 30", "3f8a -k 30 --label trash --dry-run"),
    "accept": ("certain --above .95 --dry-run",),
    "assign": ("trash --threshold .9 --dry-run",),
    "duplicates": ("", "--keep-best --dry-run"),
    "effects list": ("", "--all"),
    "effects commit": ("",),
    "log writes": ("--limit 50",),
    "serve": ("", "--port 9000"),
    "pages import": ("'dataset, keep'",),
    "pages show": ("--queue mistakes",),
    "models import": ("best_model.topless.keras --use",),
    "models compare": ("m0003 m0004",),
    "models rollback": ("",),
    "runs show": ("3",),
    "samples shrink": ("--size 224 --dry-run",),
    "jobs attach": ("",),
    "jobs cancel": ("",),
    "config set": ("train.head linear", "tag.trash_threshold .85"),
    "config key": ("http://127.0.0.1:45869",),
    "backup create": ("~/art.zip",),
    "backup restore": ("~/art.zip ~/art-again",),
    "reset decisions": ("",),
    "completion": ("bash",),
}


def with_examples(name: str, command: click.Command) -> click.Command:
    """Return the command with its examples, and those of its own verbs, at the end of their help.

    Args:
        name: the verb, without `hyai`.
        command: its command, which is changed.
    """
    if isinstance(command, click.Group):
        for part, one in command.commands.items():
            with_examples(f"{name} {part}", one)
    elif name in EXAMPLES:
        lines = [f"  hyai {name} {words}".rstrip() for words in EXAMPLES[name]]
        command.epilog = "\n".join(["\b", "Examples:" if len(lines) > 1 else "Example:", *lines])
    return command
