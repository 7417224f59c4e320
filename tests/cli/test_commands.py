"""The commands that operators and scripts rely on."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from servicedesk.accounts.actions import sign_in
from servicedesk.audit.actions import seal
from servicedesk.audit.models import AuditEntry
from servicedesk.extensions import db
from servicedesk.jobs import scheduler
from servicedesk.jobs.registry import JOBS
from servicedesk.tickets.models import Ticket
from tests.jobs.support import fired, in_progress
from tests.statistics import altering
from tests.support import Town, pass_time


def run(app: Flask, *arguments: str, status: int = 0) -> str:
    """Run ``flask ...`` in this process and return what it said."""
    db.session.rollback()
    result = app.test_cli_runner().invoke(args=arguments)
    assert result.exit_code == status, (result.output, result.exception)
    return result.output


def test_jobs_list_says_what_runs_and_how_it_went(app: Flask) -> None:
    assert run(app, "jobs", "list").count("never run") == len(JOBS)
    scheduler.tick("a")
    said = run(app, "jobs", "list")
    assert [line.split()[0] for line in said.splitlines()] == list(JOBS)
    assert "2024-03-05 10:00:00" in said and "never run" not in said


def test_a_job_runs_as_of_another_time(app: Flask, town: Town) -> None:
    ticket = in_progress(town)
    assert run(app, "jobs", "run", "escalate") == "escalate: 0 changed\n"
    at = "2024-06-03T10:00"  # local time
    assert run(app, "jobs", "run", "escalate", "--at", at) == "escalate: 5 changed\n"
    assert {row.fired_at.isoformat() for row in fired(ticket)} == {"2024-06-03T02:00:00+00:00"}
    run(app, "jobs", "run", "escalate", "--at", "yesterday", status=2)
    run(app, "jobs", "run", "nothing", status=2)


def test_the_first_administrator(app: Flask) -> None:
    options = ("--name", "管理员", "--role", "admin", "--password", "a good long word")
    assert "created: root" in run(app, "user", "create", "Root", *options)
    assert sign_in("root", "a good long word").role == "admin"
    assert "已被使用" in run(app, "user", "create", "root", *options, status=1)
    unit = ("--unit", "NONE")
    assert "no unit" in run(app, "user", "create", "other", *options, *unit, status=2)
    short = ("--name", "x", "--role", "desk", "--password", "short")
    assert "8" in run(app, "user", "create", "other", *short, status=1)
    run(app, "user", "create", "other", "--name", "x", "--role", "system", status=2)


def test_audit_verify_finds_a_change(app: Flask, town: Town) -> None:
    town.walk(town.file(), "accept")
    seal()
    assert "sealed and unchanged" in run(app, "audit", "verify")
    _tamper("UPDATE audit_entry SET user_name = 'somebody else' WHERE action = 'ticket.accept'")
    said = run(app, "audit", "verify", status=1)
    assert "BROKEN" in said and "was changed" in said


def test_the_trail_cannot_be_changed_by_accident(app: Flask, town: Town) -> None:
    town.file()
    with pytest.raises(Exception, match="cannot be changed"), db.engine.begin() as connection:
        connection.execute(text("UPDATE audit_entry SET user_name = 'x'"))


def _tamper(statement: str) -> None:
    """What somebody with the database's password could do."""
    db.session.rollback()
    with db.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER audit_entry_no_update"))
        else:
            connection.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER ALL"))
        connection.execute(text(statement))


def test_counts_are_built_and_verified(app: Flask, town: Town) -> None:
    town.walk(in_progress(town), "resolve", "confirm", "rate", "close")
    pass_time(minutes=1)
    run(app, "counts", "build")
    assert "right" in run(app, "counts", "verify")
    (fact,) = altering.facts(town.park_id)
    altering.alter(town.park_id, int(fact["ticket_id"]), rating=1)
    assert run(app, "counts", "verify", status=1)


def test_setup_again_changes_nothing(app: Flask, town: Town) -> None:
    ticket = town.file()
    run(app, "setup")
    assert db.session.get(Ticket, ticket.id) is not None


def test_reindex_finds_every_ticket_again(app: Flask, town: Town) -> None:
    town.file()
    with db.engine.begin() as connection:
        connection.execute(text("DELETE FROM ticket_search"))
    assert run(app, "reindex") == "1 tickets indexed\n"


def test_a_ledger_that_was_taken_out_is_on_record(app: Flask, town: Town, tmp_path: Path) -> None:
    town.file()
    days = ("--from", "2024-03-01", "--to", "2024-03-31", "--out", str(tmp_path / "x.xlsx"))
    run(app, "report", "ledger", *days)
    entry = db.session.query(AuditEntry).filter_by(action="ledger.export").one()
    assert (entry.object_id, entry.after) == ("from=2024-03-01&to=2024-03-31", {"rows": 1})


def test_a_report_needs_days_in_order(app: Flask, tmp_path: Path) -> None:
    out = str(tmp_path / "x.xlsx")
    run(
        app,
        "report",
        "ledger",
        "--from",
        "2024-02-01",
        "--to",
        "2024-01-01",
        "--out",
        out,
        status=2,
    )


def test_a_summary_of_any_period_is_on_record(app: Flask, town: Town, tmp_path: Path) -> None:
    out = str(tmp_path / "x.docx")
    for code in ("2024-W10", "2024-03", "2024-Q1", "2024-H1", "2024"):
        assert "written" in run(app, "report", "summary", code, "--out", out)
    entries = db.session.query(AuditEntry).filter_by(action="summary.export").order_by("id")
    assert [entry.object_id for entry in entries] == [
        "2024-W10", "2024-03", "2024-Q1", "2024-H1", "2024",
    ]  # fmt: skip
    assert "2024-Q1" in run(app, "report", "summary", "spring", "--out", out, status=2)
    assert "not begun" in run(app, "report", "summary", "2024-Q2", "--out", out, status=2)
