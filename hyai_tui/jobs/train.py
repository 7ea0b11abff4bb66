"""The train job: sync, encode what is missing, train, compare on the same items, promote or keep. It does not score.

**Stopping.** A cancel before the training proper (sync, encoding), during the linear head's seconds, or before the first
epoch of all folds is complete ends the job as cancelled: vectors that were made are kept, and there is no new model and
no record. A cancel later stops the mlp at its last whole epoch and ends the job as done. The folds are trained side by
side, so every sample has its out-of-fold prediction after each epoch, and the metrics of such a model are as honest as
any; its record's `status` is `stopped`, and it is promoted by the same rule as every other.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hyai_tui.jobs.augmenting import with_copies
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.earlier_runs import labels_of, repeat, resume
from hyai_tui.jobs.label_runs import samples_of_run
from hyai_tui.jobs.material import material_of
from hyai_tui.jobs.training import train_on
from hyai_tui.jobs.training_data import read_samples, subset_of, those_where
from hyai_tui.jobs.training_options import for_this_run
from hyai_tui.jobs.training_tags import train_namespace
from hyai_tui.jobs.tuning import train_tuned
from hyai_tui.jobs.until_stopped import train_until_stopped

KIND = "train"
COMPUTE = True


def run(context: JobContext) -> dict[str, Any]:
    """Train a model and promote it unless it is worse.

    Options:
        data: a directory of label folders to train on instead of the workspace's.
        Those of `training_options`, for this run instead of what the settings say.
        encoder: train on another encoder's vectors; the model is kept and not used unless forced.
        subset: a number of samples or a share, such as `500` or `20%`: train on a part of them, chosen by the seed. The
            model is kept and not used, unless there is no other or `force_promote` is given.
        where: train on the samples of these conditions only, such as `tag=creator:x`; kept and not used like a subset.
        labels_of: number of an earlier run: train on its samples, labels and folds.
        label_run: number of an import (`hyai labels runs`): train on its labels, as it gave them.
        repeat: number of an earlier run: train on its samples with its settings, and compare; the model is kept, not used.
        resume: number of an earlier run: go on where it ended, with its samples and settings.
        unfreeze_last_k: tune the last blocks of the network first, see `tuning`; with `frozen_epochs`, `unfrozen_epochs` and
            `learning_rate_backbone`. The model is kept with its network, and not used.
        until_stopped: train with one seed after the other until somebody stops it, and keep the best.
        force_promote: promote it even if it is worse.
        accept_removals: record removals of samples however many they are.
        namespace: learn the library's own tags of this namespace instead, see `training_tags`.

    Returns:
        What `hyai train --json` gives; see `keeping.record`.
    """
    result = _trained(context)
    context.report.log(result["message"], in_result=True)
    return result


def _trained(context: JobContext) -> dict[str, Any]:
    """Return what the training asked for by the options gives."""
    if context.options.get("namespace"):
        return train_namespace(context)
    with context.workspace.open_journal() as journal, context.workspace.open_catalog() as catalog:
        if context.options.get("repeat") is not None:
            return repeat(context, journal, catalog)
        if context.options.get("resume") is not None:
            return resume(context, journal, catalog)
        resolved = for_this_run(context)
        if context.options.get("labels_of") is not None:
            material = labels_of(resolved, journal, catalog)
        else:
            samples = read_samples(resolved, journal, catalog)
            number = context.options.get("label_run")
            used = samples if number is None else samples_of_run(journal, context.workspace.data, int(number))
            part = subset_of(resolved, those_where(resolved, catalog, used))
            if context.options.get("unfreeze_last_k"):
                return train_tuned(resolved, journal, catalog, part, of=len(samples))
            material = material_of(resolved, journal, catalog, part, of=len(samples))
            if number is not None:
                aside = f"was trained on label run {number}"
                material = replace(material, aside=aside, about={**material.about, "label_run": int(number)})
            material = with_copies(resolved, catalog, part, material)
        if context.options.get("until_stopped"):
            return train_until_stopped(resolved, journal, material)
        return train_on(resolved, journal, material)
