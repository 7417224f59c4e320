"""A small town for tests: one person for each role, two enterprises, and shortcuts to act."""

from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from argon2 import PasswordHasher

from servicedesk.accounts.actions import create_user
from servicedesk.accounts.models import User
from servicedesk.accounts.queries import by_login
from servicedesk.calendars.queries import calendar
from servicedesk.catalogue.queries import item_by_code
from servicedesk.clock import clock
from servicedesk.core.identifiers import valid_credit_code
from servicedesk.core.permissions import Actor, Role
from servicedesk.enterprises.actions import register
from servicedesk.organisation.queries import default_park, unit_by_code
from servicedesk.tickets.actions import Request, submit, take
from servicedesk.tickets.models import Ticket
from servicedesk.web.access import actor_of

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = datetime(2024, 3, 5, 10, 0, tzinfo=SHANGHAI)  # a working Tuesday
PASSWORD = "correct horse battery"
# Made in a thousandth of the time that :func:`hash_password` takes: the tests sign in a thousand
# times. How strong ours is, test_access asks of the product itself.
QUICKLY = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)

STAFF: dict[str, tuple[Role, str | None]] = {
    "desk": (Role.DESK, "QFZX"),
    "follow": (Role.FOLLOW_UP, "QFZX"),
    "head": (Role.DESK_HEAD, "QFZX"),
    "officer": (Role.OFFICER, "SCJG"),
    "officer2": (Role.OFFICER, "GHJS"),
    "unithead": (Role.UNIT_HEAD, "SCJG"),
    "leader": (Role.LEADER, None),
    "admin": (Role.ADMIN, None),
    "auditor": (Role.AUDITOR, None),
}
OWNERS = {"alice": ("恩德莱科技有限公司", "MA44JURQ8"), "bob": ("荷力士重工有限公司", "MA4283FQ6")}


def build_town() -> None:
    """Create the people and enterprises; runs once, in the template."""
    park, password = default_park(), QUICKLY.hash(PASSWORD)
    system = Actor(None, Role.SYSTEM, park.id, "tests")
    for login, (role, unit_code) in STAFF.items():
        unit = unit_by_code(park.id, unit_code) if unit_code else None
        create_user(
            system, login=login, name=f"{login} 甲", role=role, password_hash=password,
            park_id=park.id, unit_id=unit.id if unit else None, email=f"{login}@example.invalid",
        )  # fmt: skip
    for login, (name, subject) in OWNERS.items():
        register(
            park.id, name=name, code=valid_credit_code(park.region, subject), confirmed=False,
            person=f"{login} 乙", phone="13800138000", email=f"{login}@example.invalid",
            login=login, password_hash=password,
        )  # fmt: skip


class Town:
    """Shortcuts: ``town.desk`` is an actor, ``town.file()`` a ticket, ``town.walk`` a path."""

    def __getattr__(self, login: str) -> Actor:
        return self.actor(login)

    def actor(self, login: str) -> Actor:
        """Return the person with this login as an actor."""
        return actor_of(self.user(login))

    def user(self, login: str) -> User:
        """Return the account with this login."""
        user = by_login(login)
        assert user is not None, login
        return user

    @cached_property
    def park_id(self) -> int:
        """The park's row number."""
        return default_park().id

    def unit_id(self, code: str) -> int:
        """Return a unit's row number."""
        unit = unit_by_code(self.park_id, code)
        assert unit is not None, code
        return unit.id

    def enterprise_id(self, login: str = "alice") -> int:
        """Return the enterprise of a requester."""
        return min(self.actor(login).enterprise_ids)

    def file(self, login: str = "alice", item: str = "A01", **changes: Any) -> Ticket:
        """File a request for the item as a requester."""
        found = item_by_code(self.park_id, item)
        assert found is not None, item
        request = {
            "enterprise_id": self.enterprise_id(login), "title": "办理营业执照",
            "description": "拟新设一家公司，请帮忙办理。", "contact": "李工", "phone": "13800138000",
        }  # fmt: skip
        return submit(self.actor(login), found, Request(**{**request, **changes}))

    def walk(self, ticket: Ticket, *steps: str, **inputs: Any) -> Ticket:
        """Take steps one after another, each by the person whose work it is."""
        for step in steps:
            who, values = self._plan(ticket, step)
            ticket = take(who, ticket.id, step, {**values, **inputs})
        return ticket

    def _plan(self, ticket: Ticket, step: str) -> tuple[Actor, dict[str, Any]]:
        """Return who takes the step and with what; what must be looked up is, for this step alone."""
        plan: dict[str, tuple[str, dict[str, Any]]] = {
            "accept": ("desk", {}),
            "decline": ("desk", {"reason": "不属于园区事项", "where_to_go": "区政务服务中心"}),
            "dispatch": ("desk", {"unit_id": lambda: self.unit_id("SCJG")}),
            "sign": ("officer", {}),
            "return": ("officer", {"code": "not_ours", "reason": "不属于本单位职责"}),
            "contest": ("officer", {"code": "not_ours", "reason": "职责不清"}),
            "settle": ("leader", {"unit_id": lambda: self.unit_id("SCJG"), "reason": "职责清单第三条"}),
            "assign": ("unithead", {"assignee_id": lambda: self.user("officer").id}),
            "request_supplement": ("officer", {"request": "请补充住所使用证明。"}),
            "supplement": ("owner", {"answer": "已补充。"}),
            "act": ("desk", {"power": "hand_in", "note": "已递交设立登记申请。"}),
            "suspend": ("officer", {"reason": "企业申请暂缓"}),
            "resume": ("officer", {"note": "材料已备齐"}),
            "ask_resume": ("owner", {"note": "材料已备齐，请继续办理"}),
            "terminate": ("head", {"reason": "逾期未续办", "where_to_go": "可重新提交申请"}),
            "request_extension": ("officer", {"until": lambda: self.later(ticket, 2), "reason": "需要外勘"}),
            "approve_extension": ("unithead", {}),
            "refuse_extension": ("unithead", {"reason": "可以按期办结"}),
            "resolve": ("officer", {"result": "solved", "resolution": "执照已领取。"}),
            "confirm": ("owner", {}),
            "dispute": ("owner", {"reason": "还没有拿到执照"}),
            "follow_up": ("follow", {"note": "企业确认已办好"}),
            "miss": ("follow", {"note": "无人接听"}),
            "refuse_call": ("follow", {"note": "不便答复"}),
            "call_back": ("follow", {"note": "已联系企业，反映属实"}),
            "reopen": ("owner", {"reason": "问题又出现了"}),
            "take_up": ("owner", {}),
            "urge": ("owner", {}),
            "mark_urgent": ("desk", {"reason": "企业已停产"}),
            "unmark_urgent": ("desk", {"reason": "不影响生产"}),
            "lift_false": ("leader", {"reason": "企业说明系误会"}),
            "ask_supplement_again": ("officer", {"request": "还需房产证明"}),
            "approve_supplement": ("head", {}),
            "refuse_supplement": ("head", {"reason": "可内部核查"}),
            "answer_support": ("officer2", {"answer": "已现场核实"}),
            "close_unreached": ("follow", {"note": "三次未联系上"}),
            "rework": ("follow", {"reason": "企业反映未解决"}),
            "rate": ("owner", {"level": 5}),
            "close": ("follow", {}),
            "close_verified": ("follow", {"note": "核实为误评"}),
            "close_unrated": ("follow", {}),
            "withdraw": ("owner", {"reason": "不需要了"}),
        }  # fmt: skip
        login, inputs = plan[step]
        if login == "owner":
            login = "alice" if ticket.enterprise_id == self.enterprise_id("alice") else "bob"
        made = {name: value() if callable(value) else value for name, value in inputs.items()}
        return self.actor(login), made

    def later(self, ticket: Ticket, days: int) -> date:
        """Return the day ``days`` working days after the ticket's due day."""
        hours = calendar(self.park_id)
        return hours.add_working_days(hours.local(ticket.due_at or clock.now()).date(), days)


def pass_time(**span: float) -> datetime:
    """Move the held clock forward."""
    moment = clock.now() + timedelta(**span)
    clock.set(moment)
    return moment


def local(text: str) -> datetime:
    """Return ``2024-03-05 10:00`` in Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)
