"""Saved dashboards: kept under a name, shared by whoever sees more than their own, changed by owners."""

import pytest
from sqlalchemy import select

from servicedesk.audit.models import AuditEntry
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.statistics.saved_dashboards import (
    NAME_MAX,
    OWN_MAX,
    change_dashboard,
    dashboards_for,
    delete_dashboard,
    own_dashboard,
    save_dashboard,
)
from tests.support import Town


def names(town: Town, login: str, page: str = "figures") -> list[str]:
    return [one.name for one in dashboards_for(town.actor(login), page)]


def test_own_ones_come_first_and_shared_ones_after(town: Town) -> None:
    save_dashboard(town.head, "figures", "共享", "period=month", shared=True)
    save_dashboard(town.leader, "figures", "自己的", "period=year")
    save_dashboard(town.leader, "other", "别的页面", "period=year", shared=True)
    assert names(town, "leader") == ["自己的", "共享"]
    assert names(town, "unithead") == ["共享"]
    assert names(town, "unithead", "other") == ["别的页面"]


def test_only_whoever_sees_more_than_their_own_shares(town: Town) -> None:
    with pytest.raises(Refused) as refused:
        save_dashboard(town.officer, "figures", "我的", "period=month", shared=True)
    assert refused.value.kind == "permission"
    made = save_dashboard(town.officer, "figures", "我的", "period=month")
    with pytest.raises(Refused):
        change_dashboard(town.officer, made.id, "我的", shared=True)


def test_names_are_there_short_and_not_twice(town: Town) -> None:
    made = save_dashboard(town.head, "figures", "本月", "period=month")
    for name in ("", "长" * (NAME_MAX + 1), "本月"):
        with pytest.raises(Refused) as refused:
            save_dashboard(town.head, "figures", name, "period=year")
        assert refused.value.field == "name"
    save_dashboard(town.leader, "figures", "本月", "period=month")
    save_dashboard(town.head, "other", "本月", "period=month")
    assert change_dashboard(town.head, made.id, "本月", shared=True).shared


def test_there_is_an_end_to_it(town: Town) -> None:
    for number in range(OWN_MAX):
        save_dashboard(town.head, "figures", f"第{number}个", "period=month")
    with pytest.raises(Refused):
        save_dashboard(town.head, "figures", "再一个", "period=month")


def test_another_changes_nothing_and_every_change_is_on_record(town: Town) -> None:
    made = save_dashboard(town.head, "figures", "本月", "period=month", shared=True)
    number = made.id
    assert own_dashboard(town.leader, number) is None
    for change in (
        lambda: change_dashboard(town.leader, number, "我的了", shared=True),
        lambda: delete_dashboard(town.leader, number),
    ):
        with pytest.raises(Refused) as refused:
            change()
        assert refused.value.kind == "permission"
    change_dashboard(town.head, number, "本月各单位", shared=False)
    assert names(town, "leader") == []
    delete_dashboard(town.head, number)
    assert names(town, "head") == []
    query = select(AuditEntry.action).where(AuditEntry.object_type == "saved_dashboard")
    assert db.session.scalars(query.order_by(AuditEntry.id)).all() == [
        "dashboard.save", "dashboard.change", "dashboard.delete",
    ]  # fmt: skip
