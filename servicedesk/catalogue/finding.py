"""A search over items that forgives (容错搜索): everyday words, pinyin, slips of the pen.

Four attempts, the strictest first; the first that finds anything answers:
the words themselves · what they sound like or are short for · one or two slips · shared pairs.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Protocol, TypeVar

from servicedesk.catalogue.spelling import compact, syllables, words
from servicedesk.core.fuzzy import allowed_slips, slips, spells
from servicedesk.core.textsearch import MAX_QUERY, index_terms

SIMILAR_ITEMS = 8
Rank = tuple[int, int]
"""How well something fits, best first: the kind of fit, then what is left over."""


class Findable(Protocol):
    """What an item is found by."""

    @property
    def code(self) -> str:
        """Its code, A01."""

    @property
    def name(self) -> str:
        """Its Chinese name."""

    @property
    def name_en(self) -> str:
        """Its English name."""

    @property
    def aliases(self) -> Sequence[str]:
        """What people call it."""


T = TypeVar("T", bound=Findable)
Fit = Callable[[str, Findable], Iterator[Rank]]


def find(candidates: Sequence[T], text: str) -> list[T]:
    """Return the candidates that ``text`` may mean, best first; every word must fit.

    Equal fits stay in the order of ``candidates``.
    """
    text = text[:MAX_QUERY]
    terms = words(text)
    if not terms:
        return []
    for fit in (_by_words, _by_sound, _by_slips):
        for attempt in (terms, ["".join(terms)]):
            if found := _ranked(candidates, attempt, fit):
                return found
    return _similar(candidates, text)


def _ranked(candidates: Sequence[T], terms: Sequence[str], fit: Fit) -> list[T]:
    ranks = {item.code: _rank(item, terms, fit) for item in candidates}
    found = [item for item in candidates if ranks[item.code] is not None]
    return sorted(found, key=lambda item: ranks[item.code] or (0, 0))


def _rank(item: Findable, terms: Sequence[str], fit: Fit) -> Rank | None:
    """Return the rank of the term that fits worst; ``None`` when one does not fit."""
    ranks = [min(fit(term, item), default=None) for term in terms]
    known = [rank for rank in ranks if rank is not None]
    return max(known) if len(known) == len(ranks) else None


@lru_cache(maxsize=4096)
def _phrases(name: str, aliases: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(filter(None, map(compact, (name, *aliases))))


def phrases(item: Findable) -> tuple[str, ...]:
    """Return the item's names without blanks and marks, its own name first."""
    return _phrases(item.name, tuple(item.aliases))


def _by_words(term: str, item: Findable) -> Iterator[Rank]:
    """Equal to a name · in the name, the code's beginning · in another name · said in ``term``."""
    own, *others = phrases(item)
    if term == own or term in others:
        yield 0, 0
    if term in own:
        yield 1, len(own) - len(term)
    if item.code.casefold().startswith(term):
        yield 1, 0
    yield from ((2, len(other) - len(term)) for other in others if term in other)
    yield from ((3, 0) for word in words(item.name_en) if word.startswith(term))
    said = {phrase for phrase in (own, *others) if len(phrase) > 1 and phrase in term}
    if said:
        yield 4, -sum(map(len, said))


def _by_sound(term: str, item: Findable) -> Iterator[Rank]:
    """Read alike, or spelled in pinyin: whole, or cut short to initials from where it begins."""
    heard = syllables(term)
    latin = term.isascii()
    for phrase in phrases(item):
        read = syllables(phrase)
        if len(heard) > 1 and _holds(read, heard):
            yield 0, len(read) - len(heard)
        elif len(read) > 2 and _holds(heard, read):
            yield 1, -len(read)
        start = spells("".join(heard), read) if len(term) > 1 else None
        if start is not None and (start == 0 or len(term) > 2 or not latin):
            yield 2 + (start > 0), len(read)


def _holds(long: Sequence[str], short: Sequence[str]) -> bool:
    size = len(short)
    return any(long[i : i + size] == short for i in range(len(long) - size + 1))


def _by_slips(term: str, item: Findable) -> Iterator[Rank]:
    """One slip or two, in the characters or in the pinyin."""
    latin = term.isascii()
    most = allowed_slips(len(term), latin)
    if not most:
        return
    letters = "".join(syllables(term))
    for phrase in phrases(item):
        if not latin and (found := slips(term, phrase, most)) is not None:
            yield found, abs(len(phrase) - len(term))
        spelled = "".join(syllables(phrase))
        found = slips(letters, spelled, allowed_slips(len(letters), latin=True))
        if found is not None:
            yield found, abs(len(spelled) - len(letters))


def _similar(candidates: Sequence[T], text: str) -> list[T]:
    """Return the items that share most pairs of Chinese characters with ``text``."""
    wanted = _pairs(text)
    shared = {item.code: len(wanted & _pairs(" ".join(phrases(item)))) for item in candidates}
    alike = [item for item in candidates if shared[item.code]]
    return sorted(alike, key=lambda item: -shared[item.code])[:SIMILAR_ITEMS]


def _pairs(text: str) -> set[str]:
    return {term for term in index_terms(text) if len(term) == 2 and not term.isascii()}
