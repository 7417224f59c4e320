"""What the tests of the scheduler share: waiting tickets, what went off, and other processes."""

import os
import subprocess
import sys
from datetime import datetime

from flask import Flask
from sqlalchemy import select

from config import ROOT, Settings
from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.notifications.models import Notice
from servicedesk.tickets.models import Escalation, Ticket
from tests.support import Town


def in_progress(town: Town) -> Ticket:
    """A ticket that an officer works on."""
    return town.walk(town.file(), "accept", "dispatch", "sign")


def alarm_of(ticket: Ticket) -> datetime:
    """When the ticket's next alarm goes off."""
    db.session.rollback()
    assert ticket.next_alarm_at is not None
    return ticket.next_alarm_at


def go_to_alarm(ticket: Ticket) -> datetime:
    """Hold the clock at the ticket's next alarm."""
    moment = alarm_of(ticket)
    clock.set(moment)
    return moment


def fired(ticket: Ticket) -> list[Escalation]:
    """What went off, in the order in which it did."""
    db.session.rollback()
    query = select(Escalation).where(Escalation.ticket_id == ticket.id).order_by(Escalation.id)
    return list(db.session.scalars(query))


def told_of(town: Town, escalation: Escalation) -> set[str]:
    """Who of the town's staff was told of an alarm."""
    logins = ("desk", "follow", "head", "officer", "officer2", "unithead", "leader", "admin")
    users = {town.user(login).id: login for login in (*logins, "auditor", "alice", "bob")}
    query = select(Notice.user_id).where(Notice.dedup_key.like(f"escalation:{escalation.id}:%"))
    found = [users[number] for number in db.session.scalars(query)]
    assert len(found) == len(set(found))
    return set(found)


def environment(app: Flask, **more: str) -> dict[str, str]:
    """What another process needs to work on the same installation."""
    settings: Settings = app.extensions["settings"]
    return {
        **os.environ,
        "FLASK_APP": "wsgi",
        "DATABASE_URL": settings.database_url,
        "DATA_DIR": str(settings.data_dir),
        "SECRET_KEY": settings.secret_key,
        "DEMO": "0",
        **more,
    }


def flask(app: Flask, *arguments: str, **more: str) -> subprocess.Popen[str]:
    """Start ``flask ...`` as a process of its own."""
    db.session.rollback()
    return subprocess.Popen(
        [sys.executable, "-m", "flask", *arguments],
        cwd=ROOT,
        env=environment(app, **more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
