"""The demo's problems (类问题): two of the past, one under watch, one open; a merge and a link today."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import select

from servicedesk.clock import clock
from servicedesk.core.permissions import Actor, Role
from servicedesk.core.workflow import State
from servicedesk.demo.cast import Cast
from servicedesk.demo.enterprises import SHOWN
from servicedesk.demo.loop import Moments
from servicedesk.demo.moments import working_day_back
from servicedesk.extensions import db
from servicedesk.problems.actions import Details, close_class, create, due_closings
from servicedesk.problems.models import Problem, ProblemTicket
from servicedesk.problems.queries import likely
from servicedesk.problems.solving import solve
from servicedesk.tickets.actions import Request, submit, take
from servicedesk.tickets.joining import link_with
from servicedesk.tickets.models import Ticket

ITEM = "J03"
WEEK = timedelta(days=7)
TOLD_MOST = 5


@dataclass(frozen=True, slots=True)
class _Class:
    """A problem that was seen looking back; ``word`` stands in the titles of its tickets."""

    day: str
    word: str
    title: str
    cause: str
    solution: str


PAST = (
    _Class(
        "2024-09-12T10:20+08:00", "路面破损", "园区道路路面破损",
        "重车集中通行，原路面按乡道标准修建，基层承载不足。",
        "已对破损路段加铺重载路面，重车改走工业大道；今后每季度巡查一次，坑洼三个工作日内修补。",
    ),
    _Class(
        "2025-06-18T15:10+08:00", "停电", "片区频繁停电、电压不稳",
        "夏季负荷上升，十千伏线路末端电压偏低，开关老化。",
        "供电公司已更换开关并新增一回线路；计划停电提前三天在园区公告，企业可登记不间断生产时段。",
    ),
)  # fmt: skip
BUSES = (
    ("恩德莱", "早班通勤班车坐不下", "早七点的通勤班车每天坐满，二十多名员工上不了车，上班迟到。"),
    ("冠捷科技", "晚班没有通勤班车", "晚班员工二十一点下班时已没有通勤班车，只能打车回城。"),
    ("方诺科技", "通勤班车班次太少", "通勤班车一小时一班，早晚高峰员工上下班等车太久。"),
)
ROADS = (
    ("雪峰电气", "货运通道路面塌陷", "标准厂房货运通道路面塌陷约两米，货车绕行。"),
    ("沅江线缆", "货运通道路面坑洼", "货运通道路面坑洼，线缆盘运输车颠簸，已有一车货损。"),
    ("凌云热能", "厂房货运通道路面破损", "货运通道路面破损积水，叉车无法通行。"),
)


def lives(cast: Cast, now: datetime) -> Iterator[Moments]:
    """Yield what goes on about problems from 2024 to this day."""
    for one in PAST:
        yield _looking_back(cast, one)
    yield _watch(now)
    yield _buses(cast, now)
    yield _roads(cast, now)
    yield _twice(cast, now)


def _head(cast: Cast) -> Actor:
    return cast.holder(Role.DESK_HEAD, Random(8))


def _desk(cast: Cast) -> Actor:
    return cast.holder(Role.DESK, Random(8))


def _looking_back(cast: Cast, one: _Class) -> Moments:
    """Join what was closed one by one, say the cause, and send the solution to all of them."""
    begin = datetime.fromisoformat(one.day)
    yield begin
    joined = select(ProblemTicket.ticket_id)
    query = select(Ticket.number).where(
        Ticket.item_id == cast.items[ITEM].id, Ticket.state == State.CLOSED,
        Ticket.title.contains(one.word), Ticket.id.not_in(joined),
    )  # fmt: skip
    numbers = list(db.session.scalars(query.order_by(Ticket.id.desc()).limit(5)))
    if len(numbers) >= 2:
        yield from _solved(
            cast, _opened(cast, one.title, one.word, one.cause, numbers), one.solution
        )


def _opened(
    cast: Cast, title: str, words: str, cause: str, numbers: Sequence[str], days: int = 20
) -> Problem:
    item = cast.items[ITEM]
    due = cast.hours.add_working_days(cast.hours.local(clock.now()).date(), days)
    details = Details(
        title, item.id, words=words, cause=cause, unit_id=cast.units[item.lead_unit], due_on=due
    )
    return create(_desk(cast), details, numbers)


def _solved(cast: Cast, made: Problem, solution: str) -> Moments:
    yield cast.hours.add(clock.now(), 12 * 420)
    others = [one.id for one in likely(_head(cast), made)][:TOLD_MOST]
    found = db.session.get_one(Problem, made.id, populate_existing=True)
    solve(_head(cast), found.id, solution, found.version, others)


def _watch(now: datetime) -> Moments:
    """Close the classes that have stayed quiet, once a week as the scheduler would."""
    moment = datetime.fromisoformat("2024-09-30T08:00+08:00")
    while moment <= now:
        yield moment
        for found in due_closings(20):
            close_class(found)
        moment += WEEK


def _at(cast: Cast, now: datetime, back: int, minutes: int) -> datetime:
    """Return a moment so many working days ago, that long before closing time."""
    day = working_day_back(cast.hours.local(now).date(), back, cast.hours)
    return cast.hours.subtract(cast.hours.end_of_day(day), minutes)


def _in_hand(cast: Cast, short: str, title: str, words: str) -> Ticket:
    """File a request as its enterprise; the desk and the unit take it on within the hour."""
    client, item = cast.clients[short], cast.items[ITEM]
    place = {"location": client.firm.place}
    request = Request(
        client.enterprise_id, title, words, client.people[0].name, client.phones[0], answers=place
    )
    ticket = submit(client.people[0], item, request)
    officer = cast.holder(Role.OFFICER, Random(8), item.lead_unit)
    steps: tuple[tuple[Actor, str, dict[str, Any]], ...] = (
        (_desk(cast), "accept", {}),
        (_desk(cast), "dispatch", {"unit_id": cast.units[item.lead_unit]}),
        (officer, "sign", {}),
    )
    for actor, step, inputs in steps:
        ticket = take(actor, ticket.id, step, inputs)
    return ticket


def _buses(cast: Cast, now: datetime) -> Moments:
    """Three enterprises, one solution; two confirm and rate, the third has not answered yet."""
    tickets = []
    for number, (short, title, words) in enumerate(BUSES):
        yield _at(cast, now, 9, 300 - 60 * number)
        tickets.append(_in_hand(cast, short, title, words))
    yield _at(cast, now, 8, 200)
    numbers = [ticket.number for ticket in tickets]
    cause = "班次按建园初期人数排定，晚班和高峰没有车。"
    made = _opened(cast, "通勤班车早晚高峰班次不足", "班车", cause, numbers)
    yield _at(cast, now, 5, 100)
    solution = "通勤班车早晚高峰加密到二十分钟一班，末班延到二十二点；时刻表在园区公众号发布。"
    solve(_head(cast), made.id, solution, made.version)
    for ticket, (short, _title, _words) in zip(tickets[:2], BUSES[:2], strict=True):
        yield _at(cast, now, 4, 90)
        person = cast.clients[short].people[0]
        take(person, ticket.id, "confirm")
        take(person, ticket.id, "rate", {"level": 5, "comment": "班车加密后方便多了"})


def _roads(cast: Cast, now: datetime) -> Moments:
    """Open now: two are joined, a third has just come in and is suggested on its page."""
    tickets = []
    for number, (short, title, words) in enumerate(ROADS):
        yield _at(cast, now, 3 - number, 200)
        tickets.append(_in_hand(cast, short, title, words))
        if number == 1:
            joined = [ticket.number for ticket in tickets]
            cause = "货运通道下方排水管渗漏，路基被掏空，正在查明范围。"
            _opened(cast, "标准厂房货运通道路面塌陷", "货运通道", cause, joined, 8)
    link_with(_desk(cast), tickets[2].id, tickets[0].number)


def _twice(cast: Cast, now: datetime) -> Moments:
    """The demo account's enterprise asked online and then called 12345: one 件, merged at intake."""
    yield _at(cast, now, 2, 240)
    words = "工业大道厂门口路灯连续一周不亮，晚班员工出行不安全。"
    main = _in_hand(cast, SHOWN, "厂门口路灯不亮", words)
    yield _at(cast, now, 1, 200)
    client = cast.clients[SHOWN]
    request = Request(
        client.enterprise_id, "工业大道路灯故障", "来电反映厂门口路灯仍未亮，希望尽快。",
        client.people[0].name, client.phones[0], answers={"location": client.firm.place},
        channel="12345",
    )  # fmt: skip
    called = submit(_desk(cast), cast.items[ITEM], request)
    take(_desk(cast), called.id, "merge", {"into": main.number})
