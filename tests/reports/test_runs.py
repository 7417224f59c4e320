"""Reports in the background: made once, taken up again, fetched by their asker only, forgotten."""

import io
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import Row, select, update

from servicedesk.accounts.actions import set_active
from servicedesk.audit.models import AuditEntry
from servicedesk.clock import clock
from servicedesk.core.permissions import Role
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.jobs.registry import JOBS
from servicedesk.notifications.models import Notice, OutboxMessage
from servicedesk.reports import ledger, making, queries, runs, subscriptions
from servicedesk.reports.models import ReportRun
from servicedesk.reports.queries import Wanted
from servicedesk.reports.runs import Wish, ask, claim, fetch, finish, mine, retry
from servicedesk.tickets.models import Ticket
from servicedesk.transaction import writing
from tests.support import Town, local, pass_time

MARCH = Wish("ledger", date(2024, 3, 1), date(2024, 3, 31))
MONTH = Wish("monthly", date(2024, 3, 1), date(2024, 3, 31))


def newest(town: Town) -> ReportRun:
    """Return the desk head's newest run, as the database has it."""
    db.session.expire_all()
    return mine(town.head)[0]


def opened(path: Path) -> Workbook:
    """Open a stored report, whose name has no ending."""
    return load_workbook(io.BytesIO(path.read_bytes()))


def actions(name: str) -> list[AuditEntry]:
    """Return the audit entries of one action."""
    query = select(AuditEntry).where(AuditEntry.action == name).order_by(AuditEntry.id)
    return list(db.session.scalars(query))


def test_a_report_is_asked_for_made_and_fetched(town: Town) -> None:
    town.file()
    town.file("bob")
    run = ask(town.head, MARCH, "once")
    assert ask(town.head, MARCH, "once").id == run.id  # a double click
    assert len(actions("report.ask")) == 1
    assert JOBS["reports"]() == 1
    found = newest(town)
    assert (found.state, found.done, found.total) == ("done", 2, 2)
    fetched = fetch(town.head, found.id)
    assert fetched is not None
    assert fetched[0].name == "帮代办台账20240301-20240331.xlsx"
    assert opened(fetched[1])["帮代办台账"]["B4"].value
    assert [entry.after["rows"] for entry in actions("report.made")] == [2]
    assert [entry.after["rows"] for entry in actions("report.fetch")] == [2]
    assert actions("report.fetch")[0].after["from"] == "2024-03-01"
    assert fetch(town.leader, found.id) is None
    assert fetch(replace(town.head, role=Role.UNIT_HEAD), found.id) is None  # another role by now
    assert JOBS["reports"]() == 0


def test_two_schedulers_make_it_once_and_a_killed_one_is_replaced(town: Town) -> None:
    ask(town.head, MARCH, "x")
    killed = claim()
    assert killed is not None
    assert claim() is None
    assert making.make_waiting() == 0
    pass_time(minutes=4)
    assert making.make_waiting() == 1
    with pytest.raises(runs.TakenOver):
        finish(killed, town.head, "late.xlsx", 1, 1)
    with pytest.raises(runs.TakenOver):
        runs.advance(killed, 1, 1)
    assert newest(town).name != "late.xlsx"


def test_what_kills_three_schedulers_fails_with_a_sentence(town: Town) -> None:
    run = ask(town.head, MARCH, "x")
    for _ in range(runs.TRIES):
        assert claim() is not None
        pass_time(minutes=4)
    assert claim() is None
    assert (newest(town).state, newest(town).error) == ("failed", runs.KILLED)
    assert retry(town.head, run.id)
    assert making.make_waiting() == 1
    assert newest(town).state == "done"
    assert not retry(town.head, run.id)


def test_a_failure_says_so_and_leaves_no_file(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> int:
        raise ZeroDivisionError

    ask(town.head, MARCH, "x")
    with monkeypatch.context() as patch:
        patch.setattr(ledger, "write", broken)
        making.make_waiting()
    assert (newest(town).state, newest(town).error) == ("failed", making.BROKEN)
    assert [path for path in runs.folder().rglob("*") if path.is_file()] == []


def test_rights_that_were_taken_away_do_not_count(town: Town) -> None:
    ask(town.head, MARCH, "x")
    set_active(town.admin, town.user("head").id, False)
    making.make_waiting()
    assert newest(town).state == "failed"
    assert "权限" in newest(town).error


def test_who_may_ask_for_what(town: Town) -> None:
    for stranger in (town.desk, town.officer, town.auditor, town.admin, town.alice):
        with pytest.raises(Refused):
            ask(stranger, MARCH, "x")
    for number in range(runs.WAITING_MAX):
        ask(town.head, MARCH, str(number))
    with pytest.raises(Refused):
        ask(town.head, MARCH, "more")


def test_too_many_waiting_stop_a_retry_too(town: Town) -> None:
    run = ask(town.head, MARCH, "x")
    for _ in range(runs.TRIES):
        claim()
        pass_time(minutes=4)
    assert claim() is None  # it has failed
    for number in range(runs.WAITING_MAX):
        ask(town.head, MARCH, str(number))
    with pytest.raises(Refused):
        retry(town.head, run.id)
    assert [one.state for one in mine(town.head) if one.id == run.id] == ["failed"]


def test_a_run_whose_worker_has_died_is_not_running(town: Town) -> None:
    run = ask(town.head, MARCH, "x")
    claim()
    assert runs.standing(newest(town)) == "running"
    pass_time(minutes=4)
    assert (newest(town).state, runs.standing(newest(town))) == ("running", "waiting")
    assert newest(town).id == run.id


def test_a_folder_that_cannot_be_written_fails_the_run(
    town: Town, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ask(town.head, MARCH, "x")
    (tmp_path / "reports").write_bytes(b"a file where the folder should be")
    monkeypatch.setattr(runs, "folder", lambda: tmp_path / "reports")
    assert making.make_waiting() == 1
    assert (newest(town).state, newest(town).error) == ("failed", making.BROKEN)


def test_only_the_newest_reports_of_a_person_are_kept(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "KEPT_MAX", 2)
    subscriptions.subscribe(town.head, "monthly")
    clock.set(local("2024-04-01 09:00"))
    JOBS["reports"]()
    due = newest(town).id
    for number in range(4):
        ask(town.head, MARCH, str(number))
        making.make_waiting()
    ask(town.leader, MARCH, "of another")
    waiting = ask(town.head, MARCH, "waits").id
    before = {run.id: runs.folder() / run.stored_as for run in _all_runs() if run.stored_as}
    assert runs.forget_reports() == 3
    kept = {run.id for run in _all_runs() if run.asked_by_id == town.head.user_id}
    assert kept == {due, waiting, waiting - 2}  # the subscription's last one, and the newest two
    assert {number for number, path in before.items() if path.exists()} == kept - {waiting}
    assert len(actions("report.made")) == 5  # the trail forgets nothing
    assert subscriptions.due(10) == []
    assert runs.forget_reports() == 0


def _all_runs() -> Sequence[ReportRun]:
    db.session.expire_all()
    return db.session.scalars(select(ReportRun).order_by(ReportRun.id)).all()


def test_a_unit_heads_report_has_the_own_unit_only(town: Town) -> None:
    mine_ = town.walk(town.file(), "accept", "dispatch", "sign").number
    other = town.unit_id("GHJS")
    town.walk(town.walk(town.file("bob"), "accept"), "dispatch", unit_id=other)
    for wish in (MARCH, MONTH):
        run = ask(town.unithead, wish, wish.kind)
        making.make_waiting()
        fetched = fetch(town.unithead, run.id)
        assert fetched is not None
        book = opened(fetched[1])
        sheet = book["帮代办台账"]
        assert sheet["B4"].value == mine_
        assert sheet["A5"].value == "合计"
    figures = {row[0]: row[1] for row in book["指标"].iter_rows(min_row=4, values_only=True)}
    assert figures["收到工单"] == 1
    assert "到岗人数" not in figures  # registers know no units
    assert [row[0] for row in book["按单位"].iter_rows(min_row=4, values_only=True)][1] == "合计"


def test_expired_files_go_and_can_be_made_again(town: Town) -> None:
    run = ask(town.head, MARCH, "x")
    making.make_waiting()
    assert runs.forget_reports() == 0
    pass_time(days=31)
    assert runs.forget_reports() >= 1
    assert fetch(town.head, run.id) is None
    assert newest(town).state == "done"
    assert retry(town.head, run.id)
    making.make_waiting()
    assert fetch(town.head, run.id) is not None


def test_rows_are_streamed_in_batches(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more than one batch is read before the one before it is written."""
    filed = [town.file().id for _ in range(7)]
    monkeypatch.setattr(queries, "CHUNK", 3)
    held: list[int] = []

    def watched(wanted: Wanted) -> Iterator[Sequence[Row[Any]]]:
        for batch in queries.ledger_rows(wanted):
            held.append(len(batch))
            yield batch

    monkeypatch.setattr(ledger, "ledger_rows", watched)
    seen: list[tuple[int, int]] = []
    path = runs.folder()
    path.mkdir(parents=True, exist_ok=True)
    rows = ledger.write(
        town.park_id, MARCH.first, MARCH.last, path / "x.xlsx",
        progress=lambda done, total: seen.append((done, total)),
    )  # fmt: skip
    assert (rows, held) == (7, [3, 3, 1])
    assert seen == [(0, 7), (3, 7), (6, 7), (7, 7)]
    wanted = Wanted(town.park_id, MARCH.first, MARCH.last)
    assert [row.id for batch in queries.ledger_rows(wanted) for row in batch] == filed


def test_a_ledger_goes_on_on_another_sheet(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        town.file()
    monkeypatch.setattr(ledger, "ROWS_MAX", 2)
    run = ask(town.head, MARCH, "x")
    making.make_waiting()
    fetched = fetch(town.head, run.id)
    assert fetched is not None
    book = opened(fetched[1])
    assert book.sheetnames == ["帮代办台账", "帮代办台账2", "指标口径"]
    assert book["帮代办台账2"]["A4"].value == 3


def test_a_subscription_comes_once_on_the_first_working_morning(town: Town) -> None:
    subscriptions.subscribe(town.head, "monthly")
    subscriptions.subscribe(town.head, "monthly")
    for moment in ("2024-03-29 10:00", "2024-04-01 08:00"):
        clock.set(local(moment))
        JOBS["reports"]()
    assert list(mine(town.head)) == []  # February was over before; it is not yet nine o'clock
    clock.set(local("2024-04-01 09:00"))
    assert JOBS["reports"]() == 2
    assert JOBS["reports"]() == 0
    found = newest(town)
    assert (found.state, found.starts_on, found.name) == (
        "done", date(2024, 3, 1), "2024年3月统计月报.xlsx",
    )  # fmt: skip
    notice = db.session.scalars(select(Notice).where(Notice.text == runs.READY)).one()
    assert (notice.user_id, notice.link) == (town.head.user_id, "/insight/reports")
    mail = select(OutboxMessage).where(OutboxMessage.notice_id == notice.id)
    assert db.session.scalars(mail).one().recipient == "head@example.invalid"
    pass_time(days=1)
    JOBS["reports"]()
    assert len(mine(town.head)) == 1
    subscriptions.unsubscribe(town.head, "monthly")
    clock.set(local("2024-05-06 09:00"))
    assert JOBS["reports"]() == 0


def test_a_subscription_waits_over_a_rest_day(town: Town) -> None:
    subscriptions.subscribe(town.head, "quarterly")
    clock.set(local("2024-10-01 10:00"))  # 国庆
    assert subscriptions.due(10) == []
    clock.set(local("2024-10-08 09:00"))
    [(number, key)] = subscriptions.due(10)
    assert key.endswith("2024-Q3")
    assert subscriptions.make(number, key)
    assert not subscriptions.make(number, key)  # another scheduler was quicker


def test_whoever_may_not_subscribe_is_refused(town: Town) -> None:
    for who, kind in ((town.desk, "weekly"), (town.head, "ledger"), (town.officer, "summary")):
        with pytest.raises(Refused):
            subscriptions.subscribe(who, kind)


def test_files_that_no_run_names_are_swept(town: Town) -> None:
    stray = runs.folder() / "ab" / "stray.part"
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"x")
    old = (clock.now() - timedelta(days=2)).timestamp()
    os.utime(stray, (old, old))
    assert runs.forget_reports() == 1
    assert not stray.exists()


def test_a_leader_is_not_told_whose_confidential_matter_it_is(town: Town) -> None:
    town.file()
    with writing():
        db.session.execute(update(Ticket).values(confidential=True))
    for who, shown in ((town.leader, "***"), (town.head, "恩德莱科技有限公司")):
        run = ask(who, MARCH, "x")
        making.make_waiting()
        fetched = fetch(who, run.id)
        assert fetched is not None
        assert opened(fetched[1])["帮代办台账"]["F4"].value == shown
