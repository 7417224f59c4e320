"""Promise 1: what was answered with a success is there after ``kill -9``, whole or not at all."""

import random
import signal
import subprocess
import sys
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select, text

from servicedesk.audit.models import AuditEntry
from servicedesk.extensions import db
from servicedesk.tickets.models import Submission, Ticket, TicketEvent

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 4


def write_and_kill(url: str, folder: Path, prefix: str, answers: int) -> list[str]:
    """Let a writer answer about so many requests, kill it at once, and return what it answered."""
    writer = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.writer", url, str(folder), prefix],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert writer.stdout is not None
    answered = [writer.stdout.readline().strip() for _ in range(answers)]
    writer.send_signal(signal.SIGKILL)
    rest = writer.stdout.read().split()
    writer.wait()
    return [number for number in answered + rest if number.count("-") == 2]


def test_what_was_accepted_survives_a_kill(app: Flask, tmp_path: Path) -> None:
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    db.session.remove()
    dice = random.Random(9)
    answered: list[str] = []
    for number in range(ROUNDS):
        answered += write_and_kill(url, tmp_path, f"r{number}", dice.randrange(3, 25))
    assert len(answered) >= ROUNDS * 3
    stored = set(db.session.scalars(select(Ticket.number)))
    assert set(answered) <= stored
    assert len(answered) == len(set(answered))
    for table, condition in (
        (TicketEvent, TicketEvent.kind == "submit"),
        (AuditEntry, AuditEntry.action == "ticket.submit"),
        (Submission, Submission.id > 0),
    ):
        there = db.session.scalar(select(func.count()).select_from(table).where(condition))
        assert there == len(stored), table
    found = db.session.scalar(text("SELECT count(*) FROM ticket_search"))
    assert found == len(stored)
