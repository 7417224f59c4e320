"""A backup taken while running comes back whole, on either database."""

import json
import os
import tarfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, select, text

from config import Settings
from servicedesk.accounts.actions import set_notice_wishes
from servicedesk.accounts.models import User
from servicedesk.audit.actions import seal
from servicedesk.audit.queries import verify
from servicedesk.backup.contents import encode, tables_of
from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.jobs.tasks import digest
from servicedesk.notifications.models import DigestEntry, OutboxMessage
from servicedesk.statistics.facts import build
from servicedesk.statistics.verify import differences
from servicedesk.tickets.actions import add_upload
from servicedesk.tickets.files import store
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.search import condition
from tests.cli.test_commands import run
from tests.conftest import ENGINES, _administer, _named, make_app
from tests.support import Town, local, pass_time

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
CHANGED_BY_RESTORE = ("audit_entry", "outbox_message", "user_account")
Make = Callable[[str], Flask]


@pytest.fixture
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    """Make an application on a database in which there is nothing at all."""
    undo: list[Callable[[], None]] = []

    def make(engine: str) -> Flask:
        folder = tmp_path / f"new-{len(undo)}"
        if engine == "sqlite":
            undo.append(lambda: None)
            return make_app(f"sqlite:///{folder / 'new.db'}", folder)
        url, name = request.getfixturevalue("postgres_url"), f"new_{os.getpid()}_{len(undo)}"
        _administer(url, f"CREATE DATABASE {name}")
        undo.append(lambda: _administer(url, f"DROP DATABASE {name} WITH (FORCE)"))
        return make_app(_named(url, name), folder)

    yield make
    for step in undo:
        step()


def _life(app: Flask, town: Town) -> Ticket:
    """Some of everything; the ticket has a file."""
    settings: Settings = app.extensions["settings"]
    file = add_upload(town.alice, store(settings.uploads_dir, "营业执照.pdf", PDF, 10**6))
    ticket = town.file(uploads=[file.token], key="k1", title="𠮷林“引号”\n换行 \\ ' \" 😀")
    town.walk(ticket, "accept", "dispatch", "sign", "request_supplement", "supplement", "resolve")
    town.walk(town.file("bob"), "decline")
    town.walk(ticket, "confirm", "rate")
    pass_time(seconds=0.123456)
    town.file("bob", item="A02")
    build(town.park_id)
    seal()
    db.session.rollback()
    return ticket


def _content(connection: Connection) -> dict[str, list[str]]:
    """Every row of every table, in the archive's own form but read afresh."""
    return {
        table.name: [
            encode(row)
            for row in connection.execute(
                select(*sorted(table.columns, key=lambda c: c.name)).order_by(
                    *table.primary_key.columns
                )
            )
        ]
        for table in tables_of(connection)
    }


def _read() -> dict[str, list[str]]:
    db.session.rollback()
    with db.engine.connect() as connection:
        return _content(connection)


@pytest.mark.parametrize("target", ENGINES)
def test_everything_comes_back(
    app: Flask, town: Town, empty: Make, target: str, tmp_path: Path
) -> None:
    ticket = _life(app, town)
    before, number, words = _read(), ticket.number, ticket.id
    file = tmp_path / "backup.tar.gz"
    assert "1 files" in run(app, "backup", str(file))
    assert file.stat().st_mode & 0o077 == 0
    new = empty(target)
    with new.app_context():
        assert "restored" in run(new, "restore", str(file))
        after = _read()
        assert before.keys() == after.keys()
        for name in before.keys() - set(CHANGED_BY_RESTORE):
            assert before[name] == after[name], name
        assert len(after["audit_entry"]) == len(before["audit_entry"]) + 1
        assert after["audit_entry"][: len(before["audit_entry"])] == before["audit_entry"]
        verdict = verify()
        assert (verdict.broken_at, verdict.waiting) == (None, 1)
        found = select(Ticket.number).where(Ticket.id == words, condition("换行"))
        assert db.session.scalar(found) == number
        settings: Settings = new.extensions["settings"]
        (stored,) = settings.uploads_dir.glob("*/*")
        assert stored.read_bytes() == PDF
        assert differences(town.park_id) == []
        _goes_on_living(new)
        db.session.remove()
        db.engine.dispose()


def _goes_on_living(app: Flask) -> None:
    """New rows get numbers that are free, and old sessions are over."""
    town = Town()
    again = town.file(title="恢复之后")
    assert again.id == max(db.session.scalars(select(Ticket.id)))
    town.walk(again, "accept")
    assert set(db.session.scalars(select(User.session_epoch))) == {2}
    with pytest.raises(Exception, match="cannot be changed"), db.engine.begin() as connection:
        connection.execute(text("DELETE FROM audit_entry"))


def test_old_mail_is_held_after_a_restore(sqlite_app: Flask, empty: Make, tmp_path: Path) -> None:
    town, file = Town(), str(tmp_path / "backup.tar.gz")
    town.file()
    pass_time(hours=2)
    town.file("bob")
    run(sqlite_app, "backup", file)
    new = empty("sqlite")
    with new.app_context():
        run(new, "restore", file)
        states = [message.state for message in db.session.scalars(select(OutboxMessage))]
        assert states == ["failed", "waiting"]
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_old_notices_for_a_digest_are_held_after_a_restore(
    sqlite_app: Flask, empty: Make, tmp_path: Path, kind: str
) -> None:
    town, file = Town(), str(tmp_path / "backup.tar.gz")
    set_notice_wishes(town.desk, "digest", True)
    town.file()
    pass_time(hours=2, minutes=30)
    town.file("bob")
    run(sqlite_app, "backup", file)
    new = empty(kind)
    with new.app_context():
        run(new, "restore", file)
        (held,) = db.session.scalars(select(OutboxMessage)).all()
        assert (held.state, held.recipient) == ("failed", "desk@example.invalid")
        entries = select(DigestEntry.message_id).order_by(DigestEntry.notice_id)
        assert list(db.session.scalars(entries)) == [held.id, None]
        clock.set(local("2024-03-06 09:00"))
        assert digest() == 1  # the young one goes out with the next morning
        states = select(OutboxMessage.state).order_by(OutboxMessage.id)
        assert list(db.session.scalars(states)) == ["failed", "waiting"]
        db.session.remove()
        db.engine.dispose()


def test_restoring_over_something_is_refused(app: Flask, town: Town, tmp_path: Path) -> None:
    town.file()
    file = str(tmp_path / "backup.tar.gz")
    run(app, "backup", file)
    before = _read()
    assert "not empty" in run(app, "restore", file, status=1)
    assert _read() == before


def _rewrite(source: Path, target: Path, change: Callable[[str, bytes], bytes | None]) -> None:
    """Copy an archive, member by member, through ``change``."""
    with tarfile.open(source) as old, tarfile.open(target, "w:gz") as new:
        for member in old.getmembers():
            content = old.extractfile(member)
            assert content is not None
            changed = change(member.name, content.read())
            if changed is not None:
                path = target.parent / "member"
                path.write_bytes(changed)
                new.add(path, member.name)


def _damage(kind: str) -> Callable[[str, bytes], bytes | None]:
    def change(name: str, content: bytes) -> bytes | None:
        if kind == "row" and name == "tables/ticket.jsonl":
            return content.replace("办理".encode(), "代办".encode())
        if kind == "gone" and name == "tables/ticket.jsonl":
            return None
        if kind == "file" and name.startswith("uploads/"):
            return content + b" "
        if kind == "no manifest" and name == "manifest.json":
            return None
        if kind in ("newer", "future") and name == "manifest.json":
            data: dict[str, Any] = json.loads(content)
            data["revision" if kind == "newer" else "format"] = 9999
            return json.dumps({**data, "revision": str(data["revision"])}).encode()
        return content

    return change


def test_a_damaged_archive_is_refused_and_leaves_nothing(
    sqlite_app: Flask, empty: Make, tmp_path: Path
) -> None:
    _life(sqlite_app, Town())
    good, bad = tmp_path / "good.tar.gz", tmp_path / "bad.tar.gz"
    run(sqlite_app, "backup", str(good))
    new = empty("sqlite")
    with new.app_context():
        for kind in ("row", "gone", "file", "no manifest", "newer", "future"):
            _rewrite(good, bad, _damage(kind))
            said = run(new, "restore", str(bad), status=1)
            assert said.startswith("Error: ") and "Traceback" not in said, kind
        run(new, "restore", str(good))
        db.session.remove()
        db.engine.dispose()


def test_nothing_is_written_outside(sqlite_app: Flask, empty: Make, tmp_path: Path) -> None:
    bad = tmp_path / "bad.tar.gz"
    (tmp_path / "x").write_text("x")
    with tarfile.open(bad, "w:gz") as archive:
        archive.add(tmp_path / "x", "uploads/../../../evil")
    new = empty("sqlite")
    with new.app_context():
        assert "not ours" in run(new, "restore", str(bad), status=1)
        db.engine.dispose()
    assert not list(tmp_path.rglob("evil"))


def test_truncated_archives_and_others_are_refused(
    sqlite_app: Flask, empty: Make, tmp_path: Path
) -> None:
    Town().file()
    good, bad = tmp_path / "good.tar.gz", tmp_path / "bad.tar.gz"
    run(sqlite_app, "backup", str(good))
    new = empty("sqlite")
    with new.app_context():
        for content in (good.read_bytes()[:-2000], b"", b"PK not ours"):
            bad.write_bytes(content)
            assert run(new, "restore", str(bad), status=1).startswith("Error: ")
        assert "no file" in run(new, "restore", str(tmp_path / "none"), status=1)
        db.engine.dispose()


def test_a_damaged_attachment_is_named_and_the_rest_saved(
    sqlite_app: Flask, tmp_path: Path
) -> None:
    _life(sqlite_app, Town())
    settings: Settings = sqlite_app.extensions["settings"]
    (stored,) = settings.uploads_dir.glob("*/*")
    stored.write_bytes(b"rotten")
    file = tmp_path / "backup.tar.gz"
    assert "DAMAGED" in run(sqlite_app, "backup", str(file), status=1)
    assert file.exists()


def test_a_backup_of_one_moment_while_others_write(
    app: Flask, town: Town, empty: Make, tmp_path: Path
) -> None:
    """Every ticket of the archive has its event, its audit entry and its notice."""
    stop = threading.Event()
    town.file()

    def write() -> None:
        with app.app_context():
            mine = Town()
            while not stop.is_set():
                mine.file()

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        files = [tmp_path / f"{number}.tar.gz" for number in range(3)]
        for file in files:
            run(app, "backup", str(file))
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    new = empty("sqlite")
    with new.app_context():
        run(new, "restore", str(files[-1]))
        for table, column in (("ticket_event", "ticket_id"), ("fact_mark", "id")):
            query = f"SELECT (SELECT count(*) FROM ticket) - (SELECT count({column}) FROM {table})"
            assert db.session.scalar(text(query)) == 0
        query = "SELECT count(*) FROM audit_entry WHERE action = 'ticket.submit'"
        assert db.session.scalar(text(query)) == db.session.scalar(
            text("SELECT count(*) FROM ticket")
        )
        db.session.remove()
        db.engine.dispose()
