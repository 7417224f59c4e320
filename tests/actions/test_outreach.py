"""Visits on both databases: written down once, with their tickets, and confirmed once."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from servicedesk.audit.models import AuditEntry
from servicedesk.clock import clock
from servicedesk.core.outreach import LINK_LASTS
from servicedesk.database import Base
from servicedesk.enterprises.models import Enterprise
from servicedesk.errors import KeyReused, Refused
from servicedesk.extensions import db
from servicedesk.notifications.models import Notice
from servicedesk.outreach.actions import Raised, Report, keep_visit, record_visit
from servicedesk.outreach.confirming import (
    confirm_as_member,
    confirm_by_link,
    find_by_token,
    new_link,
)
from servicedesk.outreach.models import Visit, VisitPhoto, VisitTicket
from servicedesk.outreach.queries import (
    history_of,
    photos_of,
    tickets_of,
    visit_of,
    visited_enterprises,
    visits_at,
    visits_of,
)
from servicedesk.tickets.actions import add_upload
from servicedesk.tickets.files import store
from servicedesk.tickets.models import Submission, Ticket
from servicedesk.tickets.uploads import forget_uploads
from servicedesk.transaction import unit_of_work
from tests.support import Town, pass_time
from tests.web.test_access import PNG

DAY = date(2024, 3, 5)
ROAD = Raised("J03", "门前道路积水", "雨后积水，货车进不来。")
STAFF = Raised("C01", "急需焊工五名", "订单增加，缺焊工。")


def report(town: Town, **changes: object) -> Report:
    plain = Report(
        town.enterprise_id(), DAY, "厂区办公楼", "李工", "13800138000", topic="例行走访",
        raised=(ROAD, STAFF), key="k1",
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]


def count(model: type[Base]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


# Once -----------------------------------------------------------------------------------------


def test_a_visit_files_what_was_raised(town: Town) -> None:
    kept = keep_visit(town.desk, report(town))
    assert not kept.repeated
    assert [ticket.title for ticket in kept.tickets] == [ROAD.title, STAFF.title]
    assert {ticket.channel for ticket in kept.tickets} == {"visit"}
    assert kept.tickets[0].contact == "李工"
    assert [one.id for one in tickets_of(kept.visit.id)] == [one.id for one in kept.tickets]
    for ticket in kept.tickets:
        found = visit_of(ticket.id)
        assert found is not None
        assert found.id == kept.visit.id
        assert [one.id for one in visits_of(ticket.id)] == [kept.visit.id]
    notice = db.session.scalar(select(Notice).where(Notice.link == "/portal/visits"))
    assert notice is not None
    assert notice.user_id == town.alice.user_id


def test_the_same_record_twice_is_one_visit(town: Town) -> None:
    first = keep_visit(town.desk, report(town))
    again = keep_visit(town.desk, report(town))
    assert again.repeated
    assert again.visit.id == first.visit.id
    assert [one.number for one in again.tickets] == [one.number for one in first.tickets]
    assert (count(Visit), count(VisitTicket), count(Ticket), count(Submission)) == (1, 2, 2, 2)


def test_other_content_under_the_same_key_is_told_apart(town: Town) -> None:
    keep_visit(town.desk, report(town))
    for changes in ({"notes": "还谈了用工"}, {"raised": (ROAD,)}, {"met": "王工"}):
        with pytest.raises(KeyReused):
            keep_visit(town.desk, report(town, **changes))
    keep_visit(town.desk, report(town, notes="还谈了用工", key="k2"))
    assert count(Visit) == 2


def test_keys_belong_to_the_person(town: Town) -> None:
    one = keep_visit(town.desk, report(town))
    other = keep_visit(town.head, report(town, notes="别的事"))
    assert one.visit.id != other.visit.id


def test_nothing_is_kept_when_one_request_is_wrong(town: Town) -> None:
    with pytest.raises(Refused) as refused:
        keep_visit(town.desk, report(town, raised=(ROAD, Raised("Z99", "x", "y"))))
    assert refused.value.field == "raised-1-item"
    assert (count(Visit), count(Ticket)) == (0, 0)
    assert keep_visit(town.desk, report(town)).repeated is False


@pytest.mark.parametrize(("back", "fine"), [(-1, False), (0, True), (60, True), (61, False)])
def test_the_day_of_a_visit(town: Town, back: int, fine: bool) -> None:
    wanted = report(town, visited_on=DAY - timedelta(days=back))
    if fine:
        assert keep_visit(town.desk, wanted).visit.visited_on == wanted.visited_on
    else:
        with pytest.raises(Refused):
            keep_visit(town.desk, wanted)


@pytest.mark.parametrize("login", ["officer", "leader", "alice", "follow", "admin"])
def test_only_the_desk_writes_visits_down(town: Town, login: str) -> None:
    with pytest.raises(Refused) as refused:
        keep_visit(town.actor(login), report(town))
    assert refused.value.kind == "permission"
    assert count(Visit) == 0


def test_a_visit_follows_a_merged_file(town: Town) -> None:
    old, new = town.enterprise_id("alice"), town.enterprise_id("bob")
    _merge(old, new)
    kept = keep_visit(town.desk, report(town))
    assert kept.visit.enterprise_id == new
    assert {ticket.enterprise_id for ticket in kept.tickets} == {new}


@unit_of_work
def _merge(old: int, new: int) -> None:
    db.session.get_one(Enterprise, old).merged_into_id = new


def test_photos_stay_with_the_visit(app: Flask, town: Town) -> None:
    def photo() -> str:
        folder = app.extensions["settings"].uploads_dir
        return add_upload(town.desk, store(folder, "门头.png", PNG, 10_000)).token

    first, second = photo(), photo()
    kept = keep_visit(town.desk, report(town, photos=(first,)))
    pass_time(days=2)
    assert forget_uploads() == 1
    assert [one.token for one in photos_of(kept.visit.id)] == [first]
    assert keep_visit(town.desk, report(town, photos=(photo(),))).repeated
    with pytest.raises(Refused) as refused:
        keep_visit(town.desk, report(town, key="k2", photos=(second,)))
    assert refused.value.field == "photos"
    assert (count(Visit), count(VisitPhoto)) == (1, 1)


# What others read -----------------------------------------------------------------------------


def test_a_request_filed_at_the_desk_has_its_visit(town: Town) -> None:
    ticket = town.file(channel="portal")
    visit = record_visit(town.desk, ticket, DAY, "厂区", "李工")
    assert visit.park_id == town.park_id
    assert [one.id for one in visits_of(ticket.id)] == [visit.id]
    with pytest.raises(Refused):
        record_visit(town.desk, ticket, DAY, "厂区", "李工")
    item = {ticket.item_id}
    assert visited_enterprises(town.park_id, DAY, DAY, item) == {ticket.enterprise_id}
    assert visited_enterprises(town.park_id, DAY, DAY, {0}) == set()


def test_a_visit_without_requests_counts_as_a_visit(town: Town) -> None:
    keep_visit(town.desk, report(town, raised=()))
    mine = town.enterprise_id()
    assert visited_enterprises(town.park_id, DAY, DAY) == {mine}
    assert visited_enterprises(town.park_id, DAY + timedelta(days=1), DAY + timedelta(days=9)) == (
        set()
    )
    assert len(visits_at(mine)) == 1
    assert [line.kind for line in history_of(mine)] == ["visit"]


# The enterprise's word ------------------------------------------------------------------------


def test_a_link_works_once(town: Town) -> None:
    visit = keep_visit(town.desk, report(town)).visit
    token = new_link(town.desk, visit.id)
    assert db.session.get_one(Visit, visit.id).confirm_token_hash != token
    confirmed = confirm_by_link(token, "李工", "agreed", "")
    assert confirmed.confirm_verdict == "agreed"
    assert confirmed.confirmed_by_name == "李工"
    with pytest.raises(Refused):
        confirm_by_link(token, "李工", "differs", "改主意了")
    with pytest.raises(Refused):
        new_link(town.desk, visit.id)
    assert len(history_of(visit.enterprise_id)) == 2


def test_a_new_link_voids_the_old_one(town: Town) -> None:
    visit = keep_visit(town.desk, report(town)).visit
    old, new = new_link(town.desk, visit.id), new_link(town.desk, visit.id)
    assert find_by_token(old) is None
    assert find_by_token(new) is not None
    assert find_by_token("") is None
    with pytest.raises(Refused):
        new_link(town.leader, visit.id)


def test_a_link_dies_after_thirty_days(town: Town) -> None:
    visit = keep_visit(town.desk, report(town)).visit
    token = new_link(town.desk, visit.id)
    clock.set(clock.now() + LINK_LASTS - timedelta(seconds=1))
    assert find_by_token(token) is not None
    pass_time(seconds=1)
    assert find_by_token(token) is None
    with pytest.raises(Refused):
        confirm_by_link(token, "李工", "agreed", "")


def test_what_differs_reaches_writer_and_head(town: Town) -> None:
    visit = keep_visit(town.desk, report(town)).visit
    with pytest.raises(Refused) as refused:
        confirm_as_member(town.alice, visit.id, "differs", " ")
    assert refused.value.field == "comment"
    confirm_as_member(town.alice, visit.id, "differs", "当天没有谈用工")
    told = select(Notice.user_id).where(Notice.link == f"/desk/visits/{visit.id}")
    assert set(db.session.scalars(told)) == {town.desk.user_id, town.head.user_id}
    entry = db.session.scalar(select(AuditEntry).where(AuditEntry.action == "visit.confirm"))
    assert entry is not None
    assert entry.user_id == town.alice.user_id


def test_another_enterprise_cannot_confirm(town: Town) -> None:
    visit = keep_visit(town.desk, report(town)).visit
    for login in ("bob", "desk", "leader"):
        with pytest.raises(Refused) as refused:
            confirm_as_member(town.actor(login), visit.id, "agreed", "")
        assert refused.value.kind == "permission"
    assert db.session.get_one(Visit, visit.id).confirmed_at is None
