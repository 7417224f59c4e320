"""What items are found by: their words, and how these are written in pinyin."""

import re
from collections.abc import Iterator
from functools import lru_cache

from pypinyin import Style, lazy_pinyin

from servicedesk.catalogue.definition import Definition
from servicedesk.core.textsearch import normalise


def words(text: str) -> list[str]:
    """Return the runs of letters, digits and Chinese characters, width and case folded."""
    return re.findall(r"[^\W_]+", normalise(text))


def compact(text: str) -> str:
    """Drop blanks, brackets and quotation marks, which nobody types when searching."""
    return "".join(words(text))


@lru_cache(maxsize=8192)
def syllables(text: str) -> tuple[str, ...]:
    """Return how a text is read: a syllable for each character, runs of letters as they are."""
    return tuple(lazy_pinyin(text, style=Style.NORMAL, errors="default"))


def search_text(item: Definition) -> str:
    """Return the words under which tickets of the item are found: names, the first one in pinyin.

    Every ticket's entry in the index holds them, so the many other names are not spelled as well.
    """
    return " ".join(_search_words(item))


def _search_words(item: Definition) -> Iterator[str]:
    names = [item.name, *item.aliases]
    yield from map(normalise, names)
    if item.name_en:
        yield normalise(item.name_en)
    for style in (Style.FIRST_LETTER, Style.NORMAL):
        yield "".join(lazy_pinyin(item.name, style=style, errors="ignore"))
