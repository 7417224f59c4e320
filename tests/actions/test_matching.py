"""Policies find their enterprise: matched, told once, reminded, declined; titles that end."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from servicedesk.core.conditions import parse
from servicedesk.declarations import matching, telling
from servicedesk.declarations.models import Policy, PolicyMatch
from servicedesk.declarations.policies import close, write_policy
from servicedesk.declarations.queries import chance, chances, preview, verdict_of
from servicedesk.enterprises.models import Enterprise, Membership
from servicedesk.enterprises.titles import award
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.jobs import tasks
from servicedesk.notifications.models import Notice
from servicedesk.transaction import writing
from tests.policies import declared, draft, fill_file, local_day, published
from tests.support import Town, local, pass_time

FITS = "有一项政策符合贵企业条件，请在截止日期前申报。"
SOON = "政策申报窗口即将关闭，贵企业符合条件，尚未申报。"
ENDING = "资质即将到期，请准备复核或重新申报。"


def match_of(policy: Policy, enterprise_id: int) -> PolicyMatch:
    db.session.rollback()
    return db.session.scalars(
        select(PolicyMatch).where(
            PolicyMatch.policy_id == policy.id, PolicyMatch.enterprise_id == enterprise_id
        )
    ).one()


def told(town: Town, login: str, text: str) -> int:
    query = select(Notice.id).where(Notice.user_id == town.user(login).id, Notice.text == text)
    return len(db.session.scalars(query).all())


def run() -> int:
    changed = tasks.policies()
    db.session.rollback()
    return changed


def test_who_fits_is_told_once_and_who_does_not_has_reasons(town: Town) -> None:
    fill_file(town.enterprise_id("alice"))
    fill_file(town.enterprise_id("bob"), research_share=1.0, founded_on=None)
    policy = published(town)
    assert run() > 0
    assert (told(town, "alice", FITS), told(town, "bob", FITS)) == (1, 0)
    fits, misses = (match_of(policy, town.enterprise_id(login)) for login in ("alice", "bob"))
    assert fits.met and fits.told_at is not None and fits.first_met_on == local_day()
    assert len(fits.fulfilled) == 4
    assert [row["field"] for row in misses.missed] == ["research_share"]
    assert [row["field"] for row in misses.unknown] == ["age"]
    assert (misses.told_at, misses.distance) == (None, 101)
    assert len(verdict_of(misses).fulfilled) == 2
    assert run() == 0
    assert told(town, "alice", FITS) == 1


def test_a_changed_file_is_looked_at_again(town: Town) -> None:
    policy = published(town)
    run()
    assert not match_of(policy, town.enterprise_id()).met
    fill_file(town.enterprise_id())
    assert matching.stale_enterprises() == [town.enterprise_id()]
    run()
    assert match_of(policy, town.enterprise_id()).met
    assert told(town, "alice", FITS) == 1
    assert matching.stale_enterprises() == []


def test_a_new_title_is_looked_at_again(town: Town) -> None:
    policy = published(town, conditions=[parse("title", "lacks", "高新技术企业")])
    run()
    assert match_of(policy, town.enterprise_id()).met
    pass_time(minutes=1)
    award(
        town.desk, town.enterprise_id(), name="高新技术企业", level="国家级", awarded_on=local_day()
    )
    run()
    assert not match_of(policy, town.enterprise_id()).met


def test_a_changed_policy_is_matched_again_and_each_day(town: Town) -> None:
    fill_file(town.enterprise_id())
    policy = published(town)
    run()
    harder = [parse("employees", "at_least", "100")]
    write_policy(town.desk, draft(code=policy.code, conditions=harder), policy.id)
    run()
    assert not match_of(policy, town.enterprise_id()).met
    assert matching.stale_policies() == []
    pass_time(days=1)
    assert matching.stale_policies() == [policy.id]


def test_time_alone_makes_an_enterprise_old_enough(town: Town) -> None:
    fill_file(town.enterprise_id(), founded_on=local_day().replace(year=2022, day=8))
    policy = published(town)
    run()
    assert not match_of(policy, town.enterprise_id()).met
    pass_time(days=3)
    run()
    assert match_of(policy, town.enterprise_id()).met


def test_drafts_closed_and_ended_policies_tell_nobody(town: Town) -> None:
    fill_file(town.enterprise_id())
    write_policy(town.desk, draft())
    close(town.desk, published(town).id)
    assert run() == 0
    published(town)
    pass_time(days=40)
    assert run() == 0
    assert told(town, "alice", FITS) == 0


def test_nobody_is_told_at_night(town: Town) -> None:
    fill_file(town.enterprise_id())
    with_clock = local("2024-03-08 20:00")  # a Friday evening
    pass_time(seconds=(with_clock - local("2024-03-05 10:00")).total_seconds())
    published(town)
    run()
    [notice] = db.session.scalars(select(Notice).where(Notice.text == FITS))
    assert notice.visible_at == local("2024-03-11 09:00")
    assert notice.link.startswith("/portal/policies/")


def test_reminders_go_to_those_who_have_not_acted(town: Town) -> None:
    """A window until 2024-04-04: ten working days before it is 2024-03-21, three 2024-04-01."""
    for login in ("alice", "bob"):
        fill_file(town.enterprise_id(login))
    policy = published(town)
    run()
    declared(town, policy, "bob")
    pass_time(days=13)
    assert (run() > 0, told(town, "alice", SOON)) == (True, 0)
    pass_time(days=3)
    run()
    run()
    assert told(town, "alice", SOON) == 1
    with writing():
        officer = town.user("desk").id
        db.session.execute(
            update(Enterprise)
            .where(Enterprise.id == town.enterprise_id())
            .values(service_officer_id=officer)
        )
    pass_time(days=14)
    run()
    assert (told(town, "alice", SOON), told(town, "bob", SOON)) == (2, 0)
    assert told(town, "desk", "企业符合条件但尚未申报，窗口即将关闭，请上门或电话提醒。") == 1


def test_a_late_policy_does_not_tell_and_remind_at_once(town: Town) -> None:
    fill_file(town.enterprise_id())
    published(town, closes_on=local_day(4))
    run()
    assert (told(town, "alice", FITS), told(town, "alice", SOON)) == (1, 0)


def test_two_schedulers_tell_once(town: Town) -> None:
    fill_file(town.enterprise_id())
    policy = published(town)
    assert matching.match_policy(policy.id)
    assert not matching.match_policy(policy.id)
    [number] = telling.untold()
    assert telling.tell_match(number)
    assert not telling.tell_match(number)
    assert telling.remind(number, 1)
    assert not telling.remind(number, 1)


def test_an_enterprise_without_an_account_is_called(town: Town) -> None:
    fill_file(town.enterprise_id())
    with writing():
        db.session.query(Membership).delete()
    published(town)
    run()
    assert told(town, "desk", "有一项政策符合这家企业，但它还没有账号，请电话告知。") == 1


def test_a_no_needs_a_reason_and_ends_the_reminders(town: Town) -> None:
    fill_file(town.enterprise_id())
    policy = published(town)
    run()
    number = town.enterprise_id()
    with pytest.raises(Refused):
        telling.dismiss(town.alice, policy.id, number, "  ")
    with pytest.raises(Refused) as refused:
        telling.dismiss(town.bob, policy.id, number, "不需要")
    assert refused.value.kind == "permission"
    telling.dismiss(town.alice, policy.id, number, "今年不扩产")
    pass_time(days=27)
    run()
    assert told(town, "alice", SOON) == 0
    assert match_of(policy, number).dismissed_reason == "今年不扩产"
    declared(town, policy)  # whoever declares after all has changed their mind
    assert match_of(policy, number).dismissed_at is None


def test_an_enterprise_sees_what_fits_first(town: Town) -> None:
    fill_file(town.enterprise_id(), research_share=None)
    far = published(town, conditions=[parse("employees", "at_least", "100")])
    near = published(town)
    fits = published(town, conditions=[parse("employees", "at_least", "10")])
    write_policy(town.desk, draft())
    found = chances(db.session.get_one(Enterprise, town.enterprise_id()))
    assert [one.policy.id for one in found] == [fits.id, near.id, far.id]
    assert (found[0].verdict.met, found[1].verdict.near) == (True, True)
    alice = db.session.get_one(Enterprise, town.enterprise_id())
    assert chance(alice, far.id) is not None
    assert chance(alice, 999) is None


def test_a_draft_shows_what_it_would_find(town: Town) -> None:
    fill_file(town.enterprise_id("alice"))
    fill_file(town.enterprise_id("bob"), employees=5)
    shown = preview(write_policy(town.desk, draft()))
    assert (shown.met, shown.missed_one, shown.unknown) == (1, 1, 0)
    assert shown.by_condition[0] == (1, 1, shown.further)
    assert shown.near[0][1] == "恩德莱科技有限公司"


def test_titles_that_end_are_told_at_90_and_30_days(town: Town) -> None:
    number, today = town.enterprise_id(), local_day()
    award(
        town.desk, number, name="高新技术企业", level="国家级", awarded_on=today - timedelta(days=900),
        expires_on=today + timedelta(days=95),
    )  # fmt: skip
    run()
    assert told(town, "alice", ENDING) == 0
    for days, times in ((5, 1), (0, 1), (50, 1), (12, 2), (1, 2)):
        pass_time(days=days)
        run()
        assert told(town, "alice", ENDING) == times, days
    assert told(town, "desk", "企业资质即将到期，请提醒企业准备复核。") == 2


def test_a_renewed_title_is_not_reminded_of(town: Town) -> None:
    number, today = town.enterprise_id(), local_day()
    for year, left in ((2021, 20), (2024, 900)):
        award(
            town.desk, number, name="高新技术企业", level="国家级",
            awarded_on=today.replace(year=year), expires_on=today + timedelta(days=left),
        )  # fmt: skip
    run()
    assert told(town, "alice", ENDING) == 0
    assert not telling.ending_titles()
