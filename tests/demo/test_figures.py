"""The demo year gives every figure of the park's 2024 summary, by counting, on both databases."""

import io
import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import func, select

from servicedesk.accounts.actions import sign_in
from servicedesk.accounts.queries import by_login
from servicedesk.audit.queries import verify
from servicedesk.calendars.queries import calendar
from servicedesk.catalogue.models import ServiceItem
from servicedesk.core.counting import REGISTERED, Rounding
from servicedesk.core.deadlines import Step
from servicedesk.core.permissions import Role
from servicedesk.core.workflow import OPEN
from servicedesk.demo.people import DEMO_ACCOUNTS, REQUESTER_LOGIN
from servicedesk.demo.year import load
from servicedesk.extensions import db
from servicedesk.notifications.queries import counts
from servicedesk.organisation.queries import default_park, unit_by_code
from servicedesk.reports.content import content
from servicedesk.reports.figures import Reference
from servicedesk.reports.outcomes import enterprises, enterprises_with, outcome
from servicedesk.reports.periods import named
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


# The lists behind the numbers of a summary ------------------------------------------------------

EXPORTS = {
    "/desk/": "/desk/export.xlsx", "/desk/declarations": "/desk/declarations/export.xlsx",
    "/desk/events": "/desk/events/export.xlsx", "/insight/register": "/insight/register.xlsx",
    "/desk/consultations": "/desk/consultations/export.xlsx",
}  # fmt: skip
FIRM = ("企业", "企业名称")
Row = dict[str, Any]


@pytest.fixture
def head(demo: Flask) -> FlaskClient:
    """The browser of the desk's head, who sees what is confidential, too."""
    demo.config["WTF_CSRF_ENABLED"] = False
    client = demo.test_client()
    client.post("/sign-in", data={"login": "head", "password": "demo-2024"})
    return client


def rows_of(client: FlaskClient, address: str) -> Iterator[Row]:
    """Yield the rows of a list, from its export."""
    path, _, query = address.partition("?")
    assert client.get(address).status_code == 200, address
    answer = client.get(f"{EXPORTS[path]}?{query}")
    assert answer.status_code == 200, address
    sheet = load_workbook(io.BytesIO(answer.data)).active
    assert sheet is not None
    lines = [line for line in sheet.iter_rows(values_only=True) if sum(map(bool, line)) > 1]
    for line in lines[1:]:
        yield dict(zip(map(str, lines[0]), line, strict=True))


def counted(value: str, rows: list[Row]) -> float:
    """Count the rows in the unit of a number as it is written."""
    if value.endswith("人"):
        return sum(row["数量"] for row in rows)
    if value.endswith("亿元"):
        return round(sum(row["涉及投资（亿元）"] for row in rows), 2)
    if value.endswith(("件", "项", "场")):
        return len(rows)
    return len({next(row[name] for name in FIRM if name in row) for row in rows})


def number(value: str) -> float:
    """Read the number of a text: 35件, 甲、乙等4家企业; names alone are as many as they are."""
    found = re.search(r"等(\d+)家企业$|([\d.]+)(?:件|家|人|项|场|亿元)?$", value)
    return float(found[1] or found[2]) if found else value.count("、") + 1


@pytest.mark.parametrize(
    ("code", "unit_code"),
    [
        ("2024-W20", ""), ("2024-03", ""), ("2024-Q3", ""), ("2024-H1", ""), ("2026-11", ""),
        ("2024-Q3", "SCJG"), ("2024", "SCJG"),
    ],
)  # fmt: skip
def test_the_lists_have_exactly_the_rows_of_the_numbers(
    demo: Flask, head: FlaskClient, code: str, unit_code: str
) -> None:
    park_id = default_park().id
    unit = unit_by_code(park_id, unit_code) if unit_code else None
    said = content(park_id, named(code), Rounding.EXACT, unit)
    tried = 0
    for origin in said.origins:
        lists = [list(rows_of(head, link)) for link in origin.links]
        assert all(lists), origin  # no link leads to an empty list
        rows = [row for one in lists for row in one]
        if by_number(origin):
            assert counted(origin.value, rows) == number(origin.value), origin
            tried += 1
    assert tried >= 3


@pytest.mark.parametrize(
    ("code", "unit_code"), [("2024-W20", ""), ("2024-03", ""), ("2024-Q3", "SCJG")]
)
def test_the_table_s_numbers_open_exactly_their_tickets(
    demo: Flask, head: FlaskClient, code: str, unit_code: str
) -> None:
    park_id = default_park().id
    unit = unit_by_code(park_id, unit_code) if unit_code else None
    for line in content(park_id, named(code), unit=unit).rows:
        for text, link, kind in zip(line.texts[1:4], line.links[1:4], "件件家", strict=True):
            assert bool(link) == (text != "0")
            if link:
                assert counted(text + kind, list(rows_of(head, link))) == int(text), link


def by_number(origin: Reference) -> bool:
    """Rates are of many rows, one ticket may be reopened twice, events do not list who came."""
    return not (origin.value.endswith(("%", "次")) or "参训" in origin.meaning)
