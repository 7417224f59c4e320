"""The year-end work summary (年度工作总结) as Word: every number counted, with its origin."""

from pathlib import Path

from servicedesk.catalogue.queries import categories
from servicedesk.clock import clock
from servicedesk.core.counting import change, rate
from servicedesk.core.figures import BY_KEY
from servicedesk.core.words import N_
from servicedesk.organisation.queries import park
from servicedesk.reports.figures import Piece, Writer
from servicedesk.reports.official import Paper
from servicedesk.reports.phrases import CLAUSES
from servicedesk.statistics.actions import built_at
from servicedesk.statistics.built import Numbers, numbers_of, value_of
from servicedesk.tickets.facts import ZONE

NOTHING: Numbers = {}
HEADER = (N_("服务类别"), N_("收到"), N_("办结"), N_("服务企业"), N_("按期率"), N_("满意率"))
DEFINED = ("submitted", "delivered", "served", "on_time_rate", "satisfaction_rate")
NO_DATA = N_("本年度尚无办结归档的服务。")


def write(park_id: int, year: int, path: Path) -> None:
    """Write the summary of a year; counts are as of the last build, outcomes as of now."""
    writer, paper = Writer(park_id, year), Paper()
    found, before = numbers_of(park_id, str(year)), numbers_of(park_id, str(year - 1))
    paper.title(f"{park(park_id).name}{year}年“帮代办”服务工作总结")
    paper.heading("一、主要工作开展情况及取得的成绩")
    general = _general(writer, found.get("all", NOTHING), before.get("all", NOTHING))
    paper.paragraph("1.服务总量。", general)
    done = writer.sentence(CLAUSES)
    paper.paragraph("2.营商环境持续优化。", _opening(done))
    paper.heading("二、分类办理情况")
    paper.table(HEADER, _table(found))
    paper.small("注：服务企业数为不同企业数，各类别相加不等于合计。“—”表示没有可计算的工单。")
    _origins(paper, writer, park_id, year)
    paper.document.save(str(path))


def _opening(done: list[Piece]) -> list[Piece]:
    if not done:
        return [(NO_DATA, 0)]
    return [("加快构建“帮代办”助企服务机制，", 0), *done]


def _general(writer: Writer, now: Numbers, before: Numbers) -> list[Piece]:
    """Write what was received and delivered, and the rates that can be measured."""
    pieces: list[Piece] = []
    for key, text in (("submitted", "全年收到企业诉求和申请"), ("delivered", "办结归档")):
        pieces += [(text, 0), writer.built(key, f"{now.get(key, 0)}件")]
        pieces += [(_compared(now.get(key, 0), before.get(key)), 0)]
    pieces += [("服务企业", 0), writer.built("served", f"{now.get('served', 0)}家")]
    for key in ("on_time_rate", "satisfaction_rate"):
        value = value_of(key, now)
        if value is not None:
            pieces += [(f"，{BY_KEY[key].label}", 0), writer.built(key, _percent(value))]
    return [*pieces, ("。", 0)]


def _compared(now: int, before: int | None) -> str:
    """Write the change against the year before (同比), where there is one."""
    growth = change(now, before)
    if growth is None:
        return "，"
    if growth == 0:
        return "，与上年持平，"
    return f"，同比{'增长' if growth > 0 else '下降'}{_percent(abs(growth))}，"


def _percent(value: float | None) -> str:
    return "—" if value is None else f"{value:.1f}%"


def _table(found: dict[str, Numbers]) -> list[list[str]]:
    rows = [
        _row(category.name, found.get(f"category:{category.code}", NOTHING))
        for category in categories()
    ]
    return [*rows, _row("合计", found.get("all", NOTHING))]


def _row(name: str, numbers: Numbers) -> list[str]:
    counts = [str(numbers.get(key, 0)) for key in ("submitted", "delivered", "served")]
    on_time = rate(numbers.get("on_time", 0), numbers.get("delivered", 0))
    satisfied = rate(numbers.get("rated_good", 0), numbers.get("rated", 0))
    return [name, *counts, _percent(on_time), _percent(satisfied)]


def _origins(paper: Paper, writer: Writer, park_id: int, year: int) -> None:
    """Write the definitions, where each number comes from, and as of when."""
    paper.heading("附：指标口径和数字出处")
    for key in DEFINED:
        figure = BY_KEY[key]
        paper.small(f"{figure.label}（{figure.unit}）：{figure.meaning}")
    for origin in writer.references:
        links = "；".join(origin.links)
        paper.small(
            f"[{origin.number}] {origin.value}——{origin.meaning.rstrip('。')}。工单：{links}"
        )
    built, now = built_at(park_id), clock.now().astimezone(ZONE)
    counted = f"{built.astimezone(ZONE):%Y-%m-%d %H:%M}" if built else "尚未统计"
    paper.small(f"{year}年数据，统计截至{counted}，生成于{now:%Y-%m-%d %H:%M}。")
