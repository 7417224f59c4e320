"""Reading the rules that suggest a unit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select

from servicedesk.core.permissions import Actor, Subject, allows
from servicedesk.extensions import db
from servicedesk.routing.models import RoutingRule
from servicedesk.streaming import streamed


@dataclass(frozen=True, slots=True)
class RuleFilter:
    """What the list of rules is narrowed to; the rows' newest first."""

    state: str = ""
    item: int | None = None
    unit: int | None = None
    area: str = ""
    q: str = ""


def rules(park_id: int, wanted: RuleFilter) -> Sequence[RoutingRule]:
    """Return the park's rules that the filter finds, newest first."""
    return db.session.scalars(_rules(park_id, wanted)).all()


def every_rule(park_id: int, wanted: RuleFilter) -> Iterator[RoutingRule]:
    """Yield the same rules, for an export."""
    return (row.RoutingRule for row in streamed(_rules(park_id, wanted)))


def _rules(park_id: int, wanted: RuleFilter) -> Select[RoutingRule]:
    query = select(RoutingRule).where(RoutingRule.park_id == park_id)
    for column, value in (
        (RoutingRule.state, wanted.state), (RoutingRule.item_id, wanted.item),
        (RoutingRule.unit_id, wanted.unit), (RoutingRule.area, wanted.area),
    ):  # fmt: skip
        if value:
            query = query.where(column == value)
    if wanted.q:
        query = query.where(
            RoutingRule.words.contains(wanted.q, autoescape=True)
            | RoutingRule.reason.contains(wanted.q, autoescape=True)
        )
    return query.order_by(RoutingRule.id.desc())


def count_by_state(park_id: int) -> dict[str, int]:
    """Return how many rules stand in each state."""
    query = (
        select(RoutingRule.state, func.count())
        .where(RoutingRule.park_id == park_id)
        .group_by(RoutingRule.state)
    )
    return {row[0]: row[1] for row in db.session.execute(query)}


def rule(actor: Actor, rule_id: int) -> RoutingRule | None:
    """Return a rule that the person may see; any other does not exist."""
    found = db.session.get(RoutingRule, rule_id)
    if found is None or not allows(actor, "routing.view", Subject(found.park_id)):
        return None
    return found
