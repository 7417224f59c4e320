"""Publishing: versions, conflicts, tickets that keep theirs, templates, what loading leaves alone."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from servicedesk.audit.models import AuditEntry
from servicedesk.backup.make import make
from servicedesk.calendars.queries import calendar
from servicedesk.catalogue.actions import columns_of, load, put
from servicedesk.catalogue.definition import Definition, read
from servicedesk.catalogue.editing import (
    NEW,
    Wanted,
    add_template,
    forget_templates,
    import_all,
    publish,
    set_listed,
)
from servicedesk.catalogue.models import Category, ItemVersion, MaterialTemplate, ServiceItem
from servicedesk.catalogue.queries import fields_of, item_by_code, materials_for, search
from servicedesk.catalogue.versions import changes_since, template_files, versions_of
from servicedesk.clock import clock
from servicedesk.core.permissions import Role
from servicedesk.errors import Conflict, Refused
from servicedesk.extensions import db
from servicedesk.jobs.tasks import housekeeping
from servicedesk.statistics.facts import build
from servicedesk.statistics.verify import differences as miscounts
from servicedesk.tickets.escalation import due_alarms, fire
from servicedesk.tickets.files import store
from servicedesk.tickets.models import Escalation, Ticket
from servicedesk.tickets.queries import item_of
from servicedesk.transaction import unit_of_work
from tests.catalogue.examples import item
from tests.statistics.support import counted_in
from tests.support import STAFF, Town, pass_time


def sound(**changes: Any) -> Definition:
    """Return the example as a definition."""
    found, faults = read(item(**changes))
    assert found is not None, faults
    return found


def changed(town: Town, code: str, **changes: Any) -> Definition:
    """Return the present definition of an item with some keys changed."""
    found, faults = read({**columns_of(row(town, code)), **changes})
    assert found is not None, faults
    return found


def row(town: Town, code: str) -> ServiceItem:
    """Return an item of the town's park."""
    found = item_by_code(town.park_id, code)
    assert found is not None, code
    return found


def test_every_item_has_its_first_version_after_loading(town: Town) -> None:
    rows = db.session.execute(
        select(ServiceItem, ItemVersion).join(ItemVersion, ItemVersion.item_id == ServiceItem.id)
    ).all()
    assert len(rows) == db.session.scalar(select(func.count()).select_from(ServiceItem))
    for one, version in rows:
        assert (one.version, version.version, one.edited) == (1, 1, False)
        assert version.definition == columns_of(one)
        assert read(version.definition)[1] == []


def test_loading_again_makes_no_version(town: Town) -> None:
    load(town.park_id)
    assert db.session.scalar(select(func.max(ItemVersion.version))) == 1


def test_what_the_files_change_becomes_a_version(town: Town) -> None:
    """As an upgrade of the installation brings it."""
    ticket = town.file(item="J03")
    put(town.park_id, changed(town, "J03", name="基础设施诉求", promised_days=4))
    assert (row(town, "J03").version, row(town, "J03").promised_days) == (2, 4)
    assert item_of(ticket).name == "基础设施配套诉求"
    load(town.park_id)  # and back to what the present files say
    assert (row(town, "J03").version, row(town, "J03").promised_days) == (3, 5)


def test_loading_leaves_alone_what_an_administrator_edited(town: Town) -> None:
    publish(town.admin, changed(town, "A02", promised_days=3, statutory_text="备案"), 1)
    load(town.park_id)
    assert (row(town, "A02").promised_days, row(town, "A02").version) == (3, 2)
    assert row(town, "A02").edited
    assert row(town, "A03").version == 1


def test_an_old_installation_keeps_what_tickets_were_filed_under(town: Town) -> None:
    """Before versions were kept: the first load keeps the row as it stood, then changes it."""
    ticket = town.file(item="C01")
    _forget_versions("C01", "招工")
    load(town.park_id)
    assert row(town, "C01").name == "招聘用工对接"
    assert item_of(ticket).name == "招工"
    assert [field.label for field in fields_of(item_of(ticket))] == ["地点"]


@unit_of_work
def _forget_versions(code: str, name: str) -> None:
    found = db.session.scalar(select(ServiceItem).where(ServiceItem.code == code))
    assert found is not None
    for version in db.session.scalars(select(ItemVersion).where(ItemVersion.item_id == found.id)):
        db.session.delete(version)
    found.name = name
    found.fields = [{"name": "place", "label": "地点", "type": "text"}]  # reserved since


def test_publishing_a_new_item(town: Town) -> None:
    made = publish(town.admin, sound(), NEW)
    assert (made.version, made.edited) == (1, True)
    assert [version.by for version in versions_of(made.id)] == ["admin 甲"]
    assert search(town.park_id, "linshiyongdian") == [made]
    ticket = town.file(item="Z01", answers={"purpose": "活动", "site": "不该留下"})
    assert ticket.answers == {"purpose": "活动"}
    assert [one.name for one in materials_for(made, ticket.answers)] == ["用电申请"]
    assert len(materials_for(made, {"purpose": "施工"})) == 2


def test_a_code_is_used_once(town: Town) -> None:
    publish(town.admin, sound(), NEW)
    with pytest.raises(Refused) as refused:
        publish(town.admin, sound(name="另一个"), NEW)
    assert refused.value.field == "code"
    assert row(town, "Z01").name == "临时用电"


def test_a_ticket_keeps_its_version(town: Town) -> None:
    publish(town.admin, sound(), NEW)
    ticket = town.file(item="Z01", answers={"purpose": "施工", "site": "二期"})
    publish(town.admin, sound(name="临时用水用电", promised_days=9, fields=[], materials=[]), 1)
    again = db.session.get_one(Ticket, ticket.id)
    then, today = item_of(again), row(town, "Z01")
    assert (then.name, then.promised_days, then.version) == ("临时用电", 3, 1)
    assert [field.name for field in fields_of(then)] == ["purpose", "site"]
    assert (today.name, today.promised_days, fields_of(today)) == ("临时用水用电", 9, ())
    later = town.file(item="Z01")
    assert (item_of(later), later.item_version) == (today, 2)
    assert (ticket.limit_days, later.limit_days) == (3, 9)
    assert {one.version: one.tickets for one in versions_of(today.id)} == {1: 1, 2: 1}


def test_a_ladder_of_its_own(town: Town) -> None:
    """By the version that the ticket keeps, also when its clock is worked out again."""
    usual = town.file(item="J06")
    publish(town.admin, sound(promised_days=5, ladder=[2, 4, 9]), NEW)
    ticket = town.file(item="Z01")
    assert ticket.due_at == usual.due_at
    publish(town.admin, sound(promised_days=5, ladder=[1, 2, 3]), 1)
    assert _levels(town, ticket) == _later(usual, 2, 4, 9)
    assert _levels(town, town.file("bob", item="Z01")) == _later(usual, 1, 2, 3)


def _later(ticket: Ticket, *days: int) -> list[Any]:
    assert ticket.due_at is not None
    hours = calendar(ticket.park_id)
    return [hours.add(ticket.due_at, number * 420) for number in days]


def _levels(town: Town, ticket: Ticket) -> list[Any]:
    """Let every alarm go off in its turn; return when the levels of the ladder did."""
    start = clock.now()
    clock.set(start + timedelta(days=40))
    while planned := [one for one in due_alarms(clock.now()) if one[0] == ticket.id]:
        fire(*planned[0])
    clock.set(start)
    query = select(Escalation.planned_at).where(
        Escalation.ticket_id == ticket.id, Escalation.step.like("level%")
    )
    return sorted(db.session.scalars(query))


def test_the_second_editor_is_told(town: Town) -> None:
    publish(town.admin, sound(), NEW)
    publish(town.admin, sound(promised_days=4), 1)
    with pytest.raises(Conflict) as conflict:
        publish(town.admin, sound(promised_days=6), 1)
    assert conflict.value.current == 2
    changes = changes_since(row(town, "Z01"), 1)
    assert [(one.key, one.before, one.after) for one in changes] == [("promised_days", 3, 4)]
    assert row(town, "Z01").promised_days == 4


def test_publishing_the_same_makes_no_version(town: Town) -> None:
    publish(town.admin, sound(), NEW)
    assert publish(town.admin, sound(), 1).version == 1


@pytest.mark.parametrize("login", [login for login in STAFF if login != "admin"] + ["alice"])
def test_only_administrators_publish(town: Town, login: str) -> None:
    actor = town.actor(login)
    for attempt in (
        lambda: publish(actor, sound(), NEW),
        lambda: set_listed(actor, "A01", False, 1),
        lambda: import_all(actor, [Wanted(sound(), NEW)]),
    ):
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.kind == "permission"
    assert actor.role is not Role.ADMIN
    assert item_by_code(town.park_id, "Z01") is None


def test_what_it_refers_to_must_be_there(town: Town) -> None:
    with pytest.raises(Refused) as refused:
        publish(town.admin, sound(lead_unit="NASA"), NEW)
    assert refused.value.field == "lead_unit"


def test_taking_an_item_off_the_list(town: Town) -> None:
    ticket = town.file(item="A02")
    set_listed(town.admin, "A02", False, 1)
    assert [one.code for one in search(town.park_id, "刻章")] != ["A02"]
    town.walk(ticket, "accept", "dispatch")  # what was filed goes on
    with pytest.raises(Conflict):
        set_listed(town.admin, "A02", True, 1)
    set_listed(town.admin, "A02", True, 2)
    assert [one.code for one in search(town.park_id, "刻章")] == ["A02"]


def test_the_audit_has_before_and_after(town: Town) -> None:
    publish(town.admin, sound(), NEW)
    publish(town.admin, sound(promised_days=4), 1)
    query = select(AuditEntry).where(AuditEntry.object_id == "Z01").order_by(AuditEntry.id)
    created, published = db.session.scalars(query).all()
    assert (created.action, created.after["name"]) == ("catalogue.create", "临时用电")
    assert published.before == {"version": 1, "promised_days": 3}
    assert published.after == {"version": 2, "promised_days": 4}


def test_a_new_category_counts_at_once(town: Town) -> None:
    steps = ("accept", "dispatch", "sign", "resolve", "confirm", "rate", "close")
    town.walk(town.file(item="A03"), *steps)
    pass_time(days=40)
    town.walk(town.file("bob", item="A03"), *steps)
    build(town.park_id)
    assert list(miscounts(town.park_id)) == []
    publish(town.admin, changed(town, "A03", name="银行开户"), 1)
    publish(town.admin, changed(town, "A03", category_code="D"), 2)
    counted = counted_in(town, "2024")
    assert (counted["category:D"]["delivered"], counted.get("category:A")) == (2, None)
    assert list(miscounts(town.park_id)) == []


def test_importing_takes_the_good_and_names_what_was_overtaken(town: Town) -> None:
    publish(town.admin, sound(), NEW)
    publish(town.admin, sound(promised_days=4), 1)
    wanted = [
        Wanted(changed(town, "A02", name="印章刻制备案"), 1),
        Wanted(sound(promised_days=7), 1),
        Wanted(sound(code="Z02"), NEW),
    ]
    done = import_all(town.admin, wanted)
    assert (done.published, done.overtaken) == (("A02", "Z02"), ("Z01",))
    assert row(town, "Z01").promised_days == 4


PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def test_templates_live_as_long_as_a_version_names_them(
    app: Flask, town: Town, tmp_path: Path
) -> None:
    folder = app.extensions["settings"].uploads_dir
    kept, loose = (
        add_template(town.admin, store(folder, name, PDF, 10_000)).token
        for name in ("申请表.pdf", "没用上.pdf")
    )
    made = make(tmp_path / "backup.tar.gz", folder)
    assert set(made.files) == template_files()
    materials = [{"name": "申请表", "deferrable": False, "template": kept}]
    publish(town.admin, sound(materials=materials), NEW)
    publish(town.admin, sound(materials=[]), 1)  # the first version still names it
    assert forget_templates() == 0
    pass_time(days=2)
    housekeeping()
    assert list(db.session.scalars(select(MaterialTemplate.token))) == [kept]
    assert len(template_files()) == 1
    assert loose != kept


def test_categories_are_never_lost(town: Town) -> None:
    load(town.park_id)
    assert db.session.scalar(select(func.count()).select_from(Category)) == 10
