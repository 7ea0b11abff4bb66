"""Training with one seed after the other until somebody stops it; the best model so far is always the one that is kept.

Each round is a whole training, judged on the same held-out samples as all others. A round that is better than those before
it is kept at once, by the same rule as every model, so that not even a kill takes it away; the others leave a line in the
record. The best of many rounds is a little lucky: on new pictures it is not better by all of what it gained here.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

from hyai_tui.errors import Cancelled, WrongUse
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.keeping import Kept, in_use, keep, record
from hyai_tui.jobs.material import Material
from hyai_tui.jobs.training import fit
from hyai_tui.journal.journal import Journal
from hyai_tui.learning.bundle import Bundle
from hyai_tui.learning.fit.state import TrainingState
from hyai_tui.learning.registry import Registry
from hyai_tui.text import count

# More seeds than anybody waits for; they stay within what a seed may be.
_SEEDS = 2**31 - 1


@dataclass(frozen=True, slots=True, eq=False)
class _Best:
    """The best round so far: its number, its model as it was kept, and where its training ended."""

    number: int
    kept: Kept
    ended: TrainingState | None

    @property
    def rank(self) -> tuple[float, float]:
        return _rank(self.kept.bundle)


def train_until_stopped(context: JobContext, journal: Journal, material: Material) -> dict[str, Any]:
    """Train round after round; end when somebody stops it, or when a model reaches the target.

    Returns:
        What `train_on` returns, of the best round, and `rounds`.

    Raises:
        Cancelled: it was stopped before the first round had anything to keep.
        WrongUse: the head is the same with every seed.
    """
    settings = context.workspace.settings.train
    if settings.head == "linear":
        raise WrongUse(
            "A linear head is the same with every seed, so more rounds find nothing",
            "Use --head mlp, or leave out --until-stopped",
        )
    began, previous = time.time(), in_use(context)
    rounds: list[dict[str, Any]] = []
    best: _Best | None = None
    while best is None or not (context.cancelled() or _reached(settings.target, best.kept.bundle)):
        number, seed = len(rounds) + 1, (settings.seed + len(rounds)) % _SEEDS
        context.report.stage("train", f"round {number} with seed {seed}{_so_far(best)}")
        try:
            bundle, ended = fit(context, material, replace(settings, seed=seed))
        except Cancelled:
            if best is None:
                raise
            break
        rounds.append({"round": number, "seed": seed, "epochs": bundle.record["epochs"], **_judged(bundle)})
        if best is None or _rank(bundle) > best.rank:
            bundle = replace(bundle, record={**bundle.record, "round": number})
            kept = keep(context, bundle, material, previous)
            if best is not None:
                _forget(context, best.kept.bundle.id)
            best = _Best(number, kept, ended)
    reached = _reached(settings.target, best.kept.bundle)
    why = (
        f"reached the target: accuracy {best.kept.bundle.metrics['accuracy']:.3f}" if reached else "stopped by the user"
    )
    about = {
        "rounds": [{**one, "is_best": one["round"] == best.number} for one in rounds],
        "stop": f"{why} after {count(len(rounds), 'round')}; round {best.number} is the best",
        "status": "finished" if reached else "stopped",
    }
    material = replace(material, about={**material.about, **about})
    return {**record(context, journal, best.kept, material, began, best.ended), "rounds": about["rounds"]}


def _rank(bundle: Bundle) -> tuple[float, float]:
    """Return what decides between two rounds: macro F1, and at a tie the log loss."""
    return bundle.metrics["macro_f1"], -bundle.metrics["log_loss"]


def _judged(bundle: Bundle) -> dict[str, float]:
    return {name: bundle.metrics[name] for name in ("macro_f1", "accuracy", "log_loss")}


def _reached(target: float, bundle: Bundle) -> bool:
    return bool(target) and bundle.metrics["accuracy"] >= target


def _forget(context: JobContext, model: str) -> None:
    """Remove the model of an earlier round, unless it is in use still: somebody has asked for one model."""
    registry = Registry(context.workspace.models_directory)
    if registry.current_id() != model:
        registry.remove(model)


def _so_far(best: _Best | None) -> str:
    if best is None:
        return ""
    return f"; best so far: round {best.number}, macro F1 {best.kept.bundle.metrics['macro_f1']:.3f}"
