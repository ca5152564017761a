"""The two BIO layers, and the tags of the inline XML that stand for their labels."""

from __future__ import annotations

from chitieu.contract import MENTION_LABELS, PHRASE_LABELS

TAGS = {
    "ind": "INDICATOR",
    "qty": "QUANTITY",
    "unit": "UNIT",
    "pct": "PERCENT",
    "per": "PERIOD",
    "att": "ATTAINMENT",
    "chg": "CHANGE",
    "shr": "SHARE",
}
FIGURE_LABELS = ("QUANTITY", "PERCENT")


def bio(labels: tuple[str, ...]) -> list[str]:
    """``O``, then ``B-`` and ``I-`` of each label in turn."""
    return ["O", *(f"{edge}-{label}" for label in labels for edge in "BI")]


MENTION_TAGS = bio(MENTION_LABELS)
PHRASE_TAGS = bio(PHRASE_LABELS)
