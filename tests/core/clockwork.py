"""Random calendars, pauses and rules for properties about time."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from servicedesk.core.deadlines import Course, Limit, Pause
from servicedesk.core.worktime import Calendar, Segment

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
DATES = st.dates(date(2023, 12, 25), date(2024, 6, 30))
MOMENTS = st.integers(0, 100 * 86_400).map(lambda seconds: FIRST + timedelta(seconds=seconds))
LADDERS = st.lists(st.integers(1, 60), min_size=3, max_size=3, unique=True).map(
    lambda days: tuple(sorted(days))
)


@st.composite
def segments(draw: st.DrawFn) -> tuple[Segment, ...]:
    """One to three spans of office hours, in order."""
    count = draw(st.integers(1, 3))
    edges = draw(
        st.lists(st.integers(0, 1439), min_size=2 * count, max_size=2 * count, unique=True)
    )
    edges.sort()
    return tuple(Segment(edges[n], edges[n + 1]) for n in range(0, 2 * count, 2))


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """Holidays, make-up days, local days, special hours; the usual hours or any others."""
    usual = st.just(Calendar().segments)
    return Calendar(
        segments=draw(st.one_of(usual, segments())),
        days_off=draw(st.frozensets(DATES, max_size=40)),
        make_up_days=draw(st.frozensets(DATES, max_size=20)),
        special_hours=draw(
            st.dictionaries(DATES, st.one_of(st.just(()), segments()), max_size=8)
        ),
    )  # fmt: skip


@st.composite
def changed(draw: st.DrawFn, calendar: Calendar) -> Calendar:
    """The same calendar after an administrator has entered some more days."""
    off = draw(st.frozensets(DATES, max_size=10))
    work = draw(st.frozensets(DATES, max_size=10))
    return Calendar(
        segments=calendar.segments,
        days_off=(calendar.days_off - work) | off,
        make_up_days=(calendar.make_up_days - off) | work,
        special_hours=calendar.special_hours,
    )


@st.composite
def pauses(draw: st.DrawFn, start: datetime, most: int = 4) -> tuple[Pause, ...]:
    """Ended pauses after ``start``, which may overlap; seconds and all."""
    spans = draw(
        st.lists(
            st.tuples(st.integers(-3600, 40 * 86_400), st.integers(1, 6 * 86_400)), max_size=most
        )
    )
    return tuple(
        Pause(start + timedelta(seconds=begin), start + timedelta(seconds=begin + length))
        for begin, length in spans
    )


@st.composite
def courses(draw: st.DrawFn) -> Course:
    """Clocks of every sort: plain, extended, urgent, carried; with any rules that can be published."""
    receipt = draw(MOMENTS)
    urgent = draw(st.booleans())
    limit = draw(
        st.one_of(
            st.builds(Limit, st.integers(1, 30), st.integers(0, 20)),
            st.integers(0, 60).map(
                lambda days: Limit(0, until=(receipt + timedelta(days=days)).date())
            ),
        )
    )
    return Course(
        receipt, limit, draw(pauses(receipt)), draw(LADDERS), draw(st.integers(50, 95)),
        2 if urgent else 1,
    )  # fmt: skip
