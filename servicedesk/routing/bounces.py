"""How often tickets bounced (退单统计): the way of one ticket, and figures by unit and item."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from servicedesk.calendars.queries import calendar
from servicedesk.core.deadlines import due_after
from servicedesk.core.words import N_
from servicedesk.core.worktime import Calendar
from servicedesk.routing.models import DispatchRecord
from servicedesk.rules.queries import rules_at
from servicedesk.streaming import streamed
from servicedesk.tickets.facts import ZONE
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.parts import parts_of

OUTCOMES: Mapping[str, str] = {
    "waiting": N_("待签收"),
    "signed": N_("已签收"),
    "returned": N_("退单"),
    "contested": N_("提请裁定"),
    "taken_back": N_("收回"),
}
KINDS: Mapping[str, str] = {
    "dispatched": N_("派单"),
    "in_time": N_("按时签收"),
    "late": N_("超时签收"),
    "returned": N_("退单"),
    "contested": N_("提请裁定"),
    "ruled": N_("裁定派来"),
}
MOST = 2000
UNDONE = "undone"  # taken back within ten seconds: nobody was sent anything


@dataclass(frozen=True, slots=True)
class BounceFilter:
    """What the figures are narrowed to; days are the park's local days of the dispatch."""

    since: date | None = None
    until: date | None = None
    unit: int | None = None
    item: int | None = None
    kind: str = ""
    code: str = ""


@dataclass(slots=True)
class Bounces:
    """The dispatches of one item to one unit; ``reasons`` counts returns and disputes by reason."""

    unit_id: int
    item_id: int
    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Hop:
    """One dispatch with its ticket: until when it had to be signed, and what became of it."""

    record: DispatchRecord
    ticket: Any
    sign_due_at: datetime

    @property
    def kinds(self) -> list[str]:
        """The figures that count this dispatch."""
        found = ["dispatched"]
        if self.record.outcome == "signed":
            signed = self.record.ended_at or self.record.at
            found.append("in_time" if signed <= self.sign_due_at else "late")
        if self.record.outcome in ("returned", "contested"):
            found.append(self.record.outcome)
        if self.record.ruled:
            found.append("ruled")
        return found


def hops(park_id: int, wanted: BounceFilter, *, newest_first: bool = False) -> Iterator[Hop]:
    """Yield the dispatches that the filter finds, oldest first unless otherwise said."""
    deadlines, order = _SignDue(park_id), (DispatchRecord.at, DispatchRecord.id)
    query = _query(park_id, wanted)
    for row in streamed(query.order_by(*(one.desc() if newest_first else one for one in order))):
        hop = Hop(row.DispatchRecord, row, deadlines.of(row.DispatchRecord.at, row.rules_version))
        if wanted.kind in ("", *hop.kinds):
            yield hop


def _query(park_id: int, wanted: BounceFilter) -> Select[Any]:
    columns: tuple[Any, ...] = (
        DispatchRecord, Ticket.number, Ticket.title, Ticket.confidential, Ticket.rules_version,
        Ticket.returns,
    )  # fmt: skip
    return (
        select(*columns)
        .join(Ticket, Ticket.id == DispatchRecord.ticket_id)
        .where(
            DispatchRecord.park_id == park_id,
            DispatchRecord.outcome != UNDONE,
            *_conditions(wanted),
        )
    )


def _conditions(wanted: BounceFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.since:
        found.append(DispatchRecord.at >= datetime.combine(wanted.since, time(), ZONE))
    if wanted.until:
        end = datetime.combine(wanted.until + timedelta(days=1), time(), ZONE)
        found.append(DispatchRecord.at < end)
    if wanted.unit:
        found.append(DispatchRecord.unit_id == wanted.unit)
    if wanted.item:
        found.append(DispatchRecord.item_id == wanted.item)
    if wanted.code:
        found.append(DispatchRecord.return_code == wanted.code)
    return found


def bounces(park_id: int, wanted: BounceFilter) -> list[Bounces]:
    """Return the figures by unit and item, what was returned most first."""
    return gathered(hops(park_id, wanted))


def gathered(found: Iterable[Hop]) -> list[Bounces]:
    """Add dispatches up by unit and item: each figure is the number of the dispatches behind it."""
    sums: dict[tuple[int, int], Bounces] = {}
    for hop in found:
        key = (hop.record.unit_id, hop.record.item_id)
        row = sums.setdefault(key, Bounces(*key))
        row.counts.update(hop.kinds)
        if hop.record.return_code:
            row.reasons[hop.record.return_code] += 1
    return sorted(
        sums.values(),
        key=lambda row: (
            -row.counts["returned"] - row.counts["contested"], -row.counts["dispatched"],
            row.unit_id, row.item_id,
        ),
    )  # fmt: skip


def way_of(ticket_id: int) -> Sequence[DispatchRecord]:
    """Return every dispatch of a ticket, oldest first."""
    return [one for one in parts_of(DispatchRecord, ticket_id) if one.outcome != UNDONE]


class _SignDue:
    """Until when a dispatch had to be signed for; the same for all of one day under the same rules."""

    def __init__(self, park_id: int) -> None:
        self._park_id = park_id
        self._hours: Calendar = calendar(park_id)
        self._known: dict[tuple[date, int], datetime] = {}

    def of(self, at: datetime, rules_version: int) -> datetime:
        received = self._hours.local(self._hours.deemed_receipt(at)).date()
        key = (received, rules_version)
        if key not in self._known:
            days = rules_at(self._park_id, rules_version).sign_days
            self._known[key] = due_after(self._hours, at, days)
        return self._known[key]
