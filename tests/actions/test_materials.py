"""Documents kept once, deferred materials with their promises: through the actions, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from servicedesk.clock import clock
from servicedesk.core.materials import Slot
from servicedesk.core.permissions import Actor, Part, Role
from servicedesk.enterprises.models import Enterprise
from servicedesk.errors import KeyReused, Refused
from servicedesk.extensions import db
from servicedesk.jobs import tasks
from servicedesk.materials.actions import Wish, hand_in, repair
from servicedesk.materials.folder import Label, keep, withdraw
from servicedesk.materials.models import Document, TicketMaterial
from servicedesk.materials.queries import folder, lapses, materials_of, offers, today
from servicedesk.notifications.models import Notice
from servicedesk.tickets.models import TicketEvent, Upload
from servicedesk.tickets.queries import upload_by_token
from servicedesk.tickets.uploads import forget_uploads
from tests.actions.materials_support import deferred, filed, fresh, kept, token
from tests.support import Town, local, pass_time


def states(ticket_id: int) -> list[str]:
    return [handed.row.state for handed in materials_of(ticket_id)]


def row_of(ticket_id: int) -> TicketMaterial:
    return materials_of(ticket_id)[-1].row


def told(text: str) -> int:
    return len(db.session.scalars(select(Notice).where(Notice.text.contains(text))).all())


# The folder --------------------------------------------------------------------------------------


def test_what_was_handed_in_once_is_offered_for_the_next_request(town: Town) -> None:
    given = Wish("营业执照", Slot.GIVEN, uploads=[token(town)], keep=True)
    filed(town, "A04", [given])
    enterprise = town.alice.enterprise_ids
    document = db.session.scalars(select(Document)).one()
    assert document.enterprise_id in enterprise
    again = filed(town, "C01", [Wish("营业执照", Slot.KEPT, document_id=document.id)])
    [handed] = materials_of(again.id)
    assert handed.row.state == Slot.KEPT
    assert [upload.id for upload in handed.files] == [document.upload_id]


def test_a_new_licence_replaces_the_former_one(town: Town) -> None:
    first, second = kept(town), kept(town)
    assert fresh(first).replaced_by_id == second.id
    reports = [kept(town, kind="accounts", name="财务报表") for _ in range(2)]
    assert all(fresh(one).replaced_by_id is None for one in reports)


def test_what_has_expired_is_neither_offered_nor_accepted(town: Town) -> None:
    document = kept(town, valid_until=today(town.park_id) + timedelta(days=1))
    pass_time(days=2)

    enterprise = db.session.get_one(Enterprise, town.enterprise_id())
    assert offers(folder(enterprise), "营业执照") == []
    with pytest.raises(Refused) as refused:
        filed(town, "C01", [Wish("营业执照", Slot.KEPT, document_id=document.id)])
    assert refused.value.field == "material-0"


def test_a_strangers_document_cannot_be_used_seen_or_withdrawn(town: Town) -> None:
    document = kept(town, "bob")
    with pytest.raises(Refused):
        filed(town, "C01", [Wish("营业执照", Slot.KEPT, document_id=document.id)])
    with pytest.raises(Refused):
        withdraw(town.alice, document.id)
    with pytest.raises(Refused):
        keep(town.alice, town.enterprise_id("bob"), Label("licence", "营业执照"), [token(town)])
    handle = db.session.scalar(select(Document).where(Document.id == document.id))
    assert handle is not None

    secret = db.session.get_one(Upload, handle.upload_id).token
    assert upload_by_token(town.alice, secret) is None
    assert upload_by_token(town.bob, secret) is not None
    assert upload_by_token(town.desk, secret) is not None


def test_copies_of_identity_cards_open_only_to_those_who_handle_requests(town: Town) -> None:
    """个人信息保护法 §28: a member who only reads sees that it is there, not what it says."""
    user, number = town.user("bob"), town.enterprise_id("alice")
    viewer, clerk = (
        Actor(user.id, Role.REQUESTER, town.park_id, user.name, parts={number: part})
        for part in (Part.VIEWER, Part.CLERK)
    )
    for kind, opens in (("licence", True), ("legal_id", False)):
        upload = db.session.get_one(Upload, kept(town, kind=kind).upload_id)
        assert (upload_by_token(viewer, upload.token) is not None) == opens
        assert upload_by_token(clerk, upload.token) is not None


def test_the_unit_sees_a_document_only_through_a_ticket_that_uses_it(town: Town) -> None:

    document = kept(town)
    secret = db.session.get_one(Upload, document.upload_id).token
    ticket = filed(town, "C01", [Wish("营业执照", Slot.KEPT, document_id=document.id)])
    assert upload_by_token(town.officer, secret) is None
    town.walk(ticket, "accept", "dispatch")
    assert upload_by_token(town.officer, secret) is not None
    assert upload_by_token(town.officer2, secret) is None


def test_a_kept_file_outlives_the_sweep_and_a_withdrawn_one_stays_with_its_ticket(
    town: Town,
) -> None:
    document = kept(town)
    ticket = filed(town, "C01", [Wish("营业执照", Slot.KEPT, document_id=document.id)])
    loose = token(town)
    pass_time(days=3)
    assert forget_uploads() == 1
    assert upload_by_token(town.alice, loose) is None
    withdraw(town.alice, document.id)
    assert len(materials_of(ticket.id)[0].files) == 1
    with pytest.raises(Refused):
        withdraw(town.alice, document.id)


def test_files_of_a_confidential_matter_are_never_kept(town: Town) -> None:
    filed(town, "H02", [Wish("证据材料", Slot.GIVEN, uploads=[token(town)], keep=True)])
    assert db.session.scalars(select(Document)).all() == []


# Filing ------------------------------------------------------------------------------------------


def test_the_same_form_twice_is_one_ticket_with_one_set_of_materials(town: Town) -> None:
    wishes = [Wish("营业执照", Slot.GIVEN, uploads=[token(town)], keep=True)]
    first = filed(town, "A04", wishes, key="k1")
    assert filed(town, "A04", wishes, key="k1").id == first.id
    assert len(materials_of(first.id)) == 1
    assert len(db.session.scalars(select(Document)).all()) == 1
    with pytest.raises(KeyReused):
        filed(town, "A04", [Wish("营业执照", Slot.HELD, held=True)], key="k1")


def test_a_refused_material_leaves_nothing_behind(town: Town) -> None:
    file = token(town)
    wishes = [
        Wish("营业执照", Slot.GIVEN, uploads=[file], keep=True),
        Wish("公司章程", Slot.DEFERRED, promised=True),
    ]
    with pytest.raises(Refused) as refused:
        filed(town, "A04", wishes)
    assert refused.value.field == "material-1"
    assert db.session.scalars(select(Document)).all() == []
    again = filed(town, "A04", [wishes[0]])  # the file is still the person's own
    assert states(again.id) == [Slot.GIVEN]


def test_what_is_missing_does_not_stop_a_request_and_help_is_noted(town: Town) -> None:
    ticket = filed(town, "A04", [Wish("营业执照", Slot.GIVEN, help=True)])
    assert states(ticket.id) == [Slot.MISSING]
    assert row_of(ticket.id).help


# Deferred materials ------------------------------------------------------------------------------


def test_a_promise_is_kept_with_its_words_its_name_and_its_date(town: Town) -> None:
    row = row_of(deferred(town).id)
    assert row.due_on == local("2024-03-12").date()
    assert "承诺" in row.promise
    assert row.promised_by_id == town.user("alice").id


@pytest.mark.parametrize("day", ["2024-03-05", "2024-03-13"])
def test_the_date_lies_within_seven_days(town: Town, day: str) -> None:
    with pytest.raises(Refused):
        deferred(town, due_on=local(day).date())


def test_reminders_come_three_days_before_and_on_the_day_once(town: Town) -> None:
    deferred(town)
    clock.set(local("2024-03-08 09:00"))
    assert tasks.materials() == 0
    for day, count in (("2024-03-09", 1), ("2024-03-10", 1), ("2024-03-12", 2)):
        clock.set(local(f"{day} 09:30"))
        tasks.materials()
        tasks.materials()
        assert told("补交") - told("逾期") == count, day


def test_a_broken_promise_is_told_marked_and_stops_the_next_one(town: Town) -> None:
    ticket = town.walk(deferred(town), "accept", "dispatch", "sign")
    clock.set(local("2024-03-13 00:30"))
    assert tasks.materials() == 1
    assert tasks.materials() == 0
    row = fresh(row_of(ticket.id))
    assert row.lapsed_at is not None
    lapse = select(Notice).where(Notice.text.contains("企业容缺材料逾期未补"))
    assert {one.user_id for one in db.session.scalars(lapse)} >= {
        town.user("desk").id, town.user("officer").id,
    }  # fmt: skip
    assert all(one.visible_at == local("2024-03-13 09:00") for one in db.session.scalars(lapse))
    kinds = db.session.scalars(select(TicketEvent.kind).where(TicketEvent.ticket_id == ticket.id))
    assert "material_lapsed" in set(kinds)
    with pytest.raises(Refused) as refused:
        deferred(town)
    assert "容缺失信" in refused.value.reason
    assert deferred(town, "bob") is not None  # another enterprise's record is clean


def test_handing_in_late_does_not_clean_the_record_and_repairing_does(town: Town) -> None:
    ticket = deferred(town)
    clock.set(local("2024-03-13 09:30"))
    tasks.materials()
    hand_in(town.alice, row_of(ticket.id).id, Wish("", Slot.GIVEN, uploads=[token(town)]))
    assert len(lapses(town.enterprise_id())) == 1
    with pytest.raises(Refused):
        repair(town.alice, town.enterprise_id(), "我们补了")
    with pytest.raises(Refused):
        repair(town.desk, town.enterprise_id(), " ")
    assert repair(town.desk, town.enterprise_id(), "材料已补齐") == 1
    assert deferred(town) is not None
    with pytest.raises(Refused):
        repair(town.desk, town.enterprise_id(), "再修复一次")


def test_what_was_handed_in_in_time_is_left_alone(town: Town) -> None:
    ticket = deferred(town)
    wish = Wish("", Slot.GIVEN, uploads=[token(town)], keep=True)
    hand_in(town.alice, row_of(ticket.id).id, wish)
    with pytest.raises(Refused):
        hand_in(town.alice, row_of(ticket.id).id, Wish("", Slot.GIVEN, uploads=[token(town)]))
    clock.set(local("2024-03-20 09:30"))
    assert tasks.materials() == 0
    [handed] = materials_of(ticket.id)[1:]
    assert (handed.row.state, len(handed.files)) == (Slot.GIVEN, 1)
    assert told("企业补交了材料") >= 1


def test_strangers_hand_nothing_in_and_only_the_desk_says_that_the_park_has_it(town: Town) -> None:
    row = row_of(deferred(town).id)
    with pytest.raises(Refused):
        hand_in(town.bob, row.id, Wish("", Slot.GIVEN, uploads=[token(town, "bob")]))
    with pytest.raises(Refused):
        hand_in(town.alice, row.id, Wish("", Slot.HELD))
    hand_in(town.desk, row.id, Wish("", Slot.HELD))
    assert fresh(row).state == Slot.HELD


def test_nothing_is_owed_once_a_request_has_ended_undelivered(town: Town) -> None:
    ticket = town.walk(deferred(town), "withdraw")
    assert row_of(ticket.id).state == Slot.WAIVED
    clock.set(local("2024-03-20 09:30"))
    assert tasks.materials() == 0


def test_a_document_that_ends_is_told_once(town: Town) -> None:
    kept(town, valid_until=today(town.park_id) + timedelta(days=40))
    assert tasks.materials() == 0
    pass_time(days=15)
    assert tasks.materials() == 1
    assert tasks.materials() == 0
    assert told("材料库里有材料快到期") == 1
