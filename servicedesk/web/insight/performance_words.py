"""A result in words (为何是这个分): the formula with the numbers of one row, and the addresses of tickets."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from servicedesk.core.performance import MINIMUM, MIXED_IN, Line
from servicedesk.performance.queries import Kind
from servicedesk.performance.results import Result, Subject
from servicedesk.statistics.cutting import Span
from servicedesk.web.quickly import url_for
from servicedesk.web.showing import locale_name


def period_name(period: str) -> str:
    """Write ``2024``, ``2024-Q1`` or ``2024-03`` for people."""
    year, _dash, part = period.partition("-")
    if part.startswith("Q"):
        return _("%(year)s年第%(n)s季度", year=year, n=part[1:])
    if part:
        return _("%(year)s年%(n)s月", year=year, n=int(part))
    return _("%(n)s年全年", n=year)


def per_cent(share: float | None) -> str:
    """Write a share between 0 and 1."""
    return "—" if share is None else f"{share * 100:.1f}%"


def tickets_of(figure: str, span: Span, subject: Subject) -> str:
    """Return the address of the tickets behind a number of a subject."""
    query: dict[str, Any] = {
        "view": "all", "figure": figure, "since": span.start.isoformat(),
        "until": span.end.isoformat(), **subject.cut.parameters(),
    }  # fmt: skip
    return url_for("desk.queue", **query)


def page_of(subject: Subject, period: str, anchor: str | None = None) -> str:
    """Return the address of a subject's page."""
    if subject.kind is Kind.UNIT:
        return url_for(
            "insight.performance_unit", unit_code=subject.code, period=period, _anchor=anchor
        )
    return url_for(
        "insight.performance_person", user_id=subject.id, period=period, _anchor=anchor
    )  # fmt: skip


def why(result: Result) -> list[str]:
    """Return how the score came about, sentence by sentence."""
    score = result.score
    if score.delivered < MINIMUM:
        return [
            ngettext(
                "本期办结归档%(n)s件，不足%(min)s件：件数太少，偶然的一件就会左右得分，因此不计分、不排名。",
                "本期办结归档%(n)s件，不足%(min)s件：件数太少，偶然的一件就会左右得分，因此不计分、不排名。",
                score.delivered, n=score.delivered, min=MINIMUM,
            )
        ]  # fmt: skip
    found = [_line(line, score.weight) for line in score.lines if line.weight]
    if score.value is not None:
        parts = " + ".join(
            f"{line.points:.1f}" for line in score.lines if line.weight and line.points is not None
        )
        found.append(_("合计：%(parts)s = %(score)s分。", parts=parts, score=f"{score.value:.1f}"))
    if result.rank is not None:
        found.append(
            _("在%(of)s个有得分的对象中排第%(rank)s，同分同名次。", of=result.of, rank=result.rank)
        )
    return found


def _line(line: Line, total: int) -> str:
    name = _(line.component.label)
    if line.counted is None:
        return _(
            "%(name)s：本期没有可计的工单，权重%(n)s由其他各项分摊。", name=name, n=line.weight
        )
    said = [
        _(
            "%(name)s：%(made)s ÷ %(whole)s = %(share)s。",
            name=name, made=line.made, whole=line.tally.whole, share=per_cent(line.share),
        ),
        _levelled(line),
        _(
            "得%(weight)s ÷ %(total)s × %(share)s = %(points)s分。",
            weight=line.weight, total=total, share=per_cent(line.counted),
            points=f"{line.points or 0:.1f}",
        ),
    ]  # fmt: skip
    return ("" if locale_name() == "zh" else " ").join(text for text in said if text)


def _levelled(line: Line) -> str:
    if line.level is None:
        return ""
    if not line.tally.misses:
        return _("没有一件未达到，不因难易增减。")
    return _(
        "未达到%(misses)s件；换别人办同样的事项，预计%(expected)s件，全园区未达到的占%(park)s，"
        "校正后未达到%(park)s × %(misses)s ÷ %(expected)s，即达到%(share)s。",
        misses=line.tally.misses, expected=f"{line.level.expected:.2f}",
        park=per_cent(line.level.park), share=per_cent(line.counted),
    )  # fmt: skip


def formula() -> list[str]:
    """Return the formula in words, for everybody who is measured by it."""
    return [
        _(
            "得分 = 各项比率按权重的加权平均 × 100。没有可计工单的项不算零分，其权重由其他各项分摊。"
        ),
        _(
            "“按期办结”和“企业确认解决”按难度校正：校正后的未达到率 = 全园区未达到率 × 自己未达到的件数 ÷ "
            "换别人办同样事项预计未达到的件数。与别人水平相当，不论事项难易都得全园区的平均比率；"
            "一件都没有未达到，得满分。"
        ),
        _(
            "“预计”只看别人：逐个事项取别人的未达到率；别人办得少的，掺入%(n)s件承诺时限相近的事项的"
            "未达到率，再少的掺入全园区的。",
            n=MIXED_IN,
        ),
        _(
            "人员的得分不计满意、虚假办结和差评整改：差评由别人整改，工单最后记在整改的人名下，只列出、"
            "不计分；单位的得分照计。"
        ),
        _("办结归档不足%(n)s件的不计分、不排名；得分四舍五入到一位小数，同分同名次。", n=MINIMUM),
    ]
