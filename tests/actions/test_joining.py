"""Merging, splitting, linking, adding: nothing is lost, everybody stays informed, one 件 counts."""

import pytest
from sqlalchemy import select

from servicedesk.catalogue.queries import item_by_code
from servicedesk.core.workflow import State
from servicedesk.errors import Conflict, KeyReused, Refused
from servicedesk.extensions import db
from servicedesk.notifications.models import Notice
from servicedesk.problems.actions import Details, create
from servicedesk.problems.queries import problem_of
from servicedesk.statistics.facts import build
from servicedesk.statistics.verify import differences
from servicedesk.tickets.actions import Request, send_message, submit, take
from servicedesk.tickets.children import Follower, TicketLink
from servicedesk.tickets.joining import add_to, is_sent, link_with, split, unlink
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.queries import by_number, timeline
from servicedesk.tickets.similar import duplicates
from tests.statistics.support import counted_in
from tests.support import Town, pass_time

ROAD = "J03"


def road(town: Town, login: str = "alice", **more: object) -> Ticket:
    return town.file(login, ROAD, title="3号路路面破损", **more)


def by_phone(town: Town) -> Ticket:
    """The same enterprise calls about the same matter; the desk takes it down."""
    item = item_by_code(town.park_id, ROAD)
    assert item is not None
    request = Request(
        town.enterprise_id(), "路面坑洼", "货车颠簸", "李工", "13800138000", channel="phone"
    )
    return submit(town.desk, item, request)


def kinds(ticket: Ticket) -> list[str]:
    return [event.kind for event in timeline(ticket.id, everything=True)]


def told(login: str, town: Town, ticket: Ticket) -> list[str]:
    query = select(Notice.text).where(
        Notice.user_id == town.user(login).id, Notice.ticket_id == ticket.id
    )
    return list(db.session.scalars(query.order_by(Notice.id)))


# Adding instead of filing ------------------------------------------------------------------------


def test_adding_sends_text_to_whoever_handles_it_once(town: Town) -> None:
    ticket = town.walk(road(town), "accept", "dispatch", "sign")
    for _ in range(2):
        add_to(town.alice, ticket.id, "又塌了一块", key="form-1")
    assert kinds(ticket).count("message") == 1
    assert is_sent(town.alice, "form-1")
    assert "企业发来新留言。" in told("officer", town, ticket)
    with pytest.raises(KeyReused):
        add_to(town.alice, road(town).id, "又塌了一块", key="form-1")


def test_nobody_adds_to_anothers_or_to_what_is_over(town: Town) -> None:
    ticket = road(town)
    with pytest.raises(Refused):
        add_to(town.bob, ticket.id, "也来说一句", key="b")
    town.walk(ticket, "withdraw")
    with pytest.raises(Refused):
        add_to(town.alice, ticket.id, "补充", key="c")
    assert not is_sent(town.alice, "c")


def test_who_adds_to_a_ticket_of_the_desk_hears_of_it(town: Town) -> None:
    ticket = by_phone(town)
    add_to(town.alice, ticket.id, "我也是这件事")
    town.walk(ticket, "accept")
    assert told("alice", town, ticket) == ["服务台已受理您的申请，正在安排承办单位。"]


def test_what_the_desk_adds_stays_inside(town: Town) -> None:
    ticket = road(town)
    add_to(town.desk, ticket.id, "企业再次来电")
    assert [event.kind for event in timeline(ticket.id, everything=False)] == ["submit"]


def test_duplicates_come_from_any_channel_of_the_same_enterprise(town: Town) -> None:
    first, second = road(town), by_phone(town)
    road(town, "bob")
    item = first.item_id
    found = duplicates(town.alice, town.enterprise_id(), item)
    assert [row.id for row in found] == [second.id, first.id]
    assert duplicates(town.bob, town.enterprise_id(), item) == []
    town.walk(first, "withdraw")
    assert [row.id for row in duplicates(town.desk, town.enterprise_id(), item)] == [second.id]


# Merging -----------------------------------------------------------------------------------------


def merged(town: Town) -> tuple[Ticket, Ticket]:
    """A ticket of the portal, and one by telephone that is joined into it."""
    main = town.walk(road(town), "accept", "dispatch", "sign")
    other = by_phone(town)
    return main, take(town.desk, other.id, "merge", {"into": main.number})


def test_the_main_ticket_says_what_was_merged_and_counts_once(town: Town) -> None:
    main, other = merged(town)
    assert (other.state, other.merged_into_id) == (State.MERGED, main.id)
    assert kinds(main)[-1] == "merged_in"
    assert "同一企业的另一件工单已并入本工单，请一并办理。" in told("officer", town, main)
    build(town.park_id)
    assert counted_in(town, "2024")["all"]["submitted"] == 1
    assert differences(town.park_id) == []


def test_whoever_handles_the_main_ticket_sees_the_merged_one(town: Town) -> None:
    main, other = merged(town)
    assert by_number(town.officer, other.number) is not None
    assert by_number(town.officer2, other.number) is None
    assert by_number(town.bob, other.number) is None
    assert main.unit_id != other.unit_id


def test_all_reporters_hear_of_the_main_ticket_to_the_end(town: Town) -> None:
    """Alice filed the second; the first was taken down by telephone, so its clients are the firm's."""
    first, second, third = by_phone(town), road(town), by_phone(town)
    take(town.desk, second.id, "merge", {"into": first.number})
    take(town.desk, first.id, "merge", {"into": third.number})
    town.walk(third, "accept", "dispatch", "sign", "resolve")
    assert "承办单位已办结，请确认事情是否真正解决。" in told("alice", town, third)
    reporters = select(Follower.user_id).where(Follower.ticket_id == third.id)
    assert town.user("alice").id in set(db.session.scalars(reporters))


def test_only_open_tickets_of_the_same_enterprise_are_merged_into(town: Town) -> None:
    mine, theirs = road(town), road(town, "bob")
    with pytest.raises(Refused):
        take(town.desk, mine.id, "merge", {"into": theirs.number})
    over = town.walk(road(town), "withdraw")
    with pytest.raises(Refused):
        take(town.desk, mine.id, "merge", {"into": over.number})
    assert db.session.get_one(Ticket, mine.id).state == State.SUBMITTED


def test_a_merged_ticket_gives_its_place_in_a_problem_away(town: Town) -> None:
    main = road(town)
    other = by_phone(town)
    made = create(town.desk, Details("3号路破损", main.item_id), [other.number])
    take(town.desk, other.id, "merge", {"into": main.number})
    assert problem_of(main.id) == made
    assert problem_of(other.id) is None


# Splitting ---------------------------------------------------------------------------------------


def test_a_split_ticket_has_its_own_number_and_clock(town: Town) -> None:
    whole = town.walk(road(town), "accept", "dispatch", "sign")
    pass_time(days=1)
    item = item_by_code(town.park_id, "J02")
    assert item is not None
    part = split(town.desk, whole.id, item, "员工宿舍", "需要六间员工宿舍", whole.version)
    assert part.number != whole.number
    assert (part.state, part.intake_by_id) == (State.ACCEPTED, whole.intake_by_id)
    assert part.clock_started_at > whole.clock_started_at
    assert part.enterprise_id == whole.enterprise_id
    assert part.requester_id == whole.requester_id
    assert part.repeat_of_id is None
    assert kinds(part) == ["submit", "split_from", "accept"]
    said = timeline(whole.id, everything=True)[-1]
    assert (said.kind, said.data["number"]) == ("split", part.number)
    link = db.session.scalar(select(TicketLink).where(TicketLink.ticket_id == part.id))
    assert link is not None
    assert (link.other_id, link.kind) == (whole.id, "split")
    assert not told("head", town, part)


def test_a_part_of_the_same_item_is_no_repeat_and_a_stale_form_splits_nothing(town: Town) -> None:
    whole = road(town)
    item = item_by_code(town.park_id, ROAD)
    legal = item_by_code(town.park_id, "H01")
    assert item is not None
    assert legal is not None
    seen = whole.version
    assert split(town.desk, whole.id, item, "路灯不亮", "路灯", seen).repeat_of_id is None
    before = len(db.session.scalars(select(Ticket.id)).all())
    with pytest.raises(Conflict):
        split(town.desk, whole.id, item, "再拆", "一件", seen)
    with pytest.raises(Refused):
        split(town.officer, whole.id, item, "拆", "一件", whole.version)
    with pytest.raises(Refused):
        split(town.desk, whole.id, legal, "劳动争议", "一件", whole.version)
    assert len(db.session.scalars(select(Ticket.id)).all()) == before


# Linking -----------------------------------------------------------------------------------------


def test_linking_is_noted_on_both_sides_and_taken_back(town: Town) -> None:
    one, other = road(town), road(town, "bob")
    assert link_with(town.desk, one.id, other.number).id == other.id
    with pytest.raises(Refused):
        link_with(town.desk, other.id, one.number)
    assert kinds(one)[-1] == kinds(other)[-1] == "linked"
    row = db.session.scalars(select(TicketLink)).one()
    unlink(town.desk, other.id, row.id)
    assert kinds(one)[-1] == kinds(other)[-1] == "unlinked"
    assert db.session.scalars(select(TicketLink)).all() == []
    with pytest.raises(Refused):
        unlink(town.desk, one.id, row.id)


def test_only_what_one_sees_is_linked_and_nothing_confidential(town: Town) -> None:
    mine = town.walk(road(town), "accept", "dispatch", "sign")
    secret = town.file("alice", "H01")
    unseen = road(town, "bob")
    for actor, number in (
        (town.officer, unseen.number), (town.desk, secret.number), (town.desk, mine.number),
        (town.desk, "20240305-99999-1"), (town.leader, unseen.number),
    ):  # fmt: skip
        with pytest.raises(Refused):
            link_with(actor, mine.id, number)
    send_message(town.desk, mine.id, "您好")
    assert db.session.scalars(select(TicketLink)).all() == []
