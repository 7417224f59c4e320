"""How alike two requests are (相似诉求): the same item, the same place, common words; newest first.

Pure: the database only proposes candidates, from its indexes and bounded; what is shown of them,
and in which order, is decided here, the same way while filing, at intake and on a ticket's page.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from servicedesk.core.textsearch import index_terms
from servicedesk.core.words import N_

ITEM_POINTS, AREA_POINTS, PLOT_POINTS, WORD_POINTS = 40, 15, 15, 60
SIMILAR_FROM = 60  # the item alone is not alike, nor is the area alone
VERY_SIMILAR_FROM = 75
WORDS_MOST = 400  # characters of a text that are compared

# Pairs that say nothing about the matter: they stand in every second request.
_EMPTY_WORDS = (
    "我们 公司 本公司 企业 我司 我公司 园区 高新区 请帮 帮忙 帮助 协助 协调 希望 尽快 请求 申请 办理 解决 处理 问题 反映 "
    "目前 现在 近期 需要 能否 是否 可以 已经 没有 因为 由于 导致 影响 以及 进行 有关 相关 情况 情况是 谢谢 麻烦 予以 领导 你好 您好"
)
_EMPTY = frozenset(term for term in index_terms(_EMPTY_WORDS) if len(term) > 1)

REASONS = {
    "item": N_("同一事项"),
    "area": N_("同一片区"),
    "plot": N_("同一地块"),
    "words": N_("内容相近"),
}


@lru_cache(maxsize=2048)  # the same newest tickets are compared with page after page
def telling_terms(*texts: str) -> frozenset[str]:
    """Return the terms of ``texts`` that say what the matter is: pairs and words, no empty ones."""
    terms = index_terms("\n".join(texts)[:WORDS_MOST])
    return frozenset(term for term in terms if len(term) > 1 and term not in _EMPTY)


@dataclass(frozen=True, slots=True)
class Matter:
    """What is compared of a request; ``at`` is when it came in, ``key`` whatever names it."""

    key: int
    item_id: int | None
    area: str = ""
    plot: str = ""
    terms: frozenset[str] = field(default_factory=frozenset)
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """How alike a matter is: points out of 130, and why, as names of ``REASONS``."""

    key: int
    points: int
    reasons: tuple[str, ...]
    at: datetime | None = None

    @property
    def very(self) -> bool:
        """Is it so alike that it may be the same problem (类问题)?"""
        return self.points >= VERY_SIMILAR_FROM


def compare(wanted: Matter, other: Matter) -> Match:
    """Compare two matters; the words count by their share in the shorter text."""
    points, reasons = 0, []
    if wanted.item_id is not None and wanted.item_id == other.item_id:
        points, reasons = ITEM_POINTS, ["item"]
    if wanted.area and wanted.area == other.area:
        points += AREA_POINTS
        reasons.append("area")
    if wanted.plot and wanted.plot == other.plot:
        points += PLOT_POINTS
        reasons.append("plot")
    common = len(wanted.terms & other.terms)
    shorter = min(len(wanted.terms), len(other.terms))
    if common >= 2:
        points += WORD_POINTS * common // shorter
        reasons.append("words")
    return Match(other.key, points, tuple(reasons), other.at)


def rank(wanted: Matter, others: Iterable[Matter], limit: int) -> Sequence[Match]:
    """Return the ``limit`` matters that are similar, the newest first among the most alike.

    Which ones are shown goes by their points; how they are ordered, by when they came in.
    """
    found = [match for one in others if (match := compare(wanted, one)).points >= SIMILAR_FROM]
    best = sorted(found, key=lambda match: (-match.points, -match.key))[:limit]
    return sorted(best, key=lambda match: (match.at is not None, match.at, match.key), reverse=True)
