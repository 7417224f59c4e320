"""Letters of authorization through the actions, on both databases: no step without a valid one."""

import io
from datetime import date, timedelta
from typing import Any

import pytest
from docx import Document
from sqlalchemy import select

from servicedesk.audit.models import AuditEntry
from servicedesk.clock import clock
from servicedesk.core.permissions import Actor, Part, Role
from servicedesk.core.workflow import State
from servicedesk.errors import Conflict, Refused
from servicedesk.extensions import db
from servicedesk.jobs import tasks
from servicedesk.materials.letters import (
    Terms,
    prepare,
    receive_original,
    record_signed,
    return_original,
    revoke,
    sign,
)
from servicedesk.materials.papers import PAPERS, letter_paper, papers_for, ticket_paper
from servicedesk.materials.queries import letter, letters_for, today, valid_powers
from servicedesk.notifications.models import Notice
from servicedesk.tickets.actions import take
from servicedesk.tickets.models import Ticket
from tests.actions.materials_support import drafted, fresh, signed, token
from tests.support import PASSWORD, Town, local, pass_time

GUARDED = {
    "dispatch": ("accept",),
    "act": ("accept", "dispatch", "sign"),
    "resolve": ("accept", "dispatch", "sign"),
    "resume": ("accept", "dispatch", "sign", "suspend"),
}
LACKS = {
    "none": {},
    "unsigned": {"unsigned": True},
    "other item": {"items": ["A02"]},
    "other enterprise": {"login": "bob"},
    "not yet": {"later": True},
    "expired": {"expires": True},
    "revoked": {"revoked": True},
}


def acting(town: Town) -> Ticket:
    return town.file(acting=True)


def spoil(town: Town, how: dict[str, Any]) -> None:
    """Have a letter that does not do: the one of ``LACKS``, beside none that does."""
    day = today(town.park_id)
    if how.get("unsigned"):
        drafted(town)
    elif how.get("items"):
        signed(town, items=how["items"])
    elif how.get("login"):
        signed(town, how["login"])
    elif how.get("later"):
        signed(town, starts_on=day + timedelta(days=30), ends_on=day + timedelta(days=60))
    elif how.get("expires"):
        signed(town, ends_on=day)
        pass_time(days=1)
    elif how.get("revoked"):
        made = signed(town)
        revoke(town.desk, made.id, "企业书面撤销", made.version)


@pytest.mark.parametrize("step", GUARDED)
@pytest.mark.parametrize("lack", LACKS)
def test_no_step_of_acting_without_a_valid_letter_in_scope(
    town: Town, step: str, lack: str
) -> None:
    ticket = acting(town)
    if GUARDED[step]:
        helper = signed(town)
        ticket = town.walk(ticket, *GUARDED[step])
        revoke(town.desk, helper.id, "只到这一步", helper.version)
    spoil(town, LACKS[lack])
    with pytest.raises(Refused) as refused:
        town.walk(ticket, step)
    assert "授权委托书" in refused.value.reason
    signed(town)
    assert town.walk(ticket, step) is not None


def test_the_desk_supplements_only_under_a_letter_and_the_enterprise_without(town: Town) -> None:
    helper = signed(town)
    ticket = town.walk(acting(town), "accept", "dispatch", "sign", "request_supplement")
    revoke(town.desk, helper.id, "不再代办", helper.version)
    with pytest.raises(Refused):
        take(town.desk, ticket.id, "supplement", {"answer": "代为补正"})
    assert town.walk(ticket, "supplement").state == State.IN_PROGRESS


def test_only_the_powers_of_the_letter_may_be_used(town: Town) -> None:
    signed(town, powers=["collect"])
    ticket = town.walk(acting(town), "accept", "dispatch", "sign")
    with pytest.raises(Refused) as refused:
        take(town.desk, ticket.id, "act", {"power": "hand_in", "note": "递交"})
    assert refused.value.field == "power"
    take(town.desk, ticket.id, "act", {"power": "collect", "note": "领取"})


def test_helping_needs_no_letter(town: Town) -> None:
    ticket = town.walk(town.file(), "accept", "dispatch", "sign", "resolve")
    assert ticket.state == State.RESOLVED


# Drawing up, signing, revoking -------------------------------------------------------------------


def test_the_owner_signs_with_the_password_and_the_words_are_kept(town: Town) -> None:
    made = drafted(town)
    with pytest.raises(Refused) as refused:
        sign(town.alice, made.id, "not the password", made.version)
    assert refused.value.field == "password"
    assert fresh(made).signed_at is None
    found = sign(town.alice, made.id, PASSWORD, made.version)
    assert (found.signed_how, found.signer) == ("password", "alice 乙")
    assert "委托" in found.statement
    assert letters_for(town.enterprise_id(), "A01", today(town.park_id)) == [found]


def test_strangers_and_staff_cannot_sign_or_see(town: Town) -> None:
    made = drafted(town)
    for person in (town.bob, town.desk, town.head):
        with pytest.raises(Refused):
            sign(person, made.id, PASSWORD, made.version)
    assert letter(town.bob, made.id) is None
    assert letter(town.alice, made.id) is not None
    assert letter(town.leader, made.id) is not None


def test_only_one_of_two_signatures_counts(town: Town) -> None:
    made = drafted(town)
    seen = made.version
    sign(town.alice, made.id, PASSWORD, seen)
    with pytest.raises(Conflict):
        record_signed(town.desk, made.id, "张三", [token(town, "desk")], seen)
    with pytest.raises(Refused):
        sign(town.alice, made.id, PASSWORD, fresh(made).version)


def test_paper_needs_a_scan_and_a_name(town: Town) -> None:
    made = drafted(town)
    with pytest.raises(Refused):
        record_signed(town.desk, made.id, "张三", [], made.version)
    with pytest.raises(Refused):
        record_signed(town.desk, made.id, " ", [token(town, "desk")], made.version)
    with pytest.raises(Refused):
        record_signed(town.alice, made.id, "张三", [token(town)], made.version)
    assert signed(town).scan_id is not None


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("items", {"items": []}),
        ("items", {"items": ["J03"]}),  # nobody acts in an appeal
        ("powers", {"powers": ["sign"]}),
        ("starts_on", {"starts_on": date(2024, 3, 4)}),
        ("ends_on", {"ends_on": date(2025, 3, 5)}),
        ("ends_on", {"ends_on": date(2024, 3, 4)}),
    ],
)
def test_wrong_terms_are_refused_at_their_field(
    town: Town, field: str, changes: dict[str, Any]
) -> None:
    with pytest.raises(Refused) as refused:
        drafted(town, **changes)
    assert refused.value.field == field


def test_the_agent_is_somebody_of_the_desk(town: Town) -> None:
    with pytest.raises(Refused) as refused:
        drafted(town, agent_id=town.user("officer").id)
    assert refused.value.field == "agent_id"


def test_a_clerk_prepares_and_only_the_owner_signs_and_revokes(town: Town) -> None:
    number, day = town.enterprise_id(), today(town.park_id)
    user = town.user("bob")
    clerk = Actor(user.id, Role.REQUESTER, town.park_id, user.name, parts={number: Part.CLERK})
    terms = Terms(town.user("desk").id, ["A01"], ["hand_in"], day, day)
    made = prepare(clerk, number, terms)
    with pytest.raises(Refused):
        sign(clerk, made.id, PASSWORD, made.version)
    sign(town.alice, made.id, PASSWORD, made.version)
    with pytest.raises(Refused):
        revoke(clerk, made.id, "不要了", fresh(made).version)
    with pytest.raises(Refused):  # what was signed online the desk cannot revoke
        revoke(town.desk, made.id, "不要了", fresh(made).version)
    with pytest.raises(Refused):
        revoke(town.alice, made.id, "", fresh(made).version)
    revoke(town.alice, made.id, "改为自己办", fresh(made).version)
    assert letters_for(number, "A01", day) == []
    actions = db.session.scalars(select(AuditEntry.action)).all()
    assert {"letter.prepare", "letter.sign", "letter.revoke"} <= set(actions)


def test_the_last_day_is_included_and_its_end_is_told_once(town: Town) -> None:
    signed(town, ends_on=date(2024, 3, 20))
    ticket = acting(town)
    clock.set(local("2024-03-12 09:30"))
    assert tasks.materials() == 0
    clock.set(local("2024-03-13 09:30"))
    assert tasks.materials() == 1
    assert tasks.materials() == 0
    assert valid_powers(ticket, local("2024-03-20 23:59"))
    assert not valid_powers(ticket, local("2024-03-21 00:00"))


# Originals ---------------------------------------------------------------------------------------


def test_originals_come_in_go_back_once_and_are_asked_for_at_the_end(town: Town) -> None:
    made = signed(town, ends_on=date(2024, 3, 20))
    line = receive_original(town.desk, made.id, "营业执照正本", 1, "李工")
    other = receive_original(town.desk, made.id, "公章", 1, "李工")
    with pytest.raises(Refused):
        receive_original(town.alice, made.id, "公章", 1, "李工")
    return_original(town.desk, line.id, "李工")
    with pytest.raises(Refused):
        return_original(town.desk, line.id, "李工")
    clock.set(local("2024-03-21 09:30"))
    assert tasks.materials() == 1
    assert tasks.materials() == 0
    waiting = select(Notice).where(Notice.text.contains("仍有原件没有退还"))
    assert {one.user_id for one in db.session.scalars(waiting)} == {
        town.user("desk").id, town.user("head").id,
    }  # fmt: skip
    return_original(town.desk, other.id, "李工")


def test_nothing_is_taken_over_without_a_signed_letter(town: Town) -> None:
    with pytest.raises(Refused):
        receive_original(town.desk, drafted(town).id, "公章", 1, "李工")


# Suspension --------------------------------------------------------------------------------------


def test_suspend_ask_resume_suspend_terminate(town: Town) -> None:
    """中止 → 要求续办 → 续办 → 中止 → 终止, with the clock standing in between."""
    signed(town)
    ticket = town.walk(town.file(item="A01", acting=True), "accept", "dispatch", "sign")
    due = ticket.due_at
    pass_time(minutes=30)
    ticket = town.walk(ticket, "suspend")
    assert ticket.due_at is None
    clock.set(local("2024-03-06 10:30"))
    ticket = town.walk(ticket, "ask_resume", "resume")
    assert ticket.paused_minutes == 420  # one working day of seven hours
    assert due is not None and ticket.due_at is not None
    assert ticket.due_at - due == timedelta(days=1)
    ticket = town.walk(ticket, "suspend")
    clock.set(local("2024-04-02 17:31"))  # 18 working days later, 清明 is not here yet
    with pytest.raises(Refused):
        town.walk(ticket, "terminate")
    town.walk(ticket, "ask_resume")
    clock.set(local("2024-04-10 09:30"))  # twenty days after the suspension, not after the asking
    with pytest.raises(Refused):
        town.walk(ticket, "terminate")
    clock.set(local("2024-05-10 09:30"))
    ticket = town.walk(ticket, "terminate")
    assert ticket.state == State.TERMINATED
    assert ticket.closed_at is not None
    assert "completion" in papers_for(ticket)


def test_a_request_to_go_on_reaches_desk_and_unit(town: Town) -> None:
    ticket = town.walk(town.file(), "accept", "dispatch", "sign", "suspend", "ask_resume")
    assert ticket.state == State.SUSPENDED
    told = select(Notice.user_id).where(Notice.text.contains("企业要求续办"))
    assert {town.user("desk").id, town.user("officer").id} <= set(db.session.scalars(told))


# Papers ------------------------------------------------------------------------------------------


def test_every_paper_can_be_written_and_says_what_it_must(town: Town) -> None:
    made = signed(town)
    receive_original(town.desk, made.id, "营业执照正本", 2, "李工")
    text = words(letter_paper(made))
    for wanted in (
        made.number,
        "恩德莱科技有限公司",
        "企业设立登记",
        "代为递交材料",
        "营业执照正本",
        "张三",
    ):
        assert wanted in text
    ticket = town.walk(acting(town), "accept", "dispatch", "sign")
    assert papers_for(ticket) == ["acceptance"]
    ticket = town.walk(ticket, "suspend")
    assert papers_for(ticket) == ["acceptance", "suspension", "renewal"]
    for name in papers_for(ticket):
        text = words(ticket_paper(ticket, name))
        assert PAPERS[name] in text
        assert ticket.number in text
        assert ticket.phone not in text
    ticket = town.walk(ticket, "resume", "resolve")
    assert "执照已领取。" in words(ticket_paper(ticket, "completion"))


def words(content: bytes) -> str:
    """Return the text of a Word file."""
    document = Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])
