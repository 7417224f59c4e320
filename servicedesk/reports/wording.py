"""What the work summary calls its period (统计期用语): its title, how far it has come, comparisons."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from servicedesk.core.counting import change
from servicedesk.core.numerals import Change, change_words
from servicedesk.reports.periods import Length, Period, ranges
from servicedesk.statistics.cutting import Span

PER_CENT_FROM = 20  # growth over fewer is written as a difference: from 1 to 3 are no 200 %
_NUMERALS = "一二三四"
_BEFORE: Mapping[Length, str] = {
    Length.WEEK: "上周", Length.MONTH: "上月", Length.QUARTER: "上季度"
}  # fmt: skip
_SHORT = (Length.WEEK, Length.MONTH)


@dataclass(frozen=True, slots=True)
class Stretch:
    """The days of a period that a summary tells of: ``span`` is counted, ``last`` the last one yet.

    ``compared`` are the days beside which its counts are put, each with what they are called.
    ``unit`` is the code of the unit that it is of; without one it is the whole park's.
    """

    period: Period
    span: Span
    last: date
    running: bool
    compared: tuple[tuple[str, Span], ...]
    unit: str = ""

    @property
    def whole_year(self) -> bool:
        """Whether it is a year, over or running."""
        return self.period.length is Length.YEAR

    @property
    def year_end(self) -> bool:
        """Whether it is the park's year-end summary, which tells even what there is none of."""
        return self.whole_year and not self.unit

    @property
    def short(self) -> bool:
        """Whether it is so short that it tells how things stand (情况) and sums nothing up (总结)."""
        return self.period.length in _SHORT

    @property
    def name(self) -> str:
        """The period as a title writes it: 2024年第一季度."""
        if self.period.length is Length.QUARTER:
            return f"{self.period.year}年{_within_year(self.period)}"
        return self.period.label

    @property
    def what(self) -> str:
        """What the paper is called: a summary, or how things stand."""
        return "工作情况" if self.short else "工作总结"

    @property
    def until(self) -> str:
        """Return how its first sentence begins: 全年, 3月, or until when."""
        day, last = f"{self.last.day}日", f"{self.last.month}月{self.last.day}日"
        if self.whole_year:
            return f"截至{last}" if self.running else "全年"
        named = _within_year(self.period)
        if not self.running:
            return f"{named}{_days_of_week(self.period)}"
        return f"{named}（截至{day if self.period.length is Length.MONTH else last}）"

    @property
    def days(self) -> str:
        """The period with the days of a week, for the small print."""
        return f"{self.name}{_days_of_week(self.period)}"


def stretch(period: Period, today: date, unit: str = "") -> Stretch:
    """Return what a summary of a period tells of on the day ``today``, of a unit where one is named.

    A year that is not over is counted to its end and compared with none: the year-end summary has
    always been so.
    """
    days, before, year_ago = (one and Span(*one) for one in ranges(period, today))
    assert days and year_ago
    if period.length is Length.YEAR:
        running = period.end.year >= today.year
        whole = Span(period.start, period.end)
        compared = () if running else (("上年", year_ago),)
        last = today if running else period.end
        return Stretch(period, whole, last, running, compared, unit)
    running = days.end < period.end
    named, same = _BEFORE.get(period.length), "同期" if running else ""
    found = [(f"{named}{same}", before)] if named and before else []
    return Stretch(period, days, days.end, running, (*found, ("去年同期", year_ago)), unit)


def compared(now: int, earlier: Iterable[tuple[str, int]]) -> str:
    """Write how a count stands against earlier ones: 比上月增加3件、与去年同期持平."""
    return "、".join(_against(now, named, before) for named, before in earlier)


def _against(now: int, named: str, before: int) -> str:
    growth = change(now, before) if before >= PER_CENT_FROM else None
    if growth is not None:
        words, size = change_words(Change(growth))
        return f"比{named}{words % {'n': size}}" if size else f"与{named}持平"
    if now == before:
        return f"与{named}持平"
    return f"比{named}{'增加' if now > before else '减少'}{abs(now - before)}件"


def _within_year(period: Period) -> str:
    return {
        Length.WEEK: "本周",
        Length.MONTH: f"{period.number}月",
        Length.QUARTER: f"第{_NUMERALS[(period.number - 1) % 4]}季度",
        Length.HALF: "上半年" if period.number == 1 else "下半年",
        Length.YEAR: "全年",
    }[period.length]


def _days_of_week(period: Period) -> str:
    """Return the days of a week in brackets, with the years where it lies in two."""
    if period.length is not Length.WEEK:
        return ""
    start, end = period.start, period.end
    two = start.year != end.year
    return (
        f"（{f'{start.year}年' if two else ''}{start.month}月{start.day}日至"
        f"{f'{end.year}年' if two else ''}{end.month}月{end.day}日）"
    )
