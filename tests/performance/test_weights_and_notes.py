"""Weights in versions; contesting and answering: who may, who hears, what stays in the trail."""

from datetime import date

import pytest
from sqlalchemy import select

from servicedesk.audit.models import AuditEntry
from servicedesk.clock import clock
from servicedesk.core.performance import DEFAULT_WEIGHTS
from servicedesk.errors import Conflict, Faulty, Refused
from servicedesk.extensions import db
from servicedesk.notifications.models import Notice
from servicedesk.performance.actions import answer, contest, publish
from servicedesk.performance.queries import (
    current_weights,
    notes_on,
    period_of,
    versions,
    waiting_notes,
    weights_for,
)
from servicedesk.performance.reach import visible_person, visible_unit
from servicedesk.statistics.cutting import Span
from tests.performance.support import MARCH, someone, unit
from tests.support import Town, local


def test_publishing_makes_the_next_version_and_leaves_the_past_alone(town: Town) -> None:
    assert current_weights(town.park_id).version == 1
    clock.set(local("2024-04-02 10:00"))
    publish(town.admin, {"on_time": 30, "response": 5}, "响应也要算", 1)
    assert [one.version for one in versions(town.park_id)] == [2, 1]
    assert current_weights(town.park_id).values == {**DEFAULT_WEIGHTS, "on_time": 30, "response": 5}
    assert weights_for(town.park_id, MARCH).version == 1
    assert weights_for(town.park_id, MARCH).values == DEFAULT_WEIGHTS
    assert weights_for(town.park_id, Span(date(2024, 4, 1), date(2024, 4, 30))).version == 2
    entry = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "performance.weigh")
    ).one()
    assert entry.before == {"version": 1, "on_time": 40, "response": 0}
    assert entry.after == {"version": 2, "note": "响应也要算", "on_time": 30, "response": 5}


def test_what_cannot_be_published(town: Town) -> None:
    for who in (town.head, town.leader, town.unithead):
        with pytest.raises(Refused) as refused:
            publish(who, {"on_time": 30}, "想改", 1)
        assert refused.value.kind == "permission"
    with pytest.raises(Faulty) as faulty:
        publish(town.admin, {"on_time": 101}, "想改", 1)
    assert set(faulty.value.faults) == {"on_time"}
    others = dict.fromkeys(DEFAULT_WEIGHTS, 0)
    with pytest.raises(Faulty):
        publish(town.admin, {**others, "satisfaction": 10}, "只看满意率", 1)
    with pytest.raises(Refused, match="为什么"):
        publish(town.admin, {"on_time": 30}, " ", 1)
    with pytest.raises(Refused, match="没有改动"):
        publish(town.admin, {"on_time": 40}, "没改", 1)
    publish(town.admin, {"on_time": 30}, "第一次", 1)
    with pytest.raises(Conflict):
        publish(town.admin, {"on_time": 20}, "晚了一步", 1)
    assert current_weights(town.park_id).version == 2


def told(town: Town, login: str) -> list[str]:
    query = select(Notice.text).where(Notice.user_id == town.user(login).id)
    return [text for text in db.session.scalars(query) if "绩效" in text]


def test_a_note_is_heard_and_answered_once(town: Town) -> None:
    made = contest(town.officer, someone(town, "officer"), MARCH, "两件系企业原因延误")
    assert told(town, "head") == told(town, "leader") == ["有一条绩效申诉等待答复。"]
    assert told(town, "officer") == told(town, "unithead") == []
    with pytest.raises(Refused, match="等待答复"):
        contest(town.officer, someone(town, "officer"), MARCH, "再说一遍")
    assert [one.id for one in waiting_notes(town.park_id)] == [made.id]
    for who in (town.officer, town.unithead, town.admin):
        with pytest.raises(Refused):
            answer(who, made.id, "不")
    answer(town.leader, made.id, "已核实，暂停未登记，下期更正")
    with pytest.raises(Refused, match="已经答复"):
        answer(town.head, made.id, "又答复")
    assert told(town, "officer") == ["绩效申诉已答复。"]
    assert "绩效申诉已答复。" in told(town, "head")
    [note] = notes_on(town.park_id, someone(town, "officer").kind, made.subject_id, MARCH)
    assert (note.answer, note.answered_by_id) == (
        "已核实，暂停未登记，下期更正", town.user("leader").id,
    )  # fmt: skip
    assert period_of(note.starts_on, note.ends_on) == "2024-03"
    actions = set(db.session.scalars(select(AuditEntry.action)))
    assert {"performance.contest", "performance.answer"} <= actions
    contest(town.officer, someone(town, "officer"), MARCH, "仍有异议")


def test_a_head_contests_the_units_result_and_nobody_another(town: Town) -> None:
    made = contest(town.unithead, unit(town), MARCH, "退单件不应计入")
    answer(town.head, made.id, "已说明")
    assert told(town, "unithead") == ["绩效申诉已答复。"]
    for who, subject in (
        (town.officer, unit(town)), (town.unithead, unit(town, "GHJS")),
        (town.unithead, someone(town, "officer")), (town.officer, someone(town, "officer2")),
        (town.leader, unit(town)), (town.follow, someone(town, "follow")),
    ):  # fmt: skip
        with pytest.raises(Refused) as refused:
            contest(who, subject, MARCH, "不对")
        assert refused.value.kind == "permission"
    with pytest.raises(Refused, match="五百字"):
        contest(town.unithead, unit(town), MARCH, "长" * 501)


def test_nobody_answers_the_own_note(town: Town) -> None:
    made = contest(town.head, someone(town, "head"), MARCH, "请复核")
    assert told(town, "head") == []
    with pytest.raises(Refused, match="他人"):
        answer(town.head, made.id, "没有问题")
    answer(town.leader, made.id, "已复核")


def test_whose_results_one_may_see(town: Town) -> None:
    seen = {
        login: (
            visible_unit(town.actor(login), "SCJG") is not None,
            visible_unit(town.actor(login), "GHJS") is not None,
            [
                other
                for other in ("officer", "officer2", "unithead", "desk")
                if visible_person(town.actor(login), town.user(other).id)
            ],
        )
        for login in ("leader", "head", "admin", "unithead", "officer", "desk")
    }
    everybody = (True, True, ["officer", "officer2", "unithead", "desk"])
    assert seen == {
        "leader": everybody, "head": everybody, "admin": everybody,
        "unithead": (True, False, ["officer", "unithead"]),
        "officer": (False, False, ["officer"]), "desk": (False, False, ["desk"]),
    }  # fmt: skip
    assert visible_person(town.leader, town.user("alice").id) is None
