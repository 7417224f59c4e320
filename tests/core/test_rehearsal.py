"""Living a ticket's life again under other numbers: small lives with exact answers."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from servicedesk.core.deadlines import Pause
from servicedesk.core.rehearsal import Happening, Life, Ring, Shift, Turn, rings, shift, touches
from servicedesk.core.rules import DEFAULT_RULES, Rules
from servicedesk.core.worktime import Calendar, parse_segments

HOURS = Calendar(segments=parse_segments("09:00-12:00,13:30-17:30"))
LATE = datetime(2024, 12, 31, tzinfo=ZoneInfo("Asia/Shanghai"))


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2024-{text}").replace(tzinfo=ZoneInfo("Asia/Shanghai"))


def went_off(life: Life, terms: Rules = DEFAULT_RULES, now: datetime = LATE) -> list[str]:
    """Return what went off as ``step month-day hour:minute``."""
    zone = ZoneInfo("Asia/Shanghai")
    return [
        f"{one.step} {one.at.astimezone(zone):%m-%d %H:%M}"
        for one in rings(HOURS, life, terms, now)
    ]


# Tuesday 2024-03-05 10:00, two days: due Thursday 17:30; 1,200 minutes allowed, 80 % are 960: Thursday 12:00
FILED = Life(at("03-05 10:00"), 2, first_response_at=at("03-05 10:05"))


def ended(life: Life, moment: str, *before: Happening) -> Life:
    turns = (*before, Happening(at(moment), Turn.STOP))
    return Life(
        life.submitted_at, life.days, life.urgent, life.ladder, life.pauses, turns,
        life.first_response_at,
    )  # fmt: skip


def test_a_life_without_an_end_goes_up_the_whole_ladder() -> None:
    assert went_off(FILED) == [
        "warn 03-07 12:00", "overdue 03-07 17:30", "level_1 03-08 17:30",
        "level_2 03-12 17:30", "level_3 03-14 17:30",
    ]  # fmt: skip
    assert went_off(FILED, now=at("03-07 17:29")) == ["warn 03-07 12:00"]


def test_another_share_and_another_ladder() -> None:
    assert went_off(ended(FILED, "03-08 10:00"), Rules(warn_share=50)) == [
        "warn 03-06 14:30", "overdue 03-07 17:30",
    ]  # fmt: skip
    assert went_off(ended(FILED, "03-11 10:00"), Rules(ladder_1=2)) == [
        "warn 03-07 12:00", "overdue 03-07 17:30",
    ]  # fmt: skip
    own = Life(FILED.submitted_at, 2, ladder=(2, 4, 6), first_response_at=at("03-05 10:05"))
    assert "level_1 03-11 17:30" in went_off(own)
    assert went_off(own) == went_off(own, Rules(ladder_1=9, ladder_2=10, ladder_3=11))


def test_what_is_resolved_before_the_alarm_hears_nothing() -> None:
    assert went_off(ended(FILED, "03-07 11:59")) == []
    assert went_off(ended(FILED, "03-07 11:59"), Rules(warn_share=75)) == ["warn 03-07 11:00"]


def test_a_pause_moves_everything_and_hides_no_red_light() -> None:
    paused = Life(
        FILED.submitted_at, 2, pauses=[Pause(at("03-06 09:00"), at("03-07 09:00"))],
        first_response_at=at("03-05 10:05"),
    )  # fmt: skip
    assert went_off(paused)[:2] == ["warn 03-08 12:00", "overdue 03-08 17:30"]
    open_end = Life(
        FILED.submitted_at, 2, pauses=[Pause(at("03-06 09:00"))],
        first_response_at=at("03-05 10:05"),
    )  # fmt: skip
    assert went_off(open_end) == []
    too_late = Life(
        FILED.submitted_at, 2, pauses=[Pause(at("03-08 09:00"), at("03-11 09:00"))],
        first_response_at=at("03-05 10:05"),
    )  # fmt: skip
    assert went_off(too_late)[:3] == [
        "warn 03-07 12:00", "overdue 03-07 17:30", "level_1 03-11 17:30",
    ]  # fmt: skip


def test_an_extension_gives_a_new_date_with_alarms_of_its_own() -> None:
    more = Happening(at("03-07 15:00"), Turn.EXTEND, days=2)
    assert went_off(ended(FILED, "03-11 17:31", more)) == [
        "warn 03-07 12:00", "warn 03-11 09:12", "overdue 03-11 17:30",
    ]  # fmt: skip


def test_an_urgent_matter_has_its_own_clock_and_begins_at_level_2() -> None:
    hurried = ended(FILED, "03-12 09:00", Happening(at("03-05 11:00"), Turn.HURRY))
    assert went_off(hurried) == [
        "warn 03-06 15:06", "overdue 03-06 17:30", "level_2 03-07 17:30", "level_3 03-11 17:30",
    ]  # fmt: skip
    assert went_off(hurried, Rules(urgent_days=5))[:2] == [
        "warn 03-07 13:42", "overdue 03-07 17:30",
    ]  # fmt: skip


def test_a_late_first_response_is_told_once() -> None:
    silent = Life(at("03-05 10:00"), 2, happenings=[Happening(at("03-06 17:31"), Turn.STOP)])
    assert went_off(silent) == ["response 03-06 17:30"]
    assert went_off(silent, Rules(first_response_days=2)) == []
    hurried = Life(at("03-05 10:00"), 2, urgent=True, first_response_at=at("03-05 12:30"))
    assert went_off(hurried, now=at("03-05 13:00")) == ["response 03-05 12:00"]
    assert went_off(hurried, Rules(urgent_contact_hours=3), at("03-05 13:00")) == []


def test_coming_back_has_a_clock_of_its_own() -> None:
    long = Life(at("03-05 10:00"), 10, first_response_at=at("03-05 10:05"))
    turns = [Happening(at("03-06 09:00"), Turn.STOP), Happening(at("03-11 09:00"), Turn.RECTIFY)]
    back = ended(long, "03-19 09:00", *turns)
    assert went_off(back) == ["warn 03-15 16:06", "overdue 03-18 17:30"]
    assert went_off(back, Rules(bad_rectify_days=7)) == []


def test_a_plan_ends_with_its_milestones() -> None:
    plan = Happening(at("03-07 16:00"), Turn.CARRY, until=at("03-15 00:00").date())
    assert went_off(ended(FILED, "03-18 09:00", plan)) == [
        "warn 03-07 12:00", "warn 03-14 15:48", "overdue 03-15 17:30",
    ]  # fmt: skip


def ring(step: str, moment: str) -> Ring:
    return Ring(step, at("03-07 17:30"), at(moment), at(moment))


def test_how_two_runs_differ() -> None:
    first = [ring("warn", "03-07 12:00")]
    assert shift(first, first) is None
    assert shift(first, []) is Shift.FEWER
    assert shift([], first) is Shift.MORE
    assert shift(first, [ring("warn", "03-07 11:30")]) is Shift.EARLIER
    assert shift(first, [ring("warn", "03-07 14:30")]) is Shift.LATER


def test_words_of_a_routing_rule() -> None:
    assert touches("", "任何")
    assert touches("路灯 漏水", "园区路灯不亮", "")
    assert touches("LED", "led 屏", "")
    assert not touches("路灯 漏水", "道路破损", "排水")


@given(
    st.integers(1, 20), st.integers(50, 95), st.integers(0, 60 * 24 * 60),
    st.lists(st.tuples(st.integers(0, 40_000), st.integers(1, 5_000)), max_size=3),
)  # fmt: skip
def test_each_alarm_of_each_date_goes_off_once_and_in_order(
    days: int, share: int, length: int, spans: list[tuple[int, int]]
) -> None:
    begun = at("03-05 10:00")
    pauses, last = [], begun
    for start, span in sorted(spans):
        opens = max(last, begun + timedelta(minutes=start))
        last = opens + timedelta(minutes=span)
        pauses.append(Pause(opens, last))
    end = begun + timedelta(minutes=length)
    life = ended(Life(begun, days, pauses=pauses, first_response_at=begun), f"{end:%m-%d %H:%M}")
    found = rings(HOURS, life, Rules(warn_share=share), LATE)
    assert len({(one.step, one.due) for one in found}) == len(found)
    assert [one.at for one in found] == sorted(one.at for one in found)
    assert all(begun < one.at <= end for one in found)
    for due in {one.due for one in found}:
        order = ["warn", "overdue", "level_1", "level_2", "level_3"]
        steps = [one.step for one in found if one.due == due]
        assert steps == [step for step in order if step in steps]
