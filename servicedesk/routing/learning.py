"""Where a ticket belongs, from rules, the catalogue and how similar tickets went (派单建议).

A fixed number of statements, each over an index, however many tickets there were.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select

from servicedesk.catalogue.models import ServiceItem
from servicedesk.clock import clock
from servicedesk.core.routing import LOOK_BACK_DAYS, Evidence, Past, Rule, Suggestion, fits, suggest
from servicedesk.enterprises.models import Enterprise
from servicedesk.extensions import db
from servicedesk.organisation.queries import units
from servicedesk.routing.models import DispatchRecord, RoutingRule
from servicedesk.tickets.models import Ticket

ENDED = ("signed", "returned", "contested")


def suggestions(ticket: Ticket, item: ServiceItem) -> list[Suggestion]:
    """Return the units for a ticket, the best first, each saying why."""
    area = db.session.scalar(select(Enterprise.area).where(Enterprise.id == ticket.enterprise_id))
    codes = {unit.id: unit.code for unit in units(ticket.park_id)}
    return suggest(
        Evidence(
            lead=item.lead_unit if item.lead_unit in codes.values() else None,
            partners=[code for code in item.partner_units if code in codes.values()],
            returned_by=_returned_by(ticket, codes),
            past=_past(ticket, area or "", codes, clock.now()),
            rules=_rules(ticket, area or "", codes),
            area=area or "",
        )
    )


def _returned_by(ticket: Ticket, codes: dict[int, str]) -> dict[str, int]:
    if not ticket.returns:
        return {}
    query = (
        select(DispatchRecord.unit_id, func.count())
        .where(
            DispatchRecord.ticket_id == ticket.id,
            DispatchRecord.outcome.in_(("returned", "contested")),
        )
        .group_by(DispatchRecord.unit_id)
    )
    return {codes[unit]: count for unit, count in db.session.execute(query)}


def _past(ticket: Ticket, area: str, codes: dict[int, str], now: datetime) -> dict[str, Past]:
    """Count how the last year's tickets of the same item ended, by unit; not this ticket's own."""
    query = (
        select(
            DispatchRecord.unit_id, DispatchRecord.area, DispatchRecord.outcome,
            DispatchRecord.ruled, func.count(),
        )
        .where(
            DispatchRecord.park_id == ticket.park_id,
            DispatchRecord.item_id == ticket.item_id,
            DispatchRecord.at >= now - timedelta(days=LOOK_BACK_DAYS),
            DispatchRecord.ticket_id != ticket.id,
            DispatchRecord.outcome.in_(ENDED),
        )
        .group_by(
            DispatchRecord.unit_id, DispatchRecord.area, DispatchRecord.outcome,
            DispatchRecord.ruled,
        )
    )  # fmt: skip
    sums: dict[str, list[int]] = {}
    for unit, where, outcome, ruled, count in db.session.execute(query):
        sums_of_unit = sums.setdefault(codes[unit], [0, 0, 0, 0, 0])
        kind = 0 if outcome == "signed" else 1
        sums_of_unit[kind] += count
        if area and where == area:
            sums_of_unit[2 + kind] += count
        if ruled:
            sums_of_unit[4] += count
    return {code: Past(*numbers) for code, numbers in sorted(sums.items())}


def _rules(ticket: Ticket, area: str, codes: dict[int, str]) -> list[Rule]:
    query = select(RoutingRule).where(
        RoutingRule.park_id == ticket.park_id,
        RoutingRule.state == "active",
        or_(RoutingRule.item_id.is_(None), RoutingRule.item_id == ticket.item_id),
        RoutingRule.area.in_({"", area}),
    )
    text = f"{ticket.title}\n{ticket.description}"
    return [
        Rule(
            rule.id, codes[rule.unit_id], rule.item_id is not None, bool(rule.area),
            bool(rule.words), rule.ticket_id is not None,
        )
        for rule in _fitting(db.session.scalars(query).all(), text)
    ]  # fmt: skip


def _fitting(rules: Sequence[RoutingRule], text: str) -> list[RoutingRule]:
    return [rule for rule in rules if fits(rule.words, text)]
