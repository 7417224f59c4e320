"""Members: parts, invitations, leaving; a file never loses its owner, also with two at once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import select

from servicedesk.audit.models import AuditEntry
from servicedesk.clock import clock
from servicedesk.core.permissions import Actor, Part
from servicedesk.enterprises.actions import accept_invitation, find_invitation, invite, join
from servicedesk.enterprises.models import Membership
from servicedesk.enterprises.people import (
    change_part,
    leave,
    remove_member,
    revoke_invitation,
)
from servicedesk.enterprises.queries import of_person, open_invitations, owners, parts_of
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.notifications.models import Notice
from tests.support import Town

ROUNDS = 6


@pytest.fixture
def mine(town: Town) -> int:
    """Alice's enterprise, in which Bob is a clerk."""
    enterprise_id = town.enterprise_id("alice")
    join(town.user("bob").id, enterprise_id, Part.CLERK)
    return enterprise_id


def acts(actor: Actor, enterprise_id: int) -> list[str]:
    """Return what the audit trail says that the person did to the enterprise."""
    query = select(AuditEntry.action).where(
        AuditEntry.user_id == actor.user_id, AuditEntry.object_id == str(enterprise_id)
    )
    return list(db.session.scalars(query.order_by(AuditEntry.id)))


def told(town: Town, login: str) -> list[tuple[str, int | None]]:
    """Return what the person was told, and about which enterprise."""
    query = select(Notice).where(Notice.user_id == town.user(login).id).order_by(Notice.id)
    return [(notice.text, notice.enterprise_id) for notice in db.session.scalars(query)]


def test_an_owner_changes_a_part_and_everybody_hears(town: Town, mine: int) -> None:
    change_part(town.alice, mine, town.user("bob").id, Part.FINANCE, "clerk")
    assert town.bob.parts[mine] is Part.FINANCE
    assert mine in town.bob.enterprises_with("financing.need")
    assert ("您在企业中的身份已改变。", mine) in told(town, "bob")
    assert acts(town.alice, mine)[-1] == "enterprise.change_part"


def test_nobody_overwrites_another_owners_change(town: Town, mine: int) -> None:
    change_part(town.alice, mine, town.user("bob").id, Part.VIEWER)
    with pytest.raises(Refused) as refused:
        change_part(town.alice, mine, town.user("bob").id, Part.OWNER, "clerk")
    assert refused.value.kind == "conflict"
    assert town.bob.parts[mine] is Part.VIEWER


@pytest.mark.parametrize("part", [Part.CLERK, Part.FINANCE, Part.VIEWER])
def test_only_owners_manage(town: Town, mine: int, part: Part) -> None:
    change_part(town.alice, mine, town.user("bob").id, part)
    alice = town.user("alice").id
    for attempt in (
        lambda: change_part(town.bob, mine, alice, Part.VIEWER),
        lambda: remove_member(town.bob, mine, alice),
        lambda: invite(town.bob, mine, Part.OWNER),
        lambda: revoke_invitation(town.bob, mine, 1),
    ):
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.kind == "permission"


def test_who_was_removed_is_out_at_once(town: Town, mine: int) -> None:
    before = town.bob
    remove_member(town.alice, mine, town.user("bob").id)
    assert mine not in town.bob.enterprise_ids
    assert told(town, "bob")[-1] == ("您已被移出企业，不能再为它办事。", None)
    with pytest.raises(Refused):
        leave(before, mine)
    with pytest.raises(Refused):
        remove_member(town.alice, mine, town.user("bob").id)


def test_a_removed_owner_can_do_nothing_more_with_an_old_page(town: Town, mine: int) -> None:
    change_part(town.alice, mine, town.user("bob").id, Part.OWNER)
    before = town.bob
    remove_member(town.alice, mine, town.user("bob").id)
    with pytest.raises(Refused):
        remove_member(before, mine, town.user("alice").id)
    assert [owner.login for owner in owners(mine)] == ["alice"]


def test_the_last_owner_hands_over_first(town: Town, mine: int) -> None:
    with pytest.raises(Refused) as refused:
        leave(town.alice, mine)
    assert "另一位成员" in refused.value.reason
    with pytest.raises(Refused):
        change_part(town.alice, mine, town.user("alice").id, Part.CLERK)
    change_part(town.alice, mine, town.user("bob").id, Part.OWNER)
    leave(town.alice, mine)
    assert [owner.login for owner in owners(mine)] == ["bob"]
    assert ("有成员退出了企业。", mine) in told(town, "bob")


def test_a_person_joins_a_second_enterprise_with_the_own_account(town: Town) -> None:
    mine, theirs = town.enterprise_id("alice"), town.enterprise_id("bob")
    token = invite(town.alice, mine, Part.VIEWER, "代账会计")
    [waiting] = open_invitations(mine, clock.now())
    assert (waiting.invitee, waiting.part) == ("代账会计", "viewer")
    accept_invitation(town.user("bob").id, token)
    assert dict(town.bob.parts) == {theirs: Part.OWNER, mine: Part.VIEWER}
    assert len(of_person(town.user("bob").id)) == 2
    assert open_invitations(mine, clock.now()) == []
    assert ("有同事接受邀请，加入了企业。", mine) in told(town, "alice")


def test_an_invitation_is_not_used_up_by_whom_it_is_not_for(town: Town, mine: int) -> None:
    token = invite(town.alice, mine, Part.CLERK)
    for login in ("desk", "bob"):
        with pytest.raises(Refused):
            accept_invitation(town.user(login).id, token)
    assert find_invitation(token) is not None
    assert parts_of(mine)[town.user("bob").id] is Part.CLERK


def test_a_revoked_invitation_is_worth_nothing(town: Town) -> None:
    mine = town.enterprise_id("alice")
    token = invite(town.alice, mine, Part.CLERK)
    [waiting] = open_invitations(mine, clock.now())
    revoke_invitation(town.alice, mine, waiting.id)
    with pytest.raises(Refused):
        accept_invitation(town.user("bob").id, token)
    with pytest.raises(Refused):
        revoke_invitation(town.alice, mine, waiting.id)


def test_an_owners_invitations_go_with_the_owner(town: Town, mine: int) -> None:
    bob = town.user("bob").id
    change_part(town.alice, mine, bob, Part.OWNER)
    back_door = invite(town.bob, mine, Part.OWNER)
    remove_member(town.alice, mine, bob)
    with pytest.raises(Refused):
        accept_invitation(bob, back_door)


def at_the_same_time(app: Flask, *works: Callable[[], object]) -> list[object]:
    """Run each of ``works`` in a thread of its own; they start together."""
    barrier = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> object:
        with app.app_context():
            barrier.wait()
            try:
                return work()
            except Refused as refused:
                return refused
            finally:
                db.session.remove()

    db.session.remove()
    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def test_two_owners_who_remove_each_other_leave_one(app: Flask) -> None:
    town = Town()
    mine, alice, bob = town.enterprise_id(), town.user("alice").id, town.user("bob").id
    for _round in range(ROUNDS):
        db.session.rollback()
        join(alice, mine, Part.OWNER)
        join(bob, mine, Part.OWNER)
        one, other = town.alice, town.bob
        results = at_the_same_time(
            app,
            lambda one=one: remove_member(one, mine, bob),  # type: ignore[misc]
            lambda other=other: remove_member(other, mine, alice),  # type: ignore[misc]
        )
        left = db.session.scalars(select(Membership.part).where(Membership.enterprise_id == mine))
        assert list(left) == [Part.OWNER]
        assert sum(isinstance(result, Refused) for result in results) == 1


def test_two_owners_who_leave_together_leave_one(app: Flask) -> None:
    town = Town()
    mine, bob = town.enterprise_id(), town.user("bob").id
    join(bob, mine, Part.OWNER)
    one, other = town.alice, town.bob
    results = at_the_same_time(app, lambda: leave(one, mine), lambda: leave(other, mine))
    assert len(owners(mine)) == 1
    assert sum(isinstance(result, Refused) for result in results) == 1
