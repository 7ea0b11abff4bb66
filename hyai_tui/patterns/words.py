"""Words that go with tags: counted over notes, titles and addresses of the files that carry each tag."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

# Words of more than three letters; the twenty most frequent of a tag with three texts or more.
LEAST_TEXTS: Final = 3
MOST_WORDS: Final = 20
_WORD: Final = re.compile(r"[^\W\d_]{4,}")
_ANY_WORD: Final = re.compile(r"\w+")
# Parts of every address, which say nothing of a picture.
_EMPTY: Final = frozenset({"http", "https", "html", "index", "jpeg", "webp"})


@dataclass(frozen=True, slots=True)
class TagWords:
    """The words of one tag.

    Attributes:
        count: texts of files that carry the tag.
        common_words: the most frequent words, each counted once a text, the most frequent first.
        average_length: mean words in a text.
    """

    count: int
    common_words: tuple[str, ...]
    average_length: float


def words_of(text: str) -> frozenset[str]:
    """Return the words of more than three letters in a text, in small letters, each once."""
    return frozenset(_WORD.findall(text.lower())) - _EMPTY


def length_of(text: str) -> int:
    """Return how many words a text has, short ones and numbers included."""
    return len(_ANY_WORD.findall(text))


def words_by_tag(texts: Mapping[str, str], tags: Mapping[str, Iterable[str]]) -> dict[str, TagWords]:
    """Return the words of every tag that at least three texts go with, in the order of the tags' names.

    Args:
        texts: file to all that is written about it.
        tags: file to its tags.
    """
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    lengths: defaultdict[str, list[int]] = defaultdict(list)
    for file, text in texts.items():
        if not (length := length_of(text)):
            continue
        words = words_of(text)
        for tag in tags.get(file, ()):
            counts[tag].update(words)
            lengths[tag].append(length)
    return {
        tag: TagWords(len(own), _most_frequent(counts[tag]), sum(own) / len(own))
        for tag, own in sorted(lengths.items())
        if len(own) >= LEAST_TEXTS
    }


def _most_frequent(counts: Counter[str]) -> tuple[str, ...]:
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(word for word, _ in ranked[:MOST_WORDS])
