"""The demo's staff: the desk, the leader, and people in every unit of the catalogue."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from servicedesk.accounts.actions import create_user
from servicedesk.core.permissions import Actor, Role
from servicedesk.demo.names import people, phones
from servicedesk.organisation.queries import UnitLabel, units

PASSWORD = "demo-2024"
REQUESTER_LOGIN = "qiye"
DEMO_ACCOUNTS: Sequence[tuple[Role, str, str]] = (
    (Role.REQUESTER, REQUESTER_LOGIN, PASSWORD),
    (Role.DESK, "desk", PASSWORD),
    (Role.FOLLOW_UP, "huifang", PASSWORD),
    (Role.DESK_HEAD, "head", PASSWORD),
    (Role.OFFICER, "officer", PASSWORD),
    (Role.UNIT_HEAD, "unithead", PASSWORD),
    (Role.LEADER, "leader", PASSWORD),
    (Role.ADMIN, "admin", PASSWORD),
    (Role.AUDITOR, "auditor", PASSWORD),
)
DEMO_LOGINS = frozenset(login for _, login, _ in DEMO_ACCOUNTS)
_HOUSE = "QFZX"
_SHOWN = "SCJG"  # the unit of the demo officer and the demo unit head
_ONE_OFFICER = frozenset({"GJJ", "JYJ", "CZJ", "LXHY", "ZSB", "XFJY", "FGJ"})
_DESK: Sequence[tuple[str, str, Role, str | None]] = (
    ("desk", "舒晓燕", Role.DESK, _HOUSE),
    ("desk-2", "向文斌", Role.DESK, _HOUSE),
    ("desk-3", "米佳慧", Role.DESK, _HOUSE),
    ("huifang", "姚雪梅", Role.FOLLOW_UP, _HOUSE),
    ("huifang-2", "田思雨", Role.FOLLOW_UP, _HOUSE),
    ("head", "龙建国", Role.DESK_HEAD, _HOUSE),
    ("leader", "杨宏伟", Role.LEADER, None),
    ("admin", "唐浩然", Role.ADMIN, None),
    ("auditor", "谢秀英", Role.AUDITOR, None),
)


@dataclass(frozen=True, slots=True)
class StaffMember:
    """One account of the staff; ``unit`` is a unit's code."""

    login: str
    name: str
    role: Role
    unit: str | None


def staff(park_units: Sequence[UnitLabel]) -> Iterator[StaffMember]:
    """Yield the desk and the house, then a head and one or two officers for every unit."""
    named = [StaffMember(*member) for member in _DESK]
    yield from named
    taken = {member.name for member in named}
    free = (name for name in people() if name not in taken)
    for unit in park_units:
        for login, role in _posts(unit.code):
            yield StaffMember(login, next(free), role, unit.code)


def _posts(unit: str) -> Iterator[tuple[str, Role]]:
    prefix = unit.lower()
    yield "unithead" if unit == _SHOWN else f"{prefix}-head", Role.UNIT_HEAD
    yield "officer" if unit == _SHOWN else f"{prefix}-1", Role.OFFICER
    if unit not in _ONE_OFFICER:
        yield f"{prefix}-2", Role.OFFICER


def email_of(login: str) -> str:
    """Only the demo accounts have an address, so that the outbox stays small."""
    return f"{login}@example.invalid" if login in DEMO_LOGINS else ""


def create_staff(system: Actor, password_hash: str) -> list[Actor]:
    """Create the staff's accounts and return them as actors, in the order of ``staff``."""
    park_units = units(system.park_id)
    rows = {unit.code: unit.id for unit in park_units}
    numbers, made = phones(), []
    for member in staff(park_units):
        unit_id = rows[member.unit] if member.unit else None
        user = create_user(
            system, login=member.login, name=member.name, role=member.role,
            password_hash=password_hash, park_id=system.park_id, unit_id=unit_id,
            phone=next(numbers), email=email_of(member.login),
        )  # fmt: skip
        made.append(Actor(user.id, member.role, system.park_id, member.name, unit_id))
    return made
