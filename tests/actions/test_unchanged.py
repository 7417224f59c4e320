"""What is kept while tables stay as they are: never older than the tables, and no statement more than needed."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from secrets import token_hex

import pytest
from sqlalchemy import delete, func, insert, select, text, update

from servicedesk.catalogue.queries import categories, item_labels, metrics, promised_days
from servicedesk.clock import clock
from servicedesk.core.permissions import Actor, Role
from servicedesk.core.spans import whole
from servicedesk.extensions import db
from servicedesk.organisation.models import Unit
from servicedesk.organisation.queries import default_park, park, units
from servicedesk.outreach.models import Visit
from servicedesk.performance.queries import some_note_waits, weights_for
from servicedesk.statistics.attributes import ATTRIBUTES, attribute
from servicedesk.statistics.cutting import Span
from servicedesk.statistics.dashboard import register_cards
from servicedesk.statistics.facts import built_at
from servicedesk.statistics.register_numbers import register_amounts
from servicedesk.statistics.saved_dashboards import dashboards_for
from servicedesk.statistics.store import store
from servicedesk.tickets.models import Ticket
from servicedesk.transaction import writing
from servicedesk.unchanged import WATCHED, TableToken, while_unchanged
from tests.statistics.test_overview import statements
from tests.support import Town

YEAR = Span(date(2024, 1, 1), date(2024, 12, 31))
OF_TOKENS = "FROM table_token"


def of_data(sent: list[str]) -> list[str]:
    return [one for one in sent if one.startswith("SELECT") and OF_TOKENS not in one]


def tokens() -> dict[str, str]:
    db.session.rollback()
    return {one.name: one.token for one in db.session.scalars(select(TableToken))}


def changed(*names: str) -> None:
    with writing():
        for name in names:
            row = update(TableToken).where(TableToken.name == name)
            db.session.execute(row.values(token=token_hex(8)))


def every_read(park_id: int) -> list[Callable[[], object]]:
    return [
        categories, metrics, default_park, lambda: units(park_id), lambda: item_labels(park_id),
        lambda: promised_days(park_id), lambda: register_amounts(park_id, YEAR),
        lambda: dashboards_for(Actor(0, Role.LEADER, park_id), "figures"),
        lambda: weights_for(park_id, YEAR), lambda: some_note_waits(park_id),
        lambda: built_at(park_id), lambda: store(park_id).digests,
        lambda: register_cards(park_id, whole("2024")), lambda: park(park_id),
        *(lambda name=name: attribute(park_id, name) for name in sorted(ATTRIBUTES)),
    ]  # fmt: skip


def test_what_stays_as_it_is_is_not_read_again(town: Town) -> None:
    reads = every_read(town.park_id)
    before = [read() for read in reads]
    db.session.rollback()
    with statements() as seen:
        assert [read() for read in reads] == before
    assert of_data(seen) == []


def test_each_table_that_is_read_is_noted(town: Town) -> None:
    """Columns alone, subqueries, joins: what the statement reads is what the answer is known by."""

    @while_unchanged
    def reading() -> int:
        return len([read() for read in every_read(town.park_id)])

    changed(*WATCHED)
    with statements() as seen:
        reading()
    read = {name for one in of_data(seen) for name in re.findall(r"(?:FROM|JOIN) (\w+)", one)}
    assert {"visit", "enterprise", "package_step", "placement", "fact_segment", "unit"} <= read
    assert read <= WATCHED
    for name in sorted(WATCHED):
        changed(name)
        with statements() as again:
            reading()
        assert bool(of_data(again)) == (name in read), name


def test_every_way_of_writing_is_seen(town: Town) -> None:
    park = town.park_id
    ways: list[Callable[[], object]] = [
        lambda: db.session.add(Unit(park_id=park, code="XA", name="一")),
        lambda: db.session.execute(insert(Unit), [{"park_id": park, "code": "XB", "name": "二"}]),
        lambda: setattr(db.session.scalar(select(Unit).where(Unit.code == "XA")), "name", "三"),
        lambda: db.session.execute(update(Unit).where(Unit.code == "XB").values(name="四")),
        lambda: db.session.execute(update(Unit.__table__).values(assignment="turn")),
        lambda: db.session.execute(delete(Unit).where(Unit.code == "XB")),
        lambda: db.session.delete(db.session.scalar(select(Unit).where(Unit.code == "XA"))),
    ]
    for number, way in enumerate(ways):
        known, before = units(park), tokens()
        with writing():
            way()
        after = tokens()
        assert {name for name in WATCHED if before[name] != after[name]} == {"unit"}, number
        assert units(park) != known, number


def test_a_unit_of_work_reads_what_it_wrote_and_what_fails_is_forgotten(town: Town) -> None:
    known, before = units(town.park_id), tokens()
    with suppress(RuntimeError), writing():
        db.session.execute(update(Unit).values(name="改名"))
        assert {unit.name for unit in units(town.park_id)} == {"改名"}
        raise RuntimeError
    assert units(town.park_id) == known
    assert tokens() == before


def test_a_change_by_another_process_is_seen(town: Town) -> None:
    known = units(town.park_id)
    db.session.rollback()
    with db.engine.begin() as other:
        other.execute(update(Unit.__table__).where(Unit.id == known[0].id).values(name="新名"))
        other.execute(update(TableToken.__table__).values(token="of another"))
    assert units(town.park_id)[0].name == "新名"


def test_a_register_counts_what_was_just_recorded(town: Town) -> None:
    before = register_amounts(town.park_id, YEAR)["visits"]
    with writing():
        db.session.add(
            Visit(
                park_id=town.park_id, enterprise_id=town.enterprise_id("alice"),
                visited_on=date(2024, 3, 4), client_key="k", fingerprint="f", place="车间", met="李工",
                recorded_at=clock.now(), recorded_by_id=town.desk.user_id,
            )
        )  # fmt: skip
    assert register_amounts(town.park_id, YEAR)["visits"] == before + 1


def test_only_tables_with_a_token_can_be_kept(town: Town) -> None:
    @while_unchanged
    def of_tickets() -> int:
        return db.session.scalar(select(func.count()).select_from(Ticket)) or 0

    @while_unchanged
    def of_text() -> object:
        return db.session.execute(text("SELECT 1")).scalar()

    with pytest.raises(TypeError, match="ticket"):
        of_tickets()
    with pytest.raises(TypeError, match="text"):
        of_text()


def test_every_watched_table_has_its_token(town: Town) -> None:
    assert set(tokens()) == WATCHED


def test_a_reader_sees_one_moment(town: Town) -> None:
    """What others commit meanwhile is in the next transaction, in rows as in what is kept."""
    of_units = select(func.count()).select_from(Unit)
    before, known = db.session.scalar(of_units), units(town.park_id)
    with db.engine.begin() as other:
        other.execute(insert(Unit.__table__).values(park_id=town.park_id, code="XC", name="后来"))
        other.execute(update(TableToken.__table__).values(token="of another"))
    assert (db.session.scalar(of_units), units(town.park_id)) == (before, known)
    db.session.rollback()
    assert db.session.scalar(of_units) == before + 1 == len(units(town.park_id))
