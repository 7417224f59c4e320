"""Registering, doubtful codes, second files, invitations."""

from datetime import timedelta

import pytest

from servicedesk.accounts.actions import sign_in
from servicedesk.clock import clock
from servicedesk.core.identifiers import valid_credit_code
from servicedesk.enterprises.actions import (
    AlreadyRegistered,
    DoubtfulCode,
    accept_invitation,
    ask_to_join,
    confirm_code,
    create_enterprise,
    find_invitation,
    invite,
    invite_owner,
)
from servicedesk.enterprises.queries import enterprise, members
from servicedesk.errors import Refused
from servicedesk.notifications.queries import page, unread
from tests.support import PASSWORD, Town

DOUBTFUL = "91350211M0000XUF46"


def test_a_second_file_is_never_opened(town: Town) -> None:
    known = enterprise(town.enterprise_id("alice"))
    assert known is not None
    with pytest.raises(AlreadyRegistered) as refused:
        create_enterprise(town.desk, name="另一个名字", code=known.credit_code)
    assert refused.value.enterprise_id == known.id


def test_a_doubtful_code_may_be_confirmed_and_is_reviewed(town: Town) -> None:
    with pytest.raises(DoubtfulCode):
        create_enterprise(town.desk, name="真实企业", code=DOUBTFUL)
    made = create_enterprise(town.desk, name="真实企业", code=DOUBTFUL, confirmed=True)
    assert made.standing == "review"
    confirm_code(town.desk, made.id)
    assert made.standing == "confirmed"
    with pytest.raises(Refused):
        confirm_code(town.alice, made.id)


def test_what_is_no_code_is_refused_even_if_confirmed(town: Town) -> None:
    with pytest.raises(Refused):
        create_enterprise(town.desk, name="x", code="123", confirmed=True)


def test_an_enterprise_in_preparation_needs_no_code(town: Town) -> None:
    made = create_enterprise(town.desk, name="筹建中的公司", code=None)
    other = create_enterprise(town.desk, name="另一家筹建中的公司", code=None)
    assert made.standing == other.standing == "preparing"


def test_an_invitation_works_once_and_in_time(town: Town) -> None:
    enterprise_id = town.enterprise_id("alice")
    token = invite(town.alice, enterprise_id)
    accept_invitation(town.user("bob").id, token)
    assert {user.login for user, _part in members(enterprise_id)} == {"alice", "bob"}
    with pytest.raises(Refused):
        accept_invitation(town.user("bob").id, token)
    late = invite(town.alice, enterprise_id)
    with clock.at(clock.now() + timedelta(hours=73)):
        assert find_invitation(late) is None
    for nothing in ("", " ", "\x00", "None"):
        assert find_invitation(nothing) is None


def test_only_owners_invite(town: Town) -> None:
    with pytest.raises(Refused):
        invite(town.bob, town.enterprise_id("alice"))


def test_asking_to_join_tells_the_owner_three_times_a_day_at_most(town: Town) -> None:
    before = unread(town.user("alice").id)
    for number in range(9):
        ask_to_join(town.enterprise_id("alice"), "请打开 evil.example", f"1390013900{number}")
    assert unread(town.user("alice").id) == before + 3
    assert "evil" not in page(town.user("alice").id)[0].detail


def test_a_file_that_the_desk_opened_finds_its_owner(town: Town) -> None:
    made = create_enterprise(town.desk, name="只打过电话的公司", code=None)
    before = unread(town.user("desk").id)
    ask_to_join(made.id, "王总", "13900139000")
    assert unread(town.user("desk").id) == before + 1
    accept_invitation(town.user("bob").id, invite_owner(town.desk, made.id))
    assert made.id in town.bob.enterprises_with("enterprise.invite")
    with pytest.raises(Refused):
        invite_owner(town.desk, made.id)


def test_nobody_has_seen_the_licence_of_who_registered_itself(town: Town) -> None:
    mine = enterprise(town.enterprise_id("alice"))
    assert mine is not None
    assert mine.standing == "new"
    confirm_code(town.desk, mine.id)
    assert mine.standing == "confirmed"


def test_a_login_name_is_one_however_it_is_written(town: Town) -> None:
    assert sign_in(" ＡＬＩＣＥ ", PASSWORD).login == "alice"


def test_codes_of_the_region_are_valid(town: Town) -> None:
    code = valid_credit_code("431202", "MA463F0W9")
    assert create_enterprise(town.desk, name="x", code=code).standing == "confirmed"
