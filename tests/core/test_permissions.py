"""The permission table: closed by default, and the few grants that must never slip in."""

import pytest

from servicedesk.core.permissions import (
    PERMISSIONS,
    Actor,
    Part,
    Role,
    Scope,
    Subject,
    allows,
    scope_of,
)

ADMIN = Actor(1, Role.ADMIN, 1)


def test_an_unknown_permission_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        allows(ADMIN, "ticket.anything")


def test_requesters_never_reach_further_than_their_own() -> None:
    scopes = {scope_of(Role.REQUESTER, name) for name in PERMISSIONS}
    assert scopes == {None, Scope.OWN}


def test_units_never_reach_other_units_tickets() -> None:
    for role in (Role.OFFICER, Role.UNIT_HEAD):
        for name in PERMISSIONS:
            if name.startswith(("ticket.", "joint_meeting.")):
                assert scope_of(role, name) in (None, Scope.UNIT), name


def test_the_three_administrations_are_separate() -> None:
    """等保 three-role separation: who runs the system reads neither tickets nor the audit trail."""
    assert scope_of(Role.ADMIN, "ticket.view") is None
    assert scope_of(Role.ADMIN, "audit.view") is None
    assert scope_of(Role.AUDITOR, "admin.users") is None
    assert scope_of(Role.AUDITOR, "ticket.view") is None


def test_leaders_do_not_open_confidential_matters() -> None:
    assert scope_of(Role.LEADER, "ticket.view_confidential") is None


def test_own_means_an_enterprise_that_the_person_acts_for() -> None:
    clerk = Actor(1, Role.REQUESTER, 1, parts={5: Part.CLERK})
    assert allows(clerk, "ticket.view", Subject(1, 5))
    assert not allows(clerk, "ticket.view", Subject(1, 6))
    assert not allows(clerk, "ticket.view", Subject(2, 5))


def test_a_person_without_a_unit_reaches_no_unit() -> None:
    officer = Actor(1, Role.OFFICER, 1, unit_id=None)
    assert not allows(officer, "ticket.view", Subject(1, 5, None))
