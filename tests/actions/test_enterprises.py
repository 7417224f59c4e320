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
)
from servicedesk.enterprises.queries import enterprise, members
from servicedesk.errors import Refused
from servicedesk.notifications.queries import unread
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


def test_asking_to_join_tells_the_owner_once_a_day(town: Town) -> None:
    before = unread(town.user("alice").id)
    for _time in range(3):
        ask_to_join(town.enterprise_id("alice"), "新同事", "13900139000")
    assert unread(town.user("alice").id) == before + 1


def test_a_login_name_is_one_however_it_is_written(town: Town) -> None:
    assert sign_in(" ＡＬＩＣＥ ", PASSWORD).login == "alice"


def test_codes_of_the_region_are_valid(town: Town) -> None:
    code = valid_credit_code("431202", "MA463F0W9")
    assert create_enterprise(town.desk, name="x", code=code).standing == "confirmed"
