"""The scheduler's page: in words, whom to tell; no link for anybody who may not open it."""

import pytest
from flask import Flask

from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.jobs.models import JobRun
from servicedesk.jobs.registry import JOBS
from servicedesk.transaction import writing
from servicedesk.web.admin.status import JOB_NAMES
from tests.support import Town, pass_time
from tests.web.queue_support import person, without_tokens

PAGE = "/insight/scheduler"


@pytest.fixture
def open_app(sqlite_app: Flask) -> Flask:
    return without_tokens(sqlite_app)


def ticked() -> None:
    with writing():
        for name in ("tick", "escalate"):
            db.session.merge(
                JobRun(
                    name=name, owner="t", finished_at=clock.now(), seconds=0.1, changed=0, error=""
                )
            )


def test_every_job_has_words() -> None:
    assert {"tick", *JOBS} == set(JOB_NAMES)


def test_a_silent_scheduler_is_explained_with_whom_to_tell(open_app: Flask) -> None:
    name = Town().user("admin").name
    ticked()
    leader = person(open_app, "leader")
    running = leader.get(PAGE).text
    assert "正在运行" in running and "预警和督办</th>" in running
    assert "怎么办" not in running and name not in running
    pass_time(minutes=6)
    silent = leader.get(PAGE).text
    assert "没有运行：最近一次是6分钟前。" in silent
    assert f"<strong>{name}</strong>" in silent and "恢复后自动按顺序补做" in silent
    assert f'<a href="{PAGE}">怎么办</a>' in leader.get("/insight/").text


def test_without_an_administrator_the_page_says_so(open_app: Flask) -> None:
    town = Town()
    with writing():
        town.user("admin").active = False
    assert "从未运行" in (page := person(open_app, "leader").get(PAGE).text)
    assert "没有启用的系统管理员账号" in page


def test_who_may_not_open_it_gets_no_link(open_app: Flask) -> None:
    for login in ("officer", "desk"):
        client = person(open_app, login)
        page = client.get("/desk/").text
        assert "请联系系统管理员" in page and PAGE not in page
        assert client.get(PAGE).status_code == 403
