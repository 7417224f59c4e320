"""What the year-end summary says (年度工作总结): every number counted, with its origin."""

from dataclasses import dataclass

from flask import current_app

from config import Settings
from servicedesk.catalogue.queries import categories
from servicedesk.clock import clock
from servicedesk.core.counting import Rounding, change, rate
from servicedesk.core.figures import BY_KEY
from servicedesk.core.numerals import Change, change_words
from servicedesk.core.words import N_
from servicedesk.organisation.queries import park
from servicedesk.reports.charts import Chart
from servicedesk.reports.figures import Piece, Reference, Writer
from servicedesk.reports.phrases import CLAUSES
from servicedesk.statistics.counts import numbers_by_month, numbers_of, span_of, value_of
from servicedesk.statistics.cutting import Figures, Numbers
from servicedesk.statistics.facts import built_at
from servicedesk.statistics.periods import months_of
from servicedesk.tickets.facts import ZONE

NOTHING: Numbers = {}
DEFINED = ("submitted", "delivered", "served", "on_time_rate", "satisfaction_rate")
NO_DATA = N_("本年度尚无办结归档的服务。")


@dataclass(frozen=True, slots=True)
class Content:
    """What a summary says, whatever its form: staff's templates are filled with the same.

    ``base`` is the address of this installation, to which links to the rows are added.
    """

    title: str
    volume: list[Piece]
    achieved: list[Piece]
    rows: list[list[str]]
    definitions: list[str]
    origins: list[Reference]
    as_of: str
    charts: tuple[Chart, Chart]
    base: str


def content(park_id: int, year: int, rounding: Rounding = Rounding.OVER) -> Content:
    """Gather what the summary of a year says."""
    settings: Settings = current_app.extensions["settings"]
    writer = Writer(park_id, year, rounding)
    figures = Figures(park_id, clock.now())
    found, before = (numbers_of(figures, span_of(str(one))) for one in (year, year - 1))
    volume = _general(writer, found.get("all", NOTHING), before.get("all", NOTHING), _until(year))
    achieved = _opening(writer.sentence(CLAUSES))
    return Content(
        title=f"{park(park_id).name}{year}年“帮代办”服务工作总结",
        volume=volume,
        achieved=achieved,
        rows=_table(found),
        definitions=[_definition(key) for key in DEFINED],
        origins=writer.references,
        as_of=_as_of(park_id, year),
        charts=_charts(figures, year, found),
        base=settings.base_url,
    )


def sample() -> Content:
    """Return made-up content, with which a template is tried."""
    link = "/desk/?figure=served&period=2024"
    return Content(
        title="示例园区2024年“帮代办”服务工作总结",
        volume=[("全年收到企业诉求和申请", 0), ("120件", 1), ("。", 0)],
        achieved=[("主动上门帮助50余家企业完成工商注册、税务登记、公章刻制等服务", 2), ("。", 0)],
        rows=[["工商注册", "60", "58", "53", "96.6%", "—"], ["合计", "120", "110", "80", "97.0%", "99.0%"]],
        definitions=["服务企业数（家）：示例。"],
        origins=[Reference(1, "120件", "示例", (link,)), Reference(2, "50余", "示例", (link, link))],
        as_of="2024年数据，示例。",
        charts=(
            Chart("各月（件）", ["1月", "2月"], [("收到", [3, 4]), ("办结归档", [2, 5])]),
            Chart("各类别（家）", ["工商注册", "税务"], [("服务企业", [3, 4])], sideways=True),
        ),
        base="http://localhost",
    )  # fmt: skip


def origin_text(origin: Reference) -> str:
    """Write where a number comes from; the addresses of its rows follow."""
    return f"[{origin.number}] {origin.value}——{origin.meaning.rstrip('。')}。工单："


def _definition(key: str) -> str:
    figure = BY_KEY[key]
    return f"{figure.label}（{figure.unit}）：{figure.meaning}"


def _as_of(park_id: int, year: int) -> str:
    built, now = built_at(park_id), clock.now().astimezone(ZONE)
    counted = f"{built.astimezone(ZONE):%Y-%m-%d %H:%M}" if built else "尚未统计"
    return f"{year}年数据，统计截至{counted}，生成于{now:%Y-%m-%d %H:%M}。"


def _charts(figures: Figures, year: int, found: dict[str, Numbers]) -> tuple[Chart, Chart]:
    """Return the year's months and its categories as charts; the table has the same numbers."""
    by_month = numbers_by_month(figures, year)
    monthly = [by_month.get(month, NOTHING) for month in months_of(year)]
    names, served = [], []
    for category in categories():
        names.append(category.name)
        served.append(found.get(f"category:{category.code}", NOTHING).get("served", 0))
    return (
        Chart(
            f"{year}年各月收到和办结（件）", [f"{number}月" for number in range(1, 13)],
            [
                ("收到", [one.get("submitted", 0) for one in monthly]),
                ("办结归档", [one.get("delivered", 0) for one in monthly]),
            ],
        ),
        Chart(f"{year}年各类别服务企业（家）", names, [("服务企业", served)], sideways=True),
    )  # fmt: skip


def _opening(done: list[Piece]) -> list[Piece]:
    if not done:
        return [(NO_DATA, 0)]
    return [("加快构建“帮代办”助企服务机制，", 0), *done]


def _until(year: int) -> str:
    """Return how much of the year it is: 全年, or until today, which is compared with nothing."""
    today = clock.now().astimezone(ZONE).date()
    return "全年" if year < today.year else f"截至{today.month}月{today.day}日"


def _general(writer: Writer, now: Numbers, before: Numbers, until: str) -> list[Piece]:
    """Write what was received and delivered, and the rates that can be measured."""
    pieces: list[Piece] = []
    for key, text in (("submitted", f"{until}收到企业诉求和申请"), ("delivered", "办结归档")):
        pieces += [(text, 0), writer.built(key, f"{now.get(key, 0)}件")]
        earlier = before.get(key) if until == "全年" else None
        pieces += [(_compared(now.get(key, 0), earlier), 0)]
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
    words, size = change_words(Change(growth))
    return f"，同比{words % {'n': size}}，"


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
