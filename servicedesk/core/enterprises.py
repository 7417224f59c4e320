"""Rules of the enterprise's file (一企一档): titles' validity, completeness, likely duplicates."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from pypinyin import Style, lazy_pinyin

from servicedesk.core.textsearch import normalise
from servicedesk.core.words import N_

AREAS: Mapping[str, str] = {
    name: name
    for name in (
        N_("高新技术产业园"), N_("新能源及其装备制造基地"), N_("粮油物流园"), N_("阳塘片区"),
        N_("黄金坳产业园"),
    )
}  # fmt: skip
CHAINS: Mapping[str, str] = {
    name: name
    for name in (
        N_("新能源及装备"), N_("医药大健康"), N_("工程机械"), N_("电子信息"), N_("粮油物流"),
    )
}  # fmt: skip
STANDINGS: Mapping[str, str] = {
    "confirmed": N_("已建档"),
    "new": N_("新注册，待核验执照"),
    "review": N_("代码待核实"),
    "preparing": N_("筹建中"),
}
PATENT_KINDS: Mapping[str, str] = {
    "invention": N_("发明专利"),
    "utility": N_("实用新型"),
    "design": N_("外观设计"),
}
CONTRACT_KINDS: Mapping[str, str] = {
    "entry": N_("入园协议"),
    "lease": N_("厂房租赁"),
    "land": N_("土地出让"),
    "technology": N_("技术合同"),
    "other": N_("其他合同"),
}
LEVELS: Mapping[str, str] = {
    name: name for name in (N_("国家级"), N_("省级"), N_("市级"), N_("区级"))
}


# --- titles ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TitleRule:
    """What is known of a title: who awards it and how long it holds.

    ``years`` from the day of the award; ``to_march`` means until 31 March of the next year.
    """

    level: str
    years: int = 0
    to_march: bool = False


TITLES: Mapping[str, TitleRule] = {
    # DOMAIN §5: three years each; 科技型中小企业评价办法: until 31 March of the next year
    "高新技术企业": TitleRule("国家级", 3),
    "科技型中小企业": TitleRule("国家级", to_march=True),
    "创新型中小企业": TitleRule("省级", 3),
    "专精特新中小企业": TitleRule("省级", 3),
    "专精特新“小巨人”企业": TitleRule("国家级", 3),
    "规模以上工业企业": TitleRule("国家级"),
}
RENEWAL = timedelta(days=90)


def expiry(name: str, awarded_on: date) -> date | None:
    """Return the last day of a title that we know; ``None`` where it holds without an end."""
    rule = TITLES.get(name)
    if rule is None or not (rule.years or rule.to_march):
        return None
    if rule.to_march:
        return date(awarded_on.year + 1, 3, 31)
    return _years_later(awarded_on, rule.years) - timedelta(days=1)


def _years_later(day: date, years: int) -> date:
    """29 February has its anniversary on 1 March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def validity(awarded_on: date, expires_on: date | None, day: date) -> str:
    """Return ``future``, ``valid``, ``expiring`` (90 days or less are left) or ``expired``."""
    if day < awarded_on:
        return "future"
    if expires_on is None or expires_on - day > RENEWAL:
        return "valid"
    return "expired" if day > expires_on else "expiring"


# --- completeness ----------------------------------------------------------------------------

PROFILE: Mapping[str, str] = {
    "name": N_("企业名称"),
    "credit_code": N_("统一社会信用代码"),
    "industry_code": N_("行业代码"),
    "scale": N_("规模"),
    "area": N_("片区"),
    "plot": N_("地块"),
    "chain": N_("产业链"),
    "address": N_("园区内地址"),
    "legal_representative": N_("法定代表人"),
    "founded_on": N_("成立日期"),
    "registered_capital": N_("注册资本（万元）"),
    "employees": N_("从业人数"),
    "revenue": N_("上年营业收入（万元）"),
    "revenue_growth": N_("营收增长率（百分比）"),
    "research_share": N_("研发费用占比（百分比）"),
    "contact": N_("联系人"),
    "phone": N_("联系电话"),
    "service_officer_id": N_("服务专员"),
}
"""The values of a profile that can be filled in, with their names."""


@dataclass(frozen=True, slots=True)
class Completeness:
    """How much of a profile is filled in: per cent, and the fields that are not."""

    share: int
    missing: tuple[str, ...]


def completeness(profile: Mapping[str, object]) -> Completeness:
    """Return how complete a profile is; nought is a value, an empty text is none."""
    missing = tuple(name for name in PROFILE if profile.get(name) in (None, ""))
    return Completeness((len(PROFILE) - len(missing)) * 100 // len(PROFILE), missing)


# --- names -----------------------------------------------------------------------------------

_PREPARING = re.compile(r"[（(]\s*筹建?\s*[)）]")
_NOISE = re.compile(r"[\s\W_]+")
_PLACE = re.compile(r"^(湖南省?|怀化市?|鹤城区?)+")
_FORM = re.compile(r"(股份有限公司|有限责任公司|集团有限公司|有限公司|分公司|集团|公司)+$")


def core_name(name: str) -> str:
    """Return what tells one enterprise from another: no place in front, no form of company behind."""
    bare = _NOISE.sub("", _PREPARING.sub("", normalise(name)))
    without_form = _FORM.sub("", bare) or bare
    return _PLACE.sub("", without_form) or without_form


@lru_cache(maxsize=16_384)
def pinyin(text: str, initials: bool = False) -> str:
    """Return the pinyin of the Chinese characters of ``text`` in one piece, without tones."""
    style = Style.FIRST_LETTER if initials else Style.NORMAL
    return "".join(lazy_pinyin(text, style=style, errors="default")).casefold()


def search_text(name: str) -> str:
    """Return what an enterprise is found under: its name, initials and full pinyin."""
    bare = core_name(name)
    return " ".join((normalise(name), pinyin(bare, True), pinyin(bare)))


# --- duplicates ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Identity:
    """What is looked at when two files are compared."""

    name: str
    code: str | None = None
    phone: str = ""
    legal_representative: str = ""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How likely two files are one enterprise: 0 to 100, and why."""

    score: int
    reasons: tuple[str, ...]

    @property
    def likely(self) -> bool:
        """Tell whether somebody should look at it."""
        return self.score >= LIKELY


LIKELY = 50
_SHORT = 3  # names this short differ in one character by chance
SAME_CODE = N_("统一社会信用代码相同")
SAME_NAME = N_("去掉地名和公司形式后名称相同")
SAME_SOUND = N_("名称读音相同")
NEARLY = N_("名称只差一个字")
SAME_PHONE = N_("联系电话相同")
SAME_PERSON = N_("法定代表人相同")
TWO_CODES = N_("但信用代码不同，可能是两家关联企业")


def likeness(one: Identity, other: Identity) -> Likeness:
    """Compare two files; the order does not matter."""
    if one.code and one.code == other.code:
        return Likeness(100, (SAME_CODE,))
    found = [*_of_names(core_name(one.name), core_name(other.name))]
    if _digits(one.phone) and _digits(one.phone) == _digits(other.phone):
        found.append((35, SAME_PHONE))
    if one.legal_representative and one.legal_representative == other.legal_representative:
        found.append((20, SAME_PERSON))
    if found and one.code and other.code:
        found.append((-25, TWO_CODES))
    score = min(99, max(0, sum(points for points, _reason in found)))
    return Likeness(score, tuple(reason for _points, reason in found))


def _of_names(one: str, other: str) -> Iterator[tuple[int, str]]:
    if one == other:
        yield 70, SAME_NAME
    elif pinyin(one) == pinyin(other):
        yield 50, SAME_SOUND
    elif min(len(one), len(other)) > _SHORT and set(_shortened(one)) & set(_shortened(other)):
        yield 40, NEARLY


def _digits(phone: str) -> str:
    return re.sub(r"\D", "", phone)[-11:]


def _shortened(name: str) -> Iterator[str]:
    """Two names that differ in one character (changed, added, left out) share one of these."""
    yield name
    yield from (name[:i] + name[i + 1 :] for i in range(len(name)))


def keys(identity: Identity) -> set[str]:
    """Return the keys of which two files that could be one share at least one."""
    name = core_name(identity.name)
    found = {f"p:{pinyin(name)}"}
    if identity.code:
        found.add(f"c:{identity.code}")
    if phone := _digits(identity.phone):
        found.add(f"t:{phone}")
    if len(name) > _SHORT:
        found |= {f"n:{short}" for short in _shortened(name)}
    return found


def pairs(identities: Mapping[int, Identity]) -> Iterator[tuple[int, int, Likeness]]:
    """Yield the likely duplicates among numbered files, the smaller number first, best first."""
    by_key: dict[str, list[int]] = {}
    for number in sorted(identities):
        for key in keys(identities[number]):
            by_key.setdefault(key, []).append(number)
    together = {
        (first, second)
        for numbers in by_key.values()
        if len(numbers) <= _CROWD
        for index, first in enumerate(numbers)
        for second in numbers[index + 1 :]
    }
    found = [(one, two, likeness(identities[one], identities[two])) for one, two in together]
    yield from sorted(
        (one for one in found if one[2].likely), key=lambda one: (-one[2].score, one[0], one[1])
    )


_CROWD = 50  # a telephone of so many enterprises is an agent's and says nothing


def look_alikes(
    identity: Identity, known: Mapping[int, Identity], index: Mapping[str, Collection[int]]
) -> list[tuple[int, Likeness]]:
    """Return the known files that could be this one, best first; ``index`` is :func:`index_of`."""
    near = {number for key in keys(identity) for number in index.get(key, ())}
    found = [(number, likeness(identity, known[number])) for number in near]
    return sorted((one for one in found if one[1].likely), key=lambda one: (-one[1].score, one[0]))


def index_of(known: Mapping[int, Identity]) -> dict[str, list[int]]:
    """Return the files by their keys, for :func:`look_alikes`."""
    index: dict[str, list[int]] = {}
    for number, identity in known.items():
        for key in keys(identity):
            index.setdefault(key, []).append(number)
    return index
