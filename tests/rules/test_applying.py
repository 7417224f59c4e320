"""A changed rule touches running tickets only when a person applies it; and it can be taken back."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from servicedesk.calendars.actions import set_day
from servicedesk.clock import clock
from servicedesk.errors import Conflict, Refused
from servicedesk.extensions import db
from servicedesk.jobs import tasks
from servicedesk.rules import applying, previewing
from servicedesk.rules.actions import publish
from servicedesk.rules.models import RuleApplication, RuleChange
from servicedesk.statistics.facts import build
from servicedesk.statistics.verify import differences
from servicedesk.tickets.models import Escalation, Ticket, TicketEvent
from servicedesk.tickets.queries import timeline
from tests.jobs.support import fired, go_to_alarm, in_progress
from tests.support import Town, local, pass_time

Row = tuple[int, datetime | None, datetime | None, datetime | None, str | None, int]


def rows(*tickets: Ticket) -> list[Row]:
    """What the clocks of tickets say, read afresh."""
    db.session.rollback()
    return [
        (t.rules_version, t.due_at, t.warn_at, t.next_alarm_at, t.next_alarm, t.ladder_level)
        for t in tickets
    ]


def now_apply(town: Town, version: int = 2) -> int:
    """Look at the preview and apply it, as the page does."""
    seen = previewing.preview(town.park_id, version)
    return applying.apply(town.admin, version, seen.calendar)


def kinds(ticket: Ticket, *, everything: bool) -> list[str]:
    return [event.kind for event in timeline(ticket.id, everything=everything)]


def various(town: Town) -> list[Ticket]:
    """Tickets in different states: waiting, running, urgent, extended, standing, overdue."""
    overdue = in_progress(town)
    go_to_alarm(overdue)
    tasks.escalate()
    go_to_alarm(overdue)
    tasks.escalate()
    waiting = town.file("bob")
    running = in_progress(town)
    urgent = town.walk(in_progress(town), "mark_urgent")
    extended = town.walk(in_progress(town), "request_extension", "approve_extension")
    standing = town.walk(in_progress(town), "request_supplement")
    confidential = town.file("alice", "H01")
    return [overdue, waiting, running, urgent, extended, standing, confidential]


def test_publishing_alone_moves_nothing(town: Town) -> None:
    tickets = various(town)
    before = rows(*tickets)
    publish(town.admin, {"warn_share": 50, "ladder_1": 2, "urgent_days": 3}, "试行", 1)
    tasks.calendar()
    assert rows(*tickets) == before
    assert previewing.waiting(town.park_id) == len(tickets)


def test_the_preview_is_what_happens(town: Town) -> None:
    tickets = various(town)
    before = rows(*tickets)
    publish(town.admin, {"warn_share": 50, "ladder_1": 2, "urgent_days": 3}, "试行", 1)
    seen = previewing.preview(town.park_id, 2)
    assert rows(*tickets) == before  # nothing was written
    assert seen.total == len(tickets) == sum(seen.by_version.values())
    for effect in ("", *previewing.EFFECTS):  # the export is the page
        sent = [move.ticket.id for move in previewing.every_move(town.park_id, 2, effect)]
        assert sent == [move.ticket.id for move in seen.with_effect(effect)]
    foretold = {
        move.ticket.id: (move.new.due, move.new.warn, move.new.alarm_at, move.new.alarm)
        for move in seen.moves
    }
    was = {move.ticket.id: move.old.due for move in seen.moves}
    made = applying.apply(town.admin, 2, seen.calendar)
    happened = {
        t.id: (t.due_at, t.warn_at, t.next_alarm_at, t.next_alarm)
        for t in db.session.scalars(select(Ticket))
    }
    assert foretold == happened
    changes = {one.ticket_id: one for one, _ticket in applying.changes(made)}
    assert {number: one.old_due_at for number, one in changes.items()} == was
    assert {number: one.new_due_at for number, one in changes.items()} == {
        number: times[0] for number, times in foretold.items()
    }
    assert {one.old_version for one in changes.values()} == {1}
    assert db.session.get_one(RuleApplication, made).tickets == len(tickets)
    assert previewing.waiting(town.park_id) == 0


def test_exactly_what_moves(town: Town) -> None:
    """One with a long promise: the warning moves; an urgent one: everything does."""
    plain, urgent = town.file("alice", "J03"), town.walk(town.file("bob", "J03"), "mark_urgent")
    due, urgent_due = plain.due_at, urgent.due_at
    assert plain.limit_days > 3
    assert urgent_due == local("2024-03-06 17:30")
    publish(town.admin, {"warn_share": 50, "urgent_days": 3}, "试行", 1)
    seen = previewing.preview(town.park_id, 2)
    assert (seen.earlier, seen.later, seen.overdue) == (0, 1, 0)
    assert [m.ticket.id for m in seen.with_effect("due")] == [urgent.id]
    assert {m.ticket.id for m in seen.with_effect("alarm")} == {plain.id, urgent.id}
    now_apply(town)
    assert (plain.due_at, urgent.due_at) == (due, local("2024-03-08 17:30"))
    assert "rules_applied" in kinds(plain, everything=True)
    assert "rules_applied" not in kinds(plain, everything=False)  # its date is as it was
    [event] = [one for one in timeline(urgent.id, everything=False) if one.kind == "rules_applied"]
    assert urgent_due is not None
    assert event.data == {
        "rules": "1 → 2",
        "old": urgent_due.isoformat(),
        "new": local("2024-03-08 17:30").astimezone(urgent_due.tzinfo).isoformat(),
    }


def test_what_would_go_off_at_once_is_foretold_and_goes_off_once(town: Town) -> None:
    ticket = town.file("alice", "J03")
    assert ticket.warn_at is not None
    clock.set(ticket.warn_at - timedelta(minutes=1))
    publish(town.admin, {"warn_share": 50}, "试行", 1)
    seen = previewing.preview(town.park_id, 2)
    assert [m.ticket.id for m in seen.with_effect("at_once")] == [ticket.id]
    now_apply(town)
    assert tasks.escalate() == 1
    assert tasks.escalate() == 0
    assert [one.step for one in fired(ticket)] == ["warn"]


def test_what_went_off_stays_and_a_moved_date_goes_off_anew_once(town: Town) -> None:
    ticket = town.walk(town.file("alice", "J03"), "mark_urgent")
    first = ticket.due_at
    for _ in range(3):
        go_to_alarm(ticket)
        tasks.escalate()
    assert [one.step for one in fired(ticket)] == ["warn", "overdue", "level_2"]
    publish(town.admin, {"urgent_days": 5}, "试行", 1)
    now_apply(town)
    assert rows(ticket)[0][5] == 0  # no level of the new date has been reached
    assert [one.step for one in fired(ticket)] == ["warn", "overdue", "level_2"]
    assert ticket.due_at is not None and first is not None and ticket.due_at > first
    clock.set(ticket.due_at)
    tasks.escalate()
    tasks.escalate()
    assert [one.step for one in fired(ticket) if one.due_at == ticket.due_at] == ["warn", "overdue"]
    assert len(fired(ticket)) == 5


def test_a_warning_that_went_off_is_not_repeated_for_the_same_date(town: Town) -> None:
    ticket = in_progress(town)
    go_to_alarm(ticket)
    tasks.escalate()
    publish(town.admin, {"warn_share": 95}, "试行", 1)
    now_apply(town)
    assert rows(ticket)[0][4] == "overdue"
    assert ticket.due_at is not None
    clock.set(ticket.due_at)
    tasks.escalate()
    assert [one.step for one in fired(ticket)] == ["warn", "overdue"]


def test_taking_it_back_restores_every_clock(town: Town) -> None:
    tickets = various(town)
    before = rows(*tickets)
    publish(town.admin, {"warn_share": 50, "ladder_1": 2, "urgent_days": 3}, "试行", 1)
    made = now_apply(town)
    assert rows(*tickets) != before
    assert applying.still_under(db.session.get_one(RuleApplication, made)) == len(tickets)
    assert applying.undo(town.head, made) == len(tickets)
    assert rows(*tickets) == before
    done = db.session.get_one(RuleApplication, made)
    assert (done.undone_by_id, done.undone_at) == (town.user("head").id, clock.now())
    assert previewing.waiting(town.park_id) == len(tickets)
    with pytest.raises(Refused, match="已经撤销"):
        applying.undo(town.head, made)
    assert rows(*tickets) == before


def test_what_was_resolved_meanwhile_is_left_alone(town: Town) -> None:
    stays = town.walk(in_progress(town), "resolve")
    running, solved = in_progress(town), in_progress(town)
    publish(town.admin, {"warn_share": 50}, "试行", 1)
    made = now_apply(town)
    assert stays.rules_version == 1
    town.walk(solved, "resolve")
    before = rows(stays, solved)
    assert applying.undo(town.admin, made) == 1
    assert rows(stays, solved) == before
    assert (rows(running)[0][0], solved.rules_version) == (1, 2)


def test_taking_back_an_earlier_application_leaves_a_later_one(town: Town) -> None:
    ticket = in_progress(town)
    publish(town.admin, {"warn_share": 50}, "一", 1)
    first = now_apply(town)
    publish(town.admin, {"warn_share": 60}, "二", 2)
    second = now_apply(town, 3)
    assert applying.undo(town.admin, first) == 0
    assert rows(ticket)[0][0] == 3
    assert applying.undo(town.admin, second) == 1
    assert rows(ticket)[0][0] == 2


def test_it_goes_on_in_batches_and_a_death_between_them_loses_nothing(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    tickets = [town.file() for _ in range(5)]
    publish(town.admin, {"warn_share": 50}, "试行", 1)
    monkeypatch.setattr(applying, "BATCH", 2)
    whole, put_under = [], applying._put_under

    def dying(*args: object) -> None:
        if len(whole) == 3:
            raise SystemExit
        whole.append(args)
        put_under(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(applying, "_put_under", dying)
    with pytest.raises(SystemExit):
        now_apply(town)
    monkeypatch.setattr(applying, "_put_under", put_under)
    assert [row[0] for row in rows(*tickets)] == [2, 2, 1, 1, 1]
    assert previewing.waiting(town.park_id) == 3
    now_apply(town)
    assert [row[0] for row in rows(*tickets)] == [2] * 5
    count = select(func.count()).select_from(RuleChange).group_by(RuleChange.ticket_id)
    assert db.session.scalars(count).all() == [1] * 5
    events = select(func.count()).where(TicketEvent.kind == "rules_applied")
    assert db.session.scalar(events) == 5
    assert [one.tickets for one in applying.applications(town.park_id)] == [3, 2]


def test_only_what_was_seen_is_applied(town: Town) -> None:
    town.file()
    publish(town.admin, {"warn_share": 50}, "一", 1)
    seen = previewing.preview(town.park_id, 2)
    publish(town.admin, {"warn_share": 60}, "二", 2)
    with pytest.raises(Conflict):
        applying.apply(town.admin, 2, seen.calendar)
    seen = previewing.preview(town.park_id, 3)
    set_day(town.admin, local("2024-03-08 00:00").date(), False, "停电")
    with pytest.raises(Conflict):
        applying.apply(town.admin, 3, seen.calendar)
    assert db.session.scalar(select(func.count()).select_from(RuleApplication)) == 0


def test_nothing_to_apply_makes_no_record(town: Town) -> None:
    town.file()
    with pytest.raises(Refused, match="没有需要套用"):
        now_apply(town, 1)
    assert applying.applications(town.park_id) == []


def test_only_editors_apply_and_take_back(town: Town) -> None:
    town.file()
    publish(town.admin, {"warn_share": 50}, "一", 1)
    seen = previewing.preview(town.park_id, 2)
    with pytest.raises(Refused):
        applying.apply(town.leader, 2, seen.calendar)
    made = now_apply(town)
    with pytest.raises(Refused):
        applying.undo(town.leader, made)
    with pytest.raises(LookupError):
        applying.undo(town.admin, made + 1)


def test_counts_are_as_they_were(town: Town) -> None:
    various(town)
    town.walk(in_progress(town), "resolve", "confirm", "rate", "close")
    publish(town.admin, {"warn_share": 50, "urgent_days": 3}, "试行", 1)
    build(town.park_id)
    made = now_apply(town)
    assert differences(town.park_id) == []
    applying.undo(town.admin, made)
    assert differences(town.park_id) == []
    pass_time(days=1)
    assert db.session.scalar(select(func.count()).select_from(Escalation)) == 2
