"""The pages of reports: asking, progress, fetching, retrying, subscriptions, templates."""

import io
import re
from typing import Any

import pytest
from docx import Document
from flask import Flask
from flask.testing import FlaskClient

from servicedesk.extensions import db
from servicedesk.organisation.queries import unit_by_code
from servicedesk.reports import making, runs
from servicedesk.reports.content import content
from servicedesk.reports.periods import named
from servicedesk.reports.runs import mine
from servicedesk.reports.templates import default_template
from servicedesk.statistics.facts import build
from tests.support import Town
from tests.web.test_access import person

DONE = ("accept", "dispatch", "sign", "resolve", "confirm", "rate", "close")


@pytest.fixture
def page(sqlite_app: Flask) -> FlaskClient:
    """The desk head's browser, whose forms need no token."""
    sqlite_app.config["WTF_CSRF_ENABLED"] = False
    return person(sqlite_app, "head")


def key_of(text: str) -> str:
    """Return the one-time key of the form."""
    found = re.search(r'name="key" value="([^"]+)"', text)
    assert found
    return found[1]


def test_a_report_from_the_form_to_the_file(page: FlaskClient) -> None:
    Town().file()
    text = page.get("/insight/reports?kind=ledger").text
    assert "还没有报表" in text
    form = {"kind": "ledger", "key": key_of(text), "first": "2024-03-01", "last": "2024-03-31"}
    for _ in range(2):  # a double click
        assert page.post("/insight/reports", data=form).status_code == 302
    text = page.get("/insight/reports").text
    assert text.count("排队中</span>") == 1
    assert 'hx-trigger="load delay:3s"' in text
    making.make_waiting()
    text = page.get("/insight/reports/progress").text
    assert "已完成" in text and "1行" in text and "hx-get" not in text
    [address] = re.findall(r'href="(/insight/reports/\d+/file)"', text)
    sent = page.get(address)
    assert sent.mimetype.endswith("spreadsheetml.sheet")
    assert "attachment" in sent.headers["Content-Disposition"]
    assert sent.data[:2] == b"PK"


def test_another_persons_report_does_not_exist(page: FlaskClient, sqlite_app: Flask) -> None:
    text = page.get("/insight/reports?kind=monthly").text
    page.post(
        "/insight/reports", data={"kind": "monthly", "key": key_of(text), "period": "2024-02"}
    )
    making.make_waiting()
    number = mine(Town().head)[0].id
    assert page.get(f"/insight/reports/{number}/file").status_code == 200
    other = person(sqlite_app, "leader")
    assert other.get(f"/insight/reports/{number}/file").status_code == 404
    assert other.post(f"/insight/reports/{number}/retry").status_code == 404


def test_a_failed_report_says_why_and_can_be_made_again(
    page: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = page.get("/insight/reports?kind=summary").text
    assert "近60家" in text
    form = {"kind": "summary", "key": key_of(text), "period": "2023", "rounding": "near"}
    page.post("/insight/reports", data=form)

    def broken(*_: Any) -> None:
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr(making, "_written", broken)
        making.make_waiting()
    text = page.get("/insight/reports").text
    assert making.BROKEN in text
    [address] = re.findall(r'action="(/insight/reports/\d+/retry)"', text)
    page.post(address)
    making.make_waiting()
    db.session.expire_all()
    assert mine(Town().head)[0].state == runs.DONE
    assert "未成功" not in page.get("/insight/reports").text


def test_every_rhythm_has_its_summary(page: FlaskClient) -> None:
    text = page.get("/insight/reports?kind=summary_half").text
    assert '<option value="2023-H2">2023年下半年</option>' in text.replace(" selected", "")
    assert "近60家" in text
    for kind, period in (("week", "2024-W09"), ("month", "2024-02"), ("quarter", "2023-Q4")):
        form = {"kind": f"summary_{kind}", "period": period, "rounding": "exact", "key": kind}
        assert page.post("/insight/reports", data=form).status_code == 302
    making.make_waiting()
    text = page.get("/insight/reports").text
    assert text.count("已完成") == 3
    assert "每周工作情况</strong> · 2024年第9周（02-26 ~ 03-03）" in text
    assert "季度工作总结</strong> · 2023年第4季度" in text


@pytest.mark.parametrize(
    "form",
    [
        {"kind": "ledger", "first": "2024-03-31", "last": "2024-03-01"},
        {"kind": "ledger", "first": "x", "last": ""},
        {"kind": "weekly", "period": "2024-W99"},
        {"kind": "weekly", "period": ""},
        {"kind": "summary", "period": "2023", "rounding": "wild"},
    ],
)
def test_a_wrong_form_comes_back(page: FlaskClient, form: dict[str, str]) -> None:
    assert page.post("/insight/reports", data=form).status_code == 422
    assert not mine(Town().head)


def test_a_unit_head_is_told_that_reports_are_of_the_own_unit(
    page: FlaskClient, sqlite_app: Flask
) -> None:
    head = person(sqlite_app, "unithead")
    for kind in ("monthly", "summary_month"):
        assert "只含本单位。" in head.get(f"/insight/reports?kind={kind}").text
    assert "只含本单位。" not in page.get("/insight/reports?kind=summary_month").text
    assert person(sqlite_app, "desk").get("/insight/reports").status_code == 403


def test_a_unit_s_summary_leads_its_head_to_exactly_its_tickets(
    page: FlaskClient, sqlite_app: Flask
) -> None:
    town = Town()
    for login in ("alice", "alice", "bob"):
        town.walk(town.file(login), *DONE)
    town.walk(town.walk(town.file(), "accept"), "dispatch", unit_id=town.unit_id("GHJS"))
    build(town.park_id)
    unit = unit_by_code(town.park_id, "SCJG")
    head = person(sqlite_app, "unithead")
    for code in ("2024-W10", "2024-03", "2024"):
        said = content(town.park_id, named(code), unit=unit)
        assert [one.value for one in said.origins][:3] == ["3件", "3件", "2家"]
        for origin in said.origins:
            [link] = origin.links
            assert "unit=SCJG" in link
            assert head.get(link).text.count("<tr data-number=") == 3, link
            other = link.replace("unit=SCJG", "unit=GHJS")
            assert head.get(other).status_code == 403


def test_subscribing_and_ending_it(page: FlaskClient) -> None:
    page.post("/insight/reports/subscriptions", data={"kind": "weekly", "on": "1"})
    assert "已订阅</span>" in page.get("/insight/reports").text
    page.post("/insight/reports/subscriptions", data={"kind": "weekly", "on": "0"})
    assert "已订阅</span>" not in page.get("/insight/reports").text


def test_a_template_is_downloaded_changed_taken_and_put_away(page: FlaskClient) -> None:
    sent = page.get("/insight/reports/templates/default.docx")
    document = Document(io.BytesIO(sent.data))
    document.add_paragraph("园区办公室")
    changed = io.BytesIO()
    document.save(changed)
    data = {"file": (io.BytesIO(changed.getvalue()), "我们的模板.docx")}
    assert page.post("/insight/reports/templates", data=data).status_code == 302
    text = page.get("/insight/reports/templates").text
    assert "我们的模板.docx" in text and "在用" in text
    [address] = set(re.findall(r'href="(/insight/reports/templates/\d+\.docx)"', text))
    assert page.get(address).data == changed.getvalue()
    page.post("/insight/reports/templates/default")
    assert "现在用的是默认模板" in page.get("/insight/reports/templates").text


def test_a_broken_template_is_refused_with_a_sentence(page: FlaskClient) -> None:
    document = Document(io.BytesIO(default_template()))
    document.add_paragraph("{{ 没有的名称 }}")
    broken = io.BytesIO()
    document.save(broken)
    data = {"file": (io.BytesIO(broken.getvalue()), "坏.docx")}
    answer = page.post("/insight/reports/templates", data=data)
    assert answer.status_code == 422
    assert "不认识的名称" in answer.text
    assert page.post("/insight/reports/templates", data={}).status_code == 422
