"""The enterprise's file: editing, corrections, titles, patents, officers, and merging two files."""

from datetime import date

import pytest
from sqlalchemy import select

from servicedesk.audit.models import AuditEntry
from servicedesk.core.permissions import Part
from servicedesk.enterprises.actions import AlreadyRegistered, create_enterprise, join
from servicedesk.enterprises.corrections import decide, open_correction, propose
from servicedesk.enterprises.holdings import (
    assign_officer,
    keep_contact,
    record_contract,
    record_patent,
    record_title,
    remove_contact,
    verify_contact,
)
from servicedesk.enterprises.listing import Filter, lights, page, total
from servicedesk.enterprises.merging import duplicates, merge, preview, set_apart
from servicedesk.enterprises.models import Contact, Contract, Enterprise, Membership, Patent, Title
from servicedesk.enterprises.patents import Wanted, patents_in, totals
from servicedesk.enterprises.profile import edit
from servicedesk.enterprises.queries import find
from servicedesk.enterprises.timeline import timeline
from servicedesk.enterprises.titles import award, has_title, titles_of
from servicedesk.errors import Conflict, Refused
from servicedesk.extensions import db
from servicedesk.notifications.queries import unread
from servicedesk.statistics.facts import build
from servicedesk.statistics.verify import differences, waiting
from servicedesk.tickets.listing import Filter as TicketFilter
from servicedesk.tickets.listing import page as tickets
from tests.statistics.support import counted_in
from tests.support import Town

DAY = date(2024, 3, 1)


def profile(enterprise_id: int) -> Enterprise:
    return db.session.get_one(Enterprise, enterprise_id, populate_existing=True)


def entries(action: str) -> list[AuditEntry]:
    return list(db.session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


# --- the profile -----------------------------------------------------------------------------


def test_editing_completes_compares_and_leaves_a_trace(town: Town) -> None:
    mine = town.enterprise_id("alice")
    seen = profile(mine).version
    values = {"industry_code": "3841", "employees": 86, "revenue": 5200, "area": "阳塘片区"}
    edit(town.desk, mine, values, seen)
    assert profile(mine).industry_code == "C3841"
    assert profile(mine).scale == "small"  # worked out, because nobody said
    (entry,) = entries("enterprise.edit")
    assert entry.before["employees"] is None and entry.after["employees"] == 86
    assert "name" not in entry.after
    with pytest.raises(Conflict):
        edit(town.desk, mine, {"employees": 90}, seen)
    edit(town.desk, mine, {"employees": 86}, seen + 1)
    assert profile(mine).version == seen + 1  # nothing differed
    for wrong in ({"industry_code": "Z9"}, {"area": "月球"}, {"name": ""}, {"credit_code": None}):
        with pytest.raises(Refused):
            edit(town.desk, mine, wrong)
    with pytest.raises(Refused):
        edit(town.alice, mine, {"employees": 1})


def test_a_new_name_finds_the_old_tickets(town: Town) -> None:
    ticket = town.file()
    edit(town.desk, town.enterprise_id(), {"name": "潇湘储能科技有限公司"})
    for word in ("潇湘", "储能"):
        rows = tickets(town.desk, TicketFilter(q=word)).rows
        assert [row.number for row in rows] == [ticket.number], word
    assert tickets(town.desk, TicketFilter(q="恩德莱")).rows == []
    assert [one.name for one in find(town.park_id, "xxcn")] == ["潇湘储能科技有限公司"]


def test_an_enterprise_corrects_its_profile(town: Town) -> None:
    mine, desk = town.enterprise_id("alice"), town.user("desk").id
    before = unread(desk)
    propose(town.alice, mine, {"employees": 120, "phone": profile(mine).phone}, "去年扩产")
    assert unread(desk) == before + 1
    waiting_ = open_correction(mine)
    assert waiting_ is not None and waiting_.proposed == {"employees": 120}
    again = propose(town.alice, mine, {"employees": 130, "founded_on": DAY}, "")
    assert again.id == waiting_.id
    decide(town.desk, mine, again.id, True, "")
    assert (profile(mine).employees, profile(mine).founded_on) == (130, DAY)
    with pytest.raises(Refused):
        decide(town.desk, mine, again.id, True, "")
    other = propose(town.alice, mine, {"employees": 10}, "")
    with pytest.raises(Refused):
        decide(town.desk, mine, other.id, False, "")  # a refusal has a reason
    decide(town.desk, mine, other.id, False, "与社保人数不符")
    assert profile(mine).employees == 130
    with pytest.raises(Refused):
        propose(town.bob, mine, {"employees": 1}, "")
    with pytest.raises(Refused):
        propose(town.alice, mine, {"employees": 130}, "")


# --- what else a file holds ------------------------------------------------------------------


def test_a_title_is_awarded_once_and_holds_for_its_time(town: Town) -> None:
    mine = town.enterprise_id()
    last = date(2027, 2, 28)
    for _again in range(2):
        title = award(
            town.officer, mine, name="高新技术企业", level="国家级", awarded_on=DAY, expires_on=last
        )
    assert [one.id for one in titles_of(mine)] == [title.id]
    assert has_title(mine, "高新技术企业", DAY) and has_title(mine, "高新技术企业", last)
    assert not has_title(mine, "高新技术企业", date(2027, 3, 1))
    assert not has_title(mine, "高新技术企业", date(2024, 2, 29))
    known = record_title(
        town.desk,
        mine,
        name="科技型中小企业",
        level="国家级",
        awarded_on=DAY,
        expires_on=None,
        number="",
    )
    assert known.expires_on == date(2025, 3, 31)
    with pytest.raises(Refused):
        award(town.desk, mine, name="x", level="", awarded_on=DAY, expires_on=date(2024, 2, 1))
    with pytest.raises(Refused):
        record_title(
            town.alice, mine, name="x", level="省级", awarded_on=DAY, expires_on=None, number=""
        )
    rows = page(town.desk, Filter(title="高新技术企业")).rows
    assert [row.id for row in rows] == [mine]
    assert lights([mine])[mine].expiring == 0


def test_a_patent_is_recorded_once_for_its_number(town: Town) -> None:
    mine, ticket = town.enterprise_id(), town.file(item="E03")
    wanted = {
        "kind": "invention",
        "number": "ZL202410001234.5",
        "name": "一种储能电源",
        "granted_on": DAY,
    }
    patent = record_patent(town.desk, mine, ticket_number=ticket.number, **wanted)  # type: ignore[arg-type]
    assert patent.ticket_id == ticket.id
    assert record_patent(town.desk, mine, **wanted).id == patent.id  # type: ignore[arg-type]
    with pytest.raises(Refused):
        record_patent(town.desk, town.enterprise_id("bob"), **wanted)  # type: ignore[arg-type]
    with pytest.raises(Refused):
        record_patent(town.desk, mine, **{**wanted, "number": "2", "granted_on": date(2024, 3, 6)})  # type: ignore[arg-type]
    with pytest.raises(Refused):
        record_patent(
            town.desk,
            town.enterprise_id("bob"),
            ticket_number=ticket.number,
            **{**wanted, "number": "3"},
        )  # type: ignore[arg-type]
    record_patent(town.officer, mine, **{**wanted, "number": "4"})  # type: ignore[arg-type]
    with pytest.raises(Refused):  # planning has nothing to do with patents
        record_patent(town.officer2, mine, **{**wanted, "number": "5"})  # type: ignore[arg-type]
    assert totals(town.park_id, Wanted(year=2024)) == (2, 1)
    assert len(patents_in(town.park_id, DAY, DAY)) == 2


def test_contacts_are_verified_and_contracts_are_one(town: Town) -> None:
    mine = town.enterprise_id()
    for _again in range(2):
        kept = keep_contact(
            town.desk, mine, name="李工", post="厂长", phone="13900139000", verified=False
        )
    assert db.session.scalars(select(Contact)).all() == [kept] and kept.verified_on is None
    verify_contact(town.desk, kept.id)
    assert kept.verified_on == date(2024, 3, 5)
    remove_contact(town.desk, kept.id)
    assert db.session.scalars(select(Contact)).all() == []
    contract = {
        "kind": "lease", "title": "标准厂房租赁合同", "party": "高科公司", "amount": 36_500,
        "signed_on": DAY, "ends_on": date(2027, 2, 28),
    }  # fmt: skip
    for _again in range(2):
        record_contract(town.desk, mine, **contract)  # type: ignore[arg-type]
    assert len(db.session.scalars(select(Contract)).all()) == 1
    with pytest.raises(Refused):
        record_contract(town.follow, mine, **contract)  # type: ignore[arg-type]


def test_officers_are_assigned_in_bulk_and_told_once(town: Town) -> None:
    both = [town.enterprise_id("alice"), town.enterprise_id("bob")]
    desk = town.user("desk")
    before = unread(desk.id)
    assert assign_officer(town.head, both, desk.id) == 2
    assert assign_officer(town.head, both, desk.id) == 0
    assert unread(desk.id) == before + 1
    assert total(town.desk, Filter(officer=str(desk.id))) == 2
    assert total(town.desk, Filter(officer="none")) == 0
    assert assign_officer(town.head, both[:1], None) == 1
    assert total(town.desk, Filter(officer="none")) == 1
    with pytest.raises(Refused):
        assign_officer(town.desk, both, desk.id)
    with pytest.raises(Refused):
        assign_officer(town.head, both, town.user("alice").id)


# --- merging ---------------------------------------------------------------------------------


def closed(town: Town, login: str) -> None:
    steps = ("accept", "dispatch", "sign", "resolve", "confirm", "rate", "close")
    town.walk(town.file(login), *steps)


def test_two_files_become_one_and_the_counts_stay_true(town: Town) -> None:
    kept, gone = town.enterprise_id("alice"), town.enterprise_id("bob")
    closed(town, "alice")
    closed(town, "bob")
    build(town.park_id)
    assert differences(town.park_id) == []
    assert counted_in(town, "2024")["all"]["served"] == 2
    moved = merge(town.head, kept, gone).moved
    assert moved["ticket"] == 1
    assert waiting(town.park_id) == ["2024", "2024-03"]
    build(town.park_id)
    assert differences(town.park_id) == []
    assert counted_in(town, "2024")["all"]["served"] == 1  # two files, one 家
    assert len(tickets(town.desk, TicketFilter(enterprise=kept)).rows) == 2
    assert tickets(town.desk, TicketFilter(q="恩德莱")).rows
    assert tickets(town.desk, TicketFilter(q="荷力士")).rows == []
    assert town.bob.parts == {kept: Part.OWNER}
    assert [one.detail for one in timeline(kept, confidential=True) if one.kind == "ticket"]


def test_what_both_have_is_kept_once_and_the_trace_names_it(town: Town) -> None:
    kept, gone = town.enterprise_id("alice"), town.enterprise_id("bob")
    alice = town.user("alice").id
    join(alice, gone, "viewer")
    join(town.user("bob").id, kept, "viewer")
    for number in (kept, gone):
        award(town.desk, number, name="高新技术企业", level="国家级", awarded_on=DAY)
    award(town.desk, gone, name="专精特新中小企业", level="省级", awarded_on=DAY)
    edit(town.desk, gone, {"plot": "工业大道18号", "employees": 300})
    edit(town.desk, kept, {"employees": 86})
    shown = preview(profile(kept), profile(gone))
    assert shown.gains["plot"] == "工业大道18号"
    assert shown.differs["employees"] == (86, 300)
    assert shown.moves["enterprise_title"] == 2
    merge(town.head, kept, gone, (profile(kept).version, profile(gone).version))
    assert sorted(one.name for one in titles_of(kept)) == ["专精特新中小企业", "高新技术企业"]
    assert db.session.scalars(select(Title).where(Title.enterprise_id == gone)).all() == []
    assert (
        db.session.scalars(select(Membership).where(Membership.enterprise_id == gone)).all() == []
    )
    assert town.alice.parts == town.bob.parts == {kept: Part.OWNER}
    assert (profile(kept).plot, profile(kept).employees) == ("工业大道18号", 86)
    (entry,) = entries("enterprise.merge")
    dropped = {row["table"] for row in entry.after["dropped"]}
    assert dropped == {"enterprise_title", "membership"}
    assert entry.before["plot"] == "工业大道18号"


def test_the_file_without_a_code_gives_and_takes(town: Town) -> None:
    kept = create_enterprise(town.desk, name="荷力士重工（筹）", code=None)
    gone = town.enterprise_id("bob")
    code = profile(gone).credit_code
    (pair,) = duplicates(town.park_id)
    assert {pair.first.id, pair.second.id} == {kept.id, gone}
    merge(town.head, kept.id, gone)
    assert profile(kept.id).credit_code == code
    assert profile(kept.id).standing == "new"
    with pytest.raises(AlreadyRegistered) as refused:
        create_enterprise(town.desk, name="又来一次", code=code)
    assert refused.value.enterprise_id == kept.id
    assert duplicates(town.park_id) == []
    assert [one.id for one in find(town.park_id, "荷力士")] == [kept.id]


def test_a_code_of_the_file_that_went_leads_to_the_one_that_stayed(town: Town) -> None:
    kept, gone = town.enterprise_id("alice"), town.enterprise_id("bob")
    code = profile(gone).credit_code
    merge(town.head, kept, gone)
    with pytest.raises(AlreadyRegistered) as refused:
        create_enterprise(town.desk, name="又来一次", code=code)
    assert refused.value.enterprise_id == kept


def test_who_may_merge_and_what(town: Town) -> None:
    kept, gone = town.enterprise_id("alice"), town.enterprise_id("bob")
    for actor, one, two in ((town.desk, kept, gone), (town.head, kept, kept)):
        with pytest.raises(Refused):
            merge(actor, one, two)
    with pytest.raises(Conflict):
        merge(town.head, kept, gone, (99, 99))
    merge(town.head, kept, gone)
    with pytest.raises(Refused):
        merge(town.head, kept, gone)
    with pytest.raises(Refused):
        edit(town.desk, gone, {"employees": 5})
    assert total(town.desk, Filter()) == 1


def test_patents_of_both_stay_and_a_pair_set_apart_is_not_shown_again(town: Town) -> None:
    kept, gone = town.enterprise_id("alice"), town.enterprise_id("bob")
    third = create_enterprise(town.desk, name="荷力士重工（筹）", code=None)
    set_apart(town.head, third.id, gone)
    set_apart(town.head, gone, third.id)
    assert duplicates(town.park_id) == []
    for number, owner in (("1", kept), ("2", gone)):
        record_patent(
            town.desk, owner, kind="utility", number=number, name="一种支架", granted_on=DAY
        )
    merge(town.head, kept, gone)
    owners = db.session.scalars(select(Patent.enterprise_id)).all()
    assert owners == [kept, kept]
    assert totals(town.park_id, Wanted()) == (2, 1)
