"""The enterprise's file through its pages: list, file, editing, import, duplicates, patents."""

import io
import re
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import select

from servicedesk.audit.models import AuditEntry
from servicedesk.enterprises.actions import create_enterprise
from servicedesk.enterprises.corrections import propose
from servicedesk.enterprises.holdings import assign_officer, keep_contact
from servicedesk.enterprises.merging import merge
from servicedesk.enterprises.models import Enterprise, Import
from servicedesk.enterprises.profile import edit
from servicedesk.enterprises.titles import award
from servicedesk.extensions import db
from tests.actions.test_enterprise_import import HEADINGS, line, named, workbook
from tests.support import PASSWORD, Town


@pytest.fixture
def open_app(sqlite_app: Flask) -> Flask:
    """Forms without a token."""
    sqlite_app.config["WTF_CSRF_ENABLED"] = False
    return sqlite_app


def person(app: Flask, login: str) -> FlaskClient:
    db.session.remove()
    client = app.test_client()
    assert client.post("/sign-in", data={"login": login, "password": PASSWORD}).status_code == 302
    return client


def profile(enterprise_id: int) -> Enterprise:
    db.session.remove()
    return db.session.get_one(Enterprise, enterprise_id)


def listed(client: FlaskClient, query: str) -> list[str]:
    page = client.get(f"/desk/enterprises?{query}")
    assert page.status_code == 200, query
    return re.findall(r'<a class="title"[^>]*>([^<]+)</a>', page.text)


def test_the_list_is_narrowed_by_each_of_its_filters(open_app: Flask) -> None:
    town = Town()
    mine, other = town.enterprise_id("alice"), town.enterprise_id("bob")
    edit(
        town.desk, mine,
        {"area": "阳塘片区", "industry_code": "C38", "scale": "small", "chain": "电子信息",
         "in_trouble": True},
    )  # fmt: skip
    award(town.desk, mine, name="高新技术企业", level="国家级", awarded_on=date(2024, 1, 1))
    assign_officer(town.head, [mine], town.user("desk").id)
    desk = town.user("desk").id
    both = {profile(mine).name, profile(other).name}
    client = person(open_app, "desk")
    for query in (
        "area=阳塘片区", "section=C", "scale=small", "chain=电子信息", "trouble=yes",
        "title=高新技术企业", f"officer={desk}", "q=edl", "q=恩德",
    ):  # fmt: skip
        assert listed(client, query) == [profile(mine).name], query
    assert listed(client, "officer=none") == [profile(other).name]
    assert set(listed(client, "standing=new")) == set(listed(client, "unvisited=30")) == both
    assert listed(client, "q=没有的") == []
    assert listed(client, "sort=name") == sorted(both)
    for wrong in ("area=月球", "sort=x", "section=Z", "unvisited=7"):
        assert client.get(f"/desk/enterprises?{wrong}").status_code == 400


def test_pages_follow_each_other(open_app: Flask) -> None:
    town = Town()
    made = {
        create_enterprise(town.desk, name=named(number), code=None).name for number in range(58)
    }
    client = person(open_app, "desk")
    for sort in ("newest", "name", "visit"):
        seen: list[str] = []
        query = f"sort={sort}"
        while query:
            page = client.get(f"/desk/enterprises?{query}").text
            seen += re.findall(r'<a class="title"[^>]*>([^<]+)</a>', page)
            found = re.search(r'rel="next" href="\?([^"]+)"', page)
            query = found[1].replace("&amp;", "&") if found else ""
        assert len(seen) == len(set(seen)) == 60 and made < set(seen), sort


def test_the_export_is_masked_and_on_record(open_app: Flask) -> None:
    client = person(open_app, "leader")
    answer = client.get("/desk/enterprises/export.xlsx?q=恩德莱")
    rows = list(load_workbook(io.BytesIO(answer.data)).active.values)  # type: ignore[union-attr]
    assert len(rows) == 2
    text = str(rows[1])
    assert "138****8000" in text and "13800138000" not in text
    actions = db.session.scalars(select(AuditEntry.action)).all()
    assert "enterprise.export" in actions


def test_a_file_shows_what_is_known_and_hides_numbers(open_app: Flask) -> None:
    town = Town()
    mine = town.enterprise_id()
    ticket = town.walk(town.file(), "accept", "dispatch", "sign", "resolve", "confirm")
    town.walk(ticket, "rate", level=1, reasons=["slow"])
    award(town.desk, mine, name="高新技术企业", level="国家级", awarded_on=date(2021, 3, 20),
          expires_on=date(2024, 3, 19))  # fmt: skip
    keep_contact(town.desk, mine, name="赵厂长", post="厂长", phone="13900139000", verified=True)
    number = ticket.number
    client = person(open_app, "desk")
    page = client.get(f"/desk/enterprises/{mine}").text
    for words in ("高新技术企业", "即将到期", "赵厂长", "非常不满意", number, "2024-03-05核验"):
        assert words in page, words
    assert "13900139000" not in page
    shown = client.post(f"/desk/enterprises/{mine}/phones").text
    assert "13900139000" in shown
    actions = db.session.scalars(select(AuditEntry.action)).all()
    assert actions.count("personal.unmask") == 1
    only = client.get(f"/desk/enterprises/{mine}?kind=title&year=2021").text
    assert only.count('class="entry entry-told"') == 1
    assert client.get("/desk/enterprises/99999").status_code == 404


def test_a_leader_does_not_see_confidential_matters_in_a_file(open_app: Flask) -> None:
    town = Town()
    town.file("alice", "H01", title="与员工的劳动争议")
    mine = town.enterprise_id()
    assert "劳动争议" in person(open_app, "desk").get(f"/desk/enterprises/{mine}").text
    page = person(open_app, "leader").get(f"/desk/enterprises/{mine}").text
    assert "劳动争议" not in page
    assert "编辑档案" not in page


@pytest.mark.parametrize(
    ("name", "values", "shown"),
    [
        ("title", {"name": "创新型中小企业", "level": "省级", "awarded_on": "2024-03-01"}, "2027-02-28"),
        ("patent", {"kind": "utility", "number": "ZL1", "name": "一种支架", "granted_on": "2024-03-01"}, "一种支架"),
        ("contract", {"kind": "lease", "title": "租赁合同", "party": "高科公司", "signed_on": "2024-03-01", "amount": "36.5"}, "36.5"),
        ("contact", {"name": "赵厂长", "post": "厂长", "phone": "13900139000"}, "赵厂长"),
    ],
)  # fmt: skip
def test_adding_to_a_file(open_app: Flask, name: str, values: dict[str, str], shown: str) -> None:
    mine = Town().enterprise_id()
    client = person(open_app, "desk")
    url = f"/desk/enterprises/{mine}/add/{name}"
    missing = client.post(url, data={f"{name}-name": "只写了名称"})
    assert (missing.status_code == 422 and "只写了名称" in missing.text) or name == "contract"
    typed = {f"{name}-{field}": value for field, value in values.items()}
    assert client.post(url, data=typed).status_code == 302
    assert shown in client.get(f"/desk/enterprises/{mine}").text
    assert client.post(f"/desk/enterprises/{mine}/add/nothing").status_code == 404
    if "number" in values and name == "patent":
        late = {**typed, "patent-number": "ZL2", "patent-granted_on": "2030-01-01"}
        assert "日期不能晚于今天" in client.post(url, data=late).text


def test_the_second_editor_keeps_the_text(open_app: Flask) -> None:
    mine = Town().enterprise_id()
    client = person(open_app, "desk")
    form = client.get(f"/desk/enterprises/{mine}/edit").text
    assert "138****8000" in form and "13800138000" not in form
    seen = re.search(r'name="seen" value="(\d+)"', form)
    assert seen is not None
    typed = {
        "name": profile(mine).name,
        "credit_code": profile(mine).credit_code,
        "plot": "3栋",
        "phone": "13800138000",
    }
    first = client.post(f"/desk/enterprises/{mine}/edit", data={**typed, "seen": seen[1]})
    assert first.status_code == 302 and profile(mine).plot == "3栋"
    second = client.post(
        f"/desk/enterprises/{mine}/edit", data={**typed, "plot": "5栋", "seen": seen[1]}
    )
    assert second.status_code == 409
    assert "5栋" in second.text and "档案里现在是：3栋" in second.text
    assert profile(mine).plot == "3栋"
    wrong = client.post(
        f"/desk/enterprises/{mine}/edit", data={**typed, "industry_code": "Z9", "seen": "2"}
    )
    assert wrong.status_code == 422 and "GB/T 4754" in wrong.text


def test_officers_in_bulk_and_corrections(open_app: Flask) -> None:
    town = Town()
    mine, other, officer = town.enterprise_id(), town.enterprise_id("bob"), town.user("desk").id
    propose(town.alice, mine, {"employees": 99}, "")
    head = person(open_app, "head")
    answer = head.post(
        "/desk/enterprises/officer?area=", data={"enterprise": [mine, other], "officer": officer}
    )
    assert answer.headers["Location"].endswith("/desk/enterprises?area=")
    assert profile(other).service_officer_id == officer
    assert "申请更正信息" in head.get("/desk/enterprises").text
    number = re.search(
        r'name="correction" value="(\d+)"', head.get(f"/desk/enterprises/{mine}").text
    )
    assert number is not None
    head.post(f"/desk/enterprises/{mine}/correction", data={"correction": number[1], "take": "1"})
    assert profile(mine).employees == 99


def test_an_import_from_template_to_result(open_app: Flask) -> None:
    client = person(open_app, "desk")
    template = load_workbook(io.BytesIO(client.get("/desk/import/enterprises/template.xlsx").data))
    first = [str(cell.value).removesuffix("*") for cell in template["企业名单"][1]]
    assert first == HEADINGS
    assert len(list(template["填写说明"].values)) == len(HEADINGS) + 1
    rows = [
        line(1),
        line(2, industry_code="Z9", plot="=1+1"),
        line(3, name="<script>x</script>公司"),
    ]
    data = {"file": (io.BytesIO(workbook(rows)), "名单.xlsx")}
    sent = client.post("/desk/import/enterprises", data=data, content_type="multipart/form-data")
    preview = client.get(sent.headers["Location"])
    assert "第3行" in preview.text and "GB/T 4754" in preview.text
    assert "<script>x" not in preview.text
    client.post(sent.headers["Location"], data={"known": "update"})
    done = client.get(sent.headers["Location"]).text
    assert "导入完成" in done
    bad = client.get(sent.headers["Location"] + "/bad.xlsx")
    cells = [str(cell) for row in load_workbook(io.BytesIO(bad.data)).active.values for cell in row]  # type: ignore[union-attr]
    assert "'=1+1" in cells and "=1+1" not in cells
    assert any("行业代码：" in cell for cell in cells)
    nothing = client.post("/desk/import/enterprises", data={})
    assert nothing.status_code == 422 and "请先选择文件" in nothing.text
    assert person(open_app, "follow").get("/desk/import/enterprises").status_code == 403


def test_an_import_may_be_thrown_away(open_app: Flask) -> None:
    client = person(open_app, "desk")
    data = {"file": (io.BytesIO(workbook([line(1)])), "名单.xlsx")}
    sent = client.post("/desk/import/enterprises", data=data, content_type="multipart/form-data")
    client.post(sent.headers["Location"], data={"what": "drop"})
    db.session.remove()
    assert db.session.scalar(select(Import.state)) == "dropped"
    assert client.get(sent.headers["Location"]).status_code == 302


def test_duplicates_are_merged_through_their_preview(open_app: Flask) -> None:
    town = Town()
    kept = town.enterprise_id("bob")
    gone = create_enterprise(town.desk, name="荷力士重工（筹）", code=None, phone="13800138000").id
    head = person(open_app, "head")
    assert "去掉地名和公司形式后名称相同" in head.get("/desk/duplicates").text
    assert "荷力士重工（筹）" in head.get(f"/desk/enterprises/{kept}/merge?who=荷力士").text
    page = head.get(f"/desk/enterprises/{kept}/merge?gone={gone}").text
    versions = dict(re.findall(r'name="(\w+)_seen" value="(\d+)"', page))
    data = {"gone": gone, "kept_seen": versions["kept"], "gone_seen": versions["gone"]}
    stale = head.post(f"/desk/enterprises/{kept}/merge", data={**data, "gone_seen": "77"})
    assert stale.status_code == 409
    assert head.post(f"/desk/enterprises/{kept}/merge", data=data).status_code == 302
    old = head.get(f"/desk/enterprises/{gone}")
    assert old.headers["Location"] == f"/desk/enterprises/{kept}"
    assert "没有疑似重复" in head.get("/desk/duplicates").text
    assert head.get(f"/desk/enterprises/{kept}/merge?gone={gone}").status_code == 404
    assert person(open_app, "desk").get("/desk/duplicates").status_code == 403


def test_two_set_apart_are_not_shown_again(open_app: Flask) -> None:
    town = Town()
    other = create_enterprise(town.desk, name="荷力士重工（筹）", code=None).id
    data = {"one": other, "other": town.enterprise_id("bob")}
    head = person(open_app, "head")
    head.post("/desk/duplicates/apart", data=data)
    assert "没有疑似重复" in head.get("/desk/duplicates").text


def test_the_ledger_of_patents_counts_enterprises_and_patents(open_app: Flask) -> None:
    client = person(open_app, "officer")
    typed = {"kind": "invention", "number": "ZL1", "name": "一种电源", "granted_on": "2024-03-01"}
    for who, status in (("有限公司", 422), ("恩德莱", 302)):
        assert client.post("/desk/patents", data={**typed, "who": who}).status_code == status
    client.post("/desk/patents", data={**typed, "who": "恩德莱", "number": "ZL2"})
    page = client.get("/desk/patents?year=2024").text
    assert "1家企业，2项专利" in page
    assert "0家企业，0项专利" in client.get("/desk/patents?year=2023").text
    book = load_workbook(io.BytesIO(client.get("/desk/patents/export.xlsx").data))
    assert len(list(book.active.values)) == 3  # type: ignore[union-attr]
    refused = person(open_app, "officer2").post(
        "/desk/patents", data={**typed, "who": "恩德莱", "number": "ZL3"}
    )
    assert refused.status_code == 422


def test_the_enterprise_sees_its_profile_and_corrects_it(open_app: Flask) -> None:
    town = Town()
    mine = town.enterprise_id()
    edit(town.desk, mine, {"industry_code": "C3841", "plot": "2栋"})
    award(town.desk, mine, name="高新技术企业", level="国家级", awarded_on=date(2024, 1, 1))
    assign_officer(town.head, [mine], town.user("desk").id)
    client = person(open_app, "alice")
    page = client.get("/portal/enterprise").text
    for words in ("电气机械和器材制造业", "2栋", "高新技术企业", "desk 甲"):
        assert words in page, words
    form = client.get("/portal/enterprise/correct").text
    assert 'value="2栋"' in form
    wrong = client.post("/portal/enterprise/correct", data={"plot": "3栋", "employees": "很多"})
    assert wrong.status_code == 422 and 'value="3栋"' in wrong.text
    typed = {"plot": "3栋", "industry_code": "C3841", "contact": "李工", "phone": "13800138000"}
    assert client.post("/portal/enterprise/correct", data=typed).status_code == 302
    assert "正在核对" in client.get("/portal/enterprise").text
    assert "3栋" in person(open_app, "desk").get(f"/desk/enterprises/{mine}").text
    assert profile(mine).plot == "2栋"


def test_a_merged_file_is_no_longer_in_lists(open_app: Flask) -> None:
    town = Town()
    merge(town.head, town.enterprise_id("alice"), town.enterprise_id("bob"))
    client = person(open_app, "desk")
    assert listed(client, "") == [profile(town.enterprise_id("alice")).name]
    assert client.get("/desk/new?who=荷力士重工").text.count('class="request"') <= 1
    assert person(open_app, "bob").get("/portal/enterprise").status_code == 200
