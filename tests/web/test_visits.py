"""Visits through their pages: planning, the plain form, what the telephone sends, the link."""

import io
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml.html import fromstring
from openpyxl import load_workbook
from sqlalchemy import func, select

from servicedesk.audit.models import AuditEntry
from servicedesk.extensions import db
from servicedesk.outreach.models import Visit, VisitRound, VisitStop
from servicedesk.tickets.models import Ticket
from tests.support import PASSWORD, Town
from tests.web.test_access import PNG
from tests.web.visit_values import visit_values

KEY = "0b9f4c1e-7a53-4e0b-9a8e-2f3c5d6e7f80"
RECORD = {
    "key": KEY, "visited_on": "2024-03-05", "place": "厂区办公楼", "met": "李工",
    "met_phone": "13800138000", "topic": "例行走访", "notes": "生产正常。",
    "started_at": "2024-03-05T01:30:00.000Z",
    "raised": [{"item": "J03", "title": "门前道路积水", "description": "雨后积水。"}],
}  # fmt: skip


@pytest.fixture
def open_app(sqlite_app: Flask) -> Flask:
    """Forms without a token: what is tested here is what they do."""
    sqlite_app.config["WTF_CSRF_ENABLED"] = False
    return sqlite_app


@pytest.fixture
def values(open_app: Flask) -> dict[str, Any]:
    """A round with one stop and a visit at alice's."""
    made = visit_values(Town())
    db.session.remove()
    return made


def person(app: Flask, login: str) -> FlaskClient:
    client = app.test_client()
    assert client.post("/sign-in", data={"login": login, "password": PASSWORD}).status_code == 302
    return client


def ids() -> dict[str, int]:
    town = Town()
    found = {"desk": town.desk.user_id or 0, "alice": town.enterprise_id("alice"),
             "bob": town.enterprise_id("bob")}  # fmt: skip
    db.session.remove()
    return found


def count(model: Any) -> int:
    db.session.remove()
    found = db.session.scalar(select(func.count()).select_from(model)) or 0
    db.session.remove()
    return found


PAGES = (
    "/desk/visits", "/desk/visits?word=waiting&raised=no&sort=oldest&q=有限&since=2024-01-01",
    "/desk/visits/{visit_id}", "/desk/visits/rounds", "/desk/visits/rounds?state=planned",
    "/desk/visits/rounds/{round_id}", "/desk/visits/rounds/{round_id}?sort=weight&officer=0",
    "/desk/visits/coverage", "/desk/visits/coverage?stand=never&area=-",
)  # fmt: skip
DESK_PAGES = (
    "/desk/visits/rounds/plan", "/desk/visits/rounds/plan?unvisited_days=1&new_days=0"
    "&bad_rating_days=0&expiring_days=0&reason=never", "/desk/visits/today?who=有限",
    "/desk/visits/phone", "/desk/visits/new/{enterprise_id}?stop={stop_id}",
)  # fmt: skip


@pytest.mark.parametrize("login", ["desk", "head", "leader", "follow"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_open(open_app: Flask, values: dict[str, Any], login: str, language: str) -> None:
    client = person(open_app, login)
    client.post(f"/language/{language}", data={})
    pages = (*PAGES, *(DESK_PAGES if login in ("desk", "head") else ()))
    for page in pages:
        answer = client.get(page.format(**values, enterprise_id=ids()["alice"]))
        assert answer.status_code == 200, page


def test_wrong_words_in_an_address(open_app: Flask, values: dict[str, Any]) -> None:
    desk = person(open_app, "desk")
    for page in ("/desk/visits?sort=x", "/desk/visits?since=x", "/desk/visits/rounds?state=x"):
        assert desk.get(page).status_code == 400
    for page in ("/desk/visits?after=x", "/desk/visits?officer=x", "/desk/visits?enterprise=99"):
        assert desk.get(page).status_code == 200
    for page in ("/desk/visits/99", "/desk/visits/rounds/99", "/desk/visits/new/99"):
        assert desk.get(page).status_code == 404
    assert desk.post("/desk/visits/stops/99/skip").status_code == 404


def test_exports_are_files_on_record(open_app: Flask, values: dict[str, Any]) -> None:
    leader, round_id = person(open_app, "leader"), values["round_id"]
    for page in ("/desk/visits/export.xlsx", "/desk/visits/rounds.xlsx",
                 f"/desk/visits/rounds/{round_id}/export.xlsx",
                 "/desk/visits/coverage.xlsx"):  # fmt: skip
        answer = leader.get(page)
        assert answer.status_code == 200, page
        sheet = load_workbook(io.BytesIO(answer.data)).active
        assert sheet is not None
        assert sheet.max_row >= 2
    text = " ".join(str(cell) for row in _rows(leader, "/desk/visits/export.xlsx") for cell in row)
    assert "李工" not in text
    kinds = set(db.session.scalars(select(AuditEntry.action)))
    assert {"visit.export", "visit_round.export", "visit_stop.export"} <= kinds
    assert person(open_app, "follow").get("/desk/visits/export.xlsx").status_code == 403


def _rows(client: FlaskClient, page: str) -> list[tuple[Any, ...]]:
    sheet = load_workbook(io.BytesIO(client.get(page).data)).active
    assert sheet is not None
    return list(sheet.iter_rows(values_only=True))


# Rounds ---------------------------------------------------------------------------------------

ROUND = {
    "name": "三月旬上门", "purpose": "了解用工", "starts_on": "2024-03-05", "ends_on": "2024-03-15",
    "unvisited_days": "90", "new_days": "90", "bad_rating_days": "60", "expiring_days": "30",
    "in_trouble": "y", "key": "k" * 20,
}  # fmt: skip


def test_a_round_from_plan_to_end(open_app: Flask) -> None:
    desk, who = person(open_app, "desk"), ids()
    page = desk.get("/desk/visits/rounds/plan")
    ticked = fromstring(page.text).xpath("//input[@name='enterprises']/@value")
    assert set(ticked) == {str(who["alice"]), str(who["bob"])}
    form = {**ROUND, "enterprises": ticked}
    for _press in range(2):
        answer = desk.post("/desk/visits/rounds/plan", data=form)
        assert answer.status_code == 302
    assert count(VisitRound) == 1
    home = answer.headers["Location"]
    shown = fromstring(desk.get(home).text)
    [seen] = shown.xpath("//form[contains(@action,'hand-out')]//input[@name='seen']/@value")
    handed = {"officers": [str(who["desk"])], "seen": seen}
    assert desk.post(f"{home}/hand-out", data=handed).status_code == 302
    assert desk.post(f"{home}/hand-out", data=handed).status_code == 409
    assert desk.post(f"{home}/hand-out", data={"officers": [], "seen": "2"}).status_code == 422
    first, second = db.session.scalars(select(VisitStop).order_by(VisitStop.id)).all()
    assert first.officer_id == second.officer_id == who["desk"]
    stop = f"/desk/visits/stops/{first.id}"
    for path, data, state in (
        ("skip", {"reason": ""}, "planned"), ("skip", {"reason": "放假"}, "skipped"),
        ("back", {}, "planned"), ("remove", {}, None),
    ):  # fmt: skip
        assert desk.post(f"{stop}/{path}", data=data).status_code == 302
        db.session.remove()
        found = db.session.get(VisitStop, first.id)
        assert (found.state if found else None) == state
    moved = {"officer": str(who["desk"]), "planned_on": "2024-03-15", "seen": str(second.version)}
    desk.post(f"/desk/visits/stops/{second.id}/assign", data=moved)
    added = desk.post(f"{home}/add", data={"enterprise": str(who["alice"])})
    assert added.status_code == 302
    refused = desk.post(f"{home}/close", data={"reason": "", "seen": "2"})
    assert refused.status_code == 422
    assert "写明原因" in refused.text
    answer = desk.post(f"{home}/close", data={"reason": "转入下一轮", "seen": "2"})
    assert answer.status_code == 302
    db.session.remove()
    assert set(db.session.scalars(select(VisitStop.state))) == {"skipped"}


def test_a_refused_plan_keeps_what_was_typed(open_app: Flask) -> None:
    desk, who = person(open_app, "desk"), ids()
    wrong = {**ROUND, "ends_on": "2024-03-01", "enterprises": [str(who["bob"])]}
    answer = desk.post("/desk/visits/rounds/plan", data=wrong)
    assert answer.status_code == 422
    page = fromstring(answer.text)
    assert page.xpath("//input[@name='name']/@value") == ["三月旬上门"]
    assert page.xpath("//input[@name='enterprises'][@checked]/@value") == [str(who["bob"])]
    assert page.xpath("//input[@name='key']/@value") == ["k" * 20]
    for changes in ({"new_days": "-1"}, {"new_days": "x"}, {"name": ""}, {"name": "长" * 41},
                    {"enterprises": []}, {"enterprises": ["999999"]}):  # fmt: skip
        assert desk.post("/desk/visits/rounds/plan", data={**wrong, **changes}).status_code == 422
    assert count(VisitRound) == 0


# The plain form -------------------------------------------------------------------------------


def test_the_plain_form_files_what_was_raised(open_app: Flask, values: dict[str, Any]) -> None:
    desk, who = person(open_app, "desk"), ids()
    page = f"/desk/visits/new/{who['alice']}?stop={values['stop_id']}"
    form = {
        "visited_on": "2024-03-05", "place": "厂区", "met": "李工", "topic": "例行走访",
        "key": "form-key-1", "stop": str(values["stop_id"]), "raised-0-item": "J03",
        "raised-0-title": "道路积水",
    }  # fmt: skip
    refused = desk.post(page, data=form)
    assert refused.status_code == 422
    assert fromstring(refused.text).xpath("//input[@name='raised-0-title']/@value") == ["道路积水"]
    fine = {**form, "raised-0-description": "雨后积水。"}
    for _press in range(2):
        photo = {**fine, "files": (io.BytesIO(PNG), "门头.png")}
        answer = desk.post(page, data=photo, content_type="multipart/form-data")
        assert answer.status_code == 302
    assert (count(Ticket), count(Visit)) == (1, 2)
    found = desk.get(answer.headers["Location"]).text
    assert "道路积水" in found
    assert "门头.png" in found
    assert desk.post(page, data={**fine, "met": "王工"}).status_code == 422
    bad = {**fine, "key": "form-key-2", "raised-0-item": "Z99", "visited_on": "2023-01-01"}
    assert "60" in desk.post(page, data=bad).text


# The telephone --------------------------------------------------------------------------------


def send(client: FlaskClient, *records: Any, account: Any = None) -> Any:
    body = {"account": account or str(ids()["desk"]), "records": list(records)}
    return client.post("/desk/visits/sync", json=body)


def record(**changes: Any) -> dict[str, Any]:
    return {**RECORD, "enterprise": ids()["alice"], **changes}


def test_a_record_sent_twice_stands_once(open_app: Flask) -> None:
    desk = person(open_app, "desk")
    first = send(desk, record()).get_json()["results"][0]
    again = send(desk, record()).get_json()["results"][0]
    assert first["status"] == again["status"] == "done"
    assert first["numbers"] == again["numbers"]
    assert (count(Visit), count(Ticket)) == (1, 1)
    visit = db.session.scalar(select(Visit))
    assert visit is not None
    assert visit.started_at is not None
    assert visit.started_at.isoformat() == "2024-03-05T01:30:00+00:00"
    different = send(desk, record(notes="另一次的内容")).get_json()["results"][0]
    assert different == {"key": KEY, "status": "different"}
    anonymous = open_app.test_client()
    for link in (first["link"], again["link"]):
        path = link.removeprefix("http://localhost")
        assert anonymous.get(path).status_code == (404 if link == first["link"] else 200)
    assert again["qr"].startswith("data:image/svg+xml")


def test_each_record_stands_or_falls_by_itself(open_app: Flask) -> None:
    answer = send(
        person(open_app, "desk"), record(met="", raised=[{"item": "J03", "title": "长" * 81}]),
        record(key=KEY[::-1]), record(key="other-key-1", visited_on="2024-03-06"),
        record(key="other-key-2", raised=[{"item": "Z99", "title": "x", "description": "y"}]),
    )  # fmt: skip
    results = answer.get_json()["results"]
    assert [one["status"] for one in results] == ["rejected", "done", "rejected", "rejected"]
    assert set(results[0]["errors"]) == {"met", "raised-0-title", "raised-0-description"}
    assert set(results[2]["errors"]) == {"visited_on"}
    assert set(results[3]["errors"]) == {"raised-0-item"}
    assert (count(Visit), count(Ticket)) == (1, 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"key": None}, {"key": "short"}, {"key": "x" * 101}, {"enterprise": "1"},
        {"enterprise": 2**40}, {"enterprise": None}, {"visited_on": 5}, {"place": ["厂区"]},
        {"met": "x" * 41}, {"met_phone": "12"}, {"notes": "长" * 2001}, {"raised": ["x"]},
        {"raised": [{"item": 5, "title": [], "description": {}}]}, {"photos": ["none"]},
        {"raised": [{"item": "J03", "title": "x", "description": "y"}] * 11},
    ],
)  # fmt: skip
def test_what_is_no_record_is_rejected(open_app: Flask, changes: dict[str, Any]) -> None:
    [result] = send(person(open_app, "desk"), record(**changes)).get_json()["results"]
    assert result["status"] == "rejected"
    assert count(Visit) == 0


@pytest.mark.parametrize(
    "changes", [{"stop": "x"}, {"stop": 10**12}, {"started_at": "gestern"}, {"started_at": 5},
                {"raised": None}, {"photos": "x"}, {"unknown": {"a": 1}}]
)  # fmt: skip
def test_what_does_not_matter_does_not_stop_a_record(
    open_app: Flask, changes: dict[str, Any]
) -> None:
    [result] = send(person(open_app, "desk"), record(**changes)).get_json()["results"]
    assert result["status"] == "done"


def test_records_of_another_account_are_not_taken(open_app: Flask) -> None:
    head = person(open_app, "head")
    assert send(head, record()).status_code == 409
    assert count(Visit) == 0
    for body in (None, [], {"records": []}, {"account": "1", "records": [{}] * 21}):
        assert head.post("/desk/visits/sync", json=body).status_code in (400, 409)
    assert open_app.test_client().post("/desk/visits/sync", json={}).status_code == 302
    assert person(open_app, "officer").post("/desk/visits/sync", json={}).status_code == 403


def test_the_shell_holds_nothing_of_anybody(open_app: Flask, values: dict[str, Any]) -> None:
    pages = [person(open_app, login).get("/desk/visits/phone").text for login in ("desk", "head")]
    assert pages[0] == pages[1]
    for word in ("恩德莱", "desk 甲", "csrf"):
        assert word not in pages[0]
    worker = open_app.test_client().get("/desk/visits/phone-worker.js")
    assert worker.mimetype == "text/javascript"
    kept = re.findall(r'"(/static/[^"]+)"', worker.text)
    client = open_app.test_client()
    assert len(kept) > 5
    assert all(client.get(path).status_code == 200 for path in kept)
    assert set(re.findall(r'(?:href|src)="(/static/[^"#]+)', pages[0])) <= set(kept)


def test_the_telephone_gets_only_its_own_stops(open_app: Flask) -> None:
    desk, who = person(open_app, "desk"), ids()
    form = {**ROUND, "enterprises": [str(who["alice"]), str(who["bob"])]}
    home = desk.post("/desk/visits/rounds/plan", data=form).headers["Location"]
    first, second = db.session.scalars(select(VisitStop).order_by(VisitStop.id)).all()
    stops = {first.id: "2024-03-05", second.id: "2024-03-06"}
    db.session.remove()
    for stop, day in stops.items():
        data = {"officer": str(who["desk"]), "planned_on": day, "seen": "1"}
        desk.post(f"/desk/visits/stops/{stop}/assign", data=data)
    found = desk.get("/desk/visits/phone/data").get_json()
    assert [one["stop"] for one in found["stops"]] == [first.id]
    assert found["account"] == str(who["desk"])
    assert "13800138000" not in str(found)
    assert "该走访的（1家）" in desk.get("/desk/visits/today").text
    assert person(open_app, "head").get("/desk/visits/phone/data").get_json()["stops"] == []
    send(desk, record(stop=first.id))
    assert desk.get("/desk/visits/phone/data").get_json()["stops"] == []
    assert "1/2" in desk.get("/desk/visits/rounds").text
    assert home


# The enterprise's word ------------------------------------------------------------------------


def test_the_link_shows_no_personal_data_and_works_once(open_app: Flask) -> None:
    desk = person(open_app, "desk")
    secret = {"item": "H01", "title": "与员工的劳动争议", "description": "想咨询律师。"}
    found = send(desk, record(raised=[*RECORD["raised"], secret])).get_json()["results"][0]  # type: ignore[misc]
    path = found["link"].removeprefix("http://localhost")
    stranger = open_app.test_client()
    shown = stranger.get(path).text
    assert "门前道路积水" in shown
    for word in ("李工", "13800138000", "劳动争议", "生产正常", "desk 甲"):
        assert word not in shown
    refused = stranger.post(path, data={"verdict": "differs", "name": "李工"})
    assert refused.status_code == 422
    assert "写明哪里不符" in refused.text
    said = {"verdict": "differs", "name": "李工", "comment": "日期不对"}
    assert "感谢" in stranger.post(path, data=said).text
    again = stranger.post(path, data={"verdict": "agreed", "name": "别人"})
    assert again.status_code == 200
    visit = db.session.scalar(select(Visit))
    assert visit is not None
    assert (visit.confirm_verdict, visit.confirm_comment) == ("differs", "日期不对")
    assert stranger.get("/portal/visit/nothing").status_code == 404
    page = desk.get(f"/desk/visits/{visit.id}").text
    assert "日期不对" in page


def test_members_confirm_in_the_portal(open_app: Flask, values: dict[str, Any]) -> None:
    alice, bob = person(open_app, "alice"), person(open_app, "bob")
    path = f"/portal/visits/{values['visit_id']}/confirm"
    assert bob.post(path, data={"verdict": "agreed"}).status_code == 404
    assert "还没有走访记录" in bob.get("/portal/visits").text
    assert "厂区" in alice.get("/portal/visits").text
    assert alice.post(path, data={"verdict": "differs"}).status_code == 422
    assert alice.post(path, data={}).status_code == 422
    assert alice.post(path, data={"verdict": "agreed"}).status_code == 302
    assert alice.post(path, data={"verdict": "agreed"}).status_code == 422
    desk = person(open_app, "desk")
    link = desk.post(f"/desk/visits/{values['visit_id']}/link")
    assert link.status_code == 302


def test_a_link_is_shown_this_once(open_app: Flask, values: dict[str, Any]) -> None:
    desk, page = person(open_app, "desk"), f"/desk/visits/{values['visit_id']}"
    shown = fromstring(desk.post(f"{page}/link").text)
    [link] = shown.xpath("//input[@id='link']/@value")
    assert open_app.test_client().get(link.removeprefix("http://localhost")).status_code == 200
    assert "portal/visit/" not in desk.get(page).text
    assert person(open_app, "leader").post(f"{page}/link").status_code == 403


def test_telephone_numbers_are_masked_and_asking_is_on_record(open_app: Flask) -> None:
    desk = person(open_app, "desk")
    found = send(desk, record()).get_json()["results"][0]
    assert "13800138000" not in desk.get(found["address"]).text
    assert "13800138000" in desk.post(found["address"] + "/phone").text
    asked = select(func.count(AuditEntry.id)).where(
        AuditEntry.action == "personal.unmask", AuditEntry.object_type == "visit"
    )
    assert db.session.scalar(asked) == 1
