"""Who may do what (权限表): one table, and everything that it does not grant is refused.

A permission is granted to a role *within a scope*. ``OWN`` reaches the requester's own enterprises,
``UNIT`` the tickets that lie with the person's unit, ``PARK`` everything of the person's park.
Routes, buttons, actions, list queries and the permission tests all read this table.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from servicedesk.core.words import N_


class Role(StrEnum):
    """The part a person plays (角色); each account has exactly one."""

    REQUESTER = "requester"
    DESK = "desk"
    FOLLOW_UP = "follow_up"
    DESK_HEAD = "desk_head"
    OFFICER = "officer"
    UNIT_HEAD = "unit_head"
    LEADER = "leader"
    ADMIN = "admin"
    AUDITOR = "auditor"
    SYSTEM = "system"


ROLE_NAMES: Mapping[Role, str] = {
    Role.REQUESTER: N_("企业用户"),
    Role.DESK: N_("受理员"),
    Role.FOLLOW_UP: N_("回访员"),
    Role.DESK_HEAD: N_("专班负责人"),
    Role.OFFICER: N_("承办人"),
    Role.UNIT_HEAD: N_("单位负责人"),
    Role.LEADER: N_("分管领导"),
    Role.ADMIN: N_("系统管理员"),
    Role.AUDITOR: N_("审计员"),
    Role.SYSTEM: N_("系统"),
}

STAFF = frozenset(set(Role) - {Role.REQUESTER, Role.SYSTEM})


class Scope(StrEnum):
    """How far a grant reaches (数据范围)."""

    OWN = "own"
    UNIT = "unit"
    PARK = "park"


OWN, UNIT, PARK = Scope.OWN, Scope.UNIT, Scope.PARK
Grants = Mapping[Role, Scope]

_DESK: Grants = {Role.DESK: PARK, Role.DESK_HEAD: PARK}
_UNIT: Grants = {Role.OFFICER: UNIT, Role.UNIT_HEAD: UNIT}
_REQUESTER: Grants = {Role.REQUESTER: OWN}
_SYSTEM: Grants = {Role.SYSTEM: PARK}
_ALL_STAFF: Grants = dict.fromkeys(sorted(STAFF), PARK)
_SIGNED_IN: Grants = {**_ALL_STAFF, Role.REQUESTER: OWN}

PERMISSIONS: Mapping[str, Grants] = {
    # the enterprise's side
    "portal.use": _REQUESTER,
    "enterprise.view": {**_REQUESTER, **_DESK, Role.FOLLOW_UP: PARK, Role.LEADER: PARK},
    "enterprise.register": _DESK,
    "enterprise.invite": _REQUESTER,
    "enterprise.verify": _DESK,
    # tickets: seeing
    "ticket.view": {
        **_REQUESTER,
        **_DESK,
        **_UNIT,
        Role.FOLLOW_UP: PARK,
        Role.LEADER: PARK,
        **_SYSTEM,
    },
    "ticket.view_confidential": {
        **_REQUESTER,
        **_DESK,
        **_UNIT,
        Role.FOLLOW_UP: PARK,
        **_SYSTEM,
    },
    "ticket.queue": {**_DESK, **_UNIT, Role.FOLLOW_UP: PARK, Role.LEADER: PARK},
    "ticket.export": {**_DESK, Role.LEADER: PARK, Role.UNIT_HEAD: UNIT},
    "personal.unmask": {**_DESK, **_UNIT, Role.FOLLOW_UP: PARK},
    # tickets: acting
    "ticket.submit": _REQUESTER,
    "ticket.submit_on_behalf": _DESK,
    "ticket.accept": _DESK,
    "ticket.decline": _DESK,
    "ticket.dispatch": _DESK,
    "ticket.sign": _UNIT,
    "ticket.return": _UNIT,
    "ticket.assign": {Role.UNIT_HEAD: UNIT},
    "ticket.supplement": {**_REQUESTER, **_DESK},
    "ticket.handle": _UNIT,
    "ticket.extend": {Role.UNIT_HEAD: UNIT, Role.LEADER: PARK, Role.DESK_HEAD: PARK},
    "ticket.confirm": _REQUESTER,
    "ticket.follow_up": {Role.FOLLOW_UP: PARK, Role.DESK_HEAD: PARK},
    "ticket.rate": _REQUESTER,
    "ticket.close": {Role.FOLLOW_UP: PARK, Role.DESK_HEAD: PARK, **_SYSTEM},
    "ticket.rework": {Role.FOLLOW_UP: PARK, Role.DESK_HEAD: PARK},
    "ticket.withdraw": _REQUESTER,
    "ticket.message": {**_REQUESTER, **_DESK, **_UNIT, Role.FOLLOW_UP: PARK},
    "ticket.note": {**_DESK, **_UNIT, Role.FOLLOW_UP: PARK, Role.LEADER: PARK},
    "joint_meeting.view": {**_DESK, Role.LEADER: PARK, Role.UNIT_HEAD: UNIT},
    # figures
    "insight.view": {Role.DESK_HEAD: PARK, Role.LEADER: PARK},
    # the house
    "account.use": _SIGNED_IN,
    "admin.users": {Role.ADMIN: PARK},
    "admin.calendar": {Role.ADMIN: PARK, Role.DESK_HEAD: PARK},
    "admin.system": {Role.ADMIN: PARK},
    "audit.view": {Role.AUDITOR: PARK},
}


@dataclass(frozen=True, slots=True)
class Actor:
    """A person (or the scheduler) who wants to do something.

    ``park_id`` and ``unit_id`` are row numbers; ``enterprise_ids`` are the enterprises that a
    requester acts for.
    """

    user_id: int | None
    role: Role
    park_id: int
    name: str = ""
    unit_id: int | None = None
    enterprise_ids: frozenset[int] = field(default_factory=frozenset)
    owned_enterprise_ids: frozenset[int] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a permission is asked about: where a ticket or an enterprise belongs."""

    park_id: int
    enterprise_id: int | None = None
    unit_id: int | None = None


def scope_of(role: Role, permission: str) -> Scope | None:
    """Return how far ``role`` holds ``permission``; ``None`` refuses.

    Raises:
        KeyError: the permission is not in the table, which is a mistake of ours.
    """
    return PERMISSIONS[permission].get(role)


def allows(actor: Actor, permission: str, subject: Subject | None = None) -> bool:
    """Tell whether ``actor`` holds ``permission``, for ``subject`` where one is given."""
    scope = scope_of(actor.role, permission)
    if scope is None:
        return False
    return subject is None or _reaches(actor, scope, subject)


def _reaches(actor: Actor, scope: Scope, subject: Subject) -> bool:
    if actor.park_id != subject.park_id:
        return False
    if scope is Scope.OWN:
        return subject.enterprise_id in actor.enterprise_ids
    if scope is Scope.UNIT:
        return actor.unit_id is not None and actor.unit_id == subject.unit_id
    return True
