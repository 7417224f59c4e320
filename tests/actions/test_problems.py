"""Problems (类问题): one solution for all, each enterprise's own word, the class closed when quiet."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from servicedesk.core.problems import Fate, Stand
from servicedesk.core.workflow import State
from servicedesk.enterprises.models import Enterprise
from servicedesk.errors import Conflict, Refused
from servicedesk.extensions import db
from servicedesk.jobs import tasks
from servicedesk.notifications.models import Notice
from servicedesk.problems import actions, solving
from servicedesk.problems.actions import Details, create, edit, join, leave
from servicedesk.problems.listing import VIEWS, Wanted, counts, everything, page, total
from servicedesk.problems.models import Problem, ProblemNotice, ProblemTicket
from servicedesk.problems.queries import (
    closed_between,
    fitting,
    likely,
    possible,
    problem,
    solution_for,
    solutions_for,
    tickets_behind,
)
from servicedesk.problems.solving import foresee, solve
from servicedesk.tickets.actions import take
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.queries import item_of, timeline
from servicedesk.tickets.similar import similar_to
from servicedesk.transaction import writing
from tests.support import Town, pass_time

ROAD, AREA = "J03", "狮子岩片区"
WORDS = "3号路路面坑洼破损，货车颠簸"
DONE = "路面已重新铺装，今后每季度巡查一次。"


@pytest.fixture(autouse=True)
def one_area(town: Town) -> None:
    """Both enterprises lie on the same road."""
    with writing():
        db.session.execute(update(Enterprise).values(area=AREA))


def road(town: Town, login: str = "alice", title: str = "3号路路面破损") -> Ticket:
    return town.file(login, ROAD, title=title, description=WORDS)


def in_hand(town: Town, login: str = "alice") -> Ticket:
    return town.walk(road(town, login), "accept", "dispatch", "sign")


def opened(town: Town, *tickets: Ticket, **more: object) -> Problem:
    found = tickets[0].item_id if tickets else None
    details = Details(
        "3号路路面破损", found, AREA, "路面破损", unit_id=town.unit_id("SCJG"), **more
    )  # type: ignore[arg-type]
    return create(town.desk, details, [ticket.number for ticket in tickets])


def state(ticket: Ticket) -> str:
    return db.session.get_one(Ticket, ticket.id, populate_existing=True).state


def stand(found: Problem) -> str:
    return db.session.get_one(Problem, found.id, populate_existing=True).state


# Opening, joining --------------------------------------------------------------------------------


def test_a_ticket_is_in_one_problem_at_the_most(town: Town) -> None:
    ticket = road(town)
    made = opened(town, ticket)
    assert made.number.startswith("L2024-")
    with pytest.raises(Refused):
        opened(town, ticket)
    assert db.session.scalars(select(Problem.id)).all() == [made.id]
    assert leave(town.desk, ticket.id).id == made.id
    assert opened(town, ticket).id != made.id
    kinds = [event.kind for event in timeline(ticket.id, everything=True)]
    assert kinds == ["submit", "problem_joined", "problem_left", "problem_joined"]
    assert [event.kind for event in timeline(ticket.id, everything=False)] == ["submit"]


def test_what_is_confidential_or_unseen_or_over_is_not_joined(town: Town) -> None:
    made = opened(town)
    secret, withdrawn = town.file("alice", "H01"), town.walk(road(town), "withdraw")
    for number in (secret.number, withdrawn.number, "20240305-99999-1"):
        with pytest.raises(Refused):
            join(town.desk, made.id, number)
    with pytest.raises(Refused):
        join(town.unithead, made.id, road(town).number)  # not with that unit
    for actor in (town.officer, town.follow, town.leader):
        with pytest.raises(Refused):
            join(actor, made.id, road(town).number)


def test_a_unit_sees_its_own_problems_and_those_of_its_tickets(town: Town) -> None:
    ours = opened(town)
    theirs = create(town.desk, Details("电压不稳", unit_id=town.unit_id("GHJS")))
    assert problem(town.officer, ours.id) is not None
    assert problem(town.officer, theirs.id) is None
    join(town.desk, theirs.id, in_hand(town).number)
    assert problem(town.officer, theirs.id) is not None
    assert counts(town.officer2)["open"] == 1


def test_a_stale_edit_changes_nothing(town: Town) -> None:
    made = opened(town)
    seen = made.version
    edit(town.desk, made.id, Details("3号路和4号路", cause="重车多"), seen)
    with pytest.raises(Conflict):
        edit(town.head, made.id, Details("别的"), seen)
    assert db.session.get_one(Problem, made.id).cause == "重车多"
    with pytest.raises(Refused):
        edit(town.desk, made.id, Details("  "), seen + 1)


# Solving -----------------------------------------------------------------------------------------


def test_a_solution_goes_to_all_and_each_enterprise_has_the_last_word(town: Town) -> None:
    one, two, theirs = in_hand(town), in_hand(town), in_hand(town, "bob")
    waits = town.walk(road(town, "bob"), "accept")
    made = opened(town, one, two, theirs, waits)
    foreseen = [line.fate for line in foresee(town.unithead, made)]
    result = solve(town.unithead, made.id, DONE, made.version)
    fates = [line.fate for line in result.lines]
    assert fates == foreseen == [Fate.RESOLVED, Fate.RESOLVED, Fate.RESOLVED, Fate.TOLD]
    assert {state(one), state(two), state(theirs)} == {State.RESOLVED}
    assert state(waits) == State.ACCEPTED
    said = timeline(waits.id, everything=False)[-1]
    assert (said.kind, said.data["solution"]) == ("problem_solved", DONE)

    town.walk(theirs, "dispute")
    assert [state(ticket) for ticket in (one, two, theirs)] == [
        State.RESOLVED, State.RESOLVED, State.IN_PROGRESS,
    ]  # fmt: skip
    assert stand(made) == Stand.OPEN
    again = solve(
        town.unithead, made.id, DONE + "已返修。", db.session.get_one(Problem, made.id).version
    )
    assert [line.fate for line in again.lines] == [
        Fate.KEPT, Fate.KEPT, Fate.RESOLVED, Fate.KEPT,
    ]  # fmt: skip
    assert stand(made) == Stand.SOLVED


def test_what_another_unit_has_is_told_and_what_a_guard_holds_is_refused(town: Town) -> None:
    elsewhere = town.walk(road(town), "accept")
    elsewhere = take(town.desk, elsewhere.id, "dispatch", {"unit_id": town.unit_id("GHJS")})
    elsewhere = take(town.officer2, elsewhere.id, "sign")
    held = town.walk(in_hand(town, "bob"), "request_extension")
    made = opened(town, elsewhere, held)
    result = solve(town.unithead, made.id, DONE, made.version)
    assert [line.fate for line in result.lines] == [Fate.TOLD, Fate.REFUSED]
    assert "延期" in result.lines[1].reason
    assert {state(elsewhere), state(held)} == {State.IN_PROGRESS}
    for ticket in (elsewhere, held):
        assert timeline(ticket.id, everything=False)[-1].kind == "problem_solved"


def test_solving_needs_the_right_the_version_and_a_text_without_names(town: Town) -> None:
    ticket = in_hand(town)
    made = opened(town, ticket)
    for actor in (town.desk, town.officer, town.leader):
        with pytest.raises(Refused):
            solve(actor, made.id, DONE, made.version)
    for text in ("  ", "已为恩德莱科技有限公司铺路"):
        with pytest.raises(Refused):
            solve(town.head, made.id, text, made.version)
    with pytest.raises(Conflict):
        solve(town.head, made.id, DONE, made.version + 1)
    assert state(ticket) == State.IN_PROGRESS
    assert stand(made) == Stand.OPEN


def test_others_who_are_likely_to_have_it_are_told_once(town: Town) -> None:
    made = opened(town, in_hand(town))
    road(town, "bob")
    [bob] = likely(town.head, made)
    assert bob.id == town.enterprise_id("bob")
    assert set(bob.reasons) == {"item", "words", "area"}
    assert solution_for(bob.id, made.id) is None
    stranger = 9999
    result = solve(town.head, made.id, DONE, made.version, [bob.id, stranger])
    assert result.told == [bob.name]
    assert likely(town.head, made) == []
    solve(town.head, made.id, DONE, made.version, [bob.id])
    assert len(db.session.scalars(select(ProblemNotice)).all()) == 1
    notices = select(Notice).where(Notice.link == f"/portal/solutions/{made.id}")
    [notice] = db.session.scalars(notices).all()
    assert notice.user_id == town.user("bob").id
    assert notice.enterprise_id == bob.id
    found = solution_for(bob.id, made.id)
    assert found is not None
    assert found.solution == DONE


def test_published_solutions_are_offered_to_whoever_files_the_same(town: Town) -> None:
    ticket = in_hand(town)
    made = opened(town, ticket)
    item = item_of(ticket)
    assert solutions_for(item, AREA) == []
    solve(town.head, made.id, DONE, made.version)
    assert [one.id for one in solutions_for(item, AREA)] == [made.id]
    assert solutions_for(item, "别的片区") == []
    pass_time(days=366)
    assert solutions_for(item, AREA) == []


# The watch ---------------------------------------------------------------------------------------


def test_the_class_is_closed_when_it_has_stayed_quiet(town: Town) -> None:
    ticket = in_hand(town)
    made = opened(town, ticket)
    solve(town.head, made.id, DONE, made.version)
    assert made.quiet_until == date(2024, 5, 4)
    pass_time(days=60)
    assert tasks.problems() == 0
    pass_time(days=1)
    assert tasks.problems() == 1
    assert tasks.problems() == 0
    assert stand(made) == Stand.CLOSED
    day = date(2024, 5, 5)
    assert closed_between(town.park_id, day, day) == [made]
    assert closed_between(town.park_id, day + timedelta(days=1), date(2024, 12, 31)) == []
    with pytest.raises(Refused):
        join(town.desk, made.id, road(town).number)
    with pytest.raises(Refused):
        leave(town.desk, ticket.id)
    town.walk(ticket, "dispute")
    assert stand(made) == Stand.OPEN
    assert closed_between(town.park_id, day, day) == []


def test_a_new_one_moves_the_day_and_an_unresolved_one_keeps_it_open(town: Town) -> None:
    made = opened(town, in_hand(town))
    solve(town.head, made.id, DONE, made.version)
    pass_time(days=50)
    late = road(town, "bob")
    join(town.desk, made.id, late.number)
    assert made.quiet_until == date(2024, 6, 23)
    pass_time(days=62)
    assert tasks.problems() == 0  # quiet, but one is not resolved
    town.walk(late, "withdraw")
    assert tasks.problems() == 1


def test_a_ticket_that_comes_back_is_quicker_than_the_job(town: Town) -> None:
    ticket = in_hand(town)
    made = opened(town, ticket)
    solve(town.head, made.id, DONE, made.version)
    pass_time(days=70)
    assert actions.due_closings(10) == [made.id]
    town.walk(ticket, "dispute")
    assert not actions.close_class(made.id)
    assert stand(made) == Stand.OPEN


def test_the_owner_is_reminded_once_when_the_day_has_passed(town: Town) -> None:
    made = opened(town, owner_id=town.user("unithead").id, due_on=date(2024, 3, 8))
    pass_time(days=3)
    assert tasks.problems() == 0
    pass_time(days=1)
    assert [tasks.problems(), tasks.problems()] == [1, 0]
    assert counts(town.desk)["overdue"] == 1
    text = "类问题已过解决期限，请尽快解决或调整期限。"
    told = select(Notice.user_id).where(Notice.text == text)
    assert db.session.scalars(told).all() == [town.user("unithead").id]
    found = db.session.get_one(Problem, made.id, populate_existing=True)
    later = Details(found.title, unit_id=found.unit_id, due_on=date(2024, 3, 20))
    edit(town.desk, made.id, later, found.version)
    pass_time(days=12)
    assert tasks.problems() == 1


# Finding -----------------------------------------------------------------------------------------


def test_similar_tickets_are_found_by_who_may_see_them(town: Town) -> None:
    first, theirs = road(town), road(town, "bob", "路面坑洼，货车难行")
    other = town.file("bob", "A01")
    firm = db.session.get(Enterprise, first.enterprise_id)
    found = similar_to(town.desk, first, firm)
    assert [one.row.id for one in found] == [theirs.id]
    assert other.id not in {one.row.id for one in found}
    assert similar_to(town.alice, first, firm) == []
    assert similar_to(town.officer, first, firm) == []


def test_a_ticket_is_led_to_the_problem_that_it_fits(town: Town) -> None:
    made = opened(town, road(town))
    theirs, different = road(town, "bob"), town.file("bob", "A01")
    firm = db.session.get(Enterprise, theirs.enterprise_id)
    assert fitting(town.desk, theirs, firm) == [made]
    assert fitting(town.desk, different, firm) == []


def test_three_appeals_of_an_area_are_a_possible_problem(town: Town) -> None:
    tickets = [road(town), road(town, "bob")]
    for _ in range(3):
        town.file("alice", "A01")  # applications are no problems
    assert possible(town.park_id) == []
    tickets.append(road(town, "bob"))
    [found] = possible(town.park_id)
    assert (found.area, found.tickets, found.enterprises) == (AREA, 3, 2)
    behind = tickets_behind(town.desk, found.item_id, AREA)
    assert [row.id for row in behind] == [ticket.id for ticket in reversed(tickets)]
    opened(town, tickets[0])
    assert possible(town.park_id) == []
    pass_time(days=91)
    road(town)
    assert possible(town.park_id) == []


def test_badges_equal_the_lists_and_pages_hold_everything(town: Town) -> None:
    for number in range(5):
        create(town.desk, Details(f"第{number}个", due_on=date(2024, 3, 1 + number)))
    solved = opened(town, in_hand(town))
    solving.solve(town.head, solved.id, DONE, solved.version)
    for actor in (town.desk, town.officer):
        badges = counts(actor)
        for view in VIEWS:
            wanted = Wanted(view=view)
            rows = list(everything(actor, wanted))
            assert len(rows) == badges[view] == total(actor, wanted), (actor.name, view)
    first = page(town.desk, Wanted(view="all"), 4)
    second = page(town.desk, Wanted(view="all", after=first.after), 4)
    numbers = [row.Problem.number for row in (*first.rows, *second.rows)]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == 6
    assert db.session.scalars(select(ProblemTicket)).one().problem_id == solved.id
