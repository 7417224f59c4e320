"""Everything that changes the rules that suggest a unit (派单规则)."""

from dataclasses import dataclass

from sqlalchemy import select

from servicedesk.accounts.queries import holding
from servicedesk.audit.actions import record
from servicedesk.catalogue.models import ServiceItem
from servicedesk.clock import clock
from servicedesk.core.permissions import Actor, Role, Subject, allows
from servicedesk.core.routing import words_of
from servicedesk.core.words import N_
from servicedesk.core.workflow import Transition
from servicedesk.enterprises.queries import enterprise as get_enterprise
from servicedesk.errors import Conflict, Refused
from servicedesk.extensions import db
from servicedesk.notifications.actions import tell
from servicedesk.organisation.models import Unit
from servicedesk.routing.models import RoutingRule
from servicedesk.tickets.models import Ticket, TicketEvent
from servicedesk.transaction import unit_of_work

MOVES = {"accept": "active", "on": "active", "off": "off"}


@dataclass(frozen=True, slots=True)
class Draft:
    """What a person writes into a rule; empty conditions hold for every ticket."""

    unit_id: int
    item_id: int | None = None
    area: str = ""
    words: str = ""
    reason: str = ""


@unit_of_work
def save_rule(
    actor: Actor, draft: Draft, rule_id: int | None = None, seen: int | None = None
) -> RoutingRule:
    """Write a rule that holds from now on, or change one; a proposal is taken over by it.

    Raises:
        Refused: not permitted, no such unit or item, or the same rule is there already.
        Conflict: somebody changed it since the form was shown.
    """
    _may(actor)
    rule = _locked(actor, rule_id, seen) if rule_id is not None else None
    before = _facts(rule) if rule is not None else None
    _check(actor, draft, rule_id)
    if rule is None:
        rule = RoutingRule(
            park_id=actor.park_id, created_by_id=actor.user_id, created_at=clock.now()
        )
        db.session.add(rule)
    rule.unit_id, rule.item_id, rule.area = draft.unit_id, draft.item_id, draft.area
    rule.words, rule.reason = " ".join(words_of(draft.words)), draft.reason.strip()
    if rule.state != "off" or before is None:
        rule.state = "active"
    rule.decided_by_id, rule.decided_at = actor.user_id, clock.now()
    db.session.flush()
    record(actor, "routing.save", "routing_rule", rule.id, before, _facts(rule))
    return rule


@unit_of_work
def move_rule(actor: Actor, rule_id: int, move: str, seen: int | None) -> RoutingRule:
    """Take a proposal over (``accept``), switch a rule ``on`` or ``off``; a drop is ``off``.

    Raises:
        Refused: not permitted, or the same rule is active already.
        Conflict: somebody changed it since the page was shown.
        KeyError: there is no such move.
    """
    _may(actor)
    rule = _locked(actor, rule_id, seen)
    state = MOVES[move]
    if rule.state == state:
        return rule
    before = _facts(rule)
    if state == "active":
        draft = Draft(rule.unit_id, rule.item_id, rule.area, rule.words)
        _check(actor, draft, rule.id)
    rule.state, rule.decided_by_id, rule.decided_at = state, actor.user_id, clock.now()
    db.session.flush()
    record(actor, f"routing.{move}", "routing_rule", rule.id, before, _facts(rule))
    return rule


def _may(actor: Actor) -> None:
    if not allows(actor, "routing.edit", Subject(actor.park_id)):
        raise Refused(N_("您没有执行此操作的权限。"), kind="permission")


def _locked(actor: Actor, rule_id: int, seen: int | None) -> RoutingRule:
    rule = db.session.get_one(RoutingRule, rule_id, with_for_update=True, populate_existing=True)
    if rule.park_id != actor.park_id:
        raise Refused(N_("您没有执行此操作的权限。"), kind="permission")
    if seen is not None and rule.version != seen:
        raise Conflict(seen, rule.version)
    return rule


def _check(actor: Actor, draft: Draft, rule_id: int | None) -> None:
    unit = db.session.get(Unit, draft.unit_id)
    if unit is None or unit.park_id != actor.park_id:
        raise Refused(N_("请选择本园区的承办单位。"), field="unit_id")
    item = db.session.get(ServiceItem, draft.item_id) if draft.item_id is not None else None
    if draft.item_id is not None and (item is None or item.park_id != actor.park_id):
        raise Refused(N_("请选择本园区的服务事项。"), field="item_id")
    if item is None and not draft.area and not draft.words.strip():
        raise Refused(N_("请至少填写一个条件：事项、片区或关键词。"), field="item_id")
    same = select(RoutingRule.id).where(
        RoutingRule.park_id == actor.park_id, RoutingRule.state == "active",
        RoutingRule.unit_id == draft.unit_id, RoutingRule.area == draft.area,
        RoutingRule.words == " ".join(words_of(draft.words)), RoutingRule.id != (rule_id or 0),
        RoutingRule.item_id == draft.item_id if draft.item_id else RoutingRule.item_id.is_(None),
    )  # fmt: skip
    if db.session.scalar(same) is not None:
        raise Refused(N_("已有一条相同的规则在启用。"), field="unit_id")


def _facts(rule: RoutingRule) -> dict[str, object]:
    return {
        "unit_id": rule.unit_id, "item_id": rule.item_id, "area": rule.area, "words": rule.words,
        "state": rule.state,
    }  # fmt: skip


def follow_ticket(ticket: Ticket, step: Transition, actor: Actor) -> None:
    """A leader's verdict (裁定) is proposed as a rule: this item in this area goes to that unit.

    Nothing is proposed where a rule that waits or holds says the same already.
    """
    if step.name != "settle" or ticket.unit_id is None:
        return
    enterprise = get_enterprise(ticket.enterprise_id)
    area = enterprise.area if enterprise else ""
    known = select(RoutingRule.id).where(
        RoutingRule.park_id == ticket.park_id, RoutingRule.state.in_(("proposed", "active")),
        RoutingRule.item_id == ticket.item_id, RoutingRule.area == area, RoutingRule.words == "",
        RoutingRule.unit_id == ticket.unit_id,
    )  # fmt: skip
    if db.session.scalar(known) is not None:
        return
    rule = RoutingRule(
        park_id=ticket.park_id, item_id=ticket.item_id, area=area, unit_id=ticket.unit_id,
        ticket_id=ticket.id, reason=_verdict(ticket.id), created_by_id=actor.user_id,
        created_at=clock.now(),
    )  # fmt: skip
    db.session.add(rule)
    db.session.flush()
    record(actor, "routing.propose", "routing_rule", rule.id, after=_facts(rule))
    tell(
        [one for role in (Role.DESK_HEAD, Role.DESK) for one in holding(ticket.park_id, role)
         if one.id != actor.user_id],
        N_("裁定形成了一条派单规则，请决定是否采纳。"), key=f"rule:{rule.id}",
        detail=ticket.number, link="/desk/routing?state=proposed",
    )  # fmt: skip


def _verdict(ticket_id: int) -> str:
    """Return the leader's reason from the timeline, where the step has just been written."""
    query = (
        select(TicketEvent.data)
        .where(TicketEvent.ticket_id == ticket_id, TicketEvent.kind == "settle")
        .order_by(TicketEvent.id.desc())
        .limit(1)
    )
    return str((db.session.scalar(query) or {}).get("reason", ""))
