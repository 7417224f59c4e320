"""Conditions of a policy on an enterprise's file (申报条件): a small language, kept as JSON; pure.

All conditions of a policy must be met. What the file does not say is *unknown*, never met: the
enterprise is told what to add. Every finding says in a sentence what was wanted and what is there.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from servicedesk.core.scales import SCALES
from servicedesk.core.words import N_

CONDITIONS_MAX = 30
VALUES_MAX = 20
VALUE_LENGTH = 40
NUMBER_MAX = 1_000_000_000
NEAR = 2  # so many gaps at most make a near miss
_SEPARATORS = re.compile(r"[、,，;；\n]+")
_INDUSTRY = re.compile(r"[A-T]\d{0,4}")  # GB/T 4754-2017: a letter and up to four digits


class Comparison(StrEnum):
    """How a field is compared (比较)."""

    IN = "in"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    HOLDS = "holds"
    LACKS = "lacks"
    NOT = "not"


COMPARISON_NAMES: Mapping[Comparison, str] = {
    Comparison.IN: N_("属于"),
    Comparison.AT_LEAST: N_("不少于"),
    Comparison.AT_MOST: N_("不多于"),
    Comparison.HOLDS: N_("具有其一"),
    Comparison.LACKS: N_("都不具有"),
    Comparison.NOT: N_("否"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the file that conditions may ask about; ``advice`` says what to do when missed."""

    name: str
    comparisons: tuple[Comparison, ...]
    advice: str
    unit: str = ""
    words: Mapping[str, str] | None = None

    @property
    def is_number(self) -> bool:
        """Is the field compared by size?"""
        return Comparison.AT_LEAST in self.comparisons


_SIZE = (Comparison.AT_LEAST, Comparison.AT_MOST)
_ONE_OF = (Comparison.IN,)
FIELDS: Mapping[str, Field] = {
    "industry_code": Field(
        N_("行业代码"), _ONE_OF, N_("行业代码有误的，请在“我的企业”中申请更正。")
    ),
    "scale": Field(N_("企业规模"), _ONE_OF, N_("规模按统计口径划分，数据有误请申请更正。"), words=SCALES),
    "area": Field(N_("所在片区"), _ONE_OF, N_("本政策只面向指定片区。")),
    "chain": Field(N_("产业链"), _ONE_OF, N_("本政策只面向指定产业链，归类有误请申请更正。")),
    "registered_capital": Field(
        N_("注册资本"), _SIZE, N_("办理注册资本变更后更新档案。"), N_("万元")
    ),
    "employees": Field(N_("从业人数"), _SIZE, N_("按上月参保人数更新档案。"), N_("人")),
    "revenue": Field(N_("营业收入"), _SIZE, N_("以上一年度审计报告为准，更新档案后重新匹配。"), N_("万元")),
    "revenue_growth": Field(
        N_("营收增长率"), _SIZE, N_("以近两年审计报告为准，更新档案后重新匹配。"), "%"
    ),
    "research_share": Field(
        N_("研发费用占比"), _SIZE, N_("建立研发辅助账，归集研发费用，可预约科技服务上门辅导。"), "%"
    ),
    "age": Field(N_("成立年限"), _SIZE, N_("达到年限后自动重新匹配。"), N_("年")),
    "patents": Field(
        N_("授权专利数"), _SIZE, N_("可申请专利服务；已授权未登记的请告知服务台补录。"), N_("项")
    ),
    "title": Field(
        N_("资质"), (Comparison.HOLDS, Comparison.LACKS),
        N_("先申报所需资质；已取得未登记的请告知服务台补录。"),
    ),
    "in_trouble": Field(
        N_("困难或异常企业"), (Comparison.NOT,), N_("移出困难或异常名单后自动重新匹配。")
    ),
}  # fmt: skip

Value = str | float | tuple[str, ...]


class BadCondition(ValueError):
    """A condition that cannot be; ``reason`` is for the person who wrote it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: a field, a comparison, and what it is compared with.

    ``value`` is a tuple of texts for lists and titles, a number for sizes, empty for ``NOT``.
    """

    field: str
    comparison: Comparison
    value: Value = ""

    def as_json(self) -> dict[str, Any]:
        """Return the condition as JSON keeps it."""
        value = list(self.value) if isinstance(self.value, tuple) else self.value
        return {"field": self.field, "comparison": self.comparison.value, "value": value}


def from_json(row: Mapping[str, Any]) -> Condition:
    """Return a condition from JSON.

    Raises:
        BadCondition: there is no such field or comparison.
    """
    value = row.get("value", "")
    kept: Value = tuple(map(str, value)) if isinstance(value, list) else value
    return Condition(
        str(row["field"]), _comparison(str(row["field"]), str(row["comparison"])), kept
    )


def parse(field: str, comparison: str, text: str) -> Condition:
    """Return the condition that a person typed into one row of the form.

    Raises:
        BadCondition: the field does not go with the comparison, or the value is none.
    """
    compared = _comparison(field, comparison)
    if compared is Comparison.NOT:
        return Condition(field, compared)
    if FIELDS[field].is_number:
        return Condition(field, compared, _number(text))
    return Condition(field, compared, _texts(field, text))


def _comparison(field: str, comparison: str) -> Comparison:
    known = FIELDS.get(field)
    if known is None or comparison not in known.comparisons:
        raise BadCondition(N_("此项不能这样比较，请重新选择。"))
    return Comparison(comparison)


def _number(text: str) -> float:
    try:
        number = float(unicodedata.normalize("NFKC", text).strip().removesuffix("%"))
    except ValueError:
        raise BadCondition(N_("请填写一个数。")) from None
    if not abs(number) <= NUMBER_MAX:  # also refuses nan
        raise BadCondition(N_("这个数太大。"))
    return int(number) if number == int(number) else number


def _texts(field: str, text: str) -> tuple[str, ...]:
    parts = [part.strip() for part in _SEPARATORS.split(unicodedata.normalize("NFKC", text))]
    values = tuple(dict.fromkeys(_word(field, part) for part in parts if part))
    if not values:
        raise BadCondition(N_("请填写至少一个值，多个用顿号隔开。"))
    if len(values) > VALUES_MAX or any(len(value) > VALUE_LENGTH for value in values):
        raise BadCondition(N_("值太多或太长，最多20个，每个40字以内。"))
    return values


def _word(field: str, part: str) -> str:
    """Return one value of a list as the file has it: a code in capitals, a scale by its key."""
    if field == "industry_code":
        code = part.upper()
        if not _INDUSTRY.fullmatch(code):
            raise BadCondition(N_("行业代码写作 C 或 C38、C3841，按国标 GB/T 4754-2017。"))
        return code
    words = FIELDS[field].words
    if words is None:
        return part
    found = next((key for key, name in words.items() if part in (key, name, name[0])), None)
    if found is None:
        raise BadCondition(N_("企业规模填大型、中型、小型、微型。"))
    return found


def typed(condition: Condition) -> str:
    """Return a condition's value as a person would type it."""
    words = FIELDS[condition.field].words or {}
    if isinstance(condition.value, tuple):
        return "、".join(words.get(value, value) for value in condition.value)
    return str(condition.value)


@dataclass(frozen=True, slots=True)
class HeldTitle:
    """A title in the file (资质) with its first and last day; no last day: without an end."""

    name: str
    awarded_on: date
    expires_on: date | None = None

    def holds_on(self, day: date) -> bool:
        """Is it valid on ``day``, first and last day included?"""
        return self.awarded_on <= day and (self.expires_on is None or self.expires_on >= day)


@dataclass(frozen=True, slots=True)
class Profile:
    """What the file says of an enterprise; empty or ``None`` where it says nothing.

    Money is 万元, shares and growth are per cent.
    """

    industry_code: str = ""
    scale: str = ""
    area: str = ""
    chain: str = ""
    registered_capital: float | None = None
    employees: float | None = None
    revenue: float | None = None
    revenue_growth: float | None = None
    research_share: float | None = None
    founded_on: date | None = None
    patents: int = 0
    titles: tuple[HeldTitle, ...] = ()
    in_trouble: bool = False


class Status(StrEnum):
    """What one condition says (满足、未满足、档案缺少)."""

    MET = "met"
    MISSED = "missed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """One condition against one file; ``actual`` is what the file says, as JSON can keep it."""

    condition: Condition
    status: Status
    actual: str | float | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the finding as JSON keeps it; the status is where it is kept."""
        return {**self.condition.as_json(), "actual": self.actual}


def finding_from_json(row: Mapping[str, Any], status: Status) -> Finding:
    """Return a finding from JSON."""
    return Finding(from_json(row), status, row.get("actual"))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What all conditions of a policy say of one enterprise, each with its finding."""

    findings: tuple[Finding, ...]

    def _with(self, status: Status) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.status is status)

    @property
    def fulfilled(self) -> tuple[Finding, ...]:
        """The conditions that are met."""
        return self._with(Status.MET)

    @property
    def missed(self) -> tuple[Finding, ...]:
        """The conditions that are not met."""
        return self._with(Status.MISSED)

    @property
    def unknown(self) -> tuple[Finding, ...]:
        """The conditions of which the file says nothing."""
        return self._with(Status.UNKNOWN)

    @property
    def met(self) -> bool:
        """Are all conditions met, by what the file says?"""
        return all(one.status is Status.MET for one in self.findings)

    @property
    def distance(self) -> int:
        """How far from a match: 0 is one; a missed condition weighs more than all unknown ones."""
        return len(self.missed) * 100 + len(self.unknown)

    @property
    def near(self) -> bool:
        """Is it no match, but nearly one?"""
        return 0 < len(self.missed) + len(self.unknown) <= NEAR


def evaluate(profile: Profile, conditions: Iterable[Condition], day: date) -> Verdict:
    """Return what ``conditions`` say of ``profile`` on the local ``day``."""
    return Verdict(tuple(_finding(profile, one, day) for one in conditions))


def _finding(profile: Profile, condition: Condition, day: date) -> Finding:
    if condition.field == "title":
        return _of_titles(profile, condition, day)
    if condition.field == "in_trouble":
        return Finding(condition, Status.MISSED if profile.in_trouble else Status.MET)
    actual = _actual(profile, condition.field, day)
    if actual is None or actual == "":
        return Finding(condition, Status.UNKNOWN)
    return Finding(condition, Status.MET if _fits(actual, condition) else Status.MISSED, actual)


def _actual(profile: Profile, field: str, day: date) -> str | float | None:
    if field == "age":
        return full_years(profile.founded_on, day) if profile.founded_on else None
    value: str | float | None = getattr(profile, field)
    return value


def full_years(since: date, day: date) -> int:
    """Return the full years from ``since`` to ``day``, none before it."""
    return max(0, day.year - since.year - ((day.month, day.day) < (since.month, since.day)))


def _fits(actual: str | float, condition: Condition) -> bool:
    wanted = condition.value
    if isinstance(wanted, tuple):
        if condition.field == "industry_code":
            return str(actual).startswith(wanted)
        return str(actual) in wanted
    if condition.comparison is Comparison.AT_LEAST:
        return float(actual) >= float(wanted)
    return float(actual) <= float(wanted)


def _of_titles(profile: Profile, condition: Condition, day: date) -> Finding:
    wanted = {_plain(name) for name in _tuple(condition.value)}
    named = [title for title in profile.titles if _plain(title.name) in wanted]
    valid = [title for title in named if title.holds_on(day)]
    if condition.comparison is Comparison.LACKS:
        first = valid[0].name if valid else None
        return Finding(condition, Status.MISSED if valid else Status.MET, first)
    if valid:
        return Finding(condition, Status.MET, valid[0].name)
    ended = [title.expires_on for title in named if title.expires_on and title.expires_on < day]
    return Finding(condition, Status.MISSED, max(ended).isoformat() if ended else None)


def _tuple(value: Value) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else (str(value),)


def _plain(name: str) -> str:
    """Return a title's name without the marks that people put in or leave out."""
    return re.sub(r"[\s“”\"'‘’「」]", "", unicodedata.normalize("NFKC", name))
