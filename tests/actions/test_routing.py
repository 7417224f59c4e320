"""Dispatch that learns, through the real actions: records, verdicts, rules, and how often it bounced."""

from datetime import timedelta

import pytest
from sqlalchemy import event, select

from servicedesk.catalogue.queries import item as get_item
from servicedesk.catalogue.queries import item_by_code
from servicedesk.core.routing import Suggestion
from servicedesk.enterprises.models import Enterprise
from servicedesk.errors import Conflict, Refused
from servicedesk.extensions import db
from servicedesk.notifications.models import Notice
from servicedesk.routing import actions
from servicedesk.routing.bounces import BounceFilter, bounces, hops, way_of
from servicedesk.routing.learning import suggestions
from servicedesk.routing.models import RoutingRule
from servicedesk.routing.queries import RuleFilter, count_by_state, rule, rules
from servicedesk.tickets.actions import take
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.queries import suggested_unit
from servicedesk.transaction import writing
from tests.support import Town, pass_time


def best(ticket: Ticket) -> list[Suggestion]:
    return suggestions(ticket, get_item(ticket.item_id))


def settle_in(town: Town, login: str, area: str) -> None:
    with writing():
        enterprise = db.session.get_one(Enterprise, town.enterprise_id(login))
        enterprise.area = area


def went(town: Town, unit: str, times: int, login: str = "alice") -> None:
    """Let ``times`` tickets end with a unit, as its officers sign for them."""
    who = {"SCJG": town.officer, "GHJS": town.officer2}[unit]
    for _ in range(times):
        ticket = town.walk(town.file(login), "accept")
        ticket = take(town.desk, ticket.id, "dispatch", {"unit_id": town.unit_id(unit)})
        take(who, ticket.id, "sign", {})


def came_back(town: Town, times: int, login: str = "alice") -> None:
    for _ in range(times):
        town.walk(town.file(login), "accept", "dispatch", "return")


def test_the_suggestion_learns_from_what_was_signed_and_returned(town: Town) -> None:
    lead = get_item(town.file().item_id).lead_unit
    assert lead == "SCJG"
    went(town, "GHJS", 4)
    came_back(town, 4)
    ticket = town.file()
    first = best(ticket)[0]
    assert first.unit == "GHJS"
    assert first.reasons[0] == (
        "近一年同类工单%(n)s件由本单位签收，退单%(returned)s次", {"n": 4, "returned": 0},
    )  # fmt: skip
    chosen = suggested_unit(ticket, get_item(ticket.item_id))
    assert chosen is not None
    assert chosen.unit == "GHJS"


def test_the_last_year_counts_and_no_more(town: Town) -> None:
    went(town, "GHJS", 3)
    came_back(town, 3)
    pass_time(days=366)
    ticket = town.file()
    assert best(ticket)[0].unit == "SCJG"
    assert not any("n" in values for one in best(ticket) for _text, values in one.reasons)


def test_the_area_of_the_enterprise_weighs_more(town: Town) -> None:
    settle_in(town, "alice", "主园区")
    settle_in(town, "bob", "河西片区")
    went(town, "SCJG", 8)
    went(town, "GHJS", 4, "bob")
    came_back(town, 2, "bob")
    assert best(town.file("alice"))[0].unit == "SCJG"
    first = best(town.file("bob"))[0]
    assert first.unit == "GHJS"
    assert ("其中%(area)s签收%(n)s件，退单%(returned)s次",
            {"area": "河西片区", "n": 4, "returned": 0}) in first.reasons  # fmt: skip


def test_who_returned_this_ticket_is_suggested_last(town: Town) -> None:
    went(town, "SCJG", 5)
    ticket = town.walk(town.file(), "accept", "dispatch", "return")
    ranked = best(ticket)
    assert ranked[-1].unit == "SCJG"
    assert ranked[-1].reasons[0] == ("本单位已退过本工单%(n)s次", {"n": 1})


def test_the_number_of_statements_does_not_grow(town: Town) -> None:
    ticket = town.file()
    few = statements(ticket)
    went(town, "GHJS", 6)
    came_back(town, 6)
    for n in range(5):
        actions.save_rule(town.desk, actions.Draft(town.unit_id("GHJS"), words=f"词{n}"))
    assert statements(db.session.get_one(Ticket, ticket.id)) == few <= 5


def statements(ticket: Ticket) -> int:
    count = [0]
    best(ticket)

    def note(*_args: object) -> None:
        count[0] += 1

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        best(ticket)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return count[0]


# Verdicts and rules --------------------------------------------------------------------------


def disputed(town: Town) -> Ticket:
    ticket = town.walk(town.file(), "accept", "dispatch", "return", "dispatch", "return")
    ticket = take(town.head, ticket.id, "dispatch", {"unit_id": town.unit_id("SCJG")})
    return town.walk(ticket, "contest")


def ruled(town: Town) -> Ticket:
    inputs = {"unit_id": town.unit_id("GHJS"), "reason": "职责清单第三条"}
    return take(town.leader, disputed(town).id, "settle", inputs)


def test_a_verdict_proposes_a_rule_that_one_click_takes_over(town: Town) -> None:
    settle_in(town, "alice", "主园区")
    ticket = ruled(town)
    [proposed] = rules(town.park_id, RuleFilter(state="proposed"))
    assert (proposed.item_id, proposed.area, proposed.unit_id, proposed.ticket_id) == (
        ticket.item_id, "主园区", town.unit_id("GHJS"), ticket.id,
    )  # fmt: skip
    assert proposed.reason == "职责清单第三条"
    told = select(Notice.user_id).where(Notice.dedup_key.like(f"rule:{proposed.id}:%"))
    assert {town.user("desk").id, town.user("head").id} == set(db.session.scalars(told))
    assert best(town.file())[0].unit == "SCJG"  # a proposal decides nothing
    actions.move_rule(town.desk, proposed.id, "accept", proposed.version)
    first = best(town.file())[0]
    assert first.unit == "GHJS"
    assert first.reasons[0] == ("分管领导裁定的派单规则", {})
    assert best(town.file("bob"))[0].unit == "SCJG"  # another area


def test_the_same_verdict_again_proposes_nothing_new(town: Town) -> None:
    ruled(town)
    ruled(town)
    assert count_by_state(town.park_id) == {"proposed": 1}


def test_a_rule_with_words_fits_what_the_ticket_says(town: Town) -> None:
    made = actions.save_rule(
        town.desk, actions.Draft(town.unit_id("GHJS"), words="屋顶，漏水", reason="住建管房屋")
    )
    assert made.words == "屋顶 漏水"
    assert best(town.file(description="车间屋面漏水"))[0].unit == "GHJS"
    assert best(town.file())[0].unit == "SCJG"
    actions.move_rule(town.head, made.id, "off", made.version)
    assert best(town.file(description="车间屋面漏水"))[0].unit == "SCJG"


def test_rules_refuse_what_cannot_be(town: Town) -> None:
    unit = town.unit_id("GHJS")
    with pytest.raises(Refused) as nothing:
        actions.save_rule(town.desk, actions.Draft(unit))
    assert nothing.value.field == "item_id"
    made = actions.save_rule(town.desk, actions.Draft(unit, words="漏水"))
    with pytest.raises(Refused) as same:
        actions.save_rule(town.desk, actions.Draft(unit, words=" 漏水 "))
    assert same.value.field == "unit_id"
    with pytest.raises(Refused) as stranger:
        actions.save_rule(town.officer, actions.Draft(unit, words="停电"))
    assert stranger.value.kind == "permission"
    with pytest.raises(Conflict):
        actions.move_rule(town.desk, made.id, "off", made.version - 1)
    assert rule(town.officer, made.id) is None


def test_an_edited_proposal_holds_and_a_dropped_one_does_not(town: Town) -> None:
    ruled(town)
    [proposed] = rules(town.park_id, RuleFilter(state="proposed"))
    number, seen = proposed.id, proposed.version
    item = item_by_code(town.park_id, "A01")
    assert item is not None
    changed = actions.save_rule(
        town.desk, actions.Draft(town.unit_id("GHJS"), item.id, "", "消防"), number, seen
    )
    assert (changed.state, changed.words) == ("active", "消防")
    ruled(town)
    [second] = rules(town.park_id, RuleFilter(state="proposed"))
    actions.move_rule(town.desk, second.id, "off", second.version)
    assert best(town.file())[0].unit == "SCJG"


# How often it bounced ------------------------------------------------------------------------


def test_the_way_of_a_ticket_has_every_stop(town: Town) -> None:
    ticket = ruled(town)
    take(town.officer2, ticket.id, "sign", {})
    way = [(one.outcome, one.return_code, one.ruled) for one in way_of(ticket.id)]
    assert way == [
        ("returned", "not_ours", False), ("returned", "not_ours", False),
        ("contested", "not_ours", False), ("signed", "", True),
    ]  # fmt: skip


def test_figures_are_the_number_of_rows_behind_them(town: Town) -> None:
    went(town, "SCJG", 2)
    late = town.walk(town.file(), "accept", "dispatch")
    came_back(town, 1)
    take(town.officer2, ruled(town).id, "sign", {})
    pass_time(days=3)
    town.walk(late, "sign")
    rows = bounces(town.park_id, BounceFilter())
    by_unit = {row.unit_id: row for row in rows}
    scjg, ghjs = by_unit[town.unit_id("SCJG")], by_unit[town.unit_id("GHJS")]
    assert dict(scjg.counts) == {
        "dispatched": 7, "in_time": 2, "late": 1, "returned": 3, "contested": 1,
    }  # fmt: skip
    assert scjg.reasons == {"not_ours": 4}
    assert dict(ghjs.counts) == {"dispatched": 1, "in_time": 1, "ruled": 1}
    for row in rows:
        for kind, count in row.counts.items():
            wanted = BounceFilter(unit=row.unit_id, item=row.item_id, kind=kind)
            assert len(list(hops(town.park_id, wanted))) == count
    assert rows[0] is scjg
    day = late.submitted_at.date()
    tomorrow = BounceFilter(since=day + timedelta(days=1))
    assert bounces(town.park_id, tomorrow) == []
    assert len(list(hops(town.park_id, BounceFilter(until=day, code="not_ours")))) == 4
    assert db.session.scalars(select(RoutingRule)).all()
