"""The ticket's page of the desk: steps in groups, two forms apart, timeline, tools, the way back."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml.html import HtmlElement, fromstring
from sqlalchemy import select

from servicedesk.core.transitions import TRANSITIONS
from servicedesk.extensions import db
from servicedesk.tickets import effects
from servicedesk.tickets.actions import send_message, take
from servicedesk.tickets.models import Ticket, TicketEvent
from servicedesk.web import access
from servicedesk.web.desk.action_box import BESIDE, GROUP_OF, GROUPS, LIKELY, likely_of
from servicedesk.web.telling import ICONS, LABELS, NOT_SAID, OTHER_NAMES
from servicedesk.workbench.presence import beat
from tests.support import Town, pass_time
from tests.web.css import css
from tests.web.test_desk import person


@pytest.fixture
def open_app(sqlite_app: Flask) -> Flask:
    """Forms without a token."""
    sqlite_app.config["WTF_CSRF_ENABLED"] = False
    return sqlite_app


def filed(*steps: str, **changes: str) -> tuple[Town, Ticket, str]:
    """A town, a ticket after ``steps``, and the address of its page."""
    town = Town()
    ticket = town.walk(town.file(**changes), *steps)
    return town, ticket, f"/desk/tickets/{ticket.number}"


def page_of(client: FlaskClient, address: str) -> HtmlElement:
    answer = client.get(address)
    assert answer.status_code == 200
    return fromstring(answer.text)


def as_the_enterprise(address: str) -> str:
    """The enterprise's page of the same ticket."""
    return address.replace("/desk/tickets/", "/portal/requests/")


def kinds() -> list[str]:
    found = list(db.session.scalars(select(TicketEvent.kind).order_by(TicketEvent.id)))
    db.session.remove()
    return found


# The steps --------------------------------------------------------------------------------------


def test_every_step_has_its_group_and_its_icon() -> None:
    names = {step.name for step in TRANSITIONS}
    assert set(GROUP_OF) == names
    assert set(GROUP_OF.values()) == set(GROUPS)
    assert set(LIKELY) | set(BESIDE) | set(BESIDE.values()) <= names
    assert names | set(OTHER_NAMES) == set(ICONS)


def test_all_that_an_event_may_say_has_words() -> None:
    """Every key that an effect writes into the timeline is named, or said not to be shown."""
    source = "".join(path.read_text() for path in Path(effects.__file__).parent.glob("*.py"))
    written = {
        key
        for pattern in (r'data\["(\w+)"\] =', r'\.text\("(\w+)"\)', r'\.day\("(\w+)"\)')
        for key in re.findall(pattern, source)
    } | {
        key
        for group in re.findall(r"data \|= \{(.*)\}", source)
        for key in re.findall(r'"(\w+)":', group)
    }
    assert len(written) > 20
    assert written <= set(LABELS) | NOT_SAID


def test_one_or_two_steps_are_likely() -> None:
    assert likely_of(["return", "assign", "sign", "hand_over"]) == ["sign", "return"]
    assert likely_of(["resolve", "approve_extension", "refuse_extension"]) == [
        "approve_extension", "refuse_extension",
    ]  # fmt: skip
    assert likely_of(["accept", "decline", "merge"]) == ["accept"]
    assert likely_of(["hand_over"]) == []


def test_the_likely_step_stands_open_and_the_rest_in_groups(open_app: Flask) -> None:
    _town, _ticket, address = filed("accept", "dispatch")
    db.session.remove()
    page = page_of(person(open_app, "officer"), address)
    first, second = css(page, ".actions > .card-body > details.action")
    assert (first.get("data-step"), first.get("open") is not None) == ("sign", True)
    assert (second.get("data-step"), second.get("open") is not None) == ("return", False)
    groups = css(page, "details.action-group")
    assert groups and all(group.get("open") is None for group in groups)
    for group in groups:
        shown = css(group, "summary .count")[0].text
        assert int(shown) == len(css(group, "details.action")) > 0
    steps = [form.get("action").rsplit("/", 1)[1] for form in css(page, ".action form")]
    assert len(steps) == len(set(steps)) > 2


def test_a_refused_step_of_a_group_comes_back_open(open_app: Flask) -> None:
    _town, ticket, address = filed("accept", "dispatch")
    version = ticket.version
    db.session.remove()
    answer = person(open_app, "officer").post(
        f"{address}/act/ask_support", data={"seen": version, "ask_support-request": "请核实管网"}
    )
    assert answer.status_code == 422
    page = fromstring(answer.text)
    [step] = css(page, "details.action-group[open] details.action[open]")
    assert step.get("data-step") == "ask_support" and "请核实管网" in step.text_content()


# Words to the enterprise, and words inside --------------------------------------------------------


def test_the_two_forms_cannot_be_taken_for_each_other(open_app: Flask) -> None:
    _town, _ticket, address = filed("accept")
    db.session.remove()
    page = page_of(person(open_app, "desk"), address)
    message, note = (css(page, f"form[data-form={name}]")[0] for name in ("message", "note"))
    for what in ("action", "data-form"):
        assert message.get(what) != note.get(what)
    for part in ("textarea", ".write-seen", "button[data-send]"):
        one, other = css(message, part)[0], css(note, part)[0]
        assert one.get("name") != other.get("name") or one.text_content() != other.text_content()
    assert "会立刻看到" in message.text_content() and "企业永远看不到" in note.text_content()
    assert "write-message" in message.getparent().get("class")
    assert "write-note" in note.getparent().get("class")


@pytest.mark.parametrize(
    ("to", "fields"),
    [
        ("message", {"note_body": "只给同事看"}),
        ("message", {"body": "只给同事看", "internal": "1"}),  # a page from before the change
        ("note", {"message_body": "给企业的"}),
    ],
)
def test_a_form_sent_to_the_other_address_says_nothing(
    open_app: Flask, to: str, fields: dict[str, str]
) -> None:
    _town, _ticket, address = filed("accept")
    db.session.remove()
    before = kinds()
    assert person(open_app, "desk").post(f"{address}/{to}", data=fields).status_code == 400
    assert kinds() == before


def test_each_form_says_it_to_its_own(open_app: Flask) -> None:
    _town, _ticket, address = filed("accept")
    db.session.remove()
    desk = person(open_app, "desk")
    assert desk.post(f"{address}/message", data={"message_body": "给企业的话"}).status_code == 302
    assert desk.post(f"{address}/note", data={"note_body": "内部的话"}).status_code == 302
    assert kinds()[-2:] == ["message", "note"]
    seen = person(open_app, "alice").get(as_the_enterprise(address)).text
    assert "给企业的话" in seen and "内部的话" not in seen
    [note] = css(page_of(desk, address), ".entry-note")
    assert "内部，企业看不到" in note.text_content()
    assert css(note, "use")[0].get("href").endswith("#lock")


def test_an_empty_message_comes_back_with_the_reason(open_app: Flask) -> None:
    _town, _ticket, address = filed("accept")
    db.session.remove()
    answer = person(open_app, "desk").post(f"{address}/message", data={"message_body": " "})
    assert answer.status_code == 422
    [form] = css(fromstring(answer.text), "details.write-message[open] form")
    assert "请写下要说的话" in form.text_content()


def test_a_refused_mention_keeps_the_text(open_app: Flask) -> None:
    _town, _ticket, address = filed("accept")
    db.session.remove()
    desk = person(open_app, "desk")
    answer = desk.post(f"{address}/note", data={"note_body": "@officer2 甲 请看这件"})
    assert answer.status_code == 422
    [form] = css(fromstring(answer.text), "details.write-note[open] form")
    assert "无权查看本工单" in form.text_content()
    assert css(form, "textarea")[0].text == "@officer2 甲 请看这件"
    assert kinds()[-1] == "accept"


def test_a_misspelt_mention_is_kept_with_a_warning(open_app: Flask) -> None:
    _town, _ticket, address = filed("accept")
    db.session.remove()
    answer = person(open_app, "desk").post(
        f"{address}/note", data={"note_body": "@老王，请看"}, follow_redirects=True
    )
    assert "没有叫“老王”的同事" in answer.text and kinds()[-1] == "note"


def test_only_who_may_see_it_is_offered(open_app: Flask) -> None:
    _town, _ticket, address = filed("accept", "dispatch", item="H01")
    db.session.remove()
    page = page_of(person(open_app, "desk"), address)
    offered = {one.get("data-name") for one in css(page, "#mention-list li")}
    assert "head 甲" in offered and not offered & {
        "leader 甲",
        "desk 甲",
        "admin 甲",
        "officer2 甲",
    }


# The timeline -------------------------------------------------------------------------------------


def test_the_timeline_is_filtered_and_its_old_entries_fold(open_app: Flask) -> None:
    town, ticket, address = filed("accept", "dispatch", "sign")
    for number in range(12):
        send_message(town.officer, ticket.id, f"留言{number}")
    send_message(town.officer, ticket.id, "备注", internal=True)
    db.session.remove()
    officer = person(open_app, "officer")
    page = page_of(officer, address)
    pills = {
        one.text_content().split()[0]: int(css(one, ".number")[0].text)
        for one in css(page, ".pills-small a")
    }
    assert pills == {"全部": 17, "对话": 12, "步骤": 4, "内部备注": 1}
    assert len(css(page, "details.older .entry")) == 9
    assert len(css(page, ".entry")) == 17
    for show, count in (("talk", 12), ("steps", 4), ("notes", 1)):
        part = page_of(officer, f"{address}?show={show}")
        assert len(css(part, ".entry")) == count
    assert officer.get(f"{address}?show=secrets").status_code == 400


def test_new_kinds_are_told_in_words(open_app: Flask) -> None:
    town, ticket, address = filed("accept", "dispatch")
    ticket = town.walk(ticket, "return", "dispatch", "sign", "request_supplement", "supplement")
    take(
        town.officer, ticket.id, "ask_support", {"unit_id": town.unit_id("GHJS"), "request": "核实"}
    )
    ticket = town.walk(ticket, "answer_support", "request_extension")
    take(town.head, ticket.id, "hand_over", {"duty": "intake", "to_id": town.user("head").id,
                                             "reason": "休假"})  # fmt: skip
    db.session.remove()
    text = page_of(person(open_app, "head"), address).text_content()
    for words in ("不属于本单位职责", "最迟补交", "首接人", "申请延到", "2024年3月8日"):
        assert words in text, words
    for raw in ("not_ours", "2024-03-08", "intake"):
        assert raw not in text.replace("duty-intake", ""), raw
    told = person(open_app, "alice").get(as_the_enterprise(address)).text
    assert "请在此之前补交" in told


# Who is here --------------------------------------------------------------------------------------


def test_the_heartbeat_says_who_is_here_and_what_version(open_app: Flask) -> None:
    town, ticket, address = filed()
    beat(town.user("head").id, ticket.id, typing=True)
    version = ticket.version
    db.session.remove()
    desk = person(open_app, "desk")
    assert "head 甲 正在填写" in desk.get(address).text
    answer = desk.post(f"{address}/presence", data={"typing": "1"}).get_json()
    assert answer["version"] == version
    assert [one["text"] for one in answer["people"]] == ["head 甲 正在填写"]
    seen = person(open_app, "head").post(f"{address}/presence").get_json()
    assert [one["text"] for one in seen["people"]] == ["desk 甲 正在填写"]
    desk.post(f"{address}/presence", data={"leave": "1"})
    seen = person(open_app, "head").post(f"{address}/presence").get_json()
    assert seen["people"] == []


def test_a_strangers_ticket_has_nobody(open_app: Flask) -> None:
    _town, _ticket, address = filed("accept", "dispatch")
    db.session.remove()
    stranger = person(open_app, "officer2")
    for what in ("presence", "draft", "draft/discard", "follow", "undo", "fill", "note"):
        assert stranger.post(f"{address}/{what}", data={"form": "note"}).status_code == 404, what


def test_the_heartbeat_alone_keeps_nobody_signed_in(
    open_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page left open beats on; after half an hour the session ends nevertheless."""
    _town, _ticket, address = filed()
    db.session.remove()
    moment = [1_700_000_000.0]
    monkeypatch.setattr(access.time, "time", lambda: moment[0])
    desk = person(open_app, "desk")
    assert desk.get(address).status_code == 200
    for _minutes in range(3):
        moment[0] += 10 * 60
        assert desk.post(f"{address}/presence").status_code == 200
    moment[0] += 60
    assert desk.post(f"{address}/presence").status_code == 302
    assert desk.get(address).status_code == 302


# The way back -------------------------------------------------------------------------------------


def test_a_step_is_taken_back_by_a_plain_form(open_app: Flask) -> None:
    town, ticket, address = filed("accept")
    pass_time(minutes=1)
    version, unit = ticket.version, town.unit_id("SCJG")
    db.session.remove()
    desk = person(open_app, "desk")
    shown = desk.post(
        f"{address}/act/dispatch", data={"seen": version, "dispatch-unit_id": unit},
        follow_redirects=True,
    )  # fmt: skip
    [bar] = css(fromstring(shown.text), "form[data-undo]")
    assert "已派单到" in bar.text_content() and bar.get("data-undo") == "10"
    seen = css(bar, "input[name=seen]")[0].get("value")
    assert not css(page_of(person(open_app, "head"), address), "form[data-undo]")
    assert person(open_app, "head").post(bar.get("action"), data={"seen": seen}).status_code == 403
    back = desk.post(bar.get("action"), data={"seen": seen}, follow_redirects=True)
    assert "已撤销" in back.text and "撤销上一步" in back.text
    assert not css(fromstring(back.text), "form[data-undo]")
    again = desk.post(bar.get("action"), data={"seen": seen})
    assert again.status_code == 409 and "已经撤销过" in again.text


def test_after_ten_seconds_it_says_that_it_is_too_late(open_app: Flask) -> None:
    _town, ticket, address = filed("accept")
    version = ticket.version
    pass_time(seconds=10)
    db.session.remove()
    desk = person(open_app, "desk")
    assert not css(page_of(desk, address), "form[data-undo]")
    late = desk.post(f"{address}/undo", data={"seen": version})
    assert late.status_code == 409 and "已超过10秒" in late.text
