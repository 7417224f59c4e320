"""Decisions of the joint meeting on both databases: followed to their end, late once; the minutes."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from docx import Document
from sqlalchemy import func, select

from servicedesk.audit.models import AuditEntry
from servicedesk.calendars.actions import set_day
from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.meetings import chinese_number
from servicedesk.errors import Conflict, Refused
from servicedesk.extensions import db
from servicedesk.jobs import tasks
from servicedesk.meetings import decisions, minutes, queries
from servicedesk.meetings.actions import (
    Details,
    add_ticket,
    plan_meeting,
)
from servicedesk.meetings.decisions import record_decision
from servicedesk.meetings.models import AgendaItem, Decision, Meeting
from servicedesk.notifications.models import Notice
from servicedesk.tickets.queries import timeline
from tests.actions.test_meetings import held, notices, open_ticket, wording
from tests.support import Town, local, pass_time

# Decisions ------------------------------------------------------------------------------------


def test_a_decision_is_due_at_the_close_and_warned_of_at_eighty_per_cent(town: Town) -> None:
    meeting, ticket = held(town), open_ticket(town)
    item = add_ticket(town.head, ticket.number, "多次协调未果", meeting.id)
    made = record_decision(town.head, meeting.id, wording(town, item_id=item.id))
    hours = calendar(town.park_id)
    assert made.due_at == hours.end_of_day(date(2024, 3, 19))
    whole = hours.between(clock.now(), made.due_at)
    assert hours.between(clock.now(), made.warn_at) == whole * 80 // 100
    assert (made.number, made.ticket_id) == (1, ticket.id)
    assert notices(f"decision:{made.id}:new") == {town.unithead.user_id}
    events = timeline(ticket.id, everything=True)
    assert (events[-1].kind, events[-1].shown) == ("decision", False)
    assert "decision" not in [one.kind for one in timeline(ticket.id, everything=False)]
    assert db.session.get_one(AgendaItem, item.id).state == "decided"


def test_a_decision_on_a_rest_day_is_due_on_the_next_working_day(town: Town) -> None:
    made = record_decision(town.head, held(town).id, wording(town, due_on=date(2024, 3, 16)))
    assert made.due_at == calendar(town.park_id).end_of_day(date(2024, 3, 18))


def test_what_a_decision_must_have(town: Town) -> None:
    coming = plan_meeting(town.head, Details(local("2024-03-06 09:30")))
    with pytest.raises(Refused):
        record_decision(town.head, coming.id, wording(town))
    meeting = held(town)
    wrong = (
        ({"text": " "}, "text"),
        ({"unit_id": 10**6}, "unit_id"),
        ({"owner_id": town.officer2.user_id}, "owner_id"),
        ({"due_on": date(2024, 3, 5)}, "due_on"),
    )
    for changes, name in wrong:
        with pytest.raises(Refused) as refused:
            record_decision(town.head, meeting.id, wording(town, **changes))
        assert refused.value.field == name
    record_decision(town.head, meeting.id, wording(town))
    with pytest.raises(Refused) as refused:  # the form came twice
        record_decision(town.head, meeting.id, wording(town))
    assert refused.value.field == "text"


def test_a_decision_is_followed_to_its_end(town: Town) -> None:
    made = record_decision(town.head, held(town).id, wording(town, owner_id=town.officer.user_id))
    for login in ("officer2", "leader", "follow"):
        with pytest.raises(Refused) as refused:
            decisions.report_done(town.actor(login), made.id, "已疏通", made.version)
        assert refused.value.kind == "permission"
    with pytest.raises(Refused):
        decisions.confirm_done(town.leader, made.id, made.version)
    made = decisions.report_done(town.officer, made.id, "已疏通", made.version)
    assert notices(f"decision:{made.id}:done:v{made.version}") == {
        town.leader.user_id,
        town.head.user_id,
    }
    for login in ("officer", "unithead", "desk"):
        with pytest.raises(Refused) as refused:
            decisions.confirm_done(town.actor(login), made.id, made.version)
        assert refused.value.kind == "permission"
    made = decisions.send_back(town.head, made.id, "雨后仍积水", made.version)
    assert (made.state, made.done_at) == ("open", None)
    with pytest.raises(Conflict):
        decisions.report_done(town.officer, made.id, "再次疏通", made.version - 1)
    made = decisions.report_done(town.officer, made.id, "再次疏通", made.version)
    made = decisions.confirm_done(town.leader, made.id, made.version)
    assert made.state == "confirmed"
    with pytest.raises(Refused):
        decisions.cancel_decision(town.head, made.id, "x", made.version)
    assert [one.what for one in queries.history_of(made.id)] == [
        "议定", "报告落实", "退回", "报告落实", "确认办结",
    ]  # fmt: skip


def test_nobody_confirms_the_own_report(town: Town) -> None:
    made = record_decision(town.leader, held(town).id, wording(town, unit_id=town.unit_id("QFZX")))
    made = decisions.report_done(town.head, made.id, "已办", made.version)
    with pytest.raises(Refused):
        decisions.confirm_done(town.head, made.id, made.version)
    assert decisions.confirm_done(town.leader, made.id, made.version).state == "confirmed"


def test_each_alarm_of_a_decision_goes_off_once_in_working_time(town: Town) -> None:
    made = record_decision(town.head, held(town).id, wording(town))
    clock.set(made.warn_at - timedelta(minutes=1))
    assert tasks.meetings() == 0
    pass_time(minutes=1)
    assert tasks.meetings() == 1
    assert decisions.warn(made.id) is False
    assert notices(f"decision:{made.id}:warn") == {town.unithead.user_id}
    clock.set(made.due_at + timedelta(minutes=5))
    assert tasks.meetings() == 1
    assert decisions.tell_overdue(made.id) is False
    assert tasks.meetings() == 0
    key = f"decision:{made.id}:overdue"
    everybody = {town.unithead.user_id, town.leader.user_id, town.head.user_id}
    assert notices(key) == everybody
    seen = set(
        db.session.scalars(select(Notice.visible_at).where(Notice.dedup_key.like(f"{key}:%")))
    )
    assert seen == {calendar(town.park_id).next_working_moment(clock.now())}
    assert seen != {clock.now()}


def test_what_is_reported_done_is_not_late(town: Town) -> None:
    made = record_decision(town.head, held(town).id, wording(town))
    made = decisions.report_done(town.officer, made.id, "已疏通", made.version)
    clock.set(made.due_at + timedelta(days=3))
    assert tasks.meetings() == 0
    decisions.send_back(town.head, made.id, "没有疏通", made.version)
    assert tasks.meetings() == 2  # its due time has stayed
    assert queries.decision_counts(town.head)["overdue"] == 1


def test_a_due_day_that_becomes_a_rest_day_moves(town: Town) -> None:
    made = record_decision(town.head, held(town).id, wording(town))
    set_day(town.admin, date(2024, 3, 19), False, "停电")
    clock.set(made.due_at + timedelta(minutes=5))
    tasks.meetings()
    db.session.rollback()
    moved = db.session.get_one(Decision, made.id)
    assert moved.due_at == calendar(town.park_id).end_of_day(date(2024, 3, 20))
    assert moved.overdue_at is None
    clock.set(moved.due_at + timedelta(minutes=5))
    tasks.meetings()
    db.session.rollback()
    assert db.session.get_one(Decision, made.id).overdue_at is not None


def test_badges_equal_their_lists(town: Town) -> None:
    meeting = held(town)
    for number, unit in enumerate(("SCJG", "GHJS", "SCJG", "QFZX", "SCJG")):
        record_decision(
            town.head, meeting.id,
            wording(town, text=f"第{number}件", unit_id=town.unit_id(unit),
                    due_on=date(2024, 3, 12 + number)),
        )  # fmt: skip
    first, second, *_ = db.session.scalars(select(Decision).order_by(Decision.id)).all()
    decisions.report_done(town.officer, first.id, "x", first.version)
    second = decisions.report_done(town.desk, second.id, "x", second.version)
    decisions.confirm_done(town.head, second.id, second.version)
    clock.set(local("2024-03-15 10:00"))
    for login in ("desk", "head", "leader", "officer", "officer2", "unithead"):
        who = town.actor(login)
        badges = queries.decision_counts(who)
        for show, badge in badges.items():
            lines = queries.decisions(who, queries.Wanted(show=show))
            assert len(lines) == badge, (login, show)
    assert queries.decision_counts(town.head) == {
        "open": 3, "overdue": 1, "mine": 1, "done": 1, "ended": 1, "all": 5,
    }  # fmt: skip
    assert queries.decision_counts(town.officer2)["all"] == 1  # a unit sees its own only
    assert queries.decision(town.officer2, first.id) is None


# Confidential matters, minutes ------------------------------------------------------------------


def test_leaders_see_number_and_unit_of_confidential_matters_only(town: Town) -> None:
    secret = town.file(item="H01", title="员工调解")
    assert secret.confidential
    secret = town.walk(secret, "accept", "dispatch", "sign")
    add_ticket(town.head, secret.number, "久调未决")
    (seen,), (kept,) = queries.waiting(town.head), queries.waiting(town.leader)
    assert (seen.open, kept.open) == (True, False)
    assert kept.ticket.number == secret.number
    assert kept.unit
    assert queries.waiting(town.officer2) == []
    with pytest.raises(Refused):
        add_ticket(town.leader, secret.number, "x")


def test_the_minutes_are_an_official_paper(town: Town, tmp_path: Path) -> None:
    open_, secret = open_ticket(town), town.file(item="H01", title="员工调解")
    meeting = held(town)
    first = add_ticket(town.head, open_.number, "管网权属不清", meeting.id)
    add_ticket(town.head, secret.number, "久调未决", meeting.id)
    record_decision(
        town.head, meeting.id,
        wording(town, item_id=first.id, owner_id=town.officer.user_id),
    )  # fmt: skip
    record_decision(town.head, meeting.id, wording(town, text="每月调度一次。"))
    path = tmp_path / "纪要.docx"
    minutes.write(town.head, db.session.get_one(Meeting, meeting.id), path)
    paper = Document(str(path))
    texts = [one.text for one in paper.paragraphs]
    assert texts[0].endswith("联席会议纪要")
    assert texts[1] == meeting.title
    assert texts[2:6] == [
        "时间：2024年3月5日10:00", "地点：三楼会议室", "主持：李主任", "出席：各单位负责人",
    ]  # fmt: skip
    assert [one for one in texts if one.startswith(("一、", "二、", "三、"))] == [
        "一、会议议题", "二、议定事项", "三、会议情况",
    ]  # fmt: skip
    assert "（一）关于议题（一）" in texts
    assert "（二）其他议定事项" in texts
    found = next(one for one in texts if one.startswith("1.疏通园区北路管网。责任单位："))
    assert found.endswith("责任人：officer 甲；完成期限：2024年3月19日。")
    assert any(secret.number in one for one in texts)
    assert not any("员工调解" in one for one in texts)
    section = paper.sections[0]
    assert (round(section.page_width.mm), round(section.left_margin.mm)) == (210, 28)  # type: ignore[union-attr]


def test_numbers_of_papers() -> None:
    assert [chinese_number(n) for n in (1, 9, 10, 11, 20, 23, 99)] == [
        "一", "九", "十", "十一", "二十", "二十三", "九十九",
    ]  # fmt: skip
    for wrong in (0, 100):
        with pytest.raises(ValueError):
            chinese_number(wrong)


def test_everything_is_in_the_audit_trail(town: Town) -> None:
    made = record_decision(town.head, held(town).id, wording(town))
    decisions.cancel_decision(town.leader, made.id, "另行安排", made.version)
    query = select(func.count()).select_from(AuditEntry)
    for action in ("meeting.plan", "meeting.hold", "decision.record", "decision.cancel"):
        assert db.session.scalar(query.where(AuditEntry.action == action)) == 1, action
