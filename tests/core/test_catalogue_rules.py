"""The rules behind the catalogue: questions that depend on others, slips and pinyin, ladders."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from servicedesk.core.deadlines import LADDER_MAX, Limit, Step, is_ladder, timetable
from servicedesk.core.fuzzy import allowed_slips, slips, spells
from servicedesk.core.questions import Condition, Question, asked, kept
from servicedesk.core.worktime import Calendar

ANSWERS = ("甲", "乙", "丙")


@st.composite
def questions(draw: st.DrawFn) -> list[Question]:
    """Return questions of which some look back at earlier ones."""
    made: list[Question] = []
    for number in range(draw(st.integers(0, 6))):
        condition = None
        if made and draw(st.booleans()):
            earlier = draw(st.sampled_from([name for name, _condition in made]))
            equals = draw(st.lists(st.sampled_from(ANSWERS), min_size=1, unique=True))
            condition = Condition(earlier, tuple(equals))
        made.append((f"q{number}", condition))
    return made


GIVEN = st.dictionaries(
    st.sampled_from([f"q{number}" for number in range(6)] + ["title"]),
    st.sampled_from(ANSWERS) | st.lists(st.sampled_from(ANSWERS), unique=True) | st.none(),
)


@given(questions(), GIVEN)
def test_what_is_not_asked_has_no_say(form: list[Question], answers: dict[str, object]) -> None:
    left = kept(form, answers)
    assert asked(form, left) == asked(form, answers)
    assert kept(form, left) == left
    names = {name for name, _condition in form}
    assert left.keys() & names <= asked(form, answers)
    assert {name: value for name, value in answers.items() if name not in names} == {
        name: value for name, value in left.items() if name not in names
    }


@given(questions(), GIVEN)
def test_a_question_is_asked_exactly_when_its_condition_holds(
    form: list[Question], answers: dict[str, object]
) -> None:
    there = asked(form, answers)
    for name, condition in form:
        wanted = condition is None or (condition.field in there and condition.holds(answers))
        assert (name in there) == wanted


def test_a_hidden_question_hides_what_hangs_on_it() -> None:
    form = [("a", None), ("b", Condition("a", ("甲",))), ("c", Condition("b", ("乙",)))]
    assert asked(form, {"a": "甲", "b": "乙"}) == {"a", "b", "c"}
    assert asked(form, {"a": "丙", "b": "乙"}) == {"a"}
    assert asked(form, {"a": ["丙", "甲"], "b": None}) == {"a", "b"}


WORDS = st.text("abc中文字", min_size=1, max_size=7)


@given(WORDS, WORDS, WORDS)
def test_a_part_of_a_text_needs_no_slip(before: str, word: str, after: str) -> None:
    assert slips(word, before + word + after, 0) == 0


@given(WORDS, st.data())
def test_one_slip_is_one(word: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(word) - 1))
    missing = word[:at] + word[at + 1 :]
    wrong = word[:at] + "x" + word[at + 1 :]
    more = word[:at] + "x" + word[at:]
    exchanged = word[:at] + word[at : at + 2][::-1] + word[at + 2 :]
    for slip in (missing, wrong, more, exchanged):
        found = slips(slip, word, 1) if slip else 0
        assert found is not None
        assert found <= 1


@given(WORDS, WORDS, st.integers(0, 3))
def test_slips_agree_with_trying_everything(word: str, text: str, most: int) -> None:
    best = min(
        _distance(word, text[start:end])
        for start in range(len(text) + 1)
        for end in range(start, len(text) + 1)
    )
    assert slips(word, text, most) == (best if best <= most else None)


def _distance(one: str, other: str) -> int:
    """The same distance between whole words, as the textbook's recursion has it."""
    if not one or not other:
        return len(one) + len(other)
    best = min(
        _distance(one[1:], other) + 1,
        _distance(one, other[1:]) + 1,
        _distance(one[1:], other[1:]) + (one[0] != other[0]),
    )
    if len(one) > 1 and len(other) > 1 and one[0] == other[1] and one[1] == other[0]:
        best = min(best, _distance(one[2:], other[2:]) + 1)
    return best


SYLLABLES = st.lists(
    st.sampled_from(["ying", "ye", "zhi", "zhao", "zi", "an"]), min_size=1, max_size=6
)


@given(SYLLABLES, st.data())
def test_pinyin_may_be_cut_short_anywhere(syllables: list[str], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(syllables) - 1))
    end = data.draw(st.integers(start + 1, len(syllables)))
    cuts = [data.draw(st.integers(1, len(one))) for one in syllables[start:end]]
    typed = "".join(one[:cut] for one, cut in zip(syllables[start:end], cuts, strict=True))
    found = spells(typed, syllables)
    assert found is not None
    assert found <= start


def test_pinyin_that_is_not_there_is_not_found() -> None:
    assert spells("yyzz", ["ying", "ye", "zhi", "zhao"]) == 0
    assert spells("zz", ["ying", "ye", "zhi", "zhao"]) == 2
    assert spells("yz", ["ying", "ye", "zhi", "zhao"]) == 1
    assert spells("yyx", ["ying", "ye", "zhi", "zhao"]) is None
    assert spells("yingyezhizhaox", ["ying", "ye", "zhi", "zhao"]) is None


def test_short_queries_must_be_right() -> None:
    assert [allowed_slips(n, latin=False) for n in (1, 2, 3, 5, 6)] == [0, 0, 1, 1, 2]
    assert [allowed_slips(n, latin=True) for n in (4, 5, 9, 10)] == [0, 1, 1, 2]


LADDERS = st.lists(st.integers(-1, LADDER_MAX + 1), max_size=4)


@given(LADDERS)
def test_a_ladder_is_three_growing_numbers(days: list[int]) -> None:
    good = len(days) == 3 and 1 <= days[0] < days[1] < days[2] <= LADDER_MAX
    assert is_ladder(days) == good


@given(
    st.lists(st.integers(1, LADDER_MAX), min_size=3, max_size=3, unique=True).map(sorted),
    st.integers(1, 30),
    st.integers(0, 60 * 24 * 20),
)
def test_levels_stay_in_their_order(ladder: list[int], days: int, minutes: int) -> None:
    receipt = datetime(2024, 3, 1, 1, 0, tzinfo=UTC) + timedelta(minutes=minutes)
    plan = timetable(Calendar(), receipt, Limit(days), (), ladder)
    assert plan is not None
    assert [alarm.step for alarm in plan.alarms] == list(Step)
    moments = [alarm.at for alarm in plan.alarms]
    assert moments == sorted(moments)
    assert len(set(moments[1:])) == 4  # no two levels at one moment
    assert date(2024, 3, 1) <= moments[0].date()
