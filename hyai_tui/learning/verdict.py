"""What the numbers mean for the user: is more labelling and training worth it?"""

from __future__ import annotations

_ENOUGH = "More training is not needed: macro F1 is above .70"
_GUIDE = (
    (0.60, "More training is optional: macro F1 is .60 to .70, expect 10 to 20 % more"),
    (0.40, "More training is recommended: macro F1 is .40 to .60, expect 20 to 30 % more"),
)
_WEAK = "More training is strongly recommended: macro F1 is below .40"
TARGET = (0.82, 0.85)
_USABLE = 0.70


def verdict(macro_f1: float) -> str:
    """Return the sentence for a macro F1 (0 … 1). Above .70 a model is fit for use; the target is what to aim at."""
    if macro_f1 >= TARGET[0]:
        return _ENOUGH
    if macro_f1 > _USABLE:
        return f"{_ENOUGH}, enough to work with; more labels may bring it nearer to the target"
    return next((text for least, text in _GUIDE if macro_f1 >= least), _WEAK)


def target(macro_f1: float) -> str:
    """Return the sentence that holds a macro F1 against the target of .82 to .85."""
    low, high = TARGET
    if macro_f1 < low:
        return f"Target .82 to .85: {low - macro_f1:.3f} below it".replace(" 0.", " .")
    return "Target .82 to .85: reached" if macro_f1 <= high else "Target .82 to .85: above it"


def action(macro_f1: float, commonest: str | None) -> str | None:
    """Return what to do next below a macro F1 of .70, else None.

    Args:
        macro_f1: 0 … 1.
        commonest: the commonest confusion, such as `archive → trash`.
    """
    if macro_f1 >= _USABLE:
        return None
    where = f", {commonest} first" if commonest else ""
    return f"Below .70: label more pictures of the confused labels{where} ('hyai queue confused-pair'), then retrain"
