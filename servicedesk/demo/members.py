"""The demo's accounting firm and a company with people in every part."""

from datetime import datetime, timedelta

from servicedesk.accounts.actions import create_user
from servicedesk.accounts.models import User
from servicedesk.clock import clock
from servicedesk.core.permissions import Actor, Part, Role
from servicedesk.demo.cast import Cast
from servicedesk.demo.enterprises import SHOWN
from servicedesk.demo.loop import Moments
from servicedesk.enterprises.actions import accept_invitation, invite

LOGIN = "kuaiji"  # acts for three enterprises; same password as the other demo accounts
CLIENTS = (("恩德莱", Part.FINANCE), ("武陵液压", Part.CLERK), ("辣妹坊", Part.VIEWER))
COLLEAGUES = (("caiwu", "贺静", Part.FINANCE), ("zongjian", "彭涛", Part.VIEWER))
NEWEST = timedelta(hours=5)  # an invitation that nobody has used yet is this old


def run(cast: Cast, system: Actor, password_hash: str, now: datetime) -> Moments:
    """Let the accountant and the colleagues join by invitation; one invitation stays open."""
    yield cast.hours.add(clock.now(), 30 * 420)
    accountant = _account(system, password_hash, LOGIN, "瞿会计")
    for firm, part in CLIENTS:
        client = cast.clients[firm]
        token = invite(client.people[0], client.enterprise_id, part, "代账会计瞿会计")
        accept_invitation(accountant.id, token)
        yield cast.hours.add(clock.now(), 3 * 420)
    shown = cast.clients[SHOWN]
    for login, name, part in COLLEAGUES:
        person = _account(system, password_hash, login, name)
        token = invite(shown.people[0], shown.enterprise_id, part, name)
        accept_invitation(person.id, token)
        yield cast.hours.add(clock.now(), 420)
    yield max(now - NEWEST, clock.now())
    invite(shown.people[0], shown.enterprise_id, Part.CLERK, "新来的行政小田")


def _account(system: Actor, password_hash: str, login: str, name: str) -> User:
    return create_user(
        system, login=login, name=name, role=Role.REQUESTER, password_hash=password_hash,
        park_id=system.park_id, phone="13800139998",
    )  # fmt: skip
