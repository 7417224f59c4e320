"""Training events (培训活动): seats and the waiting list, when one may check in, what is counted.

Pure rules of line 8 of the domain (场、家、人次): an event counts once somebody was there, enterprises
are counted once however many people they send, and an average hides whoever gave it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from servicedesk.core.words import N_

OPENS_BEFORE = timedelta(
    minutes=60
)  # people come early; a code photographed days before is useless
TYPED_IN_FOR = timedelta(days=7)  # a list signed on paper may still be typed in
FEEDBACK_MIN = 5  # fewer answers would show who said what
PER_ENTERPRISE_MAX = 20


class EventState(StrEnum):
    """Where an event stands (活动状态)."""

    PLANNED = "planned"
    HELD = "held"
    CANCELLED = "cancelled"


EVENT_STATE_NAMES: Mapping[EventState, str] = {
    EventState.PLANNED: N_("待举办"),
    EventState.HELD: N_("已举办"),
    EventState.CANCELLED: N_("已取消"),
}
KINDS: Mapping[str, str] = {
    "training": N_("培训会"),
    "briefing": N_("政策宣讲"),
    "salon": N_("沙龙"),
}
ITEM_CODES = ("F07", "E01", "E04")  # 政策宣讲与培训, 高企认定辅导, 技术合同与成果转化
CHECK_IN_WAYS: Mapping[str, str] = {
    "qr": N_("扫码签到"),
    "desk": N_("现场登记"),
}
CHANNELS: Mapping[str, str] = {
    "phone": N_("电话"),
    "counter": N_("窗口"),
    "visit": N_("上门"),
    "event": N_("活动现场"),
    "online": N_("线上"),
}


@dataclass(frozen=True, slots=True)
class Registration:
    """One person on the list; ``number`` tells people apart and orders the same moment."""

    number: int
    registered_at: datetime
    waiting: bool = False
    cancelled: bool = False


def seated(registrations: Iterable[Registration]) -> int:
    """Return how many seats are taken (已占名额)."""
    return sum(not one.waiting and not one.cancelled for one in registrations)


def free_seats(capacity: int, registrations: Iterable[Registration]) -> int:
    """Return how many seats nobody has; never negative, also after walk-ins."""
    return max(0, capacity - seated(registrations))


def moving_up(capacity: int, registrations: Collection[Registration]) -> list[int]:
    """Return who leaves the waiting list (候补转正), first come first served.

    Those who have a seat keep it; nobody overtakes anybody who waits longer.
    """
    line = sorted(
        (one for one in registrations if one.waiting and not one.cancelled),
        key=lambda one: (one.registered_at, one.number),
    )
    return [one.number for one in line[: free_seats(capacity, registrations)]]


def newcomers_wait(capacity: int, registrations: Collection[Registration], count: int) -> int:
    """Return how many of ``count`` newcomers must wait; they come after everybody who waits."""
    queue = sum(one.waiting and not one.cancelled for one in registrations)
    free = free_seats(capacity, registrations)
    return count - max(0, min(count, free - queue))


def may_register(state: EventState, now: datetime, starts_at: datetime) -> bool:
    """Tell whether enterprises may still register: while it is planned and has not begun."""
    return state is EventState.PLANNED and now < starts_at


def check_in_span(starts_at: datetime, ends_at: datetime) -> tuple[datetime, datetime]:
    """Return from when until when the code on the wall works (签到时段)."""
    return starts_at - OPENS_BEFORE, ends_at


def may_check_in(
    state: EventState, now: datetime, starts_at: datetime, ends_at: datetime, *, by_staff: bool
) -> bool:
    """Tell whether somebody may be checked in now; staff may type a paper list in afterwards."""
    opens, closes = check_in_span(starts_at, ends_at)
    if state is EventState.CANCELLED:
        return False
    return opens <= now <= (closes + TYPED_IN_FOR if by_staff else closes)


def may_be_held(state: EventState, now: datetime, starts_at: datetime, checked_in: int) -> bool:
    """Tell whether an event may be recorded as held (已举办): it has begun and somebody is there.

    An event that nobody came to is not one of the year's 场.
    """
    return state is EventState.PLANNED and now >= starts_at and checked_in > 0


def may_be_cancelled(state: EventState, checked_in: int) -> bool:
    """Tell whether an event may be cancelled: nobody has checked in, and it was not held."""
    return state is EventState.PLANNED and checked_in == 0


def enterprises_attended(attendance: Iterable[tuple[int, bool]]) -> set[int]:
    """Return the distinct enterprises (家) of (enterprise, checked in); registering is no attending."""
    return {enterprise for enterprise, checked_in in attendance if checked_in}


def average(levels: Sequence[int]) -> float | None:
    """Return the mean of the answers, one decimal; ``None`` while there are fewer than five."""
    if len(levels) < FEEDBACK_MIN:
        return None
    return round(sum(levels) / len(levels), 1)
