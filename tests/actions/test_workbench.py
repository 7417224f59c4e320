"""The tools of a ticket's page on both databases: drafts, presence, replies, mentions, following."""

import threading

import pytest
from flask import Flask
from sqlalchemy import func, select

from servicedesk.accounts.actions import set_active
from servicedesk.errors import Conflict, Refused
from servicedesk.extensions import db
from servicedesk.jobs.tasks import housekeeping
from servicedesk.notifications.models import Notice
from servicedesk.notifications.queries import unread
from servicedesk.tickets.actions import send_message
from servicedesk.tickets.following import follow, followers, unfollow
from servicedesk.tickets.mentions import colleagues, strangers
from servicedesk.tickets.models import Ticket, TicketEvent
from servicedesk.transaction import writing
from servicedesk.workbench.drafts import discard_draft, drafts_of, forget_drafts, save_draft
from servicedesk.workbench.models import CannedReply, Draft, Presence
from servicedesk.workbench.presence import beat, forget_presence, leave, others
from servicedesk.workbench.replies import (
    OWN_MAX,
    delete_reply,
    filled,
    may_edit,
    replies,
    reply,
    save_reply,
    sharings,
    values_of,
)
from tests.support import Town, pass_time


def texts(town: Town, login: str, ticket: Ticket) -> list[str]:
    query = select(Notice.text).where(
        Notice.user_id == town.user(login).id, Notice.ticket_id == ticket.id
    )
    return list(db.session.scalars(query.order_by(Notice.id)))


# Drafts ---------------------------------------------------------------------------------------


def test_a_draft_is_ones_own_and_the_newest(app: Flask) -> None:
    town = Town()
    ticket, desk, head = town.file(), town.user("desk").id, town.user("head").id
    save_draft(desk, ticket.id, "note", {"note_body": "先写"})
    pass_time(minutes=1)
    assert save_draft(desk, ticket.id, "note", {"note_body": "再写"})
    save_draft(desk, ticket.id, "decline", {"decline-reason": "不属于"})
    assert {form: d.body for form, d in drafts_of(desk, ticket.id).items()} == {
        "note": {"note_body": "再写"}, "decline": {"decline-reason": "不属于"},
    }  # fmt: skip
    assert drafts_of(head, ticket.id) == {}
    discard_draft(head, ticket.id, "note")
    discard_draft(desk, ticket.id, "decline")
    assert list(drafts_of(desk, ticket.id)) == ["note"]


def test_an_emptied_form_keeps_no_draft(app: Flask) -> None:
    town = Town()
    ticket, desk = town.file(), town.user("desk").id
    save_draft(desk, ticket.id, "note", {"note_body": "x"})
    assert not save_draft(desk, ticket.id, "note", {"note_body": "  "})
    assert drafts_of(desk, ticket.id) == {}


@pytest.mark.parametrize(
    "fields",
    [
        {"note_body": "长" * 4001},
        {f"f{n}": "字" * 3000 for n in range(7)},
        {f"f{n}": "x" for n in range(81)},
        {"<script>": "x"},
    ],
)
def test_a_draft_is_bounded(app: Flask, fields: dict[str, str]) -> None:
    town = Town()
    with pytest.raises(Refused):
        save_draft(town.user("desk").id, town.file().id, "note", fields)


def test_two_windows_save_at_the_same_moment(app: Flask) -> None:
    town = Town()
    ticket, desk = town.file().id, town.user("desk").id
    db.session.remove()
    failures: list[Exception] = []

    def save(text: str) -> None:
        with app.app_context():
            try:
                save_draft(desk, ticket, "note", {"note_body": text})
            except Exception as error:
                failures.append(error)
            finally:
                db.session.remove()

    windows = [threading.Thread(target=save, args=(text,)) for text in ("一", "二")]
    for window in windows:
        window.start()
    for window in windows:
        window.join()
    assert not failures
    assert db.session.scalar(select(func.count()).select_from(Draft)) == 1


def test_drafts_are_forgotten_after_a_month(app: Flask) -> None:
    town = Town()
    save_draft(town.user("desk").id, town.file().id, "note", {"note_body": "x"})
    pass_time(days=30)
    assert forget_drafts() == 0
    pass_time(seconds=1)
    assert forget_drafts() == 1


# Presence -------------------------------------------------------------------------------------


def test_who_is_here_and_who_types(app: Flask) -> None:
    town = Town()
    ticket, desk, head = town.file().id, town.user("desk").id, town.user("head").id
    beat(desk, ticket, typing=True)
    beat(head, ticket, typing=False)
    assert [(one.name, one.typing) for one in others(ticket, head)] == [("desk 甲", True)]
    assert [(one.name, one.typing) for one in others(ticket, desk)] == [("head 甲", False)]
    pass_time(seconds=21)
    beat(desk, ticket, typing=False)
    assert [(one.name, one.typing) for one in others(ticket, head)] == [("desk 甲", False)]
    pass_time(seconds=10)
    assert others(ticket, desk) == []
    leave(desk, ticket)
    assert others(ticket, head) == []


def test_housekeeping_deletes_who_has_gone(app: Flask) -> None:
    town = Town()
    ticket = town.file().id
    beat(town.user("desk").id, ticket, typing=False)
    pass_time(seconds=20)
    beat(town.user("head").id, ticket, typing=False)
    pass_time(seconds=11)
    assert forget_presence() == 1
    pass_time(minutes=1)
    housekeeping()
    assert db.session.scalar(select(func.count()).select_from(Presence)) == 0


# Canned replies -------------------------------------------------------------------------------


def test_replies_reach_as_far_as_they_are_shared(app: Flask) -> None:
    town = Town()
    own = save_reply(town.officer, None, "自己的", "好", "")
    unit = save_reply(town.unithead, None, "本单位的", "好", "unit")
    park = save_reply(town.head, None, "全园区的", "好", "park")
    seen = {
        login: {one.title for one in replies(town.actor(login))}
        for login in ("officer", "officer2", "unithead", "desk")
    }
    assert seen == {
        "officer": {"自己的", "本单位的", "全园区的"}, "officer2": {"全园区的"},
        "unithead": {"本单位的", "全园区的"}, "desk": {"全园区的"},
    }  # fmt: skip
    assert reply(town.officer2, own.id) is None and reply(town.officer2, unit.id) is None
    assert reply(town.desk, park.id) is not None
    assert [one.title for one in replies(town.officer, q="本单")] == ["本单位的"]
    assert [one.title for one in replies(town.officer, shared="")] == ["自己的"]


def test_who_may_share_with_whom(app: Flask) -> None:
    town = Town()
    assert sharings(town.officer) == [""]
    assert sharings(town.unithead) == ["", "unit"]
    assert sharings(town.head) == ["", "unit", "park"]
    for login, shared in (("officer", "unit"), ("unithead", "park"), ("head", "galaxy")):
        with pytest.raises(Refused) as refused:
            save_reply(town.actor(login), None, "名", "文", shared)
        assert refused.value.field == "shared"
    with pytest.raises(Refused):
        save_reply(town.alice, None, "名", "文", "")


def test_only_ones_own_and_shared_within_reach_are_changed(app: Flask) -> None:
    town = Town()
    own = save_reply(town.officer, None, "自己的", "好", "")
    park = save_reply(town.head, None, "全园区的", "好", "park")
    assert may_edit(town.officer, own) and not may_edit(town.unithead, own)
    assert not may_edit(town.officer, park)
    for action in (
        lambda: save_reply(town.officer, park.id, "改", "改", "park"),
        lambda: delete_reply(town.officer, park.id),
    ):
        with pytest.raises(Refused) as refused:
            action()
        assert refused.value.kind == "permission"
    delete_reply(town.head, park.id)
    assert db.session.scalar(select(func.count()).select_from(CannedReply)) == 1


def test_unknown_placeholders_are_refused(app: Flask) -> None:
    town = Town()
    with pytest.raises(Refused) as refused:
        save_reply(town.desk, None, "名", "{企业名称}{手机号}", "")
    assert refused.value.field == "body"


def test_the_second_of_two_editors_is_told(app: Flask) -> None:
    town = Town()
    made = save_reply(town.head, None, "名", "文", "park")
    seen = made.updated_at
    pass_time(seconds=1)
    save_reply(town.head, made.id, "名", "第二版", "park", seen)
    with pytest.raises(Conflict):
        save_reply(town.head, made.id, "名", "第三版", "park", seen)


def test_there_is_an_end_to_replies(app: Flask) -> None:
    town = Town()
    made = save_reply(town.desk, None, "名", "文", "")
    with writing():
        db.session.add_all(
            CannedReply(park_id=town.park_id, owner_id=town.desk.user_id, shared="", title="名",
                        body="文", updated_at=made.updated_at)
            for _ in range(OWN_MAX - 1)
        )  # fmt: skip
    with pytest.raises(Refused, match="200"):
        save_reply(town.desk, None, "名", "文", "")


def test_placeholders_are_this_tickets(app: Flask) -> None:
    town = Town()
    ticket = town.walk(town.file(), "accept", "dispatch", "sign")
    values = values_of(town.officer, ticket)
    assert values["企业名称"] == "恩德莱科技有限公司"
    assert values["承办人"] == "officer 甲" and values["首接人"] == "desk 甲"
    assert values["今天"] == "2024年3月5日" and values["到期日"] == "2024年3月6日"
    made = save_reply(town.officer, None, "名", "{联系人}：{工单号}，{我的姓名}", "")
    [(_reply, text)] = filled(town.officer, ticket, [made])
    assert text == f"李工：{ticket.number}，officer 甲"


# Mentions and following -----------------------------------------------------------------------


def test_whoever_is_mentioned_hears_and_follows(app: Flask) -> None:
    town = Town()
    ticket = town.walk(town.file(), "accept", "dispatch", "sign")
    send_message(town.officer, ticket.id, "请@unithead 甲 和 @officer 甲 看", internal=True)
    assert texts(town, "unithead", ticket)[-1] == "同事在工单的内部备注中提到了您。"
    assert "同事在工单的内部备注中提到了您。" not in texts(town, "officer", ticket)
    assert [one.id for one in followers(ticket.id, "follower")] == [town.user("unithead").id]
    event = db.session.scalars(select(TicketEvent).where(TicketEvent.kind == "note")).one()
    assert event.data == {"mentions": ["officer 甲", "unithead 甲"]}


@pytest.mark.parametrize(
    ("item", "who"), [("A01", "officer2"), ("A01", "admin"), ("H01", "leader")]
)
def test_whoever_may_not_see_it_cannot_be_mentioned(app: Flask, item: str, who: str) -> None:
    town = Town()
    ticket = town.walk(town.file(item=item), "accept", "dispatch")
    assert ticket.confidential is (item == "H01")
    before = db.session.scalar(select(func.count()).select_from(Notice))
    with pytest.raises(Refused) as refused:
        send_message(town.desk, ticket.id, f"@{who} 甲 请看", internal=True)
    assert refused.value.field == "body"
    assert db.session.scalar(select(func.count()).select_from(Notice)) == before
    assert not db.session.scalars(select(TicketEvent).where(TicketEvent.kind == "note")).all()
    assert f"{who} 甲" not in {one.name for one in colleagues(ticket)}


def test_a_message_to_the_enterprise_mentions_nobody(app: Flask) -> None:
    town = Town()
    ticket = town.walk(town.file(), "accept")
    before = unread(town.user("head").id)
    send_message(town.desk, ticket.id, "请@head 甲 看")
    assert unread(town.user("head").id) == before


def test_a_misspelt_name_is_found(app: Flask) -> None:
    town = Town()
    assert strangers(town.file(), "@headd 甲，@head 甲 请看") == ["headd"]


def test_a_follower_hears_until_not_following(app: Flask) -> None:
    town = Town()
    ticket = town.walk(town.file(), "accept", "dispatch", "sign")
    leader = town.user("leader").id
    follow(ticket.id, leader)
    assert not follow(ticket.id, leader)
    assert [one.id for one in followers(ticket.id, "follower")] == [leader]
    ticket = town.walk(ticket, "request_supplement")
    heard = len(texts(town, "leader", ticket))
    assert heard == 1
    unfollow(ticket.id, leader)
    town.walk(ticket, "supplement")
    assert len(texts(town, "leader", ticket)) == heard


def test_a_follower_who_may_not_see_it_any_more_hears_nothing(app: Flask) -> None:
    """The unit that gave the ticket back does not follow it into another unit."""
    town = Town()
    ticket = town.walk(town.file(), "accept", "dispatch")
    follow(ticket.id, town.user("officer").id)
    ticket = town.walk(ticket, "return", "dispatch", unit_id=town.unit_id("GHJS"))
    heard = len(texts(town, "officer", ticket))
    send_message(town.alice, ticket.id, "进展如何")
    assert len(texts(town, "officer", ticket)) == heard


def test_people_who_have_left_are_not_mentioned(app: Flask) -> None:
    town = Town()
    ticket = town.walk(town.file(), "accept")
    set_active(town.admin, town.user("follow").id, False)
    assert "follow 甲" not in {one.name for one in colleagues(ticket)}
    assert strangers(ticket, "@follow 甲") == ["follow"]
