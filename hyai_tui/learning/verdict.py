"""What the numbers mean for the user: is more labelling and training worth it?"""

from __future__ import annotations

_GUIDE = (
    (0.70, "More training is not needed: macro F1 is above .70"),
    (0.60, "More training is optional: macro F1 is .60 to .70, expect 10 to 20 % more"),
    (0.40, "More training is recommended: macro F1 is .40 to .60, expect 20 to 30 % more"),
)
_WEAK = "More training is strongly recommended: macro F1 is below .40"


def verdict(macro_f1: float) -> str:
    """Return the sentence for a macro F1 (0 … 1)."""
    if macro_f1 > _GUIDE[0][0]:
        return _GUIDE[0][1]
    return next((text for least, text in _GUIDE[1:] if macro_f1 >= least), _WEAK)
