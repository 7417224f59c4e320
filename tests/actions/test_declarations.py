"""Declarations on both databases: from the window to the title, and what is refused on the way."""

from typing import Any

import pytest
from sqlalchemy import func, select

from servicedesk.clock import clock
from servicedesk.core.deadlines import Step
from servicedesk.core.declarations import State
from servicedesk.declarations import queries
from servicedesk.declarations.actions import declare, take
from servicedesk.declarations.models import Declaration
from servicedesk.declarations.policies import close, publish, write_policy
from servicedesk.enterprises.titles import has_title, titles_of
from servicedesk.errors import Conflict, KeyReused, Refused
from servicedesk.extensions import db
from servicedesk.notifications.models import Notice
from servicedesk.tickets.models import Escalation, Ticket
from tests.policies import declared, draft, filing, fill_file, local_day, published
from tests.support import Town, pass_time


def walk(town: Town, found: Declaration, *steps: str, **more: Any) -> Declaration:
    values: dict[str, dict[str, Any]] = {
        "refuse": {"reason": "研发投入不足"}, "pay": {"amount": 20_000}, "withdraw": {"reason": "放弃"},
    }  # fmt: skip
    for name in steps:
        who = town.alice if name == "withdraw" else town.officer
        found = take(who, found.id, name, {"day": local_day(), **values.get(name, {}), **more})
    return found


def refused(call: Any, kind: str = "guard") -> Refused:
    with pytest.raises(Refused) as caught:
        call()
    assert caught.value.kind == kind
    db.session.rollback()
    return caught.value


def told(town: Town, login: str) -> list[str]:
    query = select(Notice.text).where(Notice.user_id == town.user(login).id).order_by(Notice.id)
    return list(db.session.scalars(query))


def test_from_declaration_to_title_and_money(town: Town) -> None:
    policy, today = published(town), local_day()
    found = declared(town, policy, asked_amount=20_000)
    assert (found.state, found.declared_on, found.year) == (State.DECLARED, today, 2024)
    assert queries.approved_in(town.park_id, today, today, ["F01"]) == []
    found = walk(town, found, "recommend", "approve", amount=20_000, number="湘工信〔2024〕9号")
    [title] = titles_of(town.enterprise_id())
    assert (title.name, title.level, title.number) == (
        "创新型中小企业",
        "省级",
        "湘工信〔2024〕9号",
    )
    assert (title.awarded_on, title.expires_on) == (today, today.replace(2027, 3, 4))
    assert found.title_id == title.id
    found = walk(town, found, "pay")
    assert (found.state, found.paid_amount, found.paid_on) == (State.PAID, 20_000, today)
    for counted in (queries.declared_in, queries.approved_in, queries.paid_in):
        assert counted(town.park_id, today, today, ["F01", "F02"]) == [found]
        assert counted(town.park_id, today, today, ["F02"]) == []
        assert counted(town.park_id, today.replace(day=6), today.replace(day=7), ["F01"]) == []
    kinds = [event.kind for event in queries.events(found.id)]
    assert kinds == ["declare", "recommend", "approve", "pay"]
    assert [one.text for one in queries.history_of(town.enterprise_id())] == [
        "申报政策", "申报已推荐上报", "申报获批", "政策资金到账",
    ]  # fmt: skip


def test_a_refusal_has_a_reason_and_gives_no_title(town: Town) -> None:
    found = declared(town, published(town))
    found = walk(town, found, "recommend", "refuse")
    assert (found.state, found.reason) == (State.REFUSED, "研发投入不足")
    assert not has_title(town.enterprise_id(), "创新型中小企业", local_day())
    assert queries.approved_in(town.park_id, local_day(), local_day(), ["F01"]) == []
    assert queries.declared_in(town.park_id, local_day(), local_day(), ["F01"]) == [found]
    assert "您的申报未获批，原因见说明，服务台可协助改进后再报。" in told(town, "alice")
    refused(lambda: walk(town, found, "approve"), "state")


def test_lists_are_told_apart(town: Town) -> None:
    one = walk(town, declared(town, published(town, listing="省工信厅重点项目库", title_name=""),
                              investment=6_500), "recommend", "approve")  # fmt: skip
    two = walk(town, declared(town, published(town, listing="产品名录")), "recommend", "approve")
    day = local_day()
    assert queries.approved_in(town.park_id, day, day, ["F01"], "省工信厅重点项目库") == [one]
    assert queries.approved_in(town.park_id, day, day, ["F01"], "产品名录") == [two]
    assert one.title_id is None and one.investment == 6_500


def test_the_ticket_s_promise_ends_before_the_window(town: Town) -> None:
    """2024-03-05 is a Tuesday; a window until Friday leaves two working days, not five."""
    found = declared(town, published(town, closes_on=local_day(3)))
    ticket = db.session.get_one(Ticket, found.ticket_id)
    assert ticket.limit_days == 2
    assert ticket.due_at is not None
    assert ticket.due_at.date() == local_day(2)
    usual = declared(town, published(town), "bob")
    assert db.session.get_one(Ticket, usual.ticket_id).limit_days == 5


def test_waiting_for_a_verdict_is_nobody_s_delay(town: Town) -> None:
    found = declared(town, published(town))
    ticket = db.session.get_one(Ticket, found.ticket_id)
    town.walk(ticket, "accept", "dispatch", "sign")
    take(town.officer, found.id, "recommend", {"day": local_day(), "finish": True})
    ticket = db.session.get_one(Ticket, found.ticket_id, populate_existing=True)
    assert ticket.state == "resolved" and ticket.on_time
    assert ticket.next_alarm_at is None
    pass_time(days=200)
    found = take(town.officer, found.id, "approve", {"day": local_day()})
    overdue = select(func.count()).select_from(Escalation).where(Escalation.step == Step.OVERDUE)
    assert db.session.scalar(overdue) == 0
    assert found.decided_on == local_day()


def test_one_form_makes_one_declaration_and_one_ticket(town: Town) -> None:
    policy = published(town)
    first = declared(town, policy, key="form-1")
    again = declared(town, policy, key="form-1")
    assert first.id == again.id
    assert db.session.scalar(select(func.count(Declaration.id))) == 1
    assert db.session.scalar(select(func.count(Ticket.id))) == 1
    with pytest.raises(KeyReused):
        declared(town, policy, key="form-1", note="别的内容")
    assert "已经申报过" in refused(lambda: declared(town, policy, key="form-2")).reason
    assert db.session.scalar(select(func.count(Ticket.id))) == 1


def test_outside_the_window_nothing_is_declared(town: Town) -> None:
    later = published(town, opens_on=local_day(2))
    assert "还没有开始" in refused(lambda: declared(town, later)).reason
    unpublished = write_policy(town.desk, draft(name="草稿"))
    refused(lambda: declared(town, unpublished))
    policy = published(town)
    close(town.desk, policy.id)
    assert "已关闭" in refused(lambda: declared(town, policy)).reason
    ended = published(town)
    pass_time(days=31)
    refused(lambda: declared(town, ended))
    assert db.session.scalar(select(func.count(Ticket.id))) == 0


def test_strangers_and_other_units_may_not(town: Town) -> None:
    policy = published(town)
    alices = filing(town, "alice")
    refused(lambda: declare(town.bob, policy.id, alices), "permission")
    refused(lambda: declare(town.officer, policy.id, alices), "permission")
    found = declared(town, policy)
    for login in ("officer2", "alice", "bob", "leader"):
        inputs = {"day": local_day()}
        refused(lambda: take(town.actor(login), found.id, "recommend", inputs), "permission")  # noqa: B023
    refused(lambda: take(town.bob, found.id, "withdraw", {"reason": "x"}), "permission")
    assert queries.declaration(town.bob, found.id) is None
    assert queries.declaration(town.officer2, found.id) is None
    for login in ("alice", "desk", "officer", "leader"):
        assert queries.declaration(town.actor(login), found.id) is not None
    refused(lambda: publish(town.officer, policy.id), "permission")
    refused(lambda: write_policy(town.leader, draft()), "permission")


def test_the_second_editor_is_stopped(town: Town) -> None:
    found = declared(town, published(town))
    seen = found.version
    take(town.officer, found.id, "recommend", {"day": local_day()}, seen)
    with pytest.raises(Conflict):
        take(town.desk, found.id, "refuse", {"day": local_day(), "reason": "x"}, seen)
    policy = write_policy(town.desk, draft())
    write_policy(town.desk, draft(summary="新"), policy.id, 1)
    with pytest.raises(Conflict):
        write_policy(town.desk, draft(summary="旧"), policy.id, 1)


def test_withdrawing_takes_the_ticket_back_and_allows_another(town: Town) -> None:
    policy = published(town)
    found = walk(town, declared(town, policy), "withdraw")
    assert db.session.get_one(Ticket, found.ticket_id).state == "withdrawn"
    second = declared(town, policy)
    assert second.id != found.id
    day = local_day()
    assert queries.declared_in(town.park_id, day, day, ["F01"]) == [second]


@pytest.mark.parametrize("step", ["decline", "withdraw"])
def test_a_ticket_that_ends_takes_the_declaration_with_it(town: Town, step: str) -> None:
    found = declared(town, published(town))
    town.walk(db.session.get_one(Ticket, found.ticket_id), step)
    again = db.session.get_one(Declaration, found.id, populate_existing=True)
    assert again.state == State.WITHDRAWN
    assert again.reason.startswith("工单已结束")


def test_a_decided_declaration_stays_when_its_ticket_ends(town: Town) -> None:
    found = walk(town, declared(town, published(town)), "recommend", "refuse")
    town.walk(db.session.get_one(Ticket, found.ticket_id), "withdraw")
    assert db.session.get_one(Declaration, found.id, populate_existing=True).state == "refused"


def test_the_desk_declares_with_a_ticket_that_is_there(town: Town) -> None:
    policy, ticket = published(town), town.file("alice", "F01")
    other = town.file("bob", "F01")
    wrong = filing(town, ticket_id=other.id, channel="phone")
    assert refused(lambda: declare(town.desk, policy.id, wrong)).field == "ticket"
    found = declare(town.desk, policy.id, filing(town, ticket_id=ticket.id, channel="phone"))
    assert found.ticket_id == ticket.id
    assert db.session.scalar(select(func.count(Ticket.id))) == 2
    alone = declare(town.desk, policy.id, filing(town, "bob", open_ticket=False))
    assert alone.ticket_id is None
    requesters = filing(town, "alice", open_ticket=False)
    refused(lambda: declare(town.alice, published(town).id, requesters), "permission")


def test_the_ticket_s_form_is_filled_from_the_file(town: Town) -> None:
    fill_file(town.enterprise_id(), revenue=4000, research_share=5.0)
    found = declared(town, published(town))
    answers = db.session.get_one(Ticket, found.ticket_id).answers
    assert (answers["revenue"], answers["rd_spend"], answers["staff_count"]) == (4000, 200, 60)
    [event] = queries.events(found.id)
    assert event.data["gaps"] == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"closes_on": "before"}, "closes_on"),
        ({"item_code": "ZZ"}, "item_code"),
        ({"unit_code": "NO"}, "unit_code"),
        ({"level": "村级"}, "level"),
        ({"code": "ZC-1"}, "code"),
    ],
)
def test_what_a_policy_cannot_be(town: Town, changes: dict[str, Any], field: str) -> None:
    write_policy(town.desk, draft(code="ZC-1"))
    if "closes_on" in changes:
        changes = {"closes_on": local_day(-1)}
    assert refused(lambda: write_policy(town.desk, draft(**changes))).field == field


def test_a_policy_gets_a_number_and_is_published_once(town: Town) -> None:
    codes = [write_policy(town.desk, draft()).code for _ in range(2)]
    assert codes == ["ZC2024-01", "ZC2024-02"]
    policy = published(town)
    refused(lambda: publish(town.desk, policy.id))
    old = write_policy(town.desk, draft(opens_on=local_day(-9), closes_on=local_day(-1)))
    assert refused(lambda: publish(town.desk, old.id)).field == "closes_on"
    assert clock.now() == policy.published_at
