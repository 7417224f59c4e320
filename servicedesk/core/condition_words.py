"""What a condition and a finding say in a sentence (条件说明): texts to translate, with values; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from servicedesk.core.conditions import FIELDS, Comparison, Condition, Finding, Status
from servicedesk.core.words import N_

DEMANDS: Mapping[Comparison, str] = {
    Comparison.IN: N_("%(name)s属于：%(wanted)s"),
    Comparison.AT_LEAST: N_("%(name)s不少于%(wanted)s%(unit)s"),
    Comparison.AT_MOST: N_("%(name)s不多于%(wanted)s%(unit)s"),
    Comparison.HOLDS: N_("具有资质（其一）：%(wanted)s"),
    Comparison.LACKS: N_("未取得资质：%(wanted)s"),
    Comparison.NOT: N_("不是困难或异常企业"),
}
_SENTENCES: Mapping[tuple[Comparison, Status], str] = {
    (Comparison.IN, Status.MET): N_("%(name)s为%(actual)s，符合要求。"),
    (Comparison.IN, Status.MISSED): N_("%(name)s须属于%(wanted)s，现为%(actual)s。"),
    (Comparison.IN, Status.UNKNOWN): N_("档案缺少%(name)s；须属于%(wanted)s。"),
    (Comparison.AT_LEAST, Status.MET): N_(
        "%(name)s为%(actual)s%(unit)s，不少于%(wanted)s%(unit)s。"
    ),
    (Comparison.AT_LEAST, Status.MISSED): N_(
        "%(name)s须不少于%(wanted)s%(unit)s，现为%(actual)s%(unit)s。"
    ),
    (Comparison.AT_LEAST, Status.UNKNOWN): N_("档案缺少%(name)s；须不少于%(wanted)s%(unit)s。"),
    (Comparison.AT_MOST, Status.MET): N_(
        "%(name)s为%(actual)s%(unit)s，不多于%(wanted)s%(unit)s。"
    ),
    (Comparison.AT_MOST, Status.MISSED): N_(
        "%(name)s须不多于%(wanted)s%(unit)s，现为%(actual)s%(unit)s。"
    ),
    (Comparison.AT_MOST, Status.UNKNOWN): N_("档案缺少%(name)s；须不多于%(wanted)s%(unit)s。"),
    (Comparison.HOLDS, Status.MET): N_("已取得“%(actual)s”，在有效期内。"),
    (Comparison.HOLDS, Status.MISSED): N_("须取得“%(wanted)s”，档案中没有有效的认定。"),
    (Comparison.LACKS, Status.MET): N_("没有取得“%(wanted)s”，可以申报。"),
    (Comparison.LACKS, Status.MISSED): N_("已取得“%(actual)s”，不能重复申报。"),
    (Comparison.NOT, Status.MET): N_("不是困难或异常企业。"),
    (Comparison.NOT, Status.MISSED): N_("列为困难或异常企业，暂不能申报。"),
}
_ENDED = N_("“%(wanted)s”已于%(actual)s到期，须在有效期内。")


@dataclass(frozen=True, slots=True)
class Saying:
    """A sentence to translate with its values; lists of words are translated one by one."""

    text: str
    name: str
    unit: str
    wanted: tuple[str, ...]
    actual: str = ""


def demand(condition: Condition) -> Saying:
    """Return what a condition demands, of whomever."""
    field = FIELDS[condition.field]
    return Saying(DEMANDS[condition.comparison], field.name, field.unit, _wanted(condition))


def sentence(finding: Finding) -> Saying:
    """Return what a finding says of one enterprise."""
    condition, field = finding.condition, FIELDS[finding.condition.field]
    text = _SENTENCES[condition.comparison, finding.status]
    if condition.comparison is Comparison.HOLDS and finding.actual is not None:
        text = text if finding.status is Status.MET else _ENDED
    actual = plain_number(finding.actual)
    if field.words is not None:
        actual = field.words.get(actual, actual)
    return Saying(text, field.name, field.unit, _wanted(condition), actual)


def _wanted(condition: Condition) -> tuple[str, ...]:
    words = FIELDS[condition.field].words or {}
    if isinstance(condition.value, tuple):
        return tuple(words.get(value, value) for value in condition.value)
    return (plain_number(condition.value),)


def plain_number(value: str | float | None) -> str:
    """Write a number without needless zeros; texts stay as they are."""
    if isinstance(value, str) or value is None:
        return value or ""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def advice(findings: Sequence[Finding]) -> list[str]:
    """Return what to do about gaps, each piece of advice once."""
    return list(dict.fromkeys(FIELDS[one.condition.field].advice for one in findings))
