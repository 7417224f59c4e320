"""What the statistics show, as tests ask for it."""

from collections import Counter, defaultdict
from datetime import date, timedelta

from sqlalchemy import func, select

from servicedesk.clock import clock
from servicedesk.core.standing import VIEWS
from servicedesk.core.workflow import State
from servicedesk.extensions import db
from servicedesk.organisation.queries import units
from servicedesk.routing.models import DispatchRecord
from servicedesk.statistics import loop
from servicedesk.statistics.counts import numbers_of, span_of
from servicedesk.statistics.cutting import EVERYTHING, NOT_RECORDED, Figures, Numbers, Span
from servicedesk.statistics.now import VIEWS as NOW
from servicedesk.statistics.now import open_by_unit
from servicedesk.statistics.standing import standing
from servicedesk.tickets.facts import ZONE
from servicedesk.tickets.listing import Filter, total
from servicedesk.tickets.models import Escalation, Ticket
from tests.support import Town

EVER = Span(date(2020, 1, 1), date(2030, 12, 31))


def counted_in(town: Town, period: str) -> dict[str, Numbers]:
    """Return the numbers of ``2024`` or ``2024-03`` by cut, as they are now."""
    return numbers_of(Figures(town.park_id, clock.now()), span_of(period))


def stands_as_listed(town: Town) -> None:
    """Check that what stands at this moment is what the lists show, for who sees all and who one unit."""
    for reader in (town.leader, town.unithead):
        shown = standing(reader).views(VIEWS)
        assert shown == {view: total(reader, Filter(view=view)) for view in VIEWS}
        for unit_id, now in open_by_unit(reader).items():
            codes = {unit.id: unit.code for unit in units(town.park_id)}
            code = codes[unit_id] if unit_id else NOT_RECORDED
            listed = {view: total(reader, Filter(view=view, unit=code)) for view in NOW}
            assert {view: getattr(now, view) for view in NOW} == listed
    _stages_as_listed(town)
    _returns_and_levels_as_recorded(town)


def _returns_and_levels_as_recorded(town: Town) -> None:
    tomorrow = clock.now().astimezone(ZONE).replace(hour=0, minute=0) + timedelta(days=1)
    fired = db.session.scalars(
        select(Escalation.step).where(
            Escalation.step.in_(loop.LEVELS), Escalation.fired_at < tomorrow
        )
    )
    shown = loop.Loop(town.leader, EVERYTHING).escalations(EVER)
    counted = Counter({
        level: sum(row.times[place] for row in shown) for place, level in enumerate(loop.LEVELS)
    })  # fmt: skip
    assert +counted == Counter(fired)
    flows = {
        (one.source.id, one.target.id if one.target else None): one.count
        for one in loop.Loop(town.leader, EVERYTHING).flows(EVER)
    }
    records = db.session.scalars(
        select(DispatchRecord).where(DispatchRecord.outcome != "undone").order_by(DispatchRecord.id)
    )
    paths: dict[int, list[DispatchRecord]] = defaultdict(list)
    for record in records:
        paths[record.ticket_id].append(record)
    returned = Counter(
        (one.unit_id, path[place + 1].unit_id if place + 1 < len(path) else None)
        for path in paths.values()
        for place, one in enumerate(path)
        if one.outcome == "returned"
    )
    assert flows == returned, (flows, returned)


def _stages_as_listed(town: Town) -> None:
    funnel = loop.Loop(town.leader, EVERYTHING).funnel(EVER)
    stands = {state: n for stage in funnel.stages for state, n in stage.standing}
    every = {state: total(town.leader, Filter(state=state.value)) for state in State}
    listed = {state: number for state, number in every.items() if number}
    alone = {state: n for state, n in listed.items() if state is not State.MERGED}
    assert stands | dict(funnel.left) == alone
    reached = {stage.key: stage.reached for stage in funnel.stages}
    came = {
        "accepted": Ticket.accepted_at, "dispatched": Ticket.dispatched_at,
        "signed": Ticket.signed_at, "resolved": Ticket.resolved_at,
    }  # fmt: skip
    for key, column in came.items():
        query = select(func.count()).where(column.is_not(None), Ticket.state != State.MERGED)
        assert reached[key] == db.session.scalar(query), key
