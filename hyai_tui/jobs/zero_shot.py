"""How good labels are guessed before anything is labelled: from rules on tags, or from what labels stand for.

Descriptions need an encoder that puts texts beside pictures; the encoders that come with the program see pictures only, so they
are refused with that reason. A plug-in that can do it has a method `texts`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Final, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from hyai_tui.errors import NotNow, WrongUse
from hyai_tui.features import plugins
from hyai_tui.features.choosing import choose
from hyai_tui.features.encoder import EncoderVersion
from hyai_tui.jobs.context import JobContext
from hyai_tui.learning import metrics
from hyai_tui.learning.labels import label_order
from hyai_tui.queues.context import load_context
from hyai_tui.queues.vectors import open_vectors
from hyai_tui.samples.training import training_samples

TEMPERATURE: Final = 0.5

Floats = NDArray[np.float32]


@runtime_checkable
class TextEncoder(Protocol):
    """What an encoder plug-in has besides, if it can put texts beside pictures."""

    def texts(self, options: Mapping[str, Any], texts: Sequence[str]) -> Floats:
        """Return float32[n, d]: vectors of texts in the space of the pictures' vectors. Raises HyaiError."""
        ...


def zero_shot(context: JobContext) -> dict[str, Any]:
    """Report how well labels are guessed without any training, on the samples that there are.

    Options:
        rules: texts `LABEL=TAG, TAG…`; a tag may have `*`. Without any, labels are guessed from their descriptions.

    Returns:
        `by` (`rules` or `descriptions`), `n`, `labels`, `covered` (samples of which anything was said), `accuracy` and
        `macro_f1` (a sample of which nothing was said counts as wrong), `accuracy_covered`.

    Raises:
        NotNow: there are no samples of two labels, or nothing here can read descriptions; says why.
        WrongUse: a rule is none.
    """
    context.report.stage("evaluate", "guessing labels without any training")
    workspace = context.workspace
    with workspace.open_journal() as journal:
        samples = training_samples(journal, workspace.data)
        about = {one.name: one.about for one in journal.labels()}
    labels = label_order(one.label for one in samples)
    if len(labels) < 2:
        raise NotNow("There are no samples of two labels to judge guesses by", "Label some pictures first")
    files = [one.identity for one in samples]
    rules = parse_rules(context.options.get("rules") or (), labels)
    scores = _by_rules(context, files, rules, labels) if rules else _by_descriptions(context, files, about, labels)
    truth = np.array([labels.index(one.label) for one in samples], np.int64)
    # Softmax keeps the order; a row without any evidence says nothing of any label.
    covered = np.ptp(scores, axis=1) > 0
    chance = np.exp((scores - scores.max(axis=1, keepdims=True)) / TEMPERATURE)
    guessed = np.where(covered, (chance / chance.sum(axis=1, keepdims=True)).argmax(axis=1), -1)
    right = guessed == truth
    wrong = (truth + 1) % len(labels)
    figure = metrics.macro_f1(truth, np.where(covered, guessed, wrong), len(labels))
    return {
        "by": "rules" if rules else "descriptions",
        "n": len(samples),
        "labels": list(labels),
        "covered": int(covered.sum()),
        "accuracy": round(float(right.mean()), 6),
        "macro_f1": round(figure, 6),
        "accuracy_covered": round(float(right[covered].mean()), 6) if covered.any() else None,
    }


def parse_rules(texts: Sequence[str], labels: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return label to patterns of tags, from texts such as `trash=blurry, quality:low*`.

    Raises:
        WrongUse: a text is no such rule, or names a label that there is not.
    """
    found: dict[str, tuple[str, ...]] = {}
    for text in texts:
        label, equals, rest = text.partition("=")
        patterns = tuple(one.strip().lower() for one in rest.split(",") if one.strip())
        if not (equals and patterns):
            raise WrongUse(f"{text!r} is no rule", "Write LABEL=TAG, TAG…, such as 'trash=blurry, quality:low*'")
        if label.strip() not in labels:
            raise WrongUse(f"No sample has the label {label.strip()!r}", f"Samples have {', '.join(labels)}")
        found[label.strip()] = found.get(label.strip(), ()) + patterns
    return found


def _by_rules(
    context: JobContext, files: Sequence[str], rules: Mapping[str, Sequence[str]], labels: Sequence[str]
) -> Floats:
    """Return float32[n, K]: how many of a label's patterns the tags of each file meet."""
    found = np.zeros((len(files), len(labels)), np.float32)
    with context.workspace.open_catalog() as catalog:
        for row, name in enumerate(files):
            file = catalog.file(name)
            tags = () if file is None else file.display_tags or file.tags
            for label, patterns in rules.items():
                met = sum(any(fnmatchcase(tag.lower(), pattern) for tag in tags) for pattern in patterns)
                found[row, labels.index(label)] = met
    return found


def _by_descriptions(
    context: JobContext, files: Sequence[str], about: Mapping[str, str], labels: Sequence[str]
) -> Floats:
    """Return float32[n, K]: the cosine of each file with what each label stands for; 0 for a file without features."""
    workspace = context.workspace
    vectors_of_texts = _texts(
        choose(workspace).version, [f"{label} {about.get(label, '')}".strip() for label in labels]
    )
    found = np.zeros((len(files), len(labels)), np.float32)
    with workspace.open_catalog() as catalog, workspace.open_journal() as journal:
        known = load_context(workspace, catalog=catalog, journal=journal)
        with open_vectors(workspace, known, catalog, journal) as vectors:
            if vectors is None:
                raise NotNow("Nothing is encoded yet", "Run 'hyai cache build'")
            positions = known.positions.of(list(files))
            there, rows = vectors.at(positions[positions >= 0])
    row_of = {int(position): row for row, position in enumerate(positions.tolist())}
    found[[row_of[int(one)] for one in there.tolist()]] = _unit(rows) @ _unit(vectors_of_texts).T
    return found


def _texts(version: EncoderVersion, texts: Sequence[str]) -> Floats:
    named = plugins.named()
    reader: object = None if named is None else named.plugin
    if named is None or version.id != named.plugin.version(named.options).id or not isinstance(reader, TextEncoder):
        raise NotNow(
            f"The encoder {version.id} sees pictures only, so nothing can be guessed from what labels stand for",
            "Give rules on tags (--rule 'trash=blurry'), or plug in an encoder that puts texts beside pictures",
        )
    return reader.texts(named.options, texts)


def _unit(rows: Floats) -> Floats:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    found: Floats = (rows / np.where(length > 0, length, 1)).astype(np.float32)
    return found
