"""What a command says for one training, over what the settings say for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from hyai_tui.jobs.context import JobContext
from hyai_tui.settings import TrainSettings, from_dict

# Options of the command by the setting that each stands in for.
_SETTINGS = {
    "head": "head",
    "hidden": "hidden",
    "dropout": "dropout",
    "learning_rate": "learning_rate",
    "batch_size": "batch_size",
    "kernel": "kernel",
    "epochs": "epochs",
    "patience": "patience",
    "target": "target",
    "val_share": "folds",
    "test_share": "test_share",
    "balance": "class_weights",
    "hard_negatives": "hard_negatives",
    "augment": "augment",
    "copies": "copies",
    "seed": "seed",
}
# Options that ask for folds of this training's own: sticky ones are for all trainings.
_FOLDS = ("val_share", "test_share")


def for_this_run(context: JobContext) -> JobContext:
    """Return the context with the settings that the options change; the workspace's own stay as they are.

    Raises:
        SettingsError: a value is out of range.
    """
    workspace = context.workspace
    settings = replace(workspace.settings, train=trained_with(workspace.settings.train, context.options))
    if (encoder := context.options.get("encoder")) is not None:
        settings = replace(settings, features=replace(settings.features, encoder=str(encoder)))
    return replace(context, workspace=replace(workspace, settings=settings))


def trained_with(settings: TrainSettings, options: Mapping[str, Any]) -> TrainSettings:
    """Return the settings of a training with what the options say, checked as those of a file are."""
    said = {key: options[name] for name, key in _SETTINGS.items() if options.get(name) is not None}
    if "folds" in said:
        # Each fold is held out once, so the share that is held out at a time is one of so many.
        said["folds"] = round(1 / float(said["folds"]))
    if options.get("balance") == "none":
        said["loss"] = "cross-entropy"
    return from_dict({"train": {**asdict(settings), **said}}, "the options of this training").train


def own_folds(options: Mapping[str, Any]) -> bool:
    """True where the training asks for folds that are dealt for it alone."""
    return any(options.get(name) is not None for name in _FOLDS)
