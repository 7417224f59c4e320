"""推荐 is not 到岗: posts, referrals, arrivals, and the ticket's figure, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from servicedesk.clock import clock
from servicedesk.core.hiring import Standing
from servicedesk.errors import Conflict, KeyReused, Refused
from servicedesk.extensions import db
from servicedesk.hiring import queries
from servicedesk.hiring.actions import (
    Asking,
    Draft,
    ask_for_people,
    change_post,
    close_post,
    open_post,
    refer,
)
from servicedesk.hiring.arrivals import (
    confirm_arrival,
    note_stay,
    report_arrival,
    report_own_arrival,
)
from servicedesk.hiring.models import JobPost, Placement, Referral
from servicedesk.hiring.queries import PostFilter
from servicedesk.jobs import tasks
from servicedesk.notifications.models import Notice
from servicedesk.tickets.actions import take
from servicedesk.tickets.models import Outcome, Ticket
from tests.support import Town, pass_time

TODAY = date(2024, 3, 5)
YEAR = (date(2024, 1, 1), date(2024, 12, 31))


def draft(town: Town, **changes: Any) -> Draft:
    """Return a post of alice's."""
    usual = Draft(
        town.enterprise_id("alice"), "焊工", 10, "5000—6500元/月", "高新技术产业园2栋",
        "有焊工证", TODAY + timedelta(days=30),
    )  # fmt: skip
    return replace(usual, **changes)


def posted(town: Town, **changes: Any) -> JobPost:
    """Return a post that came with its ticket."""
    asking = Asking("李工", "13800138000", "k1")
    return ask_for_people(town.alice, draft(town, **changes), asking)


def placed_outcome(ticket_id: int) -> int:
    """Return the ticket's 到岗就业 in people."""
    query = select(Outcome.value).where(
        Outcome.ticket_id == ticket_id, Outcome.metric_code == "placed"
    )
    return (db.session.scalar(query) or 0) // 1000


def notices(login: str, words: str) -> int:
    """Return how often a person was told something."""
    user = Town().user(login)
    query = select(func.count()).where(Notice.user_id == user.id, Notice.text.contains(words))
    return db.session.scalar(query) or 0


def test_one_form_makes_one_ticket_and_one_post(town: Town) -> None:
    post = posted(town)
    assert posted(town).id == post.id
    ticket = db.session.get_one(Ticket, post.ticket_id)
    assert db.session.scalar(select(func.count(Ticket.id))) == 1
    assert ticket.answers["head_count"] == 10
    assert "焊工" in ticket.title
    assert post.unit_id == town.unit_id("RLZY"), "the item's lead unit handles it"
    with pytest.raises(KeyReused):
        posted(town, title="质检员")


def test_a_post_is_written_down_for_a_ticket_that_came_the_old_way(town: Town) -> None:
    ticket = town.file("alice", "C01")
    post = open_post(town.desk, draft(town), ticket)
    assert open_post(town.desk, draft(town), ticket).id == post.id
    assert open_post(town.desk, draft(town, title="质检员"), ticket).ticket_id == ticket.id
    with pytest.raises(Refused) as refused:
        open_post(town.desk, draft(town, head_count=3), ticket)
    assert refused.value.field == "title"
    with pytest.raises(Refused, match="不是招聘用工"):
        open_post(town.desk, draft(town, title="另一个"), town.file("alice", "A01"))
    with pytest.raises(Refused):
        open_post(town.desk, draft(town, enterprise_id=town.enterprise_id("bob")), ticket)


def test_the_unit_that_has_the_ticket_writes_down_and_sees_its_posts(town: Town) -> None:
    ticket = town.walk(town.file("alice", "C01"), "accept", "dispatch", "sign")
    post = open_post(town.officer, draft(town), ticket)
    assert post.unit_id == town.unit_id("SCJG")
    assert queries.post(town.officer, post.id) is not None
    for stranger in (town.officer2, town.bob, town.follow):
        assert queries.post(stranger, post.id) is None
        with pytest.raises(Refused):
            refer(stranger, post.id, "station", TODAY, 3, 1)
    for stranger in (town.officer2, town.bob):
        assert queries.posts(stranger, PostFilter(), TODAY) == []
    assert len(queries.posts(town.officer, PostFilter(), TODAY)) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": " "}, "title"),
        ({"head_count": 0}, "head_count"),
        ({"head_count": 10_001}, "head_count"),
        ({"open_until": TODAY - timedelta(days=1)}, "open_until"),
    ],
)
def test_posts_that_do_not_hold_together(town: Town, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        posted(town, **changes)
    assert refused.value.field == field
    assert db.session.scalar(select(func.count(Ticket.id))) == 0, "both or neither"


def test_referred_and_reported_people_are_not_placed(town: Town) -> None:
    post = posted(town)
    refer(town.desk, post.id, "station", TODAY, 8, 5)
    refer(town.desk, post.id, "market", TODAY, 4, 0)
    report_arrival(town.desk, post.id, TODAY, 6)
    line = queries.line_of(post, TODAY)
    assert (line.referred, line.interviewed, line.unconfirmed, line.placed) == (12, 5, 6, 0)
    assert queries.placed_in(town.park_id, *YEAR) == []
    [row] = queries.placements(post.id)
    confirm_arrival(town.alice, row.id, 5)
    line = queries.line_of(post, TODAY)
    assert (line.unconfirmed, line.placed, line.missing) == (0, 5, 5)
    assert queries.placed_in(town.park_id, *YEAR) == [(town.enterprise_id("alice"), 5)]
    assert queries.placed_in(town.park_id, date(2024, 3, 6), date(2024, 12, 31)) == []
    assert [one.detail for one in queries.history_of(post.enterprise_id)] == [
        "焊工 × 10",
        "焊工 · 5",
    ]


def test_a_second_referral_of_the_day_corrects_the_first(town: Town) -> None:
    post = posted(town)
    refer(town.desk, post.id, "fair", TODAY, 8, 0)
    refer(town.desk, post.id, "fair", TODAY, 8, 3, "三人面试")
    assert db.session.scalar(select(func.count(Referral.id))) == 1
    assert queries.line_of(post, TODAY).interviewed == 3
    for wrong in (("fair", TODAY, 2, 3), ("friends", TODAY, 2, 1)):
        with pytest.raises(Refused):
            refer(town.desk, post.id, *wrong)
    for day in (TODAY + timedelta(days=1), TODAY - timedelta(days=121)):
        with pytest.raises(Refused) as refused:
            refer(town.desk, post.id, "fair", day, 2, 1)
        assert refused.value.field == "on_day"


def test_only_the_enterprise_confirms_and_only_once(town: Town) -> None:
    post = posted(town)
    row = report_arrival(town.desk, post.id, TODAY, 4)
    assert notices("alice", "确认到岗人数") == 1
    assert report_arrival(town.desk, post.id, TODAY, 4).id == row.id
    assert notices("alice", "确认到岗人数") == 1, "sent twice, told once"
    for stranger in (town.desk, town.bob):
        with pytest.raises(Refused) as refused:
            confirm_arrival(stranger, row.id, 4)
        assert refused.value.kind == "permission"
    confirm_arrival(town.alice, row.id, 0)
    with pytest.raises(Refused):
        confirm_arrival(town.alice, row.id, 4)
    with pytest.raises(Refused) as refused:
        report_arrival(town.desk, post.id, TODAY, 4)
    assert refused.value.field == "on_day"
    assert queries.placed_at(post.id) == 0


def test_more_people_than_posts_need_a_reason(town: Town) -> None:
    post = posted(town, head_count=5)
    report_own_arrival(town.alice, post.id, TODAY - timedelta(days=1), 4)
    with pytest.raises(Refused) as refused:
        report_own_arrival(town.alice, post.id, TODAY, 3)
    assert refused.value.field == "over_reason"
    assert queries.placement_on(post.id, TODAY) is None, "nothing is left of the refused one"
    report_own_arrival(town.alice, post.id, TODAY, 3, "二期扩产")
    line = queries.line_of(post, TODAY)
    assert (line.placed, line.missing, line.standing) == (7, 0, Standing.FILLED)


def test_the_ticket_counts_what_the_enterprise_confirmed(town: Town) -> None:
    post = posted(town)
    ticket = db.session.get_one(Ticket, post.ticket_id)
    row = report_arrival(town.desk, post.id, TODAY, 6)
    town.walk(ticket, "accept", "dispatch", "sign")
    town.walk(ticket, "resolve", outcomes={"jobs_wanted": 10_000, "placed": 9_000})
    assert placed_outcome(ticket.id) == 0, "nobody has confirmed anybody"
    confirm_arrival(town.alice, row.id, 5)
    assert placed_outcome(ticket.id) == 5, "confirmed after the resolution"
    wanted = select(Outcome.value).where(Outcome.metric_code == "jobs_wanted")
    assert db.session.scalar(wanted) == 10_000
    town.walk(ticket, "dispute", "resolve")
    assert placed_outcome(ticket.id) == 5, "and again when it is resolved again"


def test_a_ticket_without_posts_keeps_what_was_typed(town: Town) -> None:
    ticket = town.walk(town.file("alice", "C01"), "accept", "dispatch", "sign")
    town.walk(ticket, "resolve", outcomes={"placed": 9_000})
    assert placed_outcome(ticket.id) == 9


def test_a_withdrawn_request_ends_its_posts(town: Town) -> None:
    post = posted(town)
    take(town.alice, post.ticket_id or 0, "withdraw", {"reason": "已招满"})
    found = queries.post(town.alice, post.id)
    assert found is not None
    assert found.state == "closed"
    with pytest.raises(Refused):
        refer(town.desk, post.id, "fair", TODAY, 2, 1)


def test_posts_change_and_close_under_their_version(town: Town) -> None:
    post = posted(town)
    seen = post.version
    change_post(town.alice, post.id, draft(town, head_count=12), seen)
    with pytest.raises(Conflict):
        change_post(town.desk, post.id, draft(town, head_count=8), seen)
    with pytest.raises(Refused) as refused:
        close_post(town.alice, post.id, "")
    assert refused.value.field == "reason"
    with pytest.raises(Refused):
        close_post(town.bob, post.id, "不招了")
    close_post(town.alice, post.id, "不招了")
    with pytest.raises(Refused):
        change_post(town.alice, post.id, draft(town), post.version)


def test_lists_stand_as_the_rule_says(town: Town) -> None:
    recruiting = posted(town)
    filled = open_post(town.alice, draft(town, title="叉车司机", head_count=1))
    report_own_arrival(town.alice, filled.id, TODAY, 1)
    expired = open_post(town.alice, draft(town, title="保洁", open_until=TODAY))
    closed = open_post(town.alice, draft(town, title="门卫"))
    close_post(town.alice, closed.id, "不招了")
    tomorrow = TODAY + timedelta(days=1)
    for wanted, post in (
        ("recruiting", recruiting), ("filled", filled), ("expired", expired), ("closed", closed),
    ):  # fmt: skip
        lines = queries.posts(town.desk, PostFilter(standing=wanted), tomorrow)
        assert [line.post.id for line in lines] == [post.id]
        assert lines[0].standing == wanted
    report_arrival(town.desk, recruiting.id, TODAY, 2)
    found = queries.posts(town.desk, PostFilter(unconfirmed=True, q="焊"), TODAY)
    assert [line.post.id for line in found] == [recruiting.id]
    refer(town.desk, expired.id, "market", TODAY, 1, 0)
    by_source = queries.posts(town.desk, PostFilter(source="market", sort="missing"), TODAY)
    assert [line.post.id for line in by_source] == [expired.id]


def test_enterprises_are_reminded_after_two_working_days_in_working_time(town: Town) -> None:
    post = posted(town)
    clock.set(clock.now().replace(hour=9))  # 17:00 in Shanghai, Tuesday
    report_arrival(town.desk, post.id, TODAY, 4)
    pass_time(days=1)
    assert tasks.hiring() == 0
    pass_time(days=1, hours=11)  # Friday, 04:00
    assert tasks.hiring() == 1
    assert tasks.hiring() == 0
    notice = db.session.scalars(select(Notice).where(Notice.text.contains("还等您确认"))).one()
    assert notice.visible_at.hour == 1, "09:00 in Shanghai"
    assert notice.link == f"/portal/hiring/{post.id}"


def test_after_thirty_days_it_is_asked_who_stayed(town: Town) -> None:
    post = posted(town)
    row = report_own_arrival(town.alice, post.id, TODAY, 4)
    pass_time(days=29)
    assert tasks.hiring() == 0
    with pytest.raises(Refused):
        note_stay(town.alice, row.id, 4)
    pass_time(days=1)
    assert tasks.hiring() == 1
    assert tasks.hiring() == 0
    assert notices("alice", "在岗人数") == 1
    for wrong in (town.bob, town.officer2):
        with pytest.raises(Refused):
            note_stay(wrong, row.id, 3)
    with pytest.raises(Refused) as refused:
        note_stay(town.alice, row.id, 5)
    assert refused.value.field == "stayed"
    note_stay(town.desk, row.id, 3)
    with pytest.raises(Refused):
        note_stay(town.alice, row.id, 4)
    assert queries.placed_at(post.id) == 4, "leaving later does not undo having come"


def test_one_of_many_confirmations_stands(app: Flask) -> None:
    town = Town()
    post = posted(town, head_count=6)
    row = report_arrival(town.desk, post.id, TODAY, 4)
    other = report_arrival(town.desk, post.id, TODAY - timedelta(days=1), 4)
    numbers = [row.id, other.id] * 3
    db.session.remove()

    def confirm(number: int) -> bool:
        with app.app_context():
            try:
                confirm_arrival(Town().alice, number, 4)
            except Refused:
                return False
            finally:
                db.session.remove()
            return True

    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(confirm, numbers))
    assert done.count(True) == 1, "the second day would be beyond the posts"
    assert db.session.scalar(select(func.sum(Placement.confirmed))) == 4
