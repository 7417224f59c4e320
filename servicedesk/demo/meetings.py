"""The demo's joint meetings: one each quarter, and the matters of these days that lead to them.

A plan in progress, a dispute that was ruled, an extension that waits for the leader, and a matter
that was given up and taken up again: one of each, so that no page is empty.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from random import Random

from sqlalchemy import select

from servicedesk.clock import clock
from servicedesk.core.meetings import NEEDS_VERDICT
from servicedesk.core.permissions import Actor, Role
from servicedesk.demo.cast import Cast
from servicedesk.demo.loop import Moments
from servicedesk.extensions import db
from servicedesk.meetings.actions import Details, hold_meeting, list_items, plan_meeting
from servicedesk.meetings.decisions import (
    Wording,
    confirm_done,
    record_decision,
    report_done,
    tell_overdue,
    warn,
)
from servicedesk.meetings.models import Decision, Meeting
from servicedesk.meetings.queries import agenda, waiting
from servicedesk.tickets import supplements
from servicedesk.tickets.actions import Request, submit, take
from servicedesk.tickets.children import SupplementRequest
from servicedesk.tickets.models import Ticket

DAY = 7 * 60
QUARTERS = ((3, 20), (6, 20), (9, 19), (12, 19))
PLACE = "管委会三楼会议室"
PRESENT = "企业服务中心、招商部、规划建设部、市场监管局、供电公司负责人"
OPENING = date(2024, 1, 1)
FREELY: Sequence[tuple[str, str]] = (
    ("GHJS", "梳理园区道路、管网遗留问题清单，逐项明确整改时间"),
    ("QFZX", "每月通报各单位退单和超期情况"),
    ("SCJG", "开办企业事项推行一次告知清单，减少重复补正"),
    ("GHJS", "标准厂房交付前组织水电气联合验收"),
)
BACK = 34  # working days before today on which the matters of these days begin


def lives(cast: Cast, seed: int, now: datetime) -> Iterator[Moments]:
    """Yield the quarterly meetings, and the matters of these days where the demo is old enough."""
    yield _quarterly(cast, Random(f"meetings:{seed}"), now)
    if _back(cast, now, BACK) > datetime.combine(OPENING, time(), now.tzinfo):
        yield _matters(cast, now)
        yield _given_up(cast, now)
        yield _second_extension(cast, now)


def _back(cast: Cast, now: datetime, days: int) -> datetime:
    return cast.hours.subtract(now, days * DAY)


def _head(cast: Cast) -> Actor:
    return cast.holder(Role.DESK_HEAD, Random(0))


def _hold(cast: Cast, meeting: Meeting) -> Meeting:
    summary = "会议逐项听取了承办单位汇报，明确了责任和时限。"
    return hold_meeting(_head(cast), meeting.id, PRESENT, summary, meeting.version)


def _plan(cast: Cast, starts_at: datetime) -> Meeting:
    head = _head(cast)
    chair = cast.holder(Role.LEADER, Random(0)).name
    made = plan_meeting(head, Details(starts_at, place=PLACE, chair=chair, attendees=PRESENT))
    matters = [one.item.id for one in waiting(head)]
    if matters:
        list_items(head, made.id, matters)
    return made


# One each quarter ---------------------------------------------------------------------------------


def _quarterly(cast: Cast, chance: Random, now: datetime) -> Moments:
    """Plan a meeting a week ahead, hold it, record what it decides, follow that to its end."""
    hours = cast.hours
    last = hours.local(_back(cast, now, BACK + 8)).date()
    for year in range(OPENING.year, last.year + 1):
        for month, day in QUARTERS:
            wanted = date(year, month, day)
            if wanted >= last:
                break
            starts = hours.next_working_moment(datetime.combine(wanted, time(9, 30), now.tzinfo))
            yield hours.subtract(starts, 5 * DAY)
            meeting = _plan(cast, starts)
            yield hours.add(starts, 120)
            made = _decide(cast, _hold(cast, meeting), chance)
            yield hours.add(clock.now(), 6 * DAY)
            for one in made:
                report_done(_of_unit(cast, one.unit_id), one.id, "已落实并报告。", one.version)
            yield hours.add(clock.now(), DAY)
            for one in made:
                confirm_done(_head(cast), one.id, _seen(one))


def _decide(cast: Cast, meeting: Meeting, chance: Random) -> list[Decision]:
    """Record a decision for each matter that needs no verdict, and one or two more."""
    head, made = _head(cast), []
    due = cast.hours.add_working_days(cast.hours.local(clock.now()).date(), 10)
    for matter in agenda(head, meeting.id):
        if matter.item.state == "listed" and matter.item.kind not in NEEDS_VERDICT:
            text = f"由{matter.unit}牵头，十个工作日内办结工单{matter.ticket.number}并答复企业"
            unit = matter.ticket.unit_id or cast.units["QFZX"]
            wording = Wording(text, unit, due, item_id=matter.item.id)
            made.append(record_decision(head, meeting.id, wording))
    for unit_code, text in chance.sample(FREELY, 2):
        wording = Wording(text, cast.units[unit_code], due)
        made.append(record_decision(head, meeting.id, wording))
    return made


def _of_unit(cast: Cast, unit_id: int) -> Actor:
    people = [one for one in cast.staff if one.unit_id == unit_id and one.role in _REPORTERS]
    return people[0]


_REPORTERS = frozenset({Role.UNIT_HEAD, Role.OFFICER, Role.DESK})


def _seen(one: Decision) -> int:
    return db.session.get_one(Decision, one.id, populate_existing=True).version


# The matters of these days ------------------------------------------------------------------------


def _file(cast: Cast, firm: str, code: str, title: str, text: str) -> Ticket:
    client = cast.clients[firm]
    request = Request(
        client.enterprise_id, title, text, client.people[0].name, client.phones[0]
    )  # fmt: skip
    return submit(client.people[0], cast.items[code], request)


def _to_unit(cast: Cast, ticket: Ticket, unit: str) -> Actor:
    """Accept, dispatch and sign; returns the officer."""
    desk, officer = cast.holder(Role.DESK, Random(0)), cast.holder(Role.OFFICER, Random(1), unit)
    take(desk, ticket.id, "accept")
    take(desk, ticket.id, "dispatch", {"unit_id": cast.units[unit]})
    take(officer, ticket.id, "sign")
    return officer


def _matters(cast: Cast, now: datetime) -> Moments:
    """A plan and a dispute come before a meeting; its decisions are done, late, and to come."""
    hours, head = cast.hours, _head(cast)
    leader = cast.holder(Role.LEADER, Random(0))
    yield _back(cast, now, BACK)
    plan = _file(
        cast, "湘西矿机", "J03", "厂区北门道路拓宽", "重型设备出厂车辆转弯困难，请拓宽北门路口。"
    )
    unit = cast.items["J03"].lead_unit
    yield hours.add(clock.now(), 60)
    officer = _to_unit(cast, plan, unit)
    today = hours.local(now).date()
    steps = [
        ("完成勘测设计", hours.local(_back(cast, now, 15)).date()),
        ("完成招标", hours.add_working_days(today, 8)),
        ("路口拓宽施工", hours.add_working_days(today, 35)),
        ("竣工验收通车", hours.add_working_days(today, 60)),
    ]
    reason = "须经勘测、招标、施工，承诺时限内无法完成"
    take(officer, plan.id, "propose_plan", {"milestones": steps, "reason": reason})
    yield hours.add(clock.now(), 3 * DAY)
    dispute = _contested(cast)
    yield _back(cast, now, 27)
    meeting = _plan(cast, clock.now())
    meeting = _hold(cast, meeting)
    take(leader, plan.id, "approve_plan", {"meeting_id": meeting.id})
    ruling = {"unit_id": cast.units["GHJS"], "reason": "消防设施属厂房配套，由建设单位牵头"}
    take(leader, dispute.id, "settle", ruling)
    made = _three(cast, meeting, now)
    yield hours.add(clock.now(), DAY)
    builder = cast.holder(Role.OFFICER, Random(1), "GHJS")
    take(builder, dispute.id, "sign")
    result = {"result": "solved", "resolution": "已更换消火栓并通过测试。"}
    take(builder, dispute.id, "resolve", result)
    yield hours.add(clock.now(), DAY)
    take(cast.clients["鹏程锂能"].people[0], dispute.id, "confirm")
    take(cast.clients["鹏程锂能"].people[0], dispute.id, "rate", {"level": 5})
    yield _back(cast, now, 17)
    take(officer, plan.id, "reach_milestone", {"note": "勘测设计已完成，设计图已送企业确认。"})
    report_done(_of_unit(cast, made[0].unit_id), made[0].id, "清单已印发各单位。", _seen(made[0]))
    yield hours.add(clock.now(), DAY)
    confirm_done(head, made[0].id, _seen(made[0]))
    yield _back(cast, now, 4)
    warn(made[1].id)
    tell_overdue(made[1].id)
    yield _back(cast, now, 1)
    report_done(
        _of_unit(cast, made[2].unit_id), made[2].id, "清单已公布，窗口同步执行。", _seen(made[2])
    )
    starts = hours.end_of_day(hours.add_working_days(today, 4)) - timedelta(hours=8)
    _plan(cast, starts)


def _three(cast: Cast, meeting: Meeting, now: datetime) -> list[Decision]:
    """One that is done in time, one that is late by now, one that is reported; and one to come."""
    head, hours = _head(cast), cast.hours
    due = [hours.local(_back(cast, now, days)).date() for days in (14, 5)]
    due += [hours.add_working_days(hours.local(now).date(), days) for days in (5, 12)]
    return [
        record_decision(head, meeting.id, Wording(text, cast.units[code], day))
        for (code, text), day in zip(FREELY, due, strict=True)
    ]


def _contested(cast: Cast) -> Ticket:
    """Three units' worth of objections, within one afternoon."""
    ticket = _file(
        cast, "鹏程锂能", "J03", "厂房消火栓无水", "二号厂房室外消火栓无水压，请明确由谁维修。"
    )
    desk, head = cast.holder(Role.DESK, Random(0)), _head(cast)
    unit, officer = cast.units["SCJG"], cast.holder(Role.OFFICER, Random(1), "SCJG")
    take(desk, ticket.id, "accept")
    said = {"code": "not_ours", "reason": "消防设施维护不属本单位职责"}
    for step in ("return", "return", "contest"):
        take(head, ticket.id, "dispatch", {"unit_id": unit})
        take(officer, ticket.id, step, said)
    return ticket


def _given_up(cast: Cast, now: datetime) -> Moments:
    """An enterprise did not answer for ten working days, and has come back since."""
    hours = cast.hours
    yield _back(cast, now, 22)
    ticket = _file(cast, "沅丰米业", "A08", "食品生产许可延续", "许可证年底到期，请协助办理延续。")
    yield hours.add(clock.now(), 60)
    officer = _to_unit(cast, ticket, cast.items["A08"].lead_unit)
    take(
        officer, ticket.id, "request_supplement", {"request": "请补充厂区平面图和近一年检验报告。"}
    )
    while asked := _open_request(ticket):
        yield (asked.next_reminder_at or asked.answer_due_at or now) + timedelta(minutes=1)
        if (asked := _open_request(ticket)) and asked.next_reminder_at:
            supplements.remind(asked.id, asked.next_reminder_at)
        else:
            supplements.abandon(ticket.id, ticket.park_id)
    yield _back(cast, now, 2)
    take(cast.clients["沅丰米业"].people[0], ticket.id, "take_up")


def _open_request(ticket: Ticket) -> SupplementRequest | None:
    query = select(SupplementRequest).where(
        SupplementRequest.ticket_id == ticket.id, SupplementRequest.answered_at.is_(None)
    )
    return db.session.scalar(query)


def _second_extension(cast: Cast, now: datetime) -> Moments:
    """Extended once already; now the leader is asked."""
    hours, code = cast.hours, "G07"
    yield _back(cast, now, 3)
    ticket = _file(cast, "云臂智能", code, "新增配电房报装", "新产线投产需增容，请协助报装。")
    yield hours.add(clock.now(), 60)
    unit = cast.items[code].lead_unit
    officer = _to_unit(cast, ticket, unit)
    head = cast.holder(Role.UNIT_HEAD, Random(0), unit)
    take(officer, ticket.id, "request_extension", _later(cast, ticket, "设备到货推迟"))
    yield hours.add(clock.now(), 30)
    take(head, ticket.id, "approve_extension")
    yield hours.add(clock.now(), DAY)
    take(officer, ticket.id, "request_extension", _later(cast, ticket, "停电计划须顺延一周"))


def _later(cast: Cast, ticket: Ticket, reason: str) -> dict[str, object]:
    assert ticket.due_at is not None
    due = cast.hours.local(ticket.due_at).date()
    return {"until": cast.hours.add_working_days(due, 3), "reason": reason}
