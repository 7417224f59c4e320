"""The page of the dashboard: each reader's, its links, its file, its statements, what it says."""

import io
from typing import Any

import pytest
from flask import Flask
from lxml.html import HtmlElement, fromstring
from openpyxl import load_workbook
from sqlalchemy import select

from servicedesk.audit.models import AuditEntry
from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.organisation.queries import unit as get_unit
from servicedesk.statistics.cutting import Cut, Dimension, Figures
from servicedesk.statistics.dashboard import (
    GROUPS,
    REGISTERED,
    breakdown,
)
from servicedesk.statistics.facts import build
from tests.statistics.histories import WORK
from tests.statistics.test_overview import statements
from tests.support import Town, pass_time
from tests.web.css import css
from tests.web.figures_support import DONE, THIS_YEAR, busy
from tests.web.queue_support import person, without_tokens


@pytest.fixture
def open_app(sqlite_app: Flask) -> Flask:
    """SQLite alone, forms without a token: what is tested is the page."""
    return without_tokens(sqlite_app)


def page(app: Flask, login: str, address: str = "/insight/figures?period=2024") -> HtmlElement:
    answer = person(app, login).get(address)
    assert answer.status_code == 200, (login, address)
    return fromstring(answer.text)


def of_file(data: bytes) -> list[tuple[Any, ...]]:
    """Return the lines of an Excel file."""
    return list(load_workbook(io.BytesIO(data)).worksheets[0].iter_rows(values_only=True))


def text(node: HtmlElement) -> str:
    return " ".join(node.text_content().split())


def test_the_page_of_each_reader(open_app: Flask) -> None:
    busy(Town())
    titles = {
        "leader": "指标看板", "head": "指标看板", "unithead": "本单位指标", "officer": "我的指标",
        "desk": "我的指标", "follow": "我的指标",
    }  # fmt: skip
    for login, title in titles.items():
        found = page(open_app, login)
        assert text(css(found, "h1")[0]) == title
        assert "指标看板" in text(css(found, ".side")[0])
        park = title == "指标看板"
        whole = [*GROUPS, REGISTERED] if park else GROUPS
        assert len(css(found, ".figure")) == sum(len(keys) for _name, keys in whole)
        assert all(card.get("title") for card in css(found, ".figure"))
        fields = {one.get("name") for one in css(found, ".figures-filters select")}
        assert ("person" in fields, "unit" in fields) == (
            title != "我的指标", title == "指标看板",
        )  # fmt: skip
    for login in ("admin", "auditor"):
        assert person(open_app, login).get("/insight/figures").status_code == 403


def test_links_of_the_page_open_as_many_rows(open_app: Flask) -> None:
    town = Town()
    busy(town)
    leader = person(open_app, "leader")
    found = fromstring(leader.get("/insight/figures?period=2024&by=unit").text)
    row = next(one for one in css(found, ".figures-table tbody tr") if "市场" in text(one))
    link = css(row, "td a")[1]
    assert "figure=submitted" in link.get("href")
    shown = fromstring(leader.get(link.get("href")).text)
    assert text(css(shown, ".queue-head [role=status]")[0]) == f"共{text(link)}件"
    above = text(css(shown, ".behind")[0])
    assert "“收到工单”背后的工单 · 2024年1月1日至2024年4月9日" in above
    assert get_unit(town.unit_id("SCJG")).name in above
    back = css(shown, ".behind a")[0].get("href")
    assert leader.get(back).status_code == 200
    secret = leader.get("/desk/?figure=delivered&since=2024-01-01&until=2024-12-31&item=H01").text
    assert "另有1件您无权查看" in secret
    assert "劳动争议" not in secret
    for cut in ("category:H", "item:H01"):  # the overview's numbers of a year, the same way
        kept = leader.get(f"/desk/?figure=delivered&period=2024&cut={cut}").text
        assert "另有1件您无权查看" in kept and "劳动争议" not in kept
    assert "您无权查看" not in leader.get("/desk/?figure=delivered&period=2024&cut=unit:SCJG").text


def test_working_time_stands_in_the_breakdown_and_its_file(open_app: Flask) -> None:
    town = Town()
    busy(town)
    slow = town.walk(town.file(), *WORK[:-1])
    pass_time(days=3)
    town.walk(slow, WORK[-1], *DONE[len(WORK) :])
    build(town.park_id)
    leader = person(open_app, "leader")
    address = "?period=2024&by=unit&sort=-p90_minutes"
    found = fromstring(leader.get(f"/insight/figures{address}").text)
    heads = [text(one) for one in css(found, ".figures-table thead th")]
    assert heads[-3:] == ["首次响应中位数", "办理用时中位数", "办理用时九成值"]
    row = css(found, ".figures-table tbody tr")[0]
    delivered, *_between, p90 = css(row, "td a")[2:]
    shown = fromstring(leader.get(p90.get("href")).text)
    assert "办理用时九成值" in text(css(shown, ".behind")[0])
    assert text(css(shown, ".queue-head [role=status]")[0]) == f"共{text(delivered)}件"
    rows = breakdown(Figures(town.park_id, clock.now()), THIS_YEAR, Cut(), Dimension.UNIT)
    slowest = max(rows, key=lambda one: one.value("p90_minutes") or 0)
    lines = of_file(leader.get(f"/insight/figures.xlsx{address}").data)
    assert lines[0][-2:] == ("办理用时中位数（工作分钟）", "办理用时九成值（工作分钟）")
    assert lines[1][-2:] == (slowest.value("median_minutes"), slowest.value("p90_minutes"))
    assert lines[1][-1] > 0


def test_what_is_shown_otherwise_than_asked_is_said(open_app: Flask) -> None:
    busy(Town())
    asked = {
        "period=2024&category=A&item=C01": "事项不属于所选类别",
        "period=2024&person=nobody": "没有这样的承办人编号",
        "since=2024-01-01&until=2024-12-31": "统计到今天",
        "since=2022-01-01&until=2024-03-01&by=day": "改按月份分组",
    }
    for address, words in asked.items():
        found = page(open_app, "leader", f"/insight/figures?{address}")
        assert [words in text(one) for one in css(found, ".alert-warning")] == [True], address
    usual = page(open_app, "leader", "/insight/figures?period=2024&category=A&item=A01&by=day")
    assert css(usual, ".alert-warning") == []


def test_a_cell_of_the_heat_map_leads_back_to_its_own_figures(open_app: Flask) -> None:
    busy(Town())
    leader = person(open_app, "leader")
    cell = "/desk/?figure=submitted&since=2024-01-01&until=2024-12-31&weekday=2&hour=10"
    back = css(fromstring(leader.get(cell).text), ".behind a")[0].get("href")
    found = fromstring(leader.get(back).text)
    assert "周二提交 · 10时提交" in text(css(found, ".figures-about")[0])
    kept = {
        one.get("name"): one.get("value") for one in css(found, ".figures-filters [type=hidden]")
    }
    assert (kept["weekday"], kept["hour"]) == ("2", "10")


def test_what_lies_beyond_the_reach_is_said(open_app: Flask) -> None:
    busy(Town())
    found = page(open_app, "unithead", "/insight/figures?period=2024&unit=GHJS")
    assert "不在您的数据范围内" in text(css(found, ".alert-warning")[0])
    assert person(open_app, "leader").get("/insight/figures?period=never").status_code == 400
    empty = page(open_app, "leader", "/insight/figures?period=2023")
    assert "这个统计期内没有工单" in text(css(empty, "main")[0])


def test_the_breakdown_as_a_file(open_app: Flask) -> None:
    busy(Town())
    answer = person(open_app, "head").get("/insight/figures.xlsx?period=2024&by=category")
    lines = of_file(answer.data)
    assert lines[0][:4] == ("类别", "服务企业数", "收到工单", "办结归档")
    assert sum(line[3] for line in lines[1:]) == 5
    entry = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "figures.export")
    ).one()
    assert entry.after == {"rows": len(lines) - 1, "filter": "period=2024&by=category"}


def test_the_number_of_statements_is_fixed(open_app: Flask) -> None:
    town = Town()
    busy(town)
    client = person(open_app, "leader")
    address = "/insight/figures?period=2024&by=item"
    client.get(address)
    with statements() as few:
        client.get(address)
    for item in ("A02", "E03", "D01"):
        town.walk(town.file(item=item), *DONE)
    build(town.park_id)
    db.session.remove()
    client.get(address)  # the month that was written anew is read once
    with statements() as more:
        client.get(address)
    assert len(more) == len(few) <= 70
    behind = "/desk/?figure=delivered&since=2024-01-01&until=2024-12-31"
    client.get(behind)
    with statements() as listed:
        client.get(behind)
    assert len(listed) <= 30


def test_a_dashboard_is_kept_shared_and_deleted(open_app: Flask) -> None:
    busy(Town())
    head = person(open_app, "head")
    kept = {"address": "period=month&by=unit&unit=SCJG&bad=1", "name": "本月市监", "shared": "1"}
    assert (
        "已保存看板" in head.post("/insight/figures/saved", data=kept, follow_redirects=True).text
    )
    mine = fromstring(head.get("/insight/figures").text)
    address = css(mine, ".pills a")[1].get("href")
    assert "period=month" in address
    assert "bad" not in address
    seen = fromstring(person(open_app, "unithead").get("/insight/figures").text)
    assert "本月市监" in text(css(seen, ".pills")[0])
    assert "我保存的看板" not in text(seen)
    number = css(mine, "#mine form")[0].get("action").rsplit("/", 1)[1]
    stranger = person(open_app, "leader")
    for path in (f"/insight/figures/saved/{number}", f"/insight/figures/saved/{number}/delete"):
        assert stranger.post(path, data={"name": "x"}).status_code == 404
    wrong = {**kept, "address": "period=never"}
    assert head.post("/insight/figures/saved", data=wrong).status_code == 400
    head.post(f"/insight/figures/saved/{number}", data={"name": "改名"})
    unseen = person(open_app, "unithead").get("/insight/figures").text
    assert "改名" not in unseen
    head.post(f"/insight/figures/saved/{number}/delete")
    assert "改名" not in head.get("/insight/figures").text
