"""How each person is told: at once, once a working morning, in working time, or not by e-mail."""

import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from servicedesk.accounts.actions import set_notice_wishes
from servicedesk.audit.models import AuditEntry
from servicedesk.clock import clock
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.jobs import delivery, tasks
from servicedesk.notifications import digests
from servicedesk.notifications.actions import mark_read, tell
from servicedesk.notifications.models import DigestEntry, Notice, OutboxMessage
from servicedesk.transaction import writing
from tests.jobs.test_outbox import Server, server
from tests.support import Town, local, pass_time

__all__ = ["server"]  # the fixture of the outbox's tests
MORNING = "2024-03-06 09:00"


def wish(town: Town, login: str, mail_mode: str, quiet: bool = True) -> None:
    """Let a person choose."""
    set_notice_wishes(town.actor(login), mail_mode, quiet)


def say(town: Town, login: str, key: str, **more: Any) -> None:
    """Tell one person something."""
    with writing():
        tell([town.user(login)], f"消息{key}", key=key, **more)


def rows(kind: type[Any]) -> Sequence[Any]:
    """Return everything in a table."""
    db.session.rollback()
    return db.session.scalars(select(kind).order_by(*kind.__table__.primary_key)).all()


def moments(kind: type[Any], name: str) -> list[datetime]:
    """Return one moment of every row."""
    return [getattr(row, name) for row in rows(kind)]


def test_wishes_are_kept_with_a_trace_and_only_known_ones(town: Town) -> None:
    wish(town, "desk", "digest", quiet=False)
    assert (town.user("desk").mail_mode, town.user("desk").quiet) == ("digest", False)
    entry = db.session.scalar(select(AuditEntry).where(AuditEntry.action == "user.notices"))
    assert entry is not None
    assert entry.before == {"mail_mode": "at_once", "quiet": True}
    assert entry.after == {"mail_mode": "digest", "quiet": False}
    with pytest.raises(Refused):
        wish(town, "desk", "by pigeon")


def test_nothing_outside_working_time_unless_urgent_or_wished(town: Town) -> None:
    wish(town, "head", "at_once", quiet=False)
    clock.set(local("2024-03-08 20:00"))  # a Friday evening
    say(town, "desk", "a")
    say(town, "desk", "b", urgent=True)
    say(town, "head", "c")
    monday, now = local("2024-03-11 09:00"), clock.now()
    assert moments(Notice, "visible_at") == [monday, now, now]
    assert moments(OutboxMessage, "not_before") == [monday, now, now]


def test_the_callers_moment_is_the_earliest(town: Town) -> None:
    say(town, "desk", "a", not_before=local("2024-03-06 15:00"))
    say(town, "desk", "b", not_before=local("2024-03-06 20:00"))
    say(town, "desk", "c", not_before=local("2024-03-06 20:00"), urgent=True)
    expected = [
        local("2024-03-06 15:00"), local("2024-03-07 09:00"), local("2024-03-06 20:00"),
    ]  # fmt: skip
    assert moments(Notice, "visible_at") == expected


def test_no_mail_for_whoever_wants_none(town: Town) -> None:
    wish(town, "desk", "none")
    say(town, "desk", "a")
    say(town, "desk", "b", urgent=True)
    assert len(rows(Notice)) == 2
    assert (rows(OutboxMessage), rows(DigestEntry)) == ([], [])


def test_one_letter_a_working_morning_grouped_by_ticket(town: Town, server: Server) -> None:
    wish(town, "desk", "digest")
    first, second = town.file(), town.file("bob")
    delivery.deliver()
    server.letters.clear()
    say(town, "desk", "x", ticket_id=first.id, detail=first.number)
    say(town, "desk", "y", detail="培训", link="/desk/events")
    say(town, "desk", "z", ticket_id=first.id, detail=first.number, urgent=True)
    assert delivery.deliver() == 1  # what is urgent waits for no morning
    assert [letter["Subject"] for letter in server.letters] == ["消息z"]
    assert tasks.digest() == 0
    clock.set(local("2024-03-06 08:59"))
    assert tasks.digest() == 0
    clock.set(local(MORNING))
    assert tasks.digest() == 1
    assert tasks.digest() == 0
    assert delivery.deliver() == 1
    assert delivery.deliver() == 0
    letter = server.letters[-1]
    assert letter["To"] == "desk@example.invalid"
    assert letter["Subject"] == "今日通知汇总：4条"
    text = letter.get_content().replace("\r\n", "\n")
    assert text.count(f"/t/{second.number}") == 1
    assert text.count(f"/t/{first.number}") == 1
    assert f"{first.title}\n  · 收到新的工单，请受理。\n  · 消息x\n" in text
    assert "培训\n  · 消息y\n  http://localhost/desk/events" in text
    assert "消息z" not in text
    message = rows(OutboxMessage)[-1]
    assert letter["Message-ID"] == f"<{message.message_id}>"
    assert message.message_id == digests.message_id(town.user("desk"), local(MORNING))


def test_what_comes_later_waits_for_the_next_morning(town: Town) -> None:
    wish(town, "desk", "digest")
    clock.set(local(MORNING))
    pass_time(hours=3)
    say(town, "desk", "a")
    assert tasks.digest() == 0
    clock.set(local("2024-03-09 10:00"))  # the scheduler was down until Saturday
    assert tasks.digest() == 0
    clock.set(local("2024-03-11 15:00"))  # and on Monday morning
    assert tasks.digest() == 1
    assert [entry.message_id for entry in rows(DigestEntry)] == [rows(OutboxMessage)[0].id]


def test_what_was_read_is_not_told_again(town: Town) -> None:
    wish(town, "desk", "digest")
    say(town, "desk", "a")
    mark_read(town.user("desk").id)
    clock.set(local(MORNING))
    tasks.digest()
    assert (rows(OutboxMessage), rows(DigestEntry)) == ([], [])


def test_whoever_wants_no_mail_any_more_gets_no_digest(town: Town) -> None:
    wish(town, "desk", "digest")
    say(town, "desk", "a")
    wish(town, "desk", "none")
    clock.set(local(MORNING))
    tasks.digest()
    assert (rows(OutboxMessage), rows(DigestEntry)) == ([], [])


def test_a_scheduler_killed_half_way_leaves_nothing_behind(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    wish(town, "desk", "digest")
    say(town, "desk", "a")
    clock.set(local(MORNING))

    def killed(*_: object) -> None:
        raise SystemExit

    monkeypatch.setattr(digests, "update", killed)  # after the message, before its entries
    with pytest.raises(SystemExit):
        tasks.digest()
    monkeypatch.undo()
    assert rows(OutboxMessage) == []
    assert tasks.digest() == 1
    assert len(rows(OutboxMessage)) == 1


def test_several_schedulers_make_one_digest(app: Flask, town: Town) -> None:
    for login in ("desk", "head", "follow"):
        wish(town, login, "digest")
        for number in range(5):
            say(town, login, f"{login}{number}")
    clock.set(local(MORNING))
    barrier, made = threading.Barrier(4), []

    def work() -> None:
        with app.app_context():
            barrier.wait()
            made.append(tasks.digest())

    db.session.remove()
    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(made) == 3
    assert len(rows(OutboxMessage)) == 3
    assert {entry.message_id is None for entry in rows(DigestEntry)} == {False}


def test_a_digest_speaks_the_persons_language(town: Town, server: Server) -> None:
    with writing():
        town.user("desk").language = "en"
    wish(town, "desk", "digest")
    say(town, "desk", "a")
    clock.set(local(MORNING))
    tasks.digest()
    (claimed,) = [message for message in [delivery.claim("test")] if message]
    assert claimed.language == "en"
    assert [one.text for one in claimed.digest] == ["消息a"]
