"""The catalogue's pages: the list, the editor that loses nothing, versions, files out and in."""

import io
import re
from html import unescape
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from servicedesk.audit.models import AuditEntry
from servicedesk.catalogue.actions import columns_of
from servicedesk.catalogue.definition import Definition, read
from servicedesk.catalogue.editing import NEW, publish
from servicedesk.catalogue.exchange import parse
from servicedesk.catalogue.models import ServiceItem
from servicedesk.catalogue.queries import item_by_code
from servicedesk.extensions import db
from servicedesk.web.admin.catalogue_draft import BEGINNING, Draft, draft_from, draft_of
from tests.catalogue.examples import item, option
from tests.support import Town
from tests.web.test_admin import Browser, admin, site

__all__ = ["admin", "site"]
LIST = "/admin/catalogue"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def row(code: str) -> ServiceItem:
    """Return an item as it is now."""
    db.session.expire_all()
    found = item_by_code(Town().park_id, code)
    assert found is not None, code
    return found


def sound(**changes: Any) -> Definition:
    """Return the example as a definition."""
    found, faults = read(item(**changes))
    assert found is not None, faults
    return found


def inputs(page: str) -> MultiDict[str, str]:
    """Return what a browser would send of the editor's form as it stands."""
    form = page[page.index('<form id="item-form"') :].split("</form>")[0]
    sent: MultiDict[str, str] = MultiDict()
    for tag in re.finditer(r"<input ([^>]*)>|<textarea ([^>]*)>([^<]*)</textarea>", form):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag.group(1) or tag.group(2)))
        off = attributes.get("type") == "checkbox" and "checked" not in (tag.group(1) or "")
        if attributes.get("type") == "file" or off:
            continue
        value = tag.group(3) if tag.group(2) else attributes.get("value", "")
        sent.add(attributes["name"], unescape(value))
    for select_ in re.finditer(r'<select [^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', select_.group(2))
        sent.add(select_.group(1), unescape(chosen.group(1)) if chosen else "")
    return sent


def send(browser: Browser, path: str, values: MultiDict[str, str], do: str, **changes: Any) -> Any:
    """Send the editor's form with a button; ``changes`` replace inputs."""
    data = values.copy()
    for name, value in changes.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return browser._open(path, method="POST", data={**data.to_dict(flat=False), "do": do})


# The list ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "there", "gone"),
    [
        ("q=yyzz", "企业设立登记", "公章刻制备案"),
        ("category=J", "征地拆迁问题协调", "企业设立登记"),
        ("unit=XFJY", "联合验收与竣工办证", "企业设立登记"),
        ("kind=报备", "涉企检查报备", "企业设立登记"),
        ("state=edited", "没有符合条件的事项", "企业设立登记"),
        ("state=nonsense&sort=nonsense", "企业设立登记", "没有符合条件"),
    ],
)
def test_the_list_is_narrowed_by_its_address(
    admin: Browser, query: str, there: str, gone: str
) -> None:
    page = admin.get(f"{LIST}?{query}").text
    assert there in page
    assert gone not in page


def test_the_list_is_sorted(admin: Browser) -> None:
    by_days = re.findall(r"(\d+)个工作日", admin.get(f"{LIST}?sort=days").text)
    assert list(map(int, by_days)) == sorted(map(int, by_days))
    publish(Town().admin, sound(), NEW)
    codes = re.findall(r'<td class="number">(\w+)', admin.get(f"{LIST}?sort=recent").text)
    assert "Z01" in codes


def test_the_list_as_a_sheet_and_as_a_file(admin: Browser) -> None:
    answer = admin.get(f"{LIST}/export.xlsx?category=B")
    sheet = load_workbook(io.BytesIO(answer.data)).active
    assert sheet is not None
    rows = list(sheet.values)
    assert [line[0] for line in rows] == ["编号", "B01", "B02"]
    entries, bad = parse(admin.get(f"{LIST}/export.yaml?category=B").text)
    assert ([entry.code for entry in entries], bad) == (["B01", "B02"], [])
    one, _bad = parse(admin.get(f"{LIST}/A01/export.yaml").text)
    assert read(one[0].given)[0] == read(columns_of(row("A01")))[0]
    actions = set(db.session.scalars(select(AuditEntry.action)))
    assert "catalogue.export" in actions


# The editor -------------------------------------------------------------------------------------


def test_every_item_comes_back_from_the_editor_as_it_was(admin: Browser) -> None:
    publish(Town().admin, sound(ladder=[1, 2, 9], statutory_days=20, partner_units=["QFZX"]), NEW)
    for one in db.session.scalars(select(ServiceItem).order_by(ServiceItem.code)).all():
        definition, faults = read(columns_of(one))
        assert definition is not None, faults
        again, faults = read(draft_of(columns_of(one)).definition())
        assert again == definition, faults
        page = admin.get(f"{LIST}/{one.code}").text
        assert read(draft_from(inputs(page)).definition())[0] == definition


def test_publishing_what_was_changed(admin: Browser) -> None:
    values = inputs(admin.get(f"{LIST}/A02").text)
    answer = send(
        admin, f"{LIST}/A02", values, "publish",
        **{f"{BEGINNING}promised_days": "2", f"{BEGINNING}aliases": "刻章，戳子;盖章"},
    )  # fmt: skip
    assert answer.status_code == 302, answer.text
    assert (row("A02").promised_days, row("A02").version) == (2, 2)
    assert row("A02").aliases == ["刻章", "戳子", "盖章"]
    assert "第2版" in admin.get(f"{LIST}/A02").text
    page = admin.get(f"{LIST}/A02/versions").text
    assert re.search(r"<dt>承诺工作日</dt><dd[^>]*><del>1</del> → 2</dd>", page)
    assert "admin 甲" in page


def test_a_new_item_from_nothing(admin: Browser) -> None:
    values = inputs(admin.get(f"{LIST}/new?category=J").text)
    assert values[f"{BEGINNING}code"] == "J07"
    values = inputs(send(admin, f"{LIST}/new", values, "fields-add").text)
    answer = send(
        admin, f"{LIST}/new", values, "publish",
        **{
            f"{BEGINNING}name": "车位申请", f"{BEGINNING}lead_unit": "GKGS",
            f"{BEGINNING}fields-0-label": "车辆类型", f"{BEGINNING}fields-0-type": "choice",
            f"{BEGINNING}fields-0-options": "货车 | Lorry\r\n轿车",
        },
    )  # fmt: skip
    assert answer.status_code == 302, answer.text
    assert row("J07").fields == [
        {
            "name": "che_liang_lei_xing", "label": "车辆类型", "type": "choice",
            "options": [{"value": "货车", "label": "货车", "label_en": "Lorry"}, option("轿车")],
        }
    ]  # fmt: skip
    assert "车位申请" in admin.get("/portal/search?q=chewei").text
    assert "车辆类型" in Browser(admin.app, "alice").get("/portal/items/J07/file").text


def test_what_is_wrong_stands_at_its_input_and_nothing_is_lost(admin: Browser) -> None:
    values = inputs(admin.get(f"{LIST}/A01").text)
    wrong = {
        f"{BEGINNING}name": "<b>粗体</b>", f"{BEGINNING}promised_days": "很快",
        f"{BEGINNING}kind": "代办", f"{BEGINNING}authorization": "none",
        f"{BEGINNING}fields-1-max": "-5", f"{BEGINNING}fields-2-options": "",
    }  # fmt: skip
    answer = send(admin, f"{LIST}/A01", values, "publish", **wrong)
    assert answer.status_code == 422
    page = answer.text
    assert "<b>粗体" not in page
    for target in ("promised_days", "authorization", "fields-1-max", "fields-2-options"):
        assert f'href="#item-{target}"' in page
    again = inputs(page)
    assert {name: again[name] for name in wrong} == wrong
    assert row("A01").version == 1


@pytest.mark.parametrize(
    ("do", "labels"),
    [
        ("fields-add", ["一", "二", "三", ""]),
        ("fields-0-down", ["二", "一", "三"]),
        ("fields-2-up", ["一", "三", "二"]),
        ("fields-1-remove", ["一", "三"]),
        ("fields-0-up", ["一", "二", "三"]),
        ("fields-2-down", ["一", "二", "三"]),
        ("fields-9-remove", ["一", "二", "三"]),
        ("nonsense", ["一", "二", "三"]),
    ],
)
def test_rows_come_go_and_move_with_all_that_was_typed(
    admin: Browser, do: str, labels: list[str]
) -> None:
    fields = [{"name": f"q{n}", "label": label, "type": "text"} for n, label in enumerate("一二三")]
    publish(Town().admin, sound(fields=fields, materials=[]), NEW)
    values = inputs(admin.get(f"{LIST}/Z01").text)
    answer = send(admin, f"{LIST}/Z01", values, do, **{f"{BEGINNING}name": "刚改的名字"})
    assert answer.status_code == 200
    draft = draft_from(inputs(answer.text))
    assert [one["label"] for one in draft.fields] == labels
    assert draft.texts["name"] == "刚改的名字"
    assert row("Z01").version == 1


def test_rows_are_bounded() -> None:
    draft = Draft()
    for _time in range(50):
        draft.change("fields-add")
        draft.change("materials-add")
    assert (len(draft.fields), len(draft.materials)) == (15, 20)


def test_a_whole_form_fits_into_a_request(admin: Browser) -> None:
    """As many rows as there may be, sent as a browser does: with files, in parts."""
    fields = [
        {"name": f"q{n}", "label": f"问{n}", "type": "choice", "required": True,
         "options": [option("有"), option("无")],
         **({"when": {"field": "q0", "equals": ["有", "无"]}} if n else {})}
        for n in range(15)
    ]  # fmt: skip
    when = {"field": "q0", "equals": ["有"]}
    materials = [{"name": f"材料{n}", "deferrable": True, "when": when} for n in range(20)]
    publish(Town().admin, sound(fields=fields, materials=materials), NEW)
    values = inputs(admin.get(f"{LIST}/Z01").text).to_dict(flat=False)
    files = {f"{BEGINNING}materials-{n}-file": (io.BytesIO(b""), "") for n in range(20)}
    answer = admin._open(
        f"{LIST}/Z01", method="POST", data={**values, **files, "do": "check"},
        content_type="multipart/form-data",
    )  # fmt: skip
    assert answer.status_code == 200, answer.status
    assert "检查通过" in answer.text


def test_a_condition_that_lost_its_answer_is_shown_and_refused(admin: Browser) -> None:
    publish(Town().admin, sound(), NEW)
    values = inputs(admin.get(f"{LIST}/Z01").text)
    answer = send(admin, f"{LIST}/Z01", values, "check", **{f"{BEGINNING}fields-0-options": "活动"})
    assert answer.status_code == 422
    assert "已没有这个答案：施工" in answer.text


def test_the_second_editor_sees_the_change_and_keeps_the_text(admin: Browser) -> None:
    town = Town()
    publish(town.admin, sound(), NEW)
    values = inputs(admin.get(f"{LIST}/Z01").text)
    publish(town.admin, sound(promised_days=4), 1)
    mine = {f"{BEGINNING}name": "我的名字"}
    answer = send(admin, f"{LIST}/Z01", values, "publish", **mine)
    assert answer.status_code == 409
    assert re.search(r"承诺工作日：<del>3</del> → 4", answer.text)
    again = inputs(answer.text)
    assert (again[f"{BEGINNING}name"], again["seen"]) == ("我的名字", "2")
    assert send(admin, f"{LIST}/Z01", again, "publish").status_code == 302
    assert (row("Z01").name, row("Z01").version) == ("我的名字", 3)


def test_a_taken_code_is_told_at_its_input(admin: Browser) -> None:
    values = inputs(admin.get(f"{LIST}/new?category=J").text)
    changes = {
        f"{BEGINNING}code": "A01",
        f"{BEGINNING}name": "重复",
        f"{BEGINNING}lead_unit": "GKGS",
    }
    answer = send(admin, f"{LIST}/new", values, "publish", **changes)
    assert answer.status_code == 422
    assert 'href="#item-code"' in answer.text
    assert row("A01").name == "企业设立登记"


def test_the_preview_is_what_the_enterprise_will_see(admin: Browser) -> None:
    values = inputs(admin.get(f"{LIST}/A01").text)
    changes = {f"{BEGINNING}name": "开公司", f"{BEGINNING}fields-0-label": "公司叫什么"}
    page = send(admin, f"{LIST}/preview", values, "", **changes).text
    for words in ("开公司", "公司叫什么", "区市场监督管理局", "公司章程", "1个工作日内办结"):
        assert words in page
    assert row("A01").name == "企业设立登记"
    broken = send(admin, f"{LIST}/preview", values, "", **{f"{BEGINNING}name": ""}).text
    assert "改正下面几处" in broken


def test_a_template_is_kept_while_editing_and_offered_to_enterprises(admin: Browser) -> None:
    values = inputs(admin.get(f"{LIST}/A01").text).to_dict(flat=False)
    name = f"{BEGINNING}materials-0-file"
    sent = {**values, name: (io.BytesIO(PDF), "申请书样表.pdf"), "do": "fields-add"}
    page = admin._open(f"{LIST}/A01", method="POST", data=sent, content_type="multipart/form-data")
    assert "申请书样表.pdf" in page.text
    again = inputs(page.text)
    token = again[f"{BEGINNING}materials-0-template"]
    assert send(admin, f"{LIST}/A01", again, "fields-4-remove").status_code == 200
    again = inputs(send(admin, f"{LIST}/A01", again, "fields-4-remove").text)
    assert send(admin, f"{LIST}/A01", again, "publish").status_code == 302
    stranger = Browser(admin.app)
    assert f"/portal/templates/{token}" in stranger.get("/portal/items/A01").text
    answer = stranger.get(f"/portal/templates/{token}")
    assert (answer.data, answer.headers["Content-Disposition"][:10]) == (PDF, "attachment")
    assert stranger.get("/portal/templates/nothing").status_code == 404
    again[f"{BEGINNING}materials-0-forget"] = "1"
    again["seen"] = "2"
    assert send(admin, f"{LIST}/A01", again, "publish").status_code == 302
    assert "template" not in row("A01").materials[0]


def test_a_template_of_the_wrong_kind_is_refused_at_its_material(admin: Browser) -> None:
    values = inputs(admin.get(f"{LIST}/A01").text).to_dict(flat=False)
    bad = {f"{BEGINNING}materials-1-file": (io.BytesIO(b"<script>"), "x.html"), "do": "publish"}
    answer = admin._open(
        f"{LIST}/A01", method="POST", data={**values, **bad}, content_type="multipart/form-data"
    )
    assert answer.status_code == 422
    assert 'href="#item-materials-1-template"' in answer.text
    assert row("A01").version == 1


# Off the list -----------------------------------------------------------------------------------


def test_an_item_off_the_list_is_nowhere_in_the_portal(admin: Browser) -> None:
    answer = admin.post(f"{LIST}/A02/listed", listed="0", seen="1")
    assert answer.status_code == 302
    clerk = Browser(admin.app, "alice")
    for path in ("/portal/search?q=刻章", "/portal/categories/A", "/portal/home"):
        assert "公章刻制备案" not in clerk.get(path).text, path
    assert "不单独受理" in clerk.get("/portal/items/A02").text
    assert clerk.get("/portal/items/A02/file").status_code == 302
    desk = Browser(admin.app, "desk")
    enterprise = Town().enterprise_id()
    assert desk.get(f"/desk/new/{enterprise}/A02").status_code == 404
    assert "公章刻制备案" in admin.get(f"{LIST}?state=unlisted").text
    assert admin.post(f"{LIST}/A02/listed", listed="1", seen="1").status_code == 302
    assert not row("A02").listed  # somebody else's version was seen
    admin.post(f"{LIST}/A02/listed", listed="1", seen="2")
    assert row("A02").listed
