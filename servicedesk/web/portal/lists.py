"""The enterprise's lists of its requests, in pages that go on from a key."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from servicedesk.catalogue.models import ServiceItem
from servicedesk.catalogue.queries import items_by_id
from servicedesk.core.permissions import allows
from servicedesk.core.words import N_
from servicedesk.core.workflow import ENDS, State
from servicedesk.tickets.listing import Filter, Page, page
from servicedesk.web.access import actor
from servicedesk.web.portal.words import _

SIZE = 20
ON_HOME = 3
TABS: Mapping[str, str] = {
    "all": N_("全部"),
    "todo": N_("待我处理"),
    "open": N_("在办"),
    "closed": N_("已结束"),
    "abandoned": N_("可恢复办理"),
}
MY_TURN: Mapping[State, str] = {
    State.AWAITING_ENTERPRISE: N_("轮到您：补充材料或信息"),
    State.SUSPENDED: N_("已中止：可以要求续办"),
    State.RESOLVED: N_("轮到您：确认是否真正解决"),
    State.FOLLOWED_UP: N_("轮到您：评价本次服务"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One request in a list."""

    row: Row[Any]
    item: ServiceItem
    turn: str
    can_go_on: bool


def tab(name: str, after: str) -> Page:
    """Return one page of a tab: ``actor()`` reaches the chosen enterprise only."""
    if name == "todo":
        return _in_states(MY_TURN, after)
    if name == "abandoned":
        return page(actor(), Filter(state=State.ABANDONED, after=after), SIZE)
    if name == "closed":
        return _in_states(ENDS, after)
    return page(actor(), Filter(view=name, after=after), SIZE)


def _in_states(states: Iterable[State], after: str) -> Page:
    """Return the newest tickets in any of ``states``: a page of each, merged by their key."""
    wanted = [Filter(state=state, after=after) for state in sorted(states)]
    pages = [page(actor(), one, SIZE) for one in wanted]
    rows = sorted((row for one in pages for row in one.rows), key=lambda row: -row.id)
    more = len(rows) > SIZE or any(one.after for one in pages)
    return Page(rows[:SIZE], str(rows[SIZE - 1].id) if more else "")


def waiting_for_me() -> list[Line]:
    """Return the newest requests on which it is the enterprise's turn, for the home page."""
    return lines(tab("todo", "").rows[:ON_HOME])


def recent() -> list[Line]:
    """Return the newest requests, for the home page."""
    return lines(page(actor(), Filter(), ON_HOME).rows)


def lines(rows: Sequence[Row[Any]]) -> list[Line]:
    """Return rows with the names that go with them."""
    if not rows:
        return []
    catalogue = items_by_id(actor().park_id)
    may_go_on = allows(actor(), "ticket.supplement")
    return [
        Line(
            row, catalogue[row.item_id], _turn(row.state),
            may_go_on and row.state == State.ABANDONED,
        )
        for row in rows
    ]  # fmt: skip


def _turn(state: str) -> str:
    words = MY_TURN.get(State(state))
    return _(words) if words else ""
