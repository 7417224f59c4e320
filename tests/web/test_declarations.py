"""Pages of policies and declarations: writing rows, previews, lists, exports, the enterprise's side."""

import io
import re
from typing import Any

import pytest
from flask import Flask
from lxml import html
from openpyxl import load_workbook

from servicedesk.declarations.actions import take
from servicedesk.declarations.models import Declaration, Policy
from servicedesk.declarations.policies import write_policy
from servicedesk.enterprises.actions import join
from servicedesk.enterprises.models import Membership
from servicedesk.extensions import db
from servicedesk.jobs import tasks
from servicedesk.tickets.models import Ticket
from servicedesk.transaction import writing
from tests.policies import declared, draft, fill_file, local_day, published
from tests.support import Town, pass_time
from tests.web.test_portal import Browser, fields
from tests.web.test_portal import words as spaced

FORM = {
    "name": "创新型中小企业认定", "level": "省级", "item_code": "F01", "unit_code": "SCJG",
    "opens_on": "2024-03-01", "closes_on": "2024-04-30", "amount_max": "20", "amount_text": "",
    "title_name": "创新型中小企业", "title_term": "3", "title_level": "", "listing": "", "code": "",
    "name_en": "", "issuer": "省工信厅", "summary": "", "documents": "申请书\n\n审计报告", "seen": "",
}  # fmt: skip
ROWS = {
    "field": ["employees", "scale", "", "in_trouble"],
    "comparison": ["at_least", "in", "in", "not"],
    "value": ["20", "小型、微型", "", ""],
}


@pytest.fixture
def town(sqlite_app: Flask) -> Town:
    return Town()


def words(answer: Any) -> str:
    """Return what a person reads, without any space: how tags are laid out does not matter."""
    return "".join(spaced(answer).split())


def browser(app: Flask, login: str) -> Browser:
    return Browser(app, login)


def only(kind: type[Any]) -> Any:
    db.session.rollback()
    db.session.expire_all()
    return db.session.query(kind).one()


def write(desk: Browser, **changes: Any) -> Any:
    return desk.post("/desk/policies/new", {**FORM, **ROWS, **changes}, page="/desk/policies/new")


def sheet(answer: Any) -> list[list[Any]]:
    book = load_workbook(io.BytesIO(answer.data))
    return [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()]


def test_a_policy_is_written_in_rows_and_previewed(sqlite_app: Flask, town: Town) -> None:
    fill_file(town.enterprise_id("alice"))
    fill_file(town.enterprise_id("bob"), employees=5)
    desk = browser(sqlite_app, "desk")
    answer = write(desk)
    assert answer.status_code == 302
    policy = only(Policy)
    assert policy.conditions == [
        {"field": "employees", "comparison": "at_least", "value": 20},
        {"field": "scale", "comparison": "in", "value": ["small", "micro"]},
        {"field": "in_trouble", "comparison": "not", "value": ""},
    ]
    assert (policy.amount_max, policy.documents) == (20_000, ["申请书", "审计报告"])
    assert (policy.title_years, policy.title_until_march) == (3, False)
    page = words(desk.get(answer.location))
    assert "全部满足1家" in page and "仅一项未满足1家" in page
    assert "一项未满足：从业人数" in page
    assert "从业人数不少于20人110" in page


def test_a_wrong_row_comes_back_with_its_reason(sqlite_app: Flask, town: Town) -> None:
    desk = browser(sqlite_app, "desk")
    answer = write(desk, value=["许多", "小型、微型", "", ""])
    assert answer.status_code == 422
    assert "请填写一个数。" in answer.text
    assert 'value="许多"' in answer.text and 'value="小型、微型"' in answer.text
    assert write(desk, name="").status_code == 422
    assert db.session.query(Policy).count() == 0


def test_more_rows_keep_what_was_typed(sqlite_app: Flask, town: Town) -> None:
    answer = write(browser(sqlite_app, "desk"), more="1")
    assert answer.status_code == 200
    tree = html.fromstring(answer.text)
    assert len(tree.xpath("//div[@data-condition]")) == 6
    assert tree.xpath("//input[@name='value']/@value")[:2] == ["20", "小型、微型"]


def test_editing_shows_what_stands_and_stops_the_second(sqlite_app: Flask, town: Town) -> None:
    desk = browser(sqlite_app, "desk")
    write(desk)
    number = only(Policy).id
    page = f"/desk/policies/{number}/edit"
    tree = html.fromstring(desk.get(page).text)
    chosen = tree.xpath("//select[@name='field']/option[@selected]/@value")
    assert [one for one in chosen if one] == ["employees", "scale", "in_trouble"]
    assert "小型、微型" in desk.get(page).text
    first = desk.post(page, {**FORM, **ROWS, "seen": "1", "summary": "甲"}, page=page)
    second = desk.post(page, {**FORM, **ROWS, "seen": "1", "summary": "乙"}, page=page)
    assert (first.status_code, second.status_code) == (302, 409)
    assert "已被他人修改" in second.text and "乙" in second.text
    assert only(Policy).summary == "甲"


def test_publishing_closing_and_copying(sqlite_app: Flask, town: Town) -> None:
    desk = browser(sqlite_app, "desk")
    write(desk)
    page = f"/desk/policies/{only(Policy).id}"
    desk.post(f"{page}/publish", {"seen": "99"}, page=page)
    assert only(Policy).state == "draft"
    desk.post(f"{page}/publish", {"seen": fields(desk.get(page))["seen"]}, page=page)
    assert only(Policy).state == "published"
    assert "还没有匹配结果" in desk.get(page).text
    copied = desk.get(f"/desk/policies/new?copy={only(Policy).id}")
    assert "创新型中小企业认定" in copied.text and "小型、微型" in copied.text
    desk.post(f"{page}/close", {"seen": fields(desk.get(page))["seen"]}, page=page)
    assert only(Policy).state == "closed"


def test_each_match_is_explained_filtered_and_exported(sqlite_app: Flask, town: Town) -> None:
    fill_file(town.enterprise_id("alice"))
    fill_file(town.enterprise_id("bob"), research_share=1.5, founded_on=None)
    policy = published(town)
    page = f"/desk/policies/{policy.id}"
    tasks.policies()
    declared(town, policy)
    db.session.rollback()
    desk = browser(sqlite_app, "desk")
    everything = words(desk.get(page))
    assert "一项未满足：研发费用占比；档案缺少：成立年限" in everything
    assert "研发费用占比须不少于3%，现为1.5%。" in everything
    for show, there, gone in (
        ("met", "恩德莱", "荷力士"), ("declared", "恩德莱", "荷力士"), ("all", "荷力士", "不存在"),
    ):  # fmt: skip
        text = words(desk.get(f"{page}?show={show}"))
        assert there in text and gone not in text
    assert "这一类里没有企业" in desk.get(f"{page}?show=silent").text
    assert desk.get(f"{page}?show=nonsense").status_code == 400
    rows = sheet(desk.get(f"{page}/matches.xlsx"))
    assert [row[0] for row in rows] == ["企业", "恩德莱科技有限公司", "荷力士重工有限公司"]
    assert rows[1][6] == "已申报"
    assert "一项未满足：研发费用占比" in rows[2][2]


def test_lists_sort_page_and_export(sqlite_app: Flask, town: Town) -> None:
    for number in range(53):
        write_policy(
            town.desk, draft(name=f"政策{number:02d}", level="市级" if number % 2 else "省级")
        )
    desk = browser(sqlite_app, "desk")
    first = desk.get("/desk/policies?sort=name")
    names = re.findall(r">政策(\d\d)<", first.text)
    assert names == [f"{n:02d}" for n in range(50)]
    [after] = html.fromstring(first.text).xpath("//a[@rel='next']/@href")
    assert re.findall(r">政策(\d\d)<", desk.get(f"/desk/policies{after}").text) == [
        "50",
        "51",
        "52",
    ]
    assert len(re.findall(r">政策(\d\d)<", desk.get("/desk/policies?level=市级").text)) == 26
    assert desk.get("/desk/policies?after=x~y").status_code == 200
    assert len(sheet(desk.get("/desk/policies/export.xlsx?q=政策1"))) == 11


def test_steps_on_the_page_lead_to_the_title(sqlite_app: Flask, town: Town) -> None:
    found = declared(town, published(town))
    page = f"/desk/declarations/{found.id}"
    officer = browser(sqlite_app, "officer")

    def step(name: str, **values: str) -> Any:
        data = {f"{name}-{key}": value for key, value in values.items()}
        seen = fields(officer.get(page)).get(f"{name}-seen", "1")
        return officer.post(f"{page}/act/{name}", {f"{name}-seen": seen, **data}, page=page)

    assert step("recommend", day="2024-03-09").status_code == 422  # not in the future
    assert step("recommend", day="2024-03-05").status_code == 302
    assert step("refuse", day="2024-03-05", reason="").status_code == 422
    again = step("approve", day="2024-03-05", amount="20", number="湘工信〔2024〕9号", seen="1")
    assert again.status_code == 409 and "湘工信〔2024〕9号" in again.text
    assert (
        step("approve", day="2024-03-05", amount="20", number="湘工信〔2024〕9号").status_code
        == 302
    )
    assert step("pay", day="2024-03-05", amount="21").status_code == 422
    assert step("pay", day="2024-03-05", amount="20").status_code == 302
    text = words(officer.get(page))
    assert "已兑现" in text and "到账金额20万元" in text
    assert "这份申报已经结束" in text
    assert browser(sqlite_app, "officer2").get(page).status_code == 404
    leader = browser(sqlite_app, "leader")
    for days, count in (
        ("since=2024-03-04&until=2024-03-05", 1),
        ("since=2024-03-06&until=2024-03-31", 0),
    ):
        behind = f"figure=paid&item=F01&{days}"  # what a summary of some days counts
        assert len(sheet(leader.get(f"/desk/declarations/export.xlsx?{behind}"))) == 1 + count
    assert 'name="until" value="2024-03-31"' in leader.get(f"/desk/declarations?{behind}").text
    listed = sheet(leader.get("/desk/declarations/export.xlsx?state=paid"))
    assert listed[1][:2] == ["恩德莱科技有限公司", "创新型中小企业认定"]
    assert listed[1][11] == 20
    assert "这里没有申报" in browser(sqlite_app, "officer2").get("/desk/declarations").text


def test_the_desk_declares_and_declines_for_an_enterprise(sqlite_app: Flask, town: Town) -> None:
    policy, desk = published(town), browser(sqlite_app, "desk")
    page = f"/desk/policies/{policy.id}/declare/{town.enterprise_id()}"
    shown = fields(desk.get(page))
    data = {"key": shown["key"], "contact": "李工", "phone": "13800138000", "channel": "phone"}
    assert desk.post(page, {**data, "ticket": "nonsense"}, page=page).status_code == 422
    made = desk.post(page, {**data, "ticket": "new", "investment": "6.5"}, page=page)
    assert made.status_code == 302
    found = only(Declaration)
    assert (found.investment, db.session.get_one(Ticket, found.ticket_id).channel) == (
        6500,
        "phone",
    )
    assert "已经申报过" in desk.post(page, {**data, "key": "n", "ticket": "none"}, page=page).text
    other = f"/desk/policies/{policy.id}"
    desk.post(f"{other}/dismiss/{town.enterprise_id('bob')}", {"reason": "电话说不报"}, page=other)
    assert "电话说不报" in desk.get(f"{other}?show=dismissed").text
    assert desk.get(f"/desk/policies/{policy.id}/declare/99999").status_code == 404


def test_leaders_see_what_was_missed(sqlite_app: Flask, town: Town) -> None:
    for login in ("alice", "bob"):
        fill_file(town.enterprise_id(login))
    policy = published(town)
    tasks.policies()
    declared(town, policy, "bob")
    leader = browser(sqlite_app, "leader")
    assert "没有错过的机会" in leader.get("/desk/policies/missed").text
    pass_time(days=31)
    text = words(leader.get("/desk/policies/missed"))
    assert "错过1家次" in text and "未得金额（上限）20万元" in text
    assert "恩德莱科技有限公司" in text and "荷力士重工有限公司" not in text
    assert "没有服务专员" in text
    assert "没有错过的机会" in leader.get("/desk/policies/missed?year=2023").text
    assert "没有错过的机会" in leader.get("/desk/policies/missed?officer=1").text
    assert sheet(leader.get("/desk/policies/missed/export.xlsx?officer=0"))[1][6] == 20
    assert browser(sqlite_app, "desk").get("/desk/policies/missed").status_code == 403


def test_an_enterprise_sees_why_and_declares(sqlite_app: Flask, town: Town) -> None:
    fill_file(town.enterprise_id(), research_share=None)
    policy = published(town)
    db.session.rollback()
    alice = browser(sqlite_app, "alice")
    assert "档案缺少：研发费用占比" in words(alice.get("/portal/policies"))
    page = f"/portal/policies/{policy.id}"
    text = words(alice.get(page))
    assert "从业人数为60人，不少于20人。" in text and "建立研发辅助账" in text
    data = {"key": fields(alice.get(page))["key"], "contact": "李工", "phone": "13800138000"}
    assert alice.post(f"{page}/declare", {**data, "phone": "1"}, page=page).status_code == 422
    made = [alice.post(f"{page}/declare", data, page=page) for _ in range(2)]
    assert made[0].status_code == made[1].status_code == 302
    assert made[0].location == made[1].location
    assert db.session.query(Ticket).count() == 1
    text = words(alice.get(made[0].location))
    assert "已申报" in text and "2024年4月4日窗口关闭前推荐上报" in text
    assert "创新型中小企业认定" in words(alice.get("/portal/declarations"))


def test_an_enterprise_declines_and_withdraws(sqlite_app: Flask, town: Town) -> None:
    fill_file(town.enterprise_id())
    policy = published(town)
    alice, page = browser(sqlite_app, "alice"), f"/portal/policies/{policy.id}"
    alice.post(f"{page}/dismiss", {"reason": ""}, page=page)
    assert "不申报的（1）" not in alice.get("/portal/policies").text
    alice.post(f"{page}/dismiss", {"reason": "今年不扩产"}, page=page)
    assert "今年不扩产" in alice.get("/portal/policies").text
    found = declared(town, policy)
    mine = f"/portal/declarations/{found.id}"
    seen = fields(alice.get(mine))["seen"]
    take(town.officer, found.id, "recommend", {"day": local_day()})
    late = alice.post(f"{mine}/withdraw", {"seen": seen, "reason": "改主意"}, page=mine)
    assert late.status_code == 409 and "改主意" in late.text
    assert (
        alice.post(f"{mine}/withdraw", {"seen": seen, "reason": ""}, page=mine).status_code != 302
    )
    now = fields(alice.get(mine))["seen"]
    assert (
        alice.post(f"{mine}/withdraw", {"seen": now, "reason": "改主意"}, page=mine).status_code
        == 302
    )
    assert only(Declaration).state == "withdrawn"


def test_others_things_do_not_exist(sqlite_app: Flask, town: Town) -> None:
    policy = published(town)
    found = declared(town, policy)
    unpublished = write_policy(town.desk, draft())
    bob = browser(sqlite_app, "bob")
    assert bob.get(f"/portal/declarations/{found.id}").status_code == 404
    assert bob.get(f"/portal/policies/{unpublished.id}").status_code == 404
    assert bob.post(f"/portal/declarations/{found.id}/withdraw", {"reason": "x"}).status_code == 404
    assert "恩德莱" not in bob.get("/portal/declarations").text
    join(town.user("bob").id, town.enterprise_id("alice"), "viewer")
    db.session.rollback()
    both = browser(sqlite_app, "bob")
    offered = both.get(f"/portal/declarations/{found.id}")
    assert "切换" in offered.text and "申报日期" not in offered.text


def test_a_viewer_sees_and_cannot_declare(sqlite_app: Flask, town: Town) -> None:
    policy = published(town)
    with writing():
        db.session.query(Membership).update({"part": "viewer"})
    alice, page = browser(sqlite_app, "alice"), f"/portal/policies/{policy.id}"
    assert "只有查看权限" in alice.get(page).text
    assert alice.post(f"{page}/declare", {"contact": "x"}).status_code == 403
    assert alice.post(f"{page}/dismiss", {"reason": "x"}).status_code == 403
