"""The charts of the loop and today's lights: each number is that of the list which it opens."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from servicedesk.clock import clock
from servicedesk.core.permissions import Actor
from servicedesk.core.workflow import State
from servicedesk.extensions import db
from servicedesk.meetings import queries as meetings
from servicedesk.routing.bounces import BounceFilter, hops
from servicedesk.rules import actions as rule_actions
from servicedesk.statistics import lights, loop
from servicedesk.statistics.cutting import NOT_RECORDED, Cut, Span
from servicedesk.statistics.facts import build
from servicedesk.statistics.standing import standing
from servicedesk.tickets import false_marks
from servicedesk.tickets.actions import take
from servicedesk.tickets.escalation import due_alarms, fire
from servicedesk.tickets.listing import Filter, total
from servicedesk.tickets.models import Escalation, Ticket
from tests.statistics.histories import WORK
from tests.support import Town, local, pass_time
from tests.web.queue_support import varied

DONE = (*WORK, "confirm", "rate", "close")
YEAR = Span(date(2024, 1, 1), date(2024, 12, 31))
ALL = Cut()


def alarms() -> None:
    """Let everything go off that is due."""
    while due := due_alarms(clock.now()):
        for ticket_id, planned, step in due:
            fire(ticket_id, planned, step)


def test_open_tickets_by_band_are_their_lists(town: Town) -> None:
    for gap in (40, 16, 9, 4, 1):
        town.walk(town.file(), "accept", "dispatch", "sign")
        town.walk(town.file("bob"), "accept")
        pass_time(days=gap)
    for reader, cut in ((town.leader, ALL), (town.unithead, Cut(unit="SCJG"))):
        bands, rows = loop.Loop(reader, cut).ageing()
        assert sum(sum(row.counts) for row in rows) == total(reader, Filter(view="open"))
        unit = rows[0]
        assert unit.unit is not None
        assert (unit.unit.code, [n > 0 for n in unit.counts].count(True)) == ("SCJG", 4)
        for row in rows:
            code = row.unit.code if row.unit else NOT_RECORDED
            for band, count in zip(bands, row.counts, strict=True):
                wanted = Filter(view="open", unit=code, since=band.since, until=band.until)
                assert total(reader, wanted) == count
    assert rows == (unit,)
    assert [row.unit is None for row in loop.Loop(town.leader, ALL).ageing()[1]] == [False, True]


def test_the_funnel_counts_what_came_so_far_and_where_it_stands(town: Town) -> None:
    varied(town)
    town.walk(town.file(), *DONE)
    town.walk(town.file(), "decline")
    found = loop.Loop(town.leader, ALL).funnel(YEAR)
    reached = {stage.key: stage.reached for stage in found.stages}
    everything = total(town.leader, Filter(view="all", since=YEAR.start, until=YEAR.end))
    assert reached["submitted"] == everything
    assert reached["closed"] == 1 < reached["confirmed"] < reached["resolved"] < reached["signed"]
    standing = {state: n for stage in found.stages for state, n in stage.standing}
    standing |= dict(found.left)
    assert dict(found.left) == {State.WITHDRAWN: 1, State.DECLINED: 1}
    assert sum(standing.values()) == everything
    for state, count in standing.items():
        wanted = Filter(view="all", state=state, since=YEAR.start, until=YEAR.end)
        assert total(town.leader, wanted) == count
    later = Span(date(2025, 1, 1), date(2025, 12, 31))
    assert all(stage.reached == 0 for stage in loop.Loop(town.leader, ALL).funnel(later).stages)


def test_who_returned_to_whom(town: Town) -> None:
    first = town.walk(town.file(), "accept", "dispatch", "return")
    take(town.desk, first.id, "dispatch", {"unit_id": town.unit_id("GHJS")})
    second = town.walk(town.file(), "accept", "dispatch", "return")
    take(town.desk, second.id, "dispatch", {"unit_id": town.unit_id("GHJS")})
    take(town.officer2, second.id, "return", {"code": "not_ours", "reason": "不属于本单位"})
    town.walk(town.file(), "accept", "dispatch", "sign")
    found = loop.Loop(town.leader, ALL).flows(YEAR)
    assert [
        (flow.source.code, flow.target.code if flow.target else "", flow.count) for flow in found
    ] == [("SCJG", "GHJS", 2), ("GHJS", "", 1)]
    for code in ("SCJG", "GHJS"):
        wanted = BounceFilter(
            since=YEAR.start, until=YEAR.end, unit=town.unit_id(code), kind="returned"
        )
        of_unit = sum(flow.count for flow in found if flow.source.code == code)
        assert len(list(hops(town.park_id, wanted))) == of_unit
    assert loop.Loop(town.leader, Cut(unit="QFZX")).flows(YEAR) == ()
    assert len(loop.Loop(town.leader, Cut(unit="GHJS")).flows(YEAR)) == 2


def test_weeks_have_the_median_of_what_they_delivered(town: Town) -> None:
    for week in range(8):
        clock.set(local("2024-03-04 10:00") + timedelta(weeks=week))
        for _n in range(3):
            ticket = town.walk(town.file(), "accept", "dispatch", "sign")
            if week == 7:
                pass_time(days=2)
            pass_time(minutes=20 + week % 2)
            town.walk(ticket, "resolve", "confirm", "rate", "close")
    build(town.park_id)
    span = Span(date(2024, 4, 1), date(2024, 4, 30))
    running = loop.Loop(town.leader, ALL).control(span)
    assert all(week.usual for week in running.weeks)  # a week that is not over is not judged
    clock.set(local("2024-05-06 10:00"))
    found = loop.Loop(town.leader, ALL).control(span)
    assert [week.monday for week in found.weeks] == [
        date(2024, 3, 4) + timedelta(weeks=n) for n in range(8)
    ]
    assert [week.count for week in found.weeks] == [3] * 8
    assert found.limits is not None
    assert [week.usual for week in found.weeks] == [True] * 7 + [False]
    for week in found.weeks:
        resolved = db.session.scalars(
            select(Ticket.used_minutes)
            .where(Ticket.resolved_at >= local(f"{week.monday} 00:00"))
            .where(Ticket.resolved_at < local(f"{week.monday + timedelta(days=7)} 00:00"))
            .order_by(Ticket.used_minutes)
        ).all()
        assert week.median == resolved[1]
    assert loop.Loop(town.leader, Cut(unit="GHJS")).control(span).weeks == ()


def test_escalations_by_month_and_submissions_by_hour(town: Town) -> None:
    town.walk(town.file(), "accept", "dispatch", "sign")
    town.walk(town.file(), "accept")
    build(town.park_id)
    grid = loop.Loop(town.leader, ALL).submissions(YEAR)
    assert grid[1][10] == sum(map(sum, grid)) == 2
    for _day in range(40):
        pass_time(days=1)
        alarms()
    found = loop.Loop(town.leader, ALL).escalations(YEAR)
    assert [row.month for row in found] == ["2024-01", "2024-02", "2024-03", "2024-04"]
    fired = db.session.scalars(select(Escalation).where(Escalation.step == "level_3")).all()
    assert sum(row.times[2] for row in found) == len(fired) == 2
    for row in found:
        for level, times in zip(loop.LEVELS, row.times, strict=True):
            listed = total(town.leader, Filter(escalated=level, period=row.month))
            assert listed == times, (row.month, level)
    later = Span(date(2025, 1, 1), date(2025, 12, 31))
    assert loop.Loop(town.leader, ALL).escalations(later) == ()
    of_unit = loop.Loop(town.unithead, Cut(unit="SCJG")).escalations(YEAR)
    assert sum(row.times[2] for row in of_unit) == 1


def test_units_below_the_target(town: Town) -> None:
    for number in range(5):
        ticket = town.walk(town.file(), "accept", "dispatch", "sign")
        if number == 0:
            pass_time(days=20)
        town.walk(ticket, "resolve", "confirm", "rate", "close")
        if number == 3:
            build(town.park_id)
            assert loop.units_below(town.leader, "2024-03", ALL) == ()  # four say nothing
    build(town.park_id)
    [row] = loop.units_below(town.leader, "2024-03", ALL)
    assert (row.unit.code, row.delivered, row.late, row.rate) == ("SCJG", 5, 1, 80.0)
    wanted = Filter(figure="on_time_rate", period="2024-03", cut="unit:SCJG")
    assert total(town.leader, wanted) == row.late
    rule_actions.publish(town.admin, {"rate_target": 80}, "目标", 1)
    assert loop.units_below(town.leader, "2024-03", ALL) == ()  # it reaches the park's own target
    rule_actions.publish(town.admin, {"rate_target": 81}, "目标", 2)
    assert loop.units_below(town.leader, "2024-03", ALL) == (row,)
    assert loop.units_below(town.leader, "2024-03", Cut(unit="GHJS")) == ()


def length(reader: Actor, key: str, park_id: int) -> int:
    """Return how many rows the list behind a line has, asked as its page asks."""
    found = lights.opens(key, park_id)
    assert found is not None
    given = found.parameters
    if found.endpoint == "desk.queue":
        return total(reader, Filter(view=given["view"]))
    if found.endpoint == "desk.false_resolutions":
        since = date.fromisoformat(given["since"])
        wanted = false_marks.Wanted(standing=given["standing"], since=since)
        return len(list(false_marks.every_mark(reader, wanted)))
    if found.endpoint == "desk.decisions":
        return len(meetings.decisions(reader, meetings.Wanted(show=given["show"])))
    return len(loop.units_below(reader, given["period"], lights.own_cut(reader)))


@pytest.mark.parametrize("login", ["leader", "head", "unithead"])
def test_each_light_counts_the_rows_of_its_list(town: Town, login: str) -> None:
    varied(town)
    town.walk(town.file(), "accept", "dispatch", "sign")
    reader, seen = town.actor(login), set()
    for days in (0, 1, 3, 40):
        pass_time(days=days)
        alarms()
        build(town.park_id)
        counted = lights.counts(reader, standing(reader), silent=False)
        assert counted.pop("silent") == 0
        for key, count in counted.items():
            assert length(reader, key, town.park_id) == count, (key, days)
            seen |= {key} if count else set()
    expected = {"level_3", "contact_late", "false_week"}
    if login != "unithead":  # what is at level 2 went back to the desk
        expected |= {"level_2", "urgent_uncontacted", "disputes"}
    assert expected <= seen
    assert lights.counts(reader, standing(reader), silent=True)["silent"] == 1


def test_lights_that_are_kept_follow_every_change(town: Town) -> None:
    """Asked twice after each step, before it is built and after: never what was counted before."""
    readers = [town.actor(login) for login in ("leader", "head", "unithead")]
    ticket, seen = town.walk(town.file(), "accept", "dispatch", "sign"), set()
    extended = ("request_extension", "approve_extension")
    for step in (*extended, "resolve", "dispute", "lift_false", "resolve", "dispute"):
        ticket = town.walk(ticket, step)
        for built in (False, False, True, True):
            if built:
                build(town.park_id)
            for reader in readers:
                counted = lights.counts(reader, standing(reader), silent=False)
                for key in ("extensions", "false_week"):
                    assert counted[key] == length(reader, key, town.park_id), (step, built, key)
                    seen.add((key, counted[key]))
    assert {("extensions", 1), ("false_week", 0), ("false_week", 1)} <= seen
