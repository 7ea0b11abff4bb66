"""Sets of labels ready to use, each label with what it stands for, and how the names of older sets become theirs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from hyai_tui.errors import WrongUse


@dataclass(frozen=True, slots=True)
class ClassPreset:
    """A set of labels.

    Attributes:
        about: what it is for, one sentence.
        labels: name to what it stands for, in the order in which they get their digits.
        older: names of older sets to the label that takes their files over.
    """

    about: str
    labels: Mapping[str, str]
    older: Mapping[str, str] = field(default_factory=dict)


# The names and the six meanings of version 2 are those of the folder classifier whose tables this program reads.
PRESETS: Final[Mapping[str, ClassPreset]] = {
    "taxonomy-v2": ClassPreset(
        "six labels for what a folder of assets is named after",
        {
            "creator_or_studio": "a person, group or company that made it: artist, publisher, studio, author",
            "content_subject": "what is shown: a place, a scene, a setting, a creature, a proper name",
            "descriptor": "a variant or a property: style, season, time of day, weather, size, with or without grid",
            "asset_type": "what kind of thing it is: map, token, portrait, music, illustration, handout",
            "other": "what only organises: rewards, tiers, guides, licences, years and months",
            "unknown": "nothing that can be told apart: unclear, ambiguous, mixed",
        },
        {
            "person_or_group": "creator_or_studio",
            "content": "content_subject",
            "media_bucket": "asset_type",
            "primary_author": "creator_or_studio",
            "secondary_author": "creator_or_studio",
            "subject": "content_subject",
            "collection": "content_subject",
        },
    ),
    "taxonomy-v1": ClassPreset(
        "the six labels that version 2 replaced, for tables that still name them",
        {
            "person_or_group": "a person, group or company that made it",
            "content": "what is shown: a place, a scene, a subject, a theme",
            "descriptor": "a variant or a property: style, season, time of day",
            "media_bucket": "what kind of thing it is: map, token, music, picture",
            "other": "what only organises: rewards, guides, notes",
            "unknown": "nothing that can be told apart",
        },
    ),
    "photos": ClassPreset(
        "what a camera or a phone took",
        {
            "portrait": "one person, from near",
            "group": "several people together",
            "landscape": "nature or a town from afar, nobody in front",
            "food": "something to eat or to drink",
            "document": "a page, a receipt, a whiteboard, a sign: text to be read",
            "screenshot": "the screen of a computer or a phone",
        },
    ),
    "art": ClassPreset(
        "how a picture was made",
        {
            "illustration": "drawn or painted, finished and in colour",
            "sketch": "drawn with few lines, unfinished or without colour",
            "comic": "panels, speech bubbles, a page of a story",
            "render": "made by a computer from a model in three dimensions",
            "photograph": "taken by a camera",
            "pixel-art": "made of visible squares",
        },
    ),
    "quality": ClassPreset(
        "how good a picture is, whatever it shows",
        {
            "good": "sharp, well lit, whole",
            "soft": "out of focus, shaken or scaled up",
            "noisy": "grainy, or with blocks of strong compression",
            "cut": "cropped wrongly, with borders, or a part of a picture",
            "marked": "with a watermark, a caption or a time across it",
        },
    ),
}


def preset(name: str) -> ClassPreset:
    """Return a preset.

    Raises:
        WrongUse: there is none of that name.
    """
    if name not in PRESETS:
        raise WrongUse(f"There is no preset {name!r}", f"There are {', '.join(PRESETS)}")
    return PRESETS[name]
