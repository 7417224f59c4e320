"""Who acts for an enterprise: whatever is done in whatever order, the file keeps an owner."""

from hypothesis import given
from hypothesis import strategies as st

from servicedesk.core.members import (
    after,
    owners_of,
    refusal_of_change,
    refusal_of_leaving,
)
from servicedesk.core.permissions import Part

PEOPLE = st.integers(1, 5)
PARTS = st.sampled_from(list(Part))
STEPS = st.lists(st.tuples(PEOPLE, PEOPLE, st.none() | PARTS, st.booleans()), max_size=30)


@given(st.dictionaries(PEOPLE, PARTS, min_size=1), STEPS)
def test_no_course_of_allowed_steps_leaves_a_file_without_owner(
    parts: dict[int, Part], steps: list[tuple[int, int, Part | None, bool]]
) -> None:
    parts[1] = Part.OWNER
    for by, person, part, leaves in steps:
        if leaves:
            if refusal_of_leaving(parts, person) is None:
                parts = after(parts, person, None)
        elif refusal_of_change(parts, by, person, part) is None:
            parts = after(parts, person, part)
        assert owners_of(parts)


@given(st.dictionaries(PEOPLE, PARTS), PEOPLE, PEOPLE, st.none() | PARTS)
def test_only_owners_change_anything(
    parts: dict[int, Part], by: int, person: int, part: Part | None
) -> None:
    if parts.get(by) is not Part.OWNER:
        assert refusal_of_change(parts, by, person, part)


@given(st.dictionaries(PEOPLE, PARTS), PEOPLE)
def test_whoever_does_not_own_the_file_may_always_leave(
    parts: dict[int, Part], person: int
) -> None:
    parts |= {9: Part.OWNER}
    if person in parts:
        assert refusal_of_leaving(parts, person) is None
    else:
        assert refusal_of_leaving(parts, person)


def test_the_last_owner_is_told_what_to_do_first() -> None:
    alone, with_clerk = {1: Part.OWNER}, {1: Part.OWNER, 2: Part.CLERK}
    assert "邀请一位同事" in (refusal_of_leaving(alone, 1) or "")
    assert "另一位成员" in (refusal_of_leaving(with_clerk, 1) or "")
    assert refusal_of_change(with_clerk, 1, 1, Part.VIEWER)
    assert refusal_of_change(with_clerk, 1, 2, Part.OWNER) is None
