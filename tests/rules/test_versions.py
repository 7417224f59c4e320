"""Versions of the rules: publishing, what a ticket keeps, and what is refused."""

import pytest
from sqlalchemy import select

from servicedesk.audit.models import AuditEntry
from servicedesk.clock import clock
from servicedesk.core.rules import BY_KEY, DEFAULT_RULES, TERMS, faults, rules_from, values_of
from servicedesk.errors import Conflict, Faulty, Refused
from servicedesk.extensions import db
from servicedesk.organisation.queries import default_park
from servicedesk.rules.actions import publish
from servicedesk.rules.models import RuleSet
from servicedesk.rules.queries import current_rules, rules_at, versions
from servicedesk.tickets import clocks
from servicedesk.transaction import writing
from tests.support import Town


def test_every_number_has_a_term_and_the_defaults_can_be_published() -> None:
    assert {term.key for term in TERMS} == set(values_of(DEFAULT_RULES))
    assert faults(values_of(DEFAULT_RULES)) == {}
    assert all(term.low <= getattr(DEFAULT_RULES, term.key) <= term.high for term in TERMS)
    assert len(BY_KEY) == 23


def test_the_installation_begins_with_version_1(town: Town) -> None:
    [first] = versions(town.park_id)
    assert (first.version, first.values) == (1, values_of(DEFAULT_RULES))
    assert default_park().rules_version == 1


def test_a_ticket_keeps_the_version_under_which_it_was_filed(town: Town) -> None:
    old = town.file()
    publish(town.admin, {"warn_share": 50, "ladder_3": 9}, "早一点预警", 1)
    new = town.file()
    assert (old.rules_version, new.rules_version) == (1, 2)
    assert clocks.rules_of(old).warn_share == 80
    assert clocks.rules_of(new).ladder == (1, 3, 9)
    assert old.due_at == new.due_at
    assert old.warn_at and new.warn_at and new.warn_at < old.warn_at
    clocks.refresh(old)
    assert old.warn_at > new.warn_at
    db.session.rollback()


def test_publishing_again_builds_on_the_version_before(town: Town) -> None:
    publish(town.admin, {"warn_share": 70}, "第一次", 1)
    publish(town.head, {"ladder_1": 2}, "第二次", 2)
    assert [one.version for one in versions(town.park_id)] == [3, 2, 1]
    assert current_rules(town.park_id) == rules_from({"warn_share": 70, "ladder_1": 2})
    assert rules_at(town.park_id, 2) == rules_from({"warn_share": 70})
    assert rules_at(town.park_id, 1) == DEFAULT_RULES
    newest = versions(town.park_id)[0]
    assert (newest.note, newest.published_by_id) == ("第二次", town.user("head").id)
    assert newest.published_at == clock.now()


def test_the_trail_says_what_was_changed_and_why(town: Town) -> None:
    publish(town.admin, {"warn_share": 70}, "早一点预警", 1)
    [entry] = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "rules.publish"))
    assert entry.before == {"version": 1, "warn_share": 80}
    assert entry.after == {"version": 2, "note": "早一点预警", "warn_share": 70}


def test_who_was_slower_is_told(town: Town) -> None:
    publish(town.admin, {"warn_share": 70}, "早一点", 1)
    with pytest.raises(Conflict) as caught:
        publish(town.head, {"warn_share": 90}, "晚一点", 1)
    assert (caught.value.seen, caught.value.current) == (1, 2)
    assert current_rules(town.park_id).warn_share == 70
    assert len(versions(town.park_id)) == 2


def test_a_version_that_was_rolled_back_is_not_remembered(town: Town) -> None:
    with pytest.raises(RuntimeError), writing():
        publish(town.admin, {"warn_share": 50}, "没有成功", 1)
        assert current_rules(town.park_id).warn_share == 50
        raise RuntimeError
    publish(town.admin, {"warn_share": 70}, "成功了", 1)
    assert current_rules(town.park_id).warn_share == 70


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"warn_share": 49}, {"warn_share"}),
        ({"warn_share": 96, "sign_days": 0}, {"warn_share", "sign_days"}),
        ({"ladder_1": 3}, {"ladder_3"}),
        ({"ladder_2": 5, "ladder_3": 5}, {"ladder_3"}),
        ({"supplement_second_reminder": 2}, {"supplement_abandon"}),
        ({"supplement_abandon": 4}, {"supplement_abandon"}),
    ],
)
def test_numbers_that_cannot_be(town: Town, values: dict[str, int], wrong: set[str]) -> None:
    with pytest.raises(Faulty) as caught:
        publish(town.admin, values, "试一试", 1)
    assert set(caught.value.faults) == wrong
    assert default_park().rules_version == 1
    assert db.session.scalars(select(RuleSet)).all() == versions(town.park_id)


def test_no_version_without_a_reason_or_a_change(town: Town) -> None:
    with pytest.raises(Refused) as caught:
        publish(town.admin, {"warn_share": 70}, "  ", 1)
    assert caught.value.field == "note"
    with pytest.raises(Refused, match="没有改动"):
        publish(town.admin, {"warn_share": 80}, "没有改", 1)
    with pytest.raises(KeyError):
        publish(town.admin, {"unknown": 1}, "不认识", 1)
    assert default_park().rules_version == 1


@pytest.mark.parametrize("login", ["leader", "desk", "officer", "auditor", "alice"])
def test_only_administrators_and_the_desks_head_publish(town: Town, login: str) -> None:
    with pytest.raises(Refused) as caught:
        publish(town.actor(login), {"warn_share": 70}, "早一点", 1)
    assert caught.value.kind == "permission"
    assert default_park().rules_version == 1
