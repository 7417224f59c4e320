"""The life of a project: stages in order, lamps, what holds it up."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from servicedesk.core.projects import (
    LARGE,
    SERVICES,
    SOON_DAYS,
    STAGES,
    Barrier,
    Hold,
    Lamp,
    Stage,
    after_move,
    days_late,
    following,
    holdups,
    lamp,
    project_lamp,
    refusal_of_move,
    refusal_of_plan,
    services_of,
    totals,
)

TODAY = date(2024, 9, 20)
STAGE = st.sampled_from(STAGES)
DAY = st.dates(date(2024, 1, 1), date(2024, 12, 31))
REASON = st.sampled_from(["", "  ", "企业放弃用地，改租厂房"])
MOVES = st.lists(st.tuples(STAGE, DAY, REASON), max_size=20)
BARRIERS = st.lists(st.builds(Barrier, st.text(max_size=5), st.none() | DAY), max_size=4)


@given(MOVES)
def test_whatever_is_allowed_keeps_the_dates_in_order(moves: list[tuple[Stage, date, str]]) -> None:
    current, reached = Stage.TALKS, {Stage.TALKS: date(2024, 1, 1)}
    for stage, day, reason in moves:
        if refusal_of_move(current, stage, reached=reached, on=day, today=TODAY, reason=reason):
            continue
        assert stage is following(current) or reason.strip()
        reached, current = after_move(reached, current, stage, day), stage
        days = [reached[one] for one in STAGES if one in reached]
        assert days == sorted(days)
        assert days[-1] <= TODAY
        assert max(reached, key=STAGES.index) is current


@given(STAGE, STAGE, DAY)
def test_skipping_and_going_back_need_a_reason(current: Stage, target: Stage, day: date) -> None:
    refused = refusal_of_move(current, target, reached={}, on=day, today=day, reason="")
    assert (refused is None) is (target is following(current))
    with_reason = refusal_of_move(current, target, reached={}, on=day, today=day, reason="见纪要")
    assert (with_reason is None) is (target is not current)


def test_going_back_takes_back_what_came_after() -> None:
    days = {stage: date(2024, 1 + n, 1) for n, stage in enumerate(STAGES[:4])}
    back = after_move(days, Stage.STARTED, Stage.SIGNED, date(2024, 6, 1))
    assert back == {Stage.TALKS: days[Stage.TALKS], Stage.SIGNED: days[Stage.SIGNED]}


def test_a_day_in_the_future_or_before_the_last_stage_is_refused() -> None:
    reached = {Stage.TALKS: date(2024, 5, 1)}
    for day in (TODAY + timedelta(days=1), date(2024, 4, 30)):
        refused = refusal_of_move(
            Stage.TALKS, Stage.SIGNED, reached=reached, on=day, today=TODAY, reason=""
        )
        assert refused is not None
        assert refused[0] == "reached_on"


@given(st.none() | DAY, st.none() | DAY, DAY)
def test_every_milestone_has_one_lamp(
    planned: date | None, reached: date | None, today: date
) -> None:
    shown = lamp(planned, reached, today)
    if reached is not None:
        assert shown is Lamp.GREEN
    elif planned is None:
        assert shown is Lamp.GREY
    else:
        left = (planned - today).days
        assert (shown is Lamp.RED) is (left < 0) is (days_late(planned, None, today) > 0)
        assert (shown is Lamp.YELLOW) is (0 <= left <= SOON_DAYS)


@given(STAGE, st.dictionaries(STAGE, st.none() | DAY), BARRIERS, BARRIERS, DAY)
def test_nothing_overdue_is_hidden(
    stage: Stage,
    planned: dict[Stage, date | None],
    obstacles: list[Barrier],
    services: list[Barrier],
    today: date,
) -> None:
    held = holdups(stage, planned, obstacles, services, today)
    assert [one.late for one in held] == sorted((one.late for one in held), reverse=True)
    assert len([one for one in held if one.kind is Hold.OBSTACLE]) == len(obstacles)
    assert len([one for one in held if one.kind is Hold.SERVICE]) == len(services)
    late = any(barrier.late(today) for barrier in [*obstacles, *services]) or bool(
        (ahead := following(stage)) and days_late(planned.get(ahead), None, today)
    )
    shown = project_lamp(stage, planned, held, today)
    assert (shown is Lamp.RED) is late
    if obstacles and not late:
        assert shown is Lamp.YELLOW


@given(st.dictionaries(STAGE, st.none() | DAY))
def test_a_plan_is_refused_exactly_when_it_runs_backwards(
    planned: dict[Stage, date | None],
) -> None:
    days = [planned[stage] for stage in STAGES if planned.get(stage) is not None]
    assert (refusal_of_plan(planned) is None) is (days == sorted(days))  # type: ignore[type-var]


def test_a_company_with_a_licence_needs_no_second_one() -> None:
    assert "A01" in services_of(Stage.SIGNED, registered=False)
    assert "A01" not in services_of(Stage.SIGNED, registered=True)
    assert set(SERVICES) == set(STAGES)
    every = [code for codes in SERVICES.values() for code in codes]
    assert len(every) == len(set(every))


def test_permits_come_before_the_start_of_construction() -> None:
    """建筑法 §7 and 环评法 §25: nobody starts without them."""
    assert {"G04", "G05"} <= set(SERVICES[Stage.LAND])


@given(st.lists(st.tuples(st.integers(1, 9000), st.integers(0, 900)), max_size=12))
def test_totals_are_sums(signed: list[tuple[int, int]]) -> None:
    found = totals(signed)
    assert found.projects == len(signed)
    assert found.investment == sum(one for one, _tax in signed)
    assert found.large == len([one for one, _tax in signed if one >= LARGE])
    assert found.tax == sum(tax for _one, tax in signed)
