"""The demo year gives every figure of the park's 2024 summary, by counting, on both databases."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask
from sqlalchemy import func, select

from servicedesk.accounts.actions import sign_in
from servicedesk.accounts.queries import by_login
from servicedesk.audit.queries import verify
from servicedesk.calendars.queries import calendar
from servicedesk.catalogue.models import ServiceItem
from servicedesk.core.counting import REGISTERED
from servicedesk.core.deadlines import Step
from servicedesk.core.permissions import Role
from servicedesk.core.workflow import OPEN
from servicedesk.demo.people import DEMO_ACCOUNTS, REQUESTER_LOGIN
from servicedesk.demo.year import load
from servicedesk.extensions import db
from servicedesk.notifications.queries import counts
from servicedesk.organisation.queries import default_park
from servicedesk.reports.outcomes import enterprises, enterprises_with, outcome
from servicedesk.statistics.cutting import Span
from servicedesk.statistics.verify import differences
from servicedesk.tickets import search
from servicedesk.tickets.models import Escalation, Extension, Outcome, Rating, Ticket, TicketEvent
from tests.demo.conftest import NOW
from tests.support import SHANGHAI

FIGURES = yaml.safe_load(Path(__file__).with_name("figures-2024.yaml").read_text("utf-8"))
YEAR: int = FIGURES["year"]
ALL_YEAR = Span(date(YEAR, 1, 1), date(YEAR, 12, 31))
OFFICE_STEPS = ("accept", "dispatch", "sign", "return", "assign", "resolve", "follow_up", "miss")
COPIES = 300


def _matches(number: float, wanted: Any) -> bool:
    if not isinstance(wanted, dict):
        return number == wanted
    low, above = wanted.get("at_least", 0), wanted.get("above", -1)
    return low <= number < wanted.get("below", 10**9) and number > above


HOMES = {Role.REQUESTER: "/portal/home", Role.LEADER: "/insight/", Role.ADMIN: "/admin/"}


def test_each_demo_account_signs_in_to_its_own_home(demo: Flask) -> None:
    demo.config["WTF_CSRF_ENABLED"] = False
    for role, login, password in DEMO_ACCOUNTS:
        client = demo.test_client()
        answer = client.post("/sign-in", data={"login": login, "password": password})
        home = HOMES.get(role, "/admin/audit" if role is Role.AUDITOR else "/desk/")
        assert answer.headers["Location"] == home, login
        assert client.get(home).status_code == 200, login
    assert {role for role, _login, _password in DEMO_ACCOUNTS} == set(Role) - {Role.SYSTEM}


@pytest.mark.parametrize("figure", FIGURES["figures"], ids=lambda figure: str(figure["id"]))
def test_the_figure_comes_out_by_counting(demo: Flask, figure: dict[str, Any]) -> None:
    park_id, items = default_park().id, figure["items"]
    for metric, wanted in figure.get("metric", {}).items():
        number = outcome(park_id, ALL_YEAR, items, metric, figure.get("list", ""))
        adds_up = metric not in ("applied", "recognised")
        assert _matches(number / 1000 if adds_up else number, wanted), metric
    if "enterprises" in figure:
        assert _matches(_enterprises(park_id, figure), figure["enterprises"])


# By what a figure counts its enterprises; F1 counts those with a visited delivery.
BEHIND = {"F2": "placed", "F10": "granted_money", "F11": "patents", "F12": "advised"}


def _enterprises(park_id: int, figure: dict[str, Any]) -> int:
    if metric := BEHIND.get(figure["id"]):
        return len(enterprises_with(park_id, ALL_YEAR, figure["items"], metric))
    return enterprises(park_id, ALL_YEAR, figure["items"], figure["visited"])


def test_what_has_a_register_is_counted_there_alone(demo: Flask) -> None:
    """No ticket of the demo reports a figure that its register counts."""
    query = (
        select(ServiceItem.code, Outcome.metric_code)
        .join(Ticket, Ticket.item_id == ServiceItem.id)
        .join(Outcome, Outcome.ticket_id == Ticket.id)
    )
    typed = {(code, metric) for code, metric in db.session.execute(query)}
    registered = {pair for pair in typed if pair[1] in REGISTERED.get(pair[0], ())}
    assert registered <= {("C01", "placed")}  # which hiring itself writes from confirmed arrivals


def test_the_year_has_a_believable_size(demo: Flask) -> None:
    months = db.session.scalars(select(Ticket.submitted_at))
    by_year = [moment.astimezone(SHANGHAI).year for moment in months]
    assert 400 <= by_year.count(2024) <= 480
    assert 120 <= by_year.count(2025) + by_year.count(2026) <= 240


def test_every_level_of_the_ladder_was_reached_in_2024(demo: Flask) -> None:
    new_year = datetime(2025, 1, 1, tzinfo=SHANGHAI)
    steps = select(Escalation.step).where(Escalation.fired_at < new_year).distinct()
    assert set(db.session.scalars(steps)) == {step.value for step in Step}


def test_alarms_went_off_in_time(demo: Flask) -> None:
    late = select(func.count()).where(Escalation.late_minutes > 0)
    assert db.session.scalar(late) == 0


def test_there_are_bad_ratings_and_reworks(demo: Flask) -> None:
    assert db.session.scalar(select(func.count()).where(Rating.level <= 2)) >= 5
    assert db.session.scalar(select(func.count()).where(Ticket.reworks > 0)) >= 5
    assert db.session.scalar(select(func.count()).where(Ticket.returns > 0)) >= 5


def test_staff_acted_in_working_time_only(demo: Flask) -> None:
    hours = calendar(default_park().id)
    moments = select(TicketEvent.at).where(TicketEvent.kind.in_(OFFICE_STEPS))
    assert [at for at in db.session.scalars(moments) if not hours.is_working_moment(at)] == []


def test_time_went_forward(demo: Flask) -> None:
    moments = list(db.session.scalars(select(TicketEvent.at).order_by(TicketEvent.id)))
    assert moments == sorted(moments)
    assert moments[-1] <= NOW


def test_the_queue_of_today_is_alive(demo: Flask) -> None:
    states = set(db.session.scalars(select(Ticket.state).distinct()))
    assert states >= {state.value for state in OPEN}
    assert db.session.scalar(select(func.count()).where(Extension.verdict.is_(None)))
    open_levels = select(func.max(Ticket.ladder_level)).where(Ticket.state == "in_progress")
    assert db.session.scalar(open_levels) == 3


def test_every_demo_account_can_sign_in_and_has_work(demo: Flask) -> None:
    for role, login, password in DEMO_ACCOUNTS:
        assert sign_in(login, password).role == role
    mine = by_login(REQUESTER_LOGIN)
    assert mine is not None
    filed = select(Ticket.state).where(Ticket.requester_id == mine.id).distinct()
    assert len(set(db.session.scalars(filed)) & {state.value for state in OPEN}) >= 3


def test_no_mail_waits_and_the_trail_is_whole(demo: Flask) -> None:
    assert counts().get("waiting", 0) == 0
    verdict = verify()
    assert verdict.broken_at is None


def test_the_counts_are_what_the_tickets_say(demo: Flask) -> None:
    assert list(differences(default_park().id)) == []


def test_a_second_load_changes_nothing(demo: Flask) -> None:
    before = db.session.scalar(select(func.count()).select_from(Ticket))
    said: list[str] = []
    load(progress=said.append)
    assert db.session.scalar(select(func.count()).select_from(Ticket)) == before
    assert said


def test_copies_for_benchmarks_leave_the_figures_alone(demo: Flask) -> None:
    park_id = default_park().id
    before = db.session.scalar(select(func.count()).select_from(Ticket)) or 0
    delivered = enterprises(park_id, ALL_YEAR, ["C01"])
    load(tickets=COPIES, progress=lambda _: None)
    newest = db.session.scalars(select(Ticket).order_by(Ticket.id.desc()).limit(1)).one()
    assert db.session.scalar(select(func.count()).select_from(Ticket)) == before + COPIES
    assert enterprises(park_id, ALL_YEAR, ["C01"]) == delivered
    assert newest.submitted_at.year < YEAR
    found = search.condition(newest.number)
    assert found is not None
    assert list(db.session.scalars(select(Ticket.id).where(found))) == [newest.id]
    assert list(differences(park_id)) == []
