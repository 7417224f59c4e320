"""What the work summary says (工作总结、工作情况): every number counted, with its origin."""

from dataclasses import dataclass

from flask import current_app

from config import Settings
from servicedesk.clock import clock
from servicedesk.core.counting import Rounding
from servicedesk.core.figures import BY_KEY
from servicedesk.core.words import N_
from servicedesk.organisation.models import Unit
from servicedesk.organisation.queries import park
from servicedesk.reports import volume
from servicedesk.reports.charts import Chart
from servicedesk.reports.courses import by_category, course
from servicedesk.reports.figures import Piece, Reference, Writer
from servicedesk.reports.periods import Period
from servicedesk.reports.phrases import CLAUSES
from servicedesk.reports.tables import Line, lines
from servicedesk.reports.wording import Stretch, stretch
from servicedesk.statistics.cutting import Cut, Dimension, Figures, Numbers
from servicedesk.statistics.facts import built_at
from servicedesk.tickets.facts import ZONE

TITLE_LETTERS = 20  # of a title that stands in one line
DEFINED = ("submitted", "delivered", "served", "on_time_rate", "satisfaction_rate")
NO_DATA = N_("本年度尚无办结归档的服务。")
NOTHING_TO_TELL = "本期没有需要单列的成效。"
OF_THE_PARK = "成效按全园区登记，不分单位统计。"
SETTLING = "另有已办结、尚在回访评价的工单，归档后计入。"


@dataclass(frozen=True, slots=True)
class Content:
    """What a summary says, whatever its form: staff's templates are filled with the same.

    ``has_achieved`` and ``has_rows`` say whether there is anything to tell; the park's year always
    tells both.
    ``base`` is the address of this installation, to which links to the rows are added.
    """

    title: str
    volume: list[Piece]
    achieved: list[Piece]
    has_achieved: bool
    rows: list[Line]
    has_rows: bool
    definitions: list[str]
    origins: list[Reference]
    as_of: str
    charts: tuple[Chart | None, Chart | None]
    base: str


def content(
    park_id: int, period: Period, rounding: Rounding = Rounding.OVER, unit: Unit | None = None
) -> Content:
    """Gather what the summary of a period says, of a unit where one is given.

    Registers know no units: what a unit's summary says is counted from its tickets alone.
    """
    settings: Settings = current_app.extensions["settings"]
    told = told_of(period, unit.code if unit else "")
    cut = Cut(unit=told.unit)
    writer = Writer(park_id, told, rounding)
    figures = Figures(park_id, clock.now())
    now = figures.numbers(told.span, cut)
    found = figures.grouped(told.span, cut, Dimension.CATEGORY)
    earlier = [(named, figures.numbers(span, cut)) for named, span in told.compared]
    first = volume.of_year if told.year_end else volume.of_days
    said = first(writer, now, earlier)  # before the clauses: references are numbered as written
    done = [] if unit else writer.sentence(CLAUSES)
    rows = lines(told, found, now)
    return Content(
        title=titled(unit.name if unit else park(park_id).name, told),
        volume=said,
        achieved=_opening(told, done),
        has_achieved=bool(done) or told.year_end,
        rows=rows,
        has_rows=len(rows) > 1,
        definitions=[_definition(key) for key in _defined(told, now)],
        origins=writer.references,
        as_of=_as_of(park_id, told, figures),
        charts=(course(figures, told), by_category(told, found)),
        base=settings.base_url,
    )


def told_of(period: Period, unit: str = "") -> Stretch:
    """Return what a summary of the period tells of now."""
    return stretch(period, clock.now().astimezone(ZONE).date(), unit)


def titled(owner: str, told: Stretch) -> str:
    """Return how the summary of a park or a unit is headed; what is too long breaks where it may."""
    name = f"{owner}{told.name}"
    width = sum(0.5 if letter.isascii() else 1 for letter in name + _paper(told))
    between = "" if width <= TITLE_LETTERS else "\n"
    return f"{name}{between}{_paper(told)}"


def called(told: Stretch) -> str:
    """Return what the summary is called, whosever it is: the name of its file."""
    return f"{told.name}{_paper(told)}"


def _paper(told: Stretch) -> str:
    return f"“帮代办”服务{told.what}"


def sample() -> Content:
    """Return made-up content, with which a template is tried."""
    link = "/desk/?figure=served&period=2024"
    return Content(
        title="示例园区2024年“帮代办”服务工作总结",
        volume=[("全年收到企业诉求和申请", 0), ("120件", 1), ("。", 0)],
        achieved=[("主动上门帮助50余家企业完成工商注册、税务登记、公章刻制等服务", 2), ("。", 0)],
        has_achieved=True,
        rows=[
            Line(["工商注册", "60", "58", "53", "96.6%", "—"], []),
            Line(["合计", "120", "110", "80", "97.0%", "99.0%"], []),
        ],
        has_rows=True,
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


def _defined(told: Stretch, now: Numbers) -> tuple[str, ...]:
    if told.year_end:
        return DEFINED
    return (*DEFINED, "resolution_rate", *(key for key in volume.BLEMISHES if now.get(key)))


def _definition(key: str) -> str:
    figure = BY_KEY[key]
    return f"{figure.label}（{figure.unit}）：{figure.meaning}"


def _as_of(park_id: int, told: Stretch, figures: Figures) -> str:
    built, now = built_at(park_id), clock.now().astimezone(ZONE)
    counted = f"{built.astimezone(ZONE):%Y-%m-%d %H:%M}" if built else "尚未统计"
    said = f"{told.days}数据，统计截至{counted}，生成于{now:%Y-%m-%d %H:%M}。"
    settling = not told.year_end and figures.settling(told.span, Cut(unit=told.unit)) > 0
    return said + SETTLING if settling else said


def _opening(told: Stretch, done: list[Piece]) -> list[Piece]:
    if not done:
        return [(NO_DATA if told.year_end else OF_THE_PARK if told.unit else NOTHING_TO_TELL, 0)]
    return done if told.short else [("加快构建“帮代办”助企服务机制，", 0), *done]
