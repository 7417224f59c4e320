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


class Part(StrEnum):
    """The part that a requester plays in one enterprise (企业成员身份)."""

    OWNER = "owner"
    CLERK = "clerk"
    FINANCE = "finance"
    VIEWER = "viewer"


PART_NAMES: Mapping[Part, str] = {
    Part.OWNER: N_("企业管理员"),
    Part.CLERK: N_("经办人"),
    Part.FINANCE: N_("财务人员"),
    Part.VIEWER: N_("只读成员"),
}


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
_OVERSIGHT: Grants = {Role.FOLLOW_UP: PARK, Role.LEADER: PARK}
_ALL_STAFF: Grants = dict.fromkeys(sorted(STAFF), PARK)
_SIGNED_IN: Grants = {**_ALL_STAFF, Role.REQUESTER: OWN}

PERMISSIONS: Mapping[str, Grants] = {
    # the enterprise's side
    "portal.use": _REQUESTER,
    "enterprise.view": {**_REQUESTER, **_DESK, Role.FOLLOW_UP: PARK, Role.LEADER: PARK},
    "enterprise.register": _DESK,
    "enterprise.invite": _REQUESTER,
    "enterprise.members": _REQUESTER,
    "enterprise.verify": _DESK,
    "enterprise.browse": {**_DESK, **_OVERSIGHT},
    "enterprise.edit": _DESK,
    "enterprise.correct": _REQUESTER,
    "patent.view": {**_DESK, **_UNIT, **_OVERSIGHT},
    "patent.record": {**_DESK, **_UNIT},
    "enterprise.import": _DESK,
    "enterprise.export": {**_DESK, Role.LEADER: PARK},
    "enterprise.merge": {Role.DESK_HEAD: PARK},
    "enterprise.assign_officer": {Role.DESK_HEAD: PARK},
    # packages, materials, acting on behalf
    "package.view": {**_REQUESTER, **_DESK, **_OVERSIGHT},
    "package.submit": _REQUESTER,
    "package.submit_on_behalf": _DESK,
    "package.steer": {**_REQUESTER, **_DESK},
    "material.view": {**_REQUESTER, **_DESK},
    "material.keep": {**_REQUESTER, **_DESK},
    "material.repair": _DESK,
    "authorization.view": {**_REQUESTER, **_DESK, **_OVERSIGHT},
    "authorization.prepare": {**_REQUESTER, **_DESK},
    "authorization.sign": _REQUESTER,
    "authorization.record_signed": _DESK,
    "authorization.revoke": _REQUESTER,
    "authorization.originals": _DESK,
    # going to the enterprises
    "visit.view": {**_DESK, **_OVERSIGHT},
    "visit.plan": _DESK,
    "visit.record": _DESK,
    "visit.confirm": _REQUESTER,
    "visit.export": {**_DESK, Role.LEADER: PARK},
    # policies, declarations, events
    "policy.view": {**_DESK, **_OVERSIGHT, Role.OFFICER: PARK, Role.UNIT_HEAD: PARK},
    "policy.edit": _DESK,
    "policy.match": _REQUESTER,
    "declaration.view": {**_REQUESTER, **_DESK, **_UNIT, **_OVERSIGHT},
    "declaration.declare": {**_REQUESTER, **_DESK},
    "declaration.decide": {**_DESK, **_UNIT},
    "event.view": {**_REQUESTER, **_DESK, **_OVERSIGHT, Role.OFFICER: PARK, Role.UNIT_HEAD: PARK},
    "event.manage": {**_DESK, **_UNIT},
    "event.register": _REQUESTER,
    "consultation.record": {**_DESK, **_UNIT},
    # people, money, projects
    "hiring.view": {**_REQUESTER, **_DESK, **_UNIT, Role.LEADER: PARK},
    "hiring.post": {**_REQUESTER, **_DESK, **_UNIT},
    "hiring.refer": {**_DESK, **_UNIT},
    "hiring.confirm": _REQUESTER,
    "financing.view": {**_REQUESTER, **_DESK, **_UNIT, Role.LEADER: PARK},
    "financing.need": {**_REQUESTER, **_DESK},
    "financing.product": {**_DESK, **_UNIT},
    "financing.offer": {**_DESK, **_UNIT},
    "financing.accept": _REQUESTER,
    "project.view": {**_REQUESTER, **_DESK, **_OVERSIGHT, Role.OFFICER: PARK, Role.UNIT_HEAD: PARK},
    "project.wall": {**_DESK, **_OVERSIGHT, Role.OFFICER: PARK, Role.UNIT_HEAD: PARK},
    "project.edit": {**_DESK, **_UNIT},
    "project.export": {**_DESK, Role.LEADER: PARK},
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
    "ticket.submit_on_behalf": {**_DESK, **_SYSTEM},
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
    "ticket.act": _DESK,
    "ticket.suspend": {**_DESK, **_UNIT},
    "ticket.terminate": {Role.DESK_HEAD: PARK},
    "ticket.merge": _DESK,
    "ticket.split": _DESK,
    "ticket.link": {**_DESK, **_UNIT},
    "ticket.urgent": {**_DESK, Role.LEADER: PARK},
    "ticket.hand_over": {**_DESK, **_UNIT},
    "ticket.settle": {Role.LEADER: PARK, Role.DESK_HEAD: PARK},
    "ticket.ask_support": {**_UNIT, **_DESK},
    "ticket.support": _UNIT,
    "ticket.approve_supplement": {Role.DESK_HEAD: PARK},
    "ticket.abandon": _SYSTEM,
    "ticket.decide_plan": {Role.LEADER: PARK, Role.DESK_HEAD: PARK},
    "ticket.reopen": {**_REQUESTER, Role.FOLLOW_UP: PARK, Role.DESK_HEAD: PARK},
    "ticket.lift_false": {Role.LEADER: PARK},
    "ticket.urge": _REQUESTER,
    "ticket.remind": {**_DESK, **_OVERSIGHT, Role.UNIT_HEAD: UNIT},
    "ticket.message": {**_REQUESTER, **_DESK, **_UNIT, Role.FOLLOW_UP: PARK},
    "ticket.note": {**_DESK, **_UNIT, Role.FOLLOW_UP: PARK, Role.LEADER: PARK},
    "ticket.false_marks": {Role.DESK_HEAD: PARK, Role.LEADER: PARK, Role.UNIT_HEAD: UNIT},
    # the joint meeting, problems behind tickets
    "joint_meeting.view": {**_DESK, Role.LEADER: PARK, Role.UNIT_HEAD: UNIT},
    "meeting.manage": {Role.DESK_HEAD: PARK, Role.LEADER: PARK},
    "decision.view": {**_DESK, **_UNIT, Role.LEADER: PARK},
    "decision.report": {**_DESK, **_UNIT},
    "decision.confirm": {Role.DESK_HEAD: PARK, Role.LEADER: PARK},
    "problem.view": {**_DESK, **_UNIT, **_OVERSIGHT},
    "problem.edit": {**_DESK, Role.UNIT_HEAD: UNIT},
    "problem.solve": {Role.DESK_HEAD: PARK, Role.UNIT_HEAD: UNIT},
    # the desk's rules, people and tools
    "routing.view": {**_DESK, Role.LEADER: PARK},
    "routing.edit": {**_DESK, Role.LEADER: PARK},
    "duty.view": {**_DESK, **_UNIT, Role.FOLLOW_UP: PARK, Role.LEADER: PARK},
    "duty.edit": {Role.DESK_HEAD: PARK, Role.UNIT_HEAD: UNIT},
    "workload.view": {Role.DESK_HEAD: PARK, Role.UNIT_HEAD: UNIT, Role.LEADER: PARK},
    "workbench.use": {**_DESK, **_UNIT, Role.FOLLOW_UP: PARK, Role.LEADER: PARK},
    "workbench.share": {Role.DESK_HEAD: PARK, Role.UNIT_HEAD: UNIT},
    "rules.view": {Role.ADMIN: PARK, Role.DESK_HEAD: PARK, Role.LEADER: PARK},
    "rules.edit": {Role.ADMIN: PARK, Role.DESK_HEAD: PARK},
    # figures
    "insight.view": {Role.DESK_HEAD: PARK, Role.LEADER: PARK},
    "figures.view": {Role.DESK_HEAD: PARK, Role.LEADER: PARK, Role.UNIT_HEAD: UNIT},
    "figures.own": {**_DESK, **_UNIT, **_OVERSIGHT},
    "performance.view": {  # beyond oneself in a unit only its head: see performance.reach
        Role.DESK_HEAD: PARK,
        Role.LEADER: PARK,
        Role.ADMIN: PARK,
        **_UNIT,
        Role.DESK: UNIT,
        Role.FOLLOW_UP: UNIT,
    },
    "performance.contest": {**_DESK, **_UNIT},
    "performance.answer": {Role.DESK_HEAD: PARK, Role.LEADER: PARK},
    "performance.weigh": {Role.ADMIN: PARK},
    "report.make": {Role.DESK_HEAD: PARK, Role.LEADER: PARK, Role.UNIT_HEAD: UNIT},
    "report.template": {Role.DESK_HEAD: PARK, Role.ADMIN: PARK},
    "public.switch": {Role.ADMIN: PARK},
    # the house
    "account.use": _SIGNED_IN,
    "admin.users": {Role.ADMIN: PARK},
    "admin.calendar": {Role.ADMIN: PARK, Role.DESK_HEAD: PARK},
    "admin.system": {Role.ADMIN: PARK},
    "catalogue.edit": {Role.ADMIN: PARK},
    "audit.view": {Role.AUDITOR: PARK},
}


# 承办人、单位负责人: who sees only the tickets of a unit, and so must have one.
UNIT_ROLES = frozenset(
    role for role, scope in PERMISSIONS["ticket.view"].items() if scope is Scope.UNIT
)


# What each part in an enterprise may do of what requesters may do at all: named, or refused.
_SEEING = frozenset(
    {
        "portal.use", "account.use", "enterprise.view", "ticket.view", "package.view",
        "material.view", "authorization.view", "policy.match", "declaration.view", "event.view",
        "hiring.view", "project.view",
    }
)  # fmt: skip
_DOING = frozenset(
    {
        "ticket.view_confidential", "ticket.submit", "ticket.supplement", "ticket.confirm",
        "ticket.rate", "ticket.withdraw", "ticket.message", "ticket.reopen", "ticket.urge", "package.submit", "package.steer",
        "material.keep", "authorization.prepare", "declaration.declare", "event.register",
        "visit.confirm",
        "hiring.post", "hiring.confirm",
    }
)  # fmt: skip
_MONEY = frozenset({"financing.view", "financing.need", "financing.accept"})
_OWNING = frozenset(
    {
        "enterprise.invite", "enterprise.members", "enterprise.correct", "authorization.sign",
        "authorization.revoke",
    }
)  # fmt: skip
PART_PERMISSIONS: Mapping[Part, frozenset[str]] = {
    Part.VIEWER: _SEEING,
    Part.CLERK: _SEEING | _DOING,
    Part.FINANCE: _SEEING | _DOING | _MONEY,
    Part.OWNER: _SEEING | _DOING | _MONEY | _OWNING,
}
_OF_EVERY_ACCOUNT = frozenset({"portal.use", "account.use"})  # also without any enterprise yet
# What a unit that was asked to support a ticket (协办) may do with it; all else is the lead's.
SUPPORTING = frozenset({"ticket.view", "ticket.view_confidential", "ticket.note", "ticket.support"})


@dataclass(frozen=True, slots=True)
class Actor:
    """A person (or the scheduler) who wants to do something.

    ``park_id`` and ``unit_id`` are row numbers; ``parts`` says in which enterprises a requester
    plays which part, by the enterprise's row number.
    """

    user_id: int | None
    role: Role
    park_id: int
    name: str = ""
    unit_id: int | None = None
    parts: Mapping[int, Part] = field(default_factory=dict)

    @property
    def enterprise_ids(self) -> frozenset[int]:
        """The enterprises that a requester acts for, in whichever part."""
        return frozenset(self.parts)

    def enterprises_with(self, permission: str) -> frozenset[int]:
        """The enterprises in which the requester's part holds ``permission``."""
        return frozenset(
            number for number, part in self.parts.items() if permission in PART_PERMISSIONS[part]
        )


@dataclass(frozen=True, slots=True)
class Subject:
    """What a permission is asked about: where a ticket or an enterprise belongs.

    ``supporters`` are the units that were asked to support the ticket (协办单位).
    """

    park_id: int
    enterprise_id: int | None = None
    unit_id: int | None = None
    supporters: frozenset[int] = field(default_factory=frozenset)


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
    if subject is not None:
        return _reaches(actor, scope, subject, permission)
    return (
        scope is not Scope.OWN
        or permission in _OF_EVERY_ACCOUNT
        or bool(actor.enterprises_with(permission))
    )


def _reaches(actor: Actor, scope: Scope, subject: Subject, permission: str) -> bool:
    if actor.park_id != subject.park_id:
        return False
    if scope is Scope.OWN:
        return subject.enterprise_id in actor.enterprises_with(permission)
    if scope is Scope.UNIT:
        return actor.unit_id is not None and (
            actor.unit_id == subject.unit_id
            or (permission in SUPPORTING and actor.unit_id in subject.supporters)
        )
    return True
