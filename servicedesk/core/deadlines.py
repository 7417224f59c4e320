"""The clocks of a ticket (时限): due time, warning, ladder points, pauses; pure arithmetic.

Every moment comes from one function, ``advance``: working minutes are added to a start, and the
paused spans in between do not count. So *warn ≤ due ≤ level 1 ≤ level 2 ≤ level 3* by construction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import pairwise

from servicedesk.core.words import N_
from servicedesk.core.worktime import Calendar

WARN_SHARE = 80  # per cent of the allowed working time (DESIGN §4)
DEFAULT_LADDER = (1, 3, 5)  # working days after the due time for levels 1, 2, 3 (DOMAIN 1.1)
LADDER_MAX = 60  # working days; what is later than that nobody waits for


class Step(StrEnum):
    """The alarms of one due time (预警、超期、督办), in their order."""

    WARN = "warn"
    OVERDUE = "overdue"
    LEVEL_1 = "level_1"
    LEVEL_2 = "level_2"
    LEVEL_3 = "level_3"


STEPS: tuple[Step, ...] = tuple(Step)
LADDER_STEPS = (Step.LEVEL_1, Step.LEVEL_2, Step.LEVEL_3)
STEP_NAMES = {
    Step.WARN: N_("预警（黄灯）"),
    Step.OVERDUE: N_("超期（红灯）"),
    Step.LEVEL_1: N_("一级督办：单位负责人"),
    Step.LEVEL_2: N_("二级督办：分管领导"),
    Step.LEVEL_3: N_("三级督办：联席会议"),
}


@dataclass(frozen=True, slots=True)
class Pause:
    """A span in which the clock stood (暂停); ``end`` ``None`` while it still stands."""

    start: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """How long something may take.

    ``days`` are working days of which the day of receipt is not counted (民法典 §201, 行政许可法 §82)
    and that end at the close of business; ``extra_days`` are granted extensions. With ``until`` it
    ends with that day instead (挂账节点): on a rest day, with the next working day (民法典 §203).
    """

    days: int
    extra_days: int = 0
    until: date | None = None

    @property
    def total(self) -> int:
        """Working days in all."""
        return self.days + self.extra_days


@dataclass(frozen=True, slots=True)
class Alarm:
    """One step of one due time and the moment when it is due."""

    step: Step
    at: datetime


@dataclass(frozen=True, slots=True)
class Timetable:
    """Everything that one running clock will do."""

    start: datetime
    due: datetime
    allowed: int
    alarms: tuple[Alarm, ...]

    @property
    def warn(self) -> datetime:
        """When the light turns yellow."""
        return self.alarms[0].at

    def next_alarm(self, fired: Iterable[str]) -> Alarm | None:
        """Return the first alarm of this due time that is still to fire."""
        return next(iter(self.left(fired)), None)

    def left(self, fired: Iterable[str]) -> tuple[Alarm, ...]:
        """Return the alarms after the last step that has fired: nothing goes down the ladder again.

        What is urgent no more has a level 1 that it never reached; after level 2 nobody needs it.
        """
        last = max((STEPS.index(Step(step)) for step in fired), default=-1)
        return tuple(alarm for alarm in self.alarms if STEPS.index(alarm.step) > last)


@dataclass(frozen=True, slots=True)
class Course:
    """Everything besides the calendar that a clock depends on: equal courses have equal timetables."""

    receipt: datetime
    limit: Limit
    pauses: tuple[Pause, ...] = ()
    ladder: tuple[int, ...] = DEFAULT_LADDER
    warn_share: int = WARN_SHARE
    first_level: int = 1

    def plan(self, calendar: Calendar) -> Timetable | None:
        """Return due time and alarms by ``calendar``; ``None`` while the clock stands."""
        return timetable(
            calendar, self.receipt, self.limit, self.pauses,
            self.ladder, self.warn_share, self.first_level,
        )  # fmt: skip

    def allowed(self, calendar: Calendar) -> int:
        """Return the working minutes that it grants."""
        return allowed_minutes(calendar, self.receipt, self.limit)


def advance(
    calendar: Calendar, start: datetime, minutes: int, pauses: Sequence[Pause] = ()
) -> datetime | None:
    """Return the moment when ``minutes`` of working time have passed since ``start``.

    Time inside ``pauses`` does not count. ``None`` when an open pause is reached first: a clock
    that stands has no due time.
    """
    moment, left = start, minutes
    for pause in sorted(pauses, key=lambda p: p.start):
        if pause.end is not None and pause.end <= moment:
            continue
        if pause.start > moment:
            until = calendar.between(moment, pause.start)
            if until >= left:
                break
            left -= until
        if pause.end is None:
            return None
        moment = pause.end
    return calendar.add(moment, left)


def consumed(
    calendar: Calendar, start: datetime, end: datetime, pauses: Sequence[Pause] = ()
) -> int:
    """Return the working minutes between ``start`` and ``end`` that count against the limit."""
    total = max(0, calendar.between(start, end))
    return total - paused_minutes(calendar, start, end, pauses)


def paused_minutes(
    calendar: Calendar, start: datetime, end: datetime, pauses: Sequence[Pause]
) -> int:
    """Return the working minutes inside ``pauses``, clipped to ``start``–``end``; overlaps once."""
    total, covered = 0, start
    for pause in sorted(pauses, key=lambda p: p.start):
        begin = max(pause.start, covered)
        finish = min(pause.end or end, end)
        if finish > begin:
            total += calendar.between(begin, finish)
            covered = finish
    return total


def due_after(calendar: Calendar, receipt: datetime, days: int) -> datetime:
    """Return the close of business ``days`` working days after the (deemed) day of receipt."""
    return calendar.due_after_days(receipt, days)


def allowed_minutes(calendar: Calendar, receipt: datetime, limit: Limit) -> int:
    """Return the working minutes that ``limit`` grants from the deemed receipt on."""
    start = calendar.deemed_receipt(receipt)
    if limit.until is None:
        return calendar.between(start, due_after(calendar, receipt, limit.total))
    return max(0, calendar.between(start, close_of(calendar, limit.until)))


def close_of(calendar: Calendar, day: date) -> datetime:
    """Return the close of business of ``day`` or, on a rest day, of the next working day (民法典 §203)."""
    return calendar.end_of_day(
        day if calendar.is_working_day(day) else calendar.next_working_day(day)
    )


def is_ladder(days: Sequence[int]) -> bool:
    """Tell whether ``days`` can be a ladder: three growing numbers of working days, 1 to 60."""
    return (
        len(days) == len(LADDER_STEPS)
        and all(earlier < later for earlier, later in pairwise(days))
        and days[0] >= 1
        and days[-1] <= LADDER_MAX
    )


def timetable(
    calendar: Calendar,
    receipt: datetime,
    limit: Limit,
    pauses: Sequence[Pause] = (),
    ladder: Sequence[int] = DEFAULT_LADDER,
    warn_share: int = WARN_SHARE,
    first_level: int = 1,
) -> Timetable | None:
    """Return due time and alarms of a clock that began at ``receipt``; ``None`` while it stands.

    ``ladder`` holds the working days after the due time for its levels; an urgent matter (紧急件)
    begins at ``first_level`` 2. ``warn_share`` is the per cent of the allowed time.
    """
    start = calendar.deemed_receipt(receipt)
    allowed = allowed_minutes(calendar, receipt, limit)
    day = sum(segment.end - segment.start for segment in calendar.segments)
    steps = (Step.WARN, Step.OVERDUE, *LADDER_STEPS[first_level - 1 :])
    offsets = (allowed * warn_share // 100, allowed, *(allowed + n * day for n in ladder))
    moments = [advance(calendar, start, offset, pauses) for offset in offsets]
    alarms = tuple(
        Alarm(step, moment)
        for step, moment in zip(steps, moments, strict=False)
        if moment is not None
    )
    if len(alarms) < 2:
        return None
    return Timetable(start, alarms[1].at, allowed, alarms)


class Light(StrEnum):
    """The due-light (红黄灯) of a ticket."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    PAUSED = "paused"
    DONE = "done"


def light(
    now: datetime, due: datetime | None, warn: datetime | None, *, running: bool, paused: bool
) -> Light:
    """Return the due-light; colour is never the only sign, pages show a word beside it."""
    if not running:
        return Light.DONE
    if due is not None and now > due:
        return Light.RED  # a pause that began too late hides nothing
    if paused or due is None:
        return Light.PAUSED
    return Light.YELLOW if warn is not None and now >= warn else Light.GREEN
