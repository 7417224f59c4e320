"""Drafts on the ticket page: kept while typing, gone when sent, shown when their step is gone."""

from flask import Flask
from sqlalchemy import select

from servicedesk.extensions import db
from servicedesk.workbench.drafts import drafts_of, save_draft
from servicedesk.workbench.models import Draft
from tests.web.css import css
from tests.web.test_desk import person
from tests.web.test_ticket_page import filed, open_app, page_of

__all__ = ["open_app"]  # a fixture


def test_drafts_come_back_and_go_when_they_are_sent(open_app: Flask) -> None:
    town, ticket, address = filed()
    me, number, version = town.user("desk").id, ticket.id, ticket.version
    db.session.remove()
    desk = person(open_app, "desk")
    for form, field in (("note", "note_body"), ("decline", "decline-reason")):
        answer = desk.post(f"{address}/draft", data={"form": form, field: "写到一半"})
        assert answer.get_json()["kept"] is True
    page = page_of(desk, address)
    assert css(page, "#note_body")[0].text == "写到一半"
    [step] = css(page, "details[data-step=decline][open]")
    assert "写到一半" in step.text_content() and "草稿" in step.text_content()
    assert "写到一半" not in person(open_app, "head").get(address).text
    desk.post(f"{address}/note", data={"note_body": "写完了"})
    desk.post(
        f"{address}/act/decline",
        data={"seen": version, "decline-reason": "不属于园区", "decline-where_to_go": "区中心"},
    )
    assert drafts_of(me, number) == {}


def test_a_draft_can_be_thrown_away(open_app: Flask) -> None:
    town, ticket, address = filed()
    save_draft(town.user("desk").id, ticket.id, "note", {"note_body": "不要了"})
    db.session.remove()
    desk = person(open_app, "desk")
    [button] = css(page_of(desk, address), "button[data-discard]")
    desk.post(button.get("formaction"), data={button.get("name"): button.get("value")})
    assert "不要了" not in desk.get(address).text


def test_a_draft_of_a_step_that_is_not_open_any_more_is_shown(open_app: Flask) -> None:
    town, ticket, address = filed()
    save_draft(town.user("desk").id, ticket.id, "decline", {"decline-reason": "辛苦写的理由"})
    town.walk(ticket, "accept", "dispatch")
    db.session.remove()
    [rest] = css(page_of(person(open_app, "desk"), address), ".left-over")
    assert "辛苦写的理由" in rest.text_content()


def test_a_draft_too_long_or_of_no_form_is_refused(open_app: Flask) -> None:
    _town, _ticket, address = filed()
    db.session.remove()
    desk = person(open_app, "desk")
    assert desk.post(f"{address}/draft", data={"form": "note", "x": "长" * 5000}).status_code == 422
    assert desk.post(f"{address}/draft", data={"form": "nothing", "x": "x"}).status_code == 404
    assert db.session.scalars(select(Draft)).all() == []
