"""Forgiving comparison of short texts (容错匹配): slips of the pen, and pinyin cut short.

Pure: what a Chinese text sounds like is given as a list of syllables.
"""

from collections.abc import Sequence
from functools import lru_cache


def slips(wanted: str, text: str, most: int) -> int | None:
    """Return how many slips turn ``wanted`` into some part of ``text``; ``None`` if over ``most``.

    A slip is a character too many, one too few, a wrong one, or two neighbours exchanged (optimal
    string alignment). Where the part begins and ends in ``text`` costs nothing.
    """
    if len(wanted) - len(text) > most:
        return None
    before: list[int] = []
    row = [0] * (len(text) + 1)  # the part may begin anywhere
    for i, char in enumerate(wanted, start=1):
        older, before, row = before, row, [i]
        for j, other in enumerate(text, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (char != other))
            if i > 1 and j > 1 and char == text[j - 2] and wanted[i - 2] == other:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return None
    found = min(row)
    return found if found <= most else None


def allowed_slips(length: int, latin: bool) -> int:
    """Return how many slips a query of ``length`` characters may have: short ones have none.

    A Chinese character carries as much as two or three letters.
    """
    steps = (5, 10) if latin else (3, 6)
    return sum(length >= step for step in steps)


def spells(wanted: str, syllables: Sequence[str]) -> int | None:
    """Return at which syllable ``wanted`` begins to spell the text, as people type pinyin.

    Every syllable may be cut short, also to its initial: ``yyzz``, ``yingyezz`` and ``yyzhizhao``
    all spell 营业执照. ``None`` when it does not. The first place counts.
    """
    key = tuple(syllables)
    return next((start for start in range(len(key)) if _spells_from(wanted, key[start:])), None)


@lru_cache(maxsize=4096)
def _spells_from(wanted: str, syllables: tuple[str, ...]) -> bool:
    """Tell whether ``wanted`` is made of beginnings of the first syllables, each at least once."""
    reached = {0}  # how many letters of ``wanted`` the syllables so far can explain
    for syllable in syllables:
        reached = {
            done + size
            for done in reached
            for size in range(1, len(syllable) + 1)
            if wanted[done : done + size] == syllable[:size]
        }
        if len(wanted) in reached:
            return True
        if not reached:
            return False
    return False
