"""What a queue is: a snapshot that ranks files, says why each is there, and names its model."""

from __future__ import annotations

from dataclasses import dataclass

# Rows of this kind keep the model's view from people until they have answered.
HIDES_MODEL = "audit"
# Rows of this kind carry what plain rules guess.
GUESS = "guess"
# Kinds of the rows of *mistakes*.
MISTAKES = frozenset({"trash→keep", "keep→trash", "sample"})


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One file of a queue.

    Attributes:
        file: SHA-256.
        score: calibrated probability of the last label (trash in the binary case), of the predicted label for more
            than two; None where there is no score. Out-of-fold for a sample.
        predicted: the label that the model would give.
        current: the sample's label, else the library's state.
        suggested: the label that the rules of the queue propose; None where they propose none.
        kind: `trash→keep`, `keep→trash`, `sample`, or the queue's own kind.
        reason: one sentence for people, without markup.
        note: the reason in a word or a number, where there is little room; empty for most.
    """

    file: str
    score: float | None
    predicted: str | None
    current: str | None
    suggested: str | None
    kind: str
    reason: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class QueueInfo:
    """One line of the list of queues: name, how many files, and one sentence on what it holds."""

    name: str
    count: int
    about: str
