"""Events from plan to feedback: seats, the waiting list, checking in, the counts, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from servicedesk.clock import clock
from servicedesk.core.permissions import Actor
from servicedesk.errors import Conflict, Refused
from servicedesk.extensions import db
from servicedesk.jobs import tasks
from servicedesk.notifications.models import Notice
from servicedesk.tickets.actions import add_upload
from servicedesk.tickets.files import store
from servicedesk.tickets.uploads import forget_uploads
from servicedesk.training import attendance, queries
from servicedesk.training.actions import (
    Plan,
    add_files,
    cancel_event,
    change_event,
    hold_event,
    plan_event,
)
from servicedesk.training.attendance import Person
from servicedesk.training.consultations import Advice, record_consultation
from servicedesk.training.listing import EventFilter, events
from servicedesk.training.models import Attendance, Event
from tests.support import Town, local, pass_time

BEGINS = local("2024-03-21 14:30")
YEAR = (date(2024, 1, 1), date(2024, 12, 31))
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def plan(town: Town, **changes: Any) -> Plan:
    """Return a plan for an afternoon two weeks from now."""
    usual = Plan(
        title="智赋千企数字化转型培训会", topic="数字化转型", kind="training", item_code="F07",
        unit_id=town.unit_id("SCJG"), starts_at=BEGINS, ends_at=BEGINS + timedelta(hours=3),
        place="创新中心报告厅", capacity=3, per_enterprise=2,
    )  # fmt: skip
    return replace(usual, **changes)


def register(town: Town, event: Event, login: str, *names: str) -> list[Attendance]:
    """Register people of an owner's enterprise."""
    people = [Person(name, "13800138000") for name in names]
    return attendance.register(town.actor(login), event.id, town.enterprise_id(login), people)


def notices(login: str, words: str) -> int:
    """Return how often a person was told something."""
    user = Town().user(login)
    query = select(func.count()).where(Notice.user_id == user.id, Notice.text.contains(words))
    return db.session.scalar(query) or 0


def test_an_event_sent_twice_is_one(town: Town) -> None:
    first = plan_event(town.officer, plan(town))
    assert plan_event(town.officer, plan(town)).id == first.id
    with pytest.raises(Refused) as refused:
        plan_event(town.officer, plan(town, capacity=9))
    assert refused.value.field == "title"


def test_a_unit_plans_its_own_events_only(town: Town) -> None:
    for who in (town.officer2, town.alice, town.leader):
        with pytest.raises(Refused) as refused:
            plan_event(who, plan(town))
        assert refused.value.kind == "permission"
    event = plan_event(town.desk, plan(town))
    with pytest.raises(Refused):
        cancel_event(town.officer2, event.id, "不办了")
    with pytest.raises(Refused):
        change_event(town.officer, event.id, plan(town, unit_id=town.unit_id("GHJS")), 1)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"ends_at": BEGINS}, "ends"),
        ({"ends_at": BEGINS + timedelta(hours=13)}, "ends"),
        ({"starts_at": local("2024-03-01 09:00"), "ends_at": local("2024-03-01 10:00")}, "starts"),
        ({"capacity": 0}, "capacity"),
        ({"per_enterprise": 21}, "per_enterprise"),
        ({"kind": "party"}, "kind"),
        ({"item_code": "A01"}, "kind"),
    ],
)
def test_plans_that_do_not_hold_together(town: Town, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        plan_event(town.desk, plan(town, **changes))
    assert refused.value.field == field


def test_who_comes_too_late_waits_and_moves_up(town: Town) -> None:
    event = plan_event(town.desk, plan(town))
    first = register(town, event, "alice", "张一", "张二")
    pass_time(minutes=1)
    one, two = register(town, event, "bob", "李一", "李二")
    assert [row.waiting for row in (*first, one, two)] == [False, False, False, True]
    attendance.leave(town.alice, first[0].id)
    assert not db.session.get_one(Attendance, two.id).waiting
    assert notices("bob", "候补") == 1
    pass_time(minutes=1)
    [again] = register(town, event, "alice", "张一")
    assert again.waiting, "who comes back comes to the end of the line"
    change_event(town.desk, event.id, plan(town, capacity=4), event.version)
    assert not db.session.get_one(Attendance, again.id).waiting


def test_registering_twice_is_once_and_bounded(town: Town) -> None:
    event = plan_event(town.desk, plan(town))
    register(town, event, "alice", "张一")
    register(town, event, "alice", "张一", "张一")
    assert db.session.scalar(select(func.count(Attendance.id))) == 1
    with pytest.raises(Refused) as refused:
        register(town, event, "alice", "张二", "张三")
    assert refused.value.field == "person"
    with pytest.raises(Refused):
        attendance.register(
            town.bob, event.id, town.enterprise_id("alice"), [Person("王五", "13800138000")]
        )
    with pytest.raises(Refused):
        attendance.leave(town.bob, 1)


def test_registering_ends_with_the_beginning(town: Town) -> None:
    event = plan_event(town.desk, plan(town))
    clock.set(BEGINS)
    with pytest.raises(Refused):
        register(town, event, "alice", "张一")
    with pytest.raises(Refused):
        attendance.invite(town.desk, event.id, [town.enterprise_id("alice")])


def test_enterprises_are_invited_once(town: Town) -> None:
    event = plan_event(town.desk, plan(town))
    both = [town.enterprise_id("alice"), town.enterprise_id("bob")]
    assert attendance.invite(town.desk, event.id, both[:1]) == 1
    assert attendance.invite(town.desk, event.id, both) == 1
    assert attendance.invite(town.desk, event.id, both) == 0
    assert notices("alice", "邀请") == notices("bob", "邀请") == 1
    notice = db.session.scalars(select(Notice).where(Notice.text.contains("邀请"))).first()
    assert notice is not None
    assert notice.link == f"/portal/events/{event.id}"


def check_in(who: Actor, event: Event, town: Town, login: str) -> Attendance:
    """Scan the code on the wall."""
    return attendance.check_in_by_code(who, event.check_in_code, town.enterprise_id(login))


@pytest.mark.parametrize(
    ("at", "open_"),
    [
        (BEGINS - timedelta(minutes=61), False),
        (BEGINS - timedelta(minutes=60), True),
        (BEGINS + timedelta(hours=3), True),
        (BEGINS + timedelta(hours=3, minutes=1), False),
    ],
)
def test_the_code_works_around_the_event_only(town: Town, at: datetime, open_: bool) -> None:
    event = plan_event(town.desk, plan(town))
    register(town, event, "alice", town.alice.name)
    clock.set(at)
    if open_:
        assert check_in(town.alice, event, town, "alice").checked_in_at == at
    else:
        with pytest.raises(Refused):
            check_in(town.alice, event, town, "alice")


def test_a_person_is_checked_in_once(town: Town) -> None:
    event = plan_event(town.desk, plan(town))
    register(town, event, "alice", town.alice.name)
    clock.set(BEGINS)
    first = check_in(town.alice, event, town, "alice").checked_in_at
    pass_time(minutes=5)
    assert check_in(town.alice, event, town, "alice").checked_in_at == first
    assert queries.came(event.id) == 1
    assert queries.history_of(town.enterprise_id("alice"))[0].detail == event.title
    with pytest.raises(Refused):
        attendance.check_in_by_code(town.alice, "wrong-code", town.enterprise_id("alice"))
    with pytest.raises(Refused):
        check_in(town.alice, event, town, "bob")


def test_who_is_not_on_the_list_takes_a_free_seat(town: Town) -> None:
    event = plan_event(town.desk, plan(town, capacity=1))
    clock.set(BEGINS)
    row = check_in(town.alice, event, town, "alice")
    assert (row.how, row.user_id, row.phone) == ("qr", town.alice.user_id, "13800138000")
    with pytest.raises(Refused, match="名额已满"):
        check_in(town.bob, event, town, "bob")
    attendance.add_at_the_door(
        town.desk, event.id, town.enterprise_id("bob"), Person("李一", "13800138000")
    )
    assert queries.came(event.id) == 2


def test_staff_type_the_paper_list_in(town: Town) -> None:
    event = plan_event(town.desk, plan(town))
    [row] = register(town, event, "alice", "张一")
    clock.set(event.ends_at + timedelta(days=7))
    with pytest.raises(Refused):
        attendance.check_in_by_hand(town.officer2, row.id)
    assert attendance.check_in_by_hand(town.officer, row.id).how == "desk"
    clock.set(event.ends_at + timedelta(days=7, minutes=1))
    with pytest.raises(Refused):
        attendance.add_at_the_door(
            town.desk, event.id, town.enterprise_id("bob"), Person("李一", "13800138000")
        )


def test_an_event_without_people_is_not_held(town: Town) -> None:
    event = plan_event(town.desk, plan(town))
    register(town, event, "alice", town.alice.name)
    clock.set(event.ends_at)
    assert tasks.events() == 0
    with pytest.raises(Refused):
        hold_event(town.desk, event.id)
    assert queries.events_held(town.park_id, *YEAR) == []
    check_in(town.alice, event, town, "alice")
    assert tasks.events() == 1
    assert tasks.events() == 0
    assert [held.id for held in queries.events_held(town.park_id, *YEAR)] == [event.id]
    with pytest.raises(Refused):
        cancel_event(town.desk, event.id, "不办了")


def test_events_are_counted_on_their_day_and_item(town: Town) -> None:
    event = plan_event(town.desk, plan(town))
    clock.set(BEGINS)
    check_in(town.alice, event, town, "alice")
    hold_event(town.desk, event.id)
    day = BEGINS.date()
    assert len(queries.events_held(town.park_id, day, day, ["F07"])) == 1
    assert queries.events_held(town.park_id, day, day, ["E01"]) == []
    assert queries.events_held(town.park_id, day + timedelta(days=1), date(2025, 1, 1)) == []


def advice(town: Town, login: str = "bob", **changes: Any) -> Advice:
    """Return what an enterprise was told today."""
    usual = Advice(
        town.enterprise_id(login), "E01", "研发费用归集", date(2024, 3, 5), "phone",
        "研发费用怎样归集？", "按六大类辅助账归集。",
    )  # fmt: skip
    return replace(usual, **changes)


def test_advised_are_distinct_enterprises_that_were_there_or_asked(town: Town) -> None:
    alice, bob = town.enterprise_id("alice"), town.enterprise_id("bob")
    event = plan_event(town.desk, plan(town))
    register(town, event, "alice", town.alice.name, "张二")
    register(town, event, "bob", "李一")
    record_consultation(town.officer, advice(town, "alice"))
    assert queries.enterprises_advised(town.park_id, *YEAR) == {alice}
    clock.set(BEGINS)
    check_in(town.alice, event, town, "alice")
    hold_event(town.desk, event.id)
    assert queries.enterprises_advised(town.park_id, *YEAR) == {alice}, "bob only registered"
    record_consultation(town.desk, advice(town, held_on=BEGINS.date(), event_id=event.id))
    assert queries.enterprises_advised(town.park_id, *YEAR) == {alice, bob}
    assert queries.enterprises_advised(town.park_id, *YEAR, ["F07"]) == {alice}
    assert queries.enterprises_advised(town.park_id, *YEAR, ["E04"]) == set()


def test_a_consultation_sent_twice_is_one(town: Town) -> None:
    first = record_consultation(town.officer, advice(town))
    assert record_consultation(town.officer, advice(town)).id == first.id
    with pytest.raises(Refused) as refused:
        record_consultation(town.officer, advice(town, answer="另一个答复"))
    assert refused.value.field == "topic"
    assert record_consultation(town.desk, advice(town)).id != first.id
    assert first.unit_id == town.unit_id("SCJG")
    assert queries.history_of(town.enterprise_id("bob"))[0].detail == "研发费用归集"


@pytest.mark.parametrize("day", [date(2024, 3, 6), date(2024, 1, 4)])
def test_consultations_are_recent(town: Town, day: date) -> None:
    with pytest.raises(Refused) as refused:
        record_consultation(town.desk, advice(town, held_on=day))
    assert refused.value.field == "held_on"
    with pytest.raises(Refused):
        record_consultation(town.alice, advice(town, "alice"))


def test_cancelling_tells_everybody_and_keeps_the_reason(town: Town) -> None:
    event = plan_event(town.desk, plan(town))
    register(town, event, "alice", town.alice.name)
    with pytest.raises(Refused) as refused:
        cancel_event(town.desk, event.id, "  ")
    assert refused.value.field == "reason"
    cancel_event(town.desk, event.id, "讲师生病")
    assert notices("alice", "取消") == 1
    assert notices("bob", "取消") == 0
    with pytest.raises(Refused):
        cancel_event(town.desk, event.id, "再次取消")


def test_the_second_of_two_editors_is_told(town: Town) -> None:
    event = plan_event(town.desk, plan(town))
    seen = event.version
    register(town, event, "alice", town.alice.name)
    change_event(town.desk, event.id, plan(town, place="二号会议室"), seen)
    assert notices("alice", "有变") == 1
    with pytest.raises(Conflict):
        change_event(town.head, event.id, plan(town, speaker="王教授"), seen)
    register(town, event, "bob", "李一", "李二")
    with pytest.raises(Refused) as refused:
        change_event(town.head, event.id, plan(town, capacity=2), event.version)
    assert refused.value.field == "capacity", "seats that people have are not taken away"


def test_reminders_go_out_once_the_day_before(town: Town) -> None:
    event = plan_event(town.desk, plan(town))
    register(town, event, "alice", town.alice.name)
    assert tasks.events() == 0
    clock.set(BEGINS - timedelta(hours=24))
    assert tasks.events() == 1
    assert tasks.events() == 0
    assert notices("alice", "即将开始") == 1
    moved = plan(
        town, starts_at=BEGINS + timedelta(days=7), ends_at=BEGINS + timedelta(days=7, hours=2)
    )
    change_event(town.desk, event.id, moved, queries.event(town.desk, event.id).version)  # type: ignore[union-attr]
    clock.set(moved.starts_at - timedelta(hours=20))
    assert tasks.events() == 1
    assert notices("alice", "即将开始") == 2


def test_feedback_once_and_only_from_who_was_there(town: Town) -> None:
    event = plan_event(town.desk, plan(town))
    register(town, event, "alice", town.alice.name)
    clock.set(BEGINS)
    with pytest.raises(Refused):
        attendance.give_feedback(town.alice, event.id, town.enterprise_id("alice"), 5, "")
    check_in(town.alice, event, town, "alice")
    with pytest.raises(Refused) as refused:
        attendance.give_feedback(town.alice, event.id, town.enterprise_id("alice"), 6, "")
    assert refused.value.field == "level"
    attendance.give_feedback(town.alice, event.id, town.enterprise_id("alice"), 4, "很实用")
    with pytest.raises(Refused):
        attendance.give_feedback(town.alice, event.id, town.enterprise_id("alice"), 1, "")
    assert [one.level for one in queries.feedback(event.id)] == [4]


def test_material_is_for_those_who_were_there(app: Flask, town: Town) -> None:
    event = plan_event(town.officer, plan(town))
    folder = app.extensions["settings"].uploads_dir
    upload = add_upload(town.officer, store(folder, "课件.pdf", PDF, 10_000))
    assert add_files(town.officer, event.id, [upload.token]) == 1
    assert add_files(town.officer, event.id, [upload.token]) == 0
    other = plan_event(town.officer, plan(town, title="另一场"))
    with pytest.raises(Refused):
        add_files(town.officer, other.id, [upload.token])
    pass_time(days=3)
    assert forget_uploads() == 0, "material of an event is not loose"
    register(town, event, "alice", town.alice.name)
    assert queries.file_by_token(town.alice, upload.token) is None
    clock.set(BEGINS)
    check_in(town.alice, event, town, "alice")
    assert queries.file_by_token(town.alice, upload.token) is not None
    assert queries.file_by_token(town.bob, upload.token) is None
    assert queries.file_by_token(town.leader, upload.token) is not None
    assert queries.file_by_token(town.admin, upload.token) is None


def test_the_last_seat_goes_to_one(app: Flask) -> None:
    town = Town()
    event = plan_event(town.desk, plan(town, capacity=1))
    number = event.id
    logins = ["alice", "bob"] * 3
    enterprises = {login: town.enterprise_id(login) for login in ("alice", "bob")}
    db.session.remove()

    def try_it(pair: tuple[int, str]) -> None:
        with app.app_context():
            place, login = pair
            person = Person(f"{login} {place % 2}", "13800138000")
            attendance.register(Town().actor(login), number, enterprises[login], [person])
            db.session.remove()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(try_it, enumerate(logins)))
    [line] = events(town.park_id, EventFilter())
    assert (line.seated, line.waiting) == (
        1,
        db.session.scalar(select(func.count(Attendance.id))) - 1,
    )  # type: ignore[operator]
