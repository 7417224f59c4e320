"""Search terms that find two Chinese characters (双字检索).

SQLite's trigram tokenizer does not find 注册 and PostgreSQL's parsers do not cut Chinese at all, so
the text is cut here, the same way for both: each run of Chinese characters into overlapping pairs
and its single characters' ends; each word of letters and digits whole.
"""

import re
import unicodedata
from collections.abc import Iterator

_RUN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]+|[a-z0-9]+")
MAX_QUERY = 60


def normalise(text: str) -> str:
    """Fold width and case: ``ＡＢＣ`` and ``abc`` are one word."""
    return unicodedata.normalize("NFKC", text).casefold()


def _is_chinese(run: str) -> bool:
    return not run.isascii()


def _pairs(run: str) -> Iterator[str]:
    yield from (run[i : i + 2] for i in range(len(run) - 1))


def index_terms(text: str) -> list[str]:
    """Return the terms under which ``text`` is found, without repeats, in order."""
    terms: dict[str, None] = {}
    for run in _RUN.findall(normalise(text)):
        if _is_chinese(run):
            terms.update(dict.fromkeys(run))
            terms.update(dict.fromkeys(_pairs(run)))
        else:
            terms[run] = None
    return list(terms)


def query_terms(text: str) -> list[tuple[str, bool]]:
    """Return the terms that a document must all have, each with whether a prefix is enough.

    Words of letters and digits match from their beginning (half a credit code finds it); Chinese
    pairs match whole.
    """
    terms: dict[tuple[str, bool], None] = {}
    for run in _RUN.findall(normalise(text[:MAX_QUERY])):
        if not _is_chinese(run):
            terms[(run, True)] = None
        elif len(run) == 1:
            terms[(run, False)] = None
        else:
            terms.update({(pair, False): None for pair in _pairs(run)})
    return list(terms)
