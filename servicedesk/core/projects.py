"""The life of an investment project (项目全周期): stages in order, lamps, what holds a project up.

The source's 四即 are 洽谈即服务、签约即供地、开工即配套、竣工即办证: entering a stage opens the services that
belong to it. Construction may begin only with its permits (建筑法 §7) and with the environmental
review (环评法 §25), so those belong to the supply of land and not to the start of construction.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from servicedesk.core.words import N_

SOON_DAYS = 15  # natural days before a planned date in which the lamp is yellow
LARGE = 2000  # a major project (重大项目): 2 亿元 or more, in thousandths of 亿元


class Stage(StrEnum):
    """Where a project stands (项目阶段), in this order."""

    TALKS = "talks"
    SIGNED = "signed"
    LAND = "land"
    STARTED = "started"
    COMPLETED = "completed"
    PRODUCING = "producing"


STAGES: tuple[Stage, ...] = tuple(Stage)
STAGE_NAMES: Mapping[Stage, str] = {
    Stage.TALKS: N_("洽谈"),
    Stage.SIGNED: N_("签约"),
    Stage.LAND: N_("供地"),
    Stage.STARTED: N_("开工"),
    Stage.COMPLETED: N_("竣工"),
    Stage.PRODUCING: N_("投产"),
}
PROMISES: Mapping[Stage, str] = {
    Stage.TALKS: N_("洽谈即服务"),
    Stage.SIGNED: N_("签约即供地"),
    Stage.STARTED: N_("开工即配套"),
    Stage.COMPLETED: N_("竣工即办证"),
}
SERVICES: Mapping[Stage, tuple[str, ...]] = {
    Stage.TALKS: ("F06",),
    Stage.SIGNED: ("A01", "G01", "G02"),
    Stage.LAND: ("G03", "G04", "G05"),
    Stage.STARTED: ("G07",),
    Stage.COMPLETED: ("G06",),
    Stage.PRODUCING: ("C01", "F04"),
}
ONLY_WHILE_PREPARING = frozenset({"A01"})  # a company with a licence needs no second one


def services_of(stage: Stage, *, registered: bool) -> tuple[str, ...]:
    """Return the catalogue's items that ``stage`` opens; ``registered``: it has a licence."""
    return tuple(
        code for code in SERVICES[stage] if not (registered and code in ONLY_WHILE_PREPARING)
    )


def following(stage: Stage) -> Stage | None:
    """Return the stage after ``stage``."""
    place = STAGES.index(stage) + 1
    return STAGES[place] if place < len(STAGES) else None


class Lamp(StrEnum):
    """The lamp of a milestone or a project (灯); pages show a word beside it."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    GREY = "grey"


def lamp(planned_on: date | None, reached_on: date | None, today: date) -> Lamp:
    """Return a milestone's lamp: green in time or reached, yellow soon, red late, grey unplanned."""
    if reached_on is not None:
        return Lamp.GREEN
    if planned_on is None:
        return Lamp.GREY
    left = (planned_on - today).days
    if left < 0:
        return Lamp.RED
    return Lamp.YELLOW if left <= SOON_DAYS else Lamp.GREEN


def days_late(planned_on: date | None, reached_on: date | None, today: date) -> int:
    """Return by how many natural days a milestone was or is later than planned; 0 if it is not."""
    if planned_on is None:
        return 0
    return max(0, ((reached_on or today) - planned_on).days)


Dates = Mapping[Stage, date]


def refusal_of_move(
    current: Stage, target: Stage, *, reached: Dates, on: date, today: date, reason: str
) -> tuple[str, str] | None:
    """Return (input, why) a project must not go from ``current`` to ``target`` on a day.

    The next stage needs no reason; skipping stages or going back does.
    """
    if target is current:
        return "stage", N_("项目已在此阶段。")
    if on > today:
        return "reached_on", N_("日期不能晚于今天。")
    if any(on < day for day in reached.values()):
        return "reached_on", N_("日期不能早于已经达到的阶段。")
    if target is not following(current) and not reason.strip():
        return "reason", N_("跳过阶段或退回前面的阶段，请写明原因。")
    return None


def after_move(reached: Dates, current: Stage, target: Stage, on: date) -> dict[Stage, date]:
    """Return what has been reached when: going back takes back what came after ``target``."""
    kept = {stage: day for stage, day in reached.items() if _comes(stage, target)}
    return {**kept, target: reached.get(target, on) if _comes(target, current) else on}


def _comes(stage: Stage, until: Stage) -> bool:
    return STAGES.index(stage) <= STAGES.index(until)


def refusal_of_plan(planned: Mapping[Stage, date | None]) -> tuple[Stage, str] | None:
    """Return the stage whose planned date lies before that of an earlier one, and why not."""
    last: date | None = None
    for stage in STAGES:
        day = planned.get(stage)
        if day is None:
            continue
        if last is not None and day < last:
            return stage, N_("计划日期不能早于前面阶段的计划日期。")
        last = day
    return None


class Hold(StrEnum):
    """What can hold a project up (卡点类别)."""

    MILESTONE = "milestone"
    OBSTACLE = "obstacle"
    SERVICE = "service"


HOLD_NAMES: Mapping[Hold, str] = {
    Hold.MILESTONE: N_("节点逾期"),
    Hold.OBSTACLE: N_("待解决的问题"),
    Hold.SERVICE: N_("未办结的事项"),
}


@dataclass(frozen=True, slots=True)
class Holdup:
    """One thing that holds a project up; ``late`` is by how many days it is overdue.

    ``text`` is the obstacle's text, the name of the stage, or the code of the service item.
    """

    kind: Hold
    text: str
    late: int = 0


@dataclass(frozen=True, slots=True)
class Barrier:
    """An obstacle (问题) or a service's ticket that is still open, with the day it is due."""

    text: str
    due_on: date | None = None

    def late(self, today: date) -> int:
        """Return by how many days it is overdue."""
        return days_late(self.due_on, None, today)


def holdups(
    stage: Stage,
    planned: Mapping[Stage, date | None],
    obstacles: Iterable[Barrier],
    services: Iterable[Barrier],
    today: date,
) -> list[Holdup]:
    """Return what holds a project up, the latest first: all that is overdue before what is not."""
    found: list[Holdup] = []
    ahead = following(stage)
    if ahead is not None and (late := days_late(planned.get(ahead), None, today)):
        found.append(Holdup(Hold.MILESTONE, STAGE_NAMES[ahead], late))
    found += [Holdup(Hold.OBSTACLE, one.text, one.late(today)) for one in obstacles]
    found += [Holdup(Hold.SERVICE, one.text, one.late(today)) for one in services]
    order = tuple(Hold)
    return sorted(found, key=lambda one: (-one.late, order.index(one.kind)))


def project_lamp(
    stage: Stage, planned: Mapping[Stage, date | None], held: Sequence[Holdup], today: date
) -> Lamp:
    """Return a project's lamp: red if anything is overdue, yellow with an obstacle or a date soon.

    Service tickets in time are ordinary work and change nothing; a project that produces and has
    nothing open is done, which is green.
    """
    if any(one.late for one in held):
        return Lamp.RED
    ahead = following(stage)
    own = Lamp.GREEN if ahead is None else lamp(planned.get(ahead), None, today)
    if any(one.kind is Hold.OBSTACLE for one in held):
        return Lamp.YELLOW
    return own


@dataclass(frozen=True, slots=True)
class Totals:
    """What was signed: 个, thousandths of 亿元, 个 of 2 亿元 or more, 万元 of tax a year."""

    projects: int
    investment: int
    large: int
    tax: int


def totals(signed: Iterable[tuple[int, int]]) -> Totals:
    """Add up (investment, yearly tax) of projects."""
    rows = list(signed)
    return Totals(
        len(rows),
        sum(investment for investment, _tax in rows),
        sum(investment >= LARGE for investment, _tax in rows),
        sum(tax for _investment, tax in rows),
    )
