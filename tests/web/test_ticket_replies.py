"""Following a ticket, and canned replies on its page."""

import pytest
from flask import Flask
from lxml.html import fromstring
from sqlalchemy import select

from servicedesk.extensions import db
from servicedesk.workbench.models import CannedReply
from servicedesk.workbench.replies import save_reply
from tests.support import Town, pass_time
from tests.web.css import css
from tests.web.test_desk import person
from tests.web.test_ticket_page import filed, open_app, page_of

__all__ = ["open_app"]  # a fixture


def test_following_and_not_following(open_app: Flask) -> None:
    _town, _ticket, address = filed("accept")
    db.session.remove()
    leader = person(open_app, "leader")
    shown = leader.post(f"{address}/follow", follow_redirects=True).text
    assert "1人关注" in shown and "取消关注" in shown
    shown = leader.post(f"{address}/follow", data={"stop": "1"}, follow_redirects=True).text
    assert "1人关注" not in shown


@pytest.mark.parametrize(
    ("form", "field"),
    [("message", "message_body"), ("note", "note_body"), ("dispatch", "dispatch-note")],
)
def test_without_scripts_the_server_fills_a_reply_in(
    open_app: Flask, form: str, field: str
) -> None:
    town, _ticket, address = filed("accept")
    made = save_reply(town.head, None, "问候", "{企业名称}您好", "park").id
    db.session.remove()
    answer = person(open_app, "desk").post(
        f"{address}/fill", data={"form": form, "reply_id": made, field: "前面的话"}
    )
    [area] = css(fromstring(answer.text), f"textarea[name={field}]")
    assert area.text.strip() == "前面的话\n恩德莱科技有限公司您好"


def test_someone_elses_reply_is_not_filled_in(open_app: Flask) -> None:
    town, _ticket, address = filed("accept")
    made = save_reply(town.officer, None, "私人", "私人的话", "").id
    db.session.remove()
    answer = person(open_app, "desk").post(
        f"{address}/fill", data={"form": "note", "reply_id": made, "note_body": "我的"}
    )
    assert "私人的话" not in answer.text and "我的" in answer.text


def test_replies_are_written_previewed_changed_and_deleted(open_app: Flask) -> None:
    Town()
    desk = person(open_app, "desk")
    assert "还没有常用语" in desk.get("/desk/replies").text
    values = {"title": "告知受理", "body": "{企业名称}您好", "shared": ""}
    preview = desk.post("/desk/replies/new", data={**values, "preview": "1"}).text
    assert "恩德莱科技有限公司您好" in preview
    assert desk.post("/desk/replies/new", data=values).status_code == 302
    wrong = desk.post("/desk/replies/new", data={**values, "body": "{手机}"})
    assert wrong.status_code == 422 and "不认识的占位符" in wrong.text and "{手机}" in wrong.text
    shared = desk.post("/desk/replies/new", data={**values, "shared": "park"})
    assert shared.status_code == 422
    made = db.session.scalars(select(CannedReply)).one().id
    db.session.remove()
    assert person(open_app, "head").get(f"/desk/replies/{made}").status_code == 404
    form = page_of(desk, f"/desk/replies/{made}")
    seen = css(form, "input[name=seen]")[0].get("value")
    changed = {**values, "title": "改过", "seen": seen}
    pass_time(seconds=1)
    assert desk.post(f"/desk/replies/{made}", data=changed).status_code == 302
    again = desk.post(f"/desk/replies/{made}", data={**changed, "body": "第二个窗口写的"})
    assert again.status_code == 409 and "第二个窗口写的" in again.text
    assert "改过" in desk.get("/desk/replies?q=改").text
    assert "没有找到" in desk.get("/desk/replies?q=别的").text
    assert desk.get("/desk/replies/export.xlsx").status_code == 200
    assert desk.post(f"/desk/replies/{made}/delete").status_code == 302
    assert "还没有常用语" in desk.get("/desk/replies").text


def test_what_is_shut_says_why(open_app: Flask) -> None:
    _town, _ticket, address = filed("accept", "dispatch")
    pass_time(days=5)
    db.session.remove()
    page = page_of(person(open_app, "officer"), address)
    [line] = css(page, ".shut-steps li")
    assert "退单" in line.text_content() and "签收" in line.text_content()
