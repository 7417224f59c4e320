"""Who gets a ticket, who is away, and what becomes of an absent person's tickets."""

import threading
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from servicedesk.accounts.actions import create_user, hash_password
from servicedesk.audit.models import AuditEntry
from servicedesk.clock import clock
from servicedesk.core.permissions import Actor, Role
from servicedesk.duty import actions, handing
from servicedesk.duty.assigning import next_assignee
from servicedesk.duty.models import Absence, Handover
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.notifications.models import Notice
from servicedesk.organisation.models import Unit
from servicedesk.tickets.actions import take
from servicedesk.tickets.escalation import due_alarms, fire
from servicedesk.tickets.models import Ticket, TicketEvent
from servicedesk.tickets.queries import timeline
from servicedesk.tickets.views import view_condition
from servicedesk.transaction import writing
from tests.support import START, Town, pass_time

TODAY = START.date()


def hire(town: Town, login: str, role: Role = Role.OFFICER, unit: str = "SCJG") -> int:
    """Give the unit one more person."""
    system = Actor(None, Role.SYSTEM, town.park_id, "tests")
    made = create_user(
        system, login=login, name=f"{login} 丙", role=role, password_hash=hash_password("x" * 12),
        park_id=town.park_id, unit_id=town.unit_id(unit), email="",
    )  # fmt: skip
    return made.id


def dispatched(town: Town, **filed: object) -> Ticket:
    return town.walk(town.file(**filed), "accept", "dispatch")  # type: ignore[arg-type]


def mode(town: Town, way: str) -> None:
    actions.set_mode(town.unithead, town.unit_id("SCJG"), way)


def test_by_hand_nobody_is_named(town: Town) -> None:
    assert dispatched(town).assignee_id is None


def test_the_turn_goes_round_the_officers_and_passes_over_leave(town: Town) -> None:
    one, two, three = town.user("officer").id, hire(town, "o2"), hire(town, "o3")
    mode(town, "turn")
    assert [dispatched(town).assignee_id for _ in range(4)] == [one, two, three, one]
    actions.add_absence(town.unithead, two, TODAY, TODAY, "年休假")
    assert [dispatched(town).assignee_id for _ in range(2)] == [three, one]


def test_the_least_loaded_gets_it(town: Town) -> None:
    one, two = town.user("officer").id, hire(town, "o2")
    mode(town, "load")
    first = dispatched(town)
    assert first.assignee_id == one
    assert dispatched(town).assignee_id == two
    town.walk(first, "sign", "resolve")
    assert dispatched(town).assignee_id == one


def test_the_skill_for_the_item_decides(town: Town) -> None:
    hire(town, "o2")
    three = hire(town, "o3")
    mode(town, "skill")
    actions.set_skills(town.unithead, town.user("officer").id, ["A"])
    actions.set_skills(town.unithead, three, ["A01", "B"])
    assert [dispatched(town).assignee_id for _ in range(2)] == [three, three]


def test_nobody_there_leaves_it_to_a_person(town: Town) -> None:
    mode(town, "turn")
    actions.add_absence(town.head, town.user("officer").id, TODAY, TODAY, "年休假")
    assert dispatched(town).assignee_id is None


def test_what_comes_in_the_evening_is_for_who_is_there_in_the_morning(town: Town) -> None:
    one, two = town.user("officer").id, hire(town, "o2")
    mode(town, "turn")
    actions.add_absence(
        town.unithead, one, TODAY + timedelta(days=1), TODAY + timedelta(days=1), "假"
    )
    clock.set(START.replace(hour=20))
    assert dispatched(town).assignee_id == two


def test_a_shift_without_make_up_days(town: Town) -> None:
    """Sunday 7 April 2024 is worked in exchange for the Friday after 清明."""
    one, two = town.user("officer").id, hire(town, "o2")
    mode(town, "turn")
    actions.set_shift(town.unithead, one, "12345", False, None, None)
    clock.set(START.replace(month=4, day=7))
    assert [dispatched(town).assignee_id for _ in range(2)] == [two, two]


def test_who_was_rated_badly_is_never_chosen(town: Town) -> None:
    one, two = town.user("officer").id, hire(town, "o2")
    ticket = town.walk(town.file(), "accept", "dispatch", "sign", "resolve", "follow_up")
    ticket = town.walk(ticket, "rate", level=1, reasons=["slow"])
    ticket = town.walk(ticket, "call_back", "rework")
    assert ticket.rated_person_id == one
    mode(town, "turn")
    unit = town.unit_id("SCJG")
    with writing():
        found = db.session.get_one(Ticket, ticket.id)
        got = [next_assignee(found, db.session.get_one(Unit, unit)) for _ in range(3)]
    assert got == [two, two, two]


def test_two_dispatches_at_once_do_not_take_the_same_turn(app: Flask, town: Town) -> None:
    one, two = town.user("officer").id, hire(town, "o2")
    mode(town, "turn")
    tickets = [town.walk(town.file(), "accept").id for _ in range(6)]
    desk, unit = town.desk, town.unit_id("SCJG")
    db.session.remove()
    gate = threading.Barrier(len(tickets))

    def dispatch(number: int) -> None:
        with app.app_context(), clock.at(START):
            gate.wait()
            take(desk, number, "dispatch", {"unit_id": unit})
            db.session.remove()

    threads = [threading.Thread(target=dispatch, args=(number,)) for number in tickets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    got = sorted(db.session.get_one(Ticket, number).assignee_id or 0 for number in tickets)
    assert got == [one] * 3 + [two] * 3


# Leave ---------------------------------------------------------------------------------------


def test_a_head_enters_leave_for_the_own_unit_only(town: Town) -> None:
    mine, other = town.user("officer").id, town.user("officer2").id
    with pytest.raises(Refused) as refused:
        actions.add_absence(town.unithead, other, TODAY, TODAY, "年休假")
    assert refused.value.kind == "permission"
    with pytest.raises(Refused):
        actions.add_absence(town.officer, mine, TODAY, TODAY, "年休假")
    with pytest.raises(Refused):
        actions.set_mode(town.unithead, town.unit_id("GHJS"), "turn")
    actions.add_absence(town.head, other, TODAY, TODAY, "年休假")


def test_leave_is_entered_once_told_and_taken_back(town: Town) -> None:
    two = hire(town, "o2")
    person = town.user("officer").id
    made = actions.add_absence(town.unithead, person, TODAY, date(2024, 3, 8), "年休假", two)
    told = db.session.scalars(
        select(Notice.user_id).where(Notice.dedup_key.like(f"absence:{made.id}:%"))
    )
    assert set(told) == {person, two}
    with pytest.raises(Refused) as refused:
        actions.add_absence(town.unithead, person, date(2024, 3, 8), date(2024, 3, 9), "病假")
    assert refused.value.field == "first"
    actions.cancel_absence(town.unithead, made.id)
    assert actions.cancel_absence(town.unithead, made.id).cancelled_at is not None
    actions.add_absence(town.unithead, person, date(2024, 3, 8), date(2024, 3, 9), "病假")
    assert len(db.session.scalars(select(Absence)).all()) == 2


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        (date(2024, 3, 8), date(2024, 3, 7), "last"),
        (date(2024, 3, 1), date(2024, 3, 4), "last"),
        (date(2024, 3, 8), date(2025, 4, 7), "last"),
    ],
)
def test_days_that_cannot_be_are_refused(town: Town, first: date, last: date, field: str) -> None:
    with pytest.raises(Refused) as refused:
        actions.add_absence(town.unithead, town.user("officer").id, first, last, "年休假")
    assert refused.value.field == field


# Handing over --------------------------------------------------------------------------------


def handed(ticket: Ticket) -> TicketEvent:
    return next(e for e in timeline(ticket.id, everything=True) if e.kind == "hand_over")


def test_an_absent_officers_tickets_go_over_with_one_action(town: Town) -> None:
    one, two = town.user("officer").id, hire(town, "o2")
    tickets = [town.walk(town.file(), "accept", "dispatch", "sign") for _ in range(3)]
    numbers = [ticket.id for ticket in tickets]
    held = handing.held_by(town.unithead, town.user("officer"))
    assert [(one.ticket.id, one.duty) for one in held] == [(n, "assignee") for n in numbers]
    planned = handing.plan(held, town.user("officer"), two)
    assert set(planned.values()) == {two}
    wanted = {key: to for key, to in planned.items() if to}
    made, results = handing.hand_over(town.unithead, one, wanted, "年休假")
    assert [result.refused for result in results] == ["", "", ""]
    assert (made.tickets, made.from_id, made.to_id) == (3, one, two)
    for number in numbers:
        ticket = db.session.get_one(Ticket, number)
        assert ticket.assignee_id == two
        assert handed(ticket).data["to"] == "o2 丙"
    told = select(Notice).where(Notice.user_id == two, Notice.ticket_id.in_(numbers))
    assert len(db.session.scalars(told.where(Notice.text.contains("移交"))).all()) == 3
    with pytest.raises(Refused):
        handing.hand_over(town.unithead, one, wanted, "再点一次")
    assert len(db.session.scalars(select(Handover)).all()) == 1
    trail = select(AuditEntry).where(AuditEntry.action == "duty.hand_over")
    assert len(db.session.scalars(trail).all()) == 1


def test_spread_over_the_unit_goes_by_load_and_to_who_is_there(town: Town) -> None:
    one, two, three = town.user("officer").id, hire(town, "o2"), hire(town, "o3")
    away = hire(town, "o4")
    actions.add_absence(town.unithead, away, TODAY, TODAY, "病假")
    for _ in range(4):
        town.walk(town.file(), "accept", "dispatch", "sign")
    held = handing.held_by(town.unithead, town.user("officer"))
    planned = handing.plan(held, town.user("officer"), None)
    assert sorted(planned.values(), key=str) == sorted([two, two, three, three], key=str)
    assert one not in planned.values()


def test_one_refused_ticket_leaves_the_others_moved(town: Town) -> None:
    one, two, three = town.user("officer").id, hire(town, "o2"), town.user("officer2").id
    first, second = (town.walk(town.file(), "accept", "dispatch", "sign").id for _ in range(2))
    wanted = {f"assignee-{first}": three, f"assignee-{second}": two}
    made, results = handing.hand_over(town.unithead, one, wanted, "年休假")
    assert [bool(result.refused) for result in results] == [True, False]
    assert made.tickets == 1
    assert db.session.get_one(Ticket, first).assignee_id == one
    assert db.session.get_one(Ticket, second).assignee_id == two


def test_the_first_receivers_duty_goes_to_the_desk_only(town: Town) -> None:
    desk, colleague = town.user("desk").id, hire(town, "d2", Role.DESK, "QFZX")
    ticket = town.walk(town.file(), "accept", "dispatch", "sign").id
    held = handing.held_by(town.head, town.user("desk"))
    assert [one.duty for one in held] == ["intake"]
    assert handing.plan(held, town.user("desk"), None) == {f"intake-{ticket}": colleague}
    officer = town.user("officer").id
    assert handing.plan(held, town.user("desk"), officer) == {f"intake-{ticket}": None}
    _made, [refused] = handing.hand_over(town.head, desk, {f"intake-{ticket}": officer}, "休假")
    assert refused.refused
    handing.hand_over(town.head, desk, {f"intake-{ticket}": colleague}, "休假")
    assert db.session.get_one(Ticket, ticket).intake_by_id == colleague


def test_an_officer_hands_over_the_own_and_no_colleagues(town: Town) -> None:
    one, two = town.user("officer").id, hire(town, "o2")
    ticket = town.walk(town.file(), "accept", "dispatch", "sign").id
    wanted = {f"assignee-{ticket}": one}
    handing.hand_over(town.officer, one, {f"assignee-{ticket}": two}, "休假")
    _made, [refused] = handing.hand_over(town.officer, two, wanted, "拿回来")
    assert refused.refused
    with pytest.raises(Refused):
        handing.hand_over(town.officer2, two, wanted, "别的单位")


def test_the_first_receiver_stays_across_dispatches_and_hears_of_trouble(town: Town) -> None:
    """首接负责: a return, a dispute and the red light all reach whoever accepted."""
    desk = town.user("desk")
    hire(town, "d2", Role.DESK, "QFZX")
    ticket = town.walk(town.file(), "accept", "dispatch", "return", "dispatch", "return")
    ticket = take(town.head, ticket.id, "dispatch", {"unit_id": town.unit_id("SCJG")})
    ticket = town.walk(ticket, "contest", "settle", "sign")
    number = ticket.id
    assert ticket.intake_by_id == desk.id
    seen = select(Ticket.id).where(view_condition("answerable", town.desk))
    assert list(db.session.scalars(seen)) == [number]
    pass_time(days=30)
    while due := [alarm for alarm in due_alarms(clock.now()) if alarm[0] == number]:
        for alarm in due:
            fire(*alarm)
    heard = set(
        db.session.scalars(
            select(Notice.text).where(Notice.user_id == desk.id, Notice.ticket_id == number)
        )
    )
    assert {"承办单位退单，请重新派单。", "工单已超过承诺时限，请立即办理并说明。"} <= heard
    assert any("裁定" in text for text in heard)
